package parquetio

import (
	"encoding/binary"
	"errors"
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
	value  uint32 // of a repeated run
	bit    int    // packed: position of the next value in data, in bits
	end    int    // packed: bytes of data that belong to the run
}

func newHybrid(data []byte, width int) hybrid { return hybrid{data: data, width: width} }

// next decodes len(out) values.
func (h *hybrid) next(out []uint32) error {
	for len(out) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
			continue
		}
		n := int(min(uint64(len(out)), h.left))
		if h.packed {
			unpack(h.data[:h.end], h.bit, h.width, out[:n])
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
		h.value = 0
		for i := range bytes {
			h.value |= uint32(h.data[i]) << (8 * i)
		}
		h.data = h.data[bytes:]
		if uint64(h.value) >= 1<<h.width {
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
// caller has made sure that data holds them.
func unpack(data []byte, bit, width int, out []uint32) {
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
		out[i] = uint32(word >> (bit & 7) & mask)
		bit += width
	}
}
