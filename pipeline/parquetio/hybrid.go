package parquetio

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var (
	errShortPage = errors.New("page ends before its values do")
	errWideValue = errors.New("repeated value has more bits than its run")
)

// hybrid decodes Parquet's mix of run-length and bit-packed runs: definition
// levels, dictionary codes and booleans.
type hybrid struct {
	data   []byte
	width  int    // bits of a value, 0 to 32
	left   uint64 // values left in the current run
	packed bool
	value  int32 // of a repeated run
	bit    int   // packed: position of the next value in data, in bits
	end    int   // packed: bytes of data that belong to the run
}

func newHybrid(data []byte, width int) hybrid { return hybrid{data: data, width: width} }

// next decodes len(out) values. One of 32 bits may be below zero.
func (h *hybrid) next(out []int32) error {
	for len(out) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
			continue
		}
		n := int(min(uint64(len(out)), h.left))
		if h.packed {
			unpack(h.data, h.bit, h.width, out[:n]) // whole words to the end of a short run, with what follows it
			h.bit += n * h.width
		} else {
			for i := range out[:n] {
				out[i] = h.value
			}
		}
		h.left -= uint64(n)
		out = out[n:]
	}
	return nil
}

// ones passes n values and reports true where they are all ones of one run, as
// levels of a column without nulls are; otherwise it passes none.
func (h *hybrid) ones(n int) (bool, error) {
	if h.left == 0 {
		if err := h.run(); err != nil {
			return false, err
		}
	}
	if h.packed || h.value != 1 || h.left < uint64(n) {
		return false, nil
	}
	h.left -= uint64(n)
	return true, nil
}

// bools decodes len(out) values of one bit and returns how many are ones.
func (h *hybrid) bools(out []bool) (ones int, err error) {
	for len(out) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return 0, err
			}
			continue
		}
		n := int(min(uint64(len(out)), h.left))
		if h.packed {
			ones += unpackBools(h.data[:h.end], h.bit, out[:n])
			h.bit += n
		} else {
			fill(out[:n], h.value == 1)
			ones += n * int(h.value)
		}
		h.left -= uint64(n)
		out = out[n:]
	}
	return ones, nil
}

func fill(out []bool, value bool) {
	for i := range out {
		out[i] = value
	}
}

// boolsOf has the bits of each byte, the lowest first.
var boolsOf = func() (all [256][8]bool) {
	for b := range all {
		for i := range 8 {
			all[b][i] = b>>i&1 != 0
		}
	}
	return all
}()

// unpackBools reads len(out) values of one bit from bit on, which data holds,
// and returns how many are ones.
func unpackBools(data []byte, bit int, out []bool) (ones int) {
	for len(out) > 0 && (bit&7 != 0 || len(out) < 8) {
		out[0] = data[bit>>3]>>(bit&7)&1 != 0
		if out[0] {
			ones++
		}
		out = out[1:]
		bit++
	}
	for _, b := range data[(bit+7)>>3:] {
		if len(out) < 8 {
			break
		}
		*(*[8]bool)(out) = boolsOf[b]
		ones += bits.OnesCount8(b)
		out = out[8:]
		bit += 8
	}
	if len(out) > 0 {
		ones += unpackBools(data, bit, out)
	}
	return ones
}

// run reads the head of the next run. A run of no values is an error: it would
// let a page go on without end.
func (h *hybrid) run() error {
	if h.packed {
		h.data, h.packed = h.data[h.end:], false
	}
	head, n := binary.Uvarint(h.data)
	if n <= 0 || head>>1 == 0 {
		return errShortPage
	}
	h.data = h.data[n:]
	h.left = head >> 1
	if head&1 == 0 {
		bytes := (h.width + 7) / 8
		if len(h.data) < bytes {
			return errShortPage
		}
		value := uint32(0)
		for i := range bytes {
			value |= uint32(h.data[i]) << (8 * i)
		}
		h.data, h.value = h.data[bytes:], int32(value)
		if uint64(value) >= 1<<h.width {
			return errWideValue
		}
		return nil
	}
	// Groups of eight; the last run of a page may be cut to the bytes it needs.
	groups := h.left
	h.packed, h.bit, h.end = true, 0, len(h.data)
	if h.width == 0 {
		h.left, h.end = groups*8, 0
		return nil
	}
	if groups <= uint64(len(h.data)/h.width) {
		h.end = int(groups) * h.width
	}
	h.left = min(groups, uint64(len(h.data))) * 8
	h.left = min(h.left, uint64(h.end*8/h.width))
	if h.left == 0 {
		return errShortPage
	}
	return nil
}

// unpack reads len(out) values of width bits each, at most 32, from bit on. The
// caller has made sure that data holds them; what else it holds does not matter.
func unpack(data []byte, bit, width int, out []int32) {
	if width > 0 && width <= 16 {
		head := min(-(bit/width)&7, len(out)) // up to a whole group
		unpackEach(data, bit, width, out[:head])
		out, bit = out[head:], bit+head*width
		n := unpackGroups(data[bit>>3:], width, out)
		out, bit = out[n:], bit+n*width
	}
	unpackEach(data, bit, width, out)
}

// unpackEach reads one value after the other.
func unpackEach(data []byte, bit, width int, out []int32) {
	mask := uint64(1)<<width - 1
	for i := range out {
		at := bit >> 3
		var word uint64
		if at+8 <= len(data) {
			word = binary.LittleEndian.Uint64(data[at:])
		} else {
			for j := 0; at+j < len(data); j++ {
				word |= uint64(data[at+j]) << (8 * j)
			}
		}
		out[i] = int32(word >> (bit & 7) & mask)
		bit += width
	}
}

// unpackGroups reads values of at most 16 bits, eight at a time, as long as two
// words can be loaded, and returns how many. Eight values end where a byte does;
// four of them fit a word, also where they begin within a byte.
func unpackGroups(data []byte, width int, out []int32) (done int) {
	mask := uint64(1)<<width - 1
	s1, s2, s3 := width&63, 2*width&63, 3*width&63
	half, shift := 4*width>>3, 4*width&7
	for ; done+8 <= len(out) && len(data) >= half+8; done += 8 {
		group := (*[8]int32)(out[done:])
		word := binary.LittleEndian.Uint64(data)
		group[0] = int32(word & mask)
		group[1] = int32(word >> s1 & mask)
		group[2] = int32(word >> s2 & mask)
		group[3] = int32(word >> s3 & mask)
		word = binary.LittleEndian.Uint64(data[half:]) >> shift
		group[4] = int32(word & mask)
		group[5] = int32(word >> s1 & mask)
		group[6] = int32(word >> s2 & mask)
		group[7] = int32(word >> s3 & mask)
		data = data[width:]
	}
	return done
}
