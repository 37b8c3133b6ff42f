package parquetio

import (
	"encoding/binary"
	"errors"
	"math"
)

// maxDeltaBlock bounds the values of one block; writers use 128.
const maxDeltaBlock = 1 << 16

var errDelta = errors.New("malformed delta encoding")

// deltaInts decodes a DELTA_BINARY_PACKED run of at most limit values into out,
// which it grows, and returns the bytes behind it. Sums wrap around, as the
// format says.
func deltaInts(data []byte, limit int, out []int64) (values []int64, rest []byte, err error) {
	r := &compact{buf: data}
	block, minis, total, value := r.uvarint(), r.uvarint(), r.uvarint(), r.zigzag()
	if r.err != nil || block == 0 || block > maxDeltaBlock || minis == 0 || block%minis != 0 || block/minis%8 != 0 {
		return nil, nil, errDelta
	}
	if total > uint64(limit) {
		return nil, nil, errDelta
	}
	out = out[:0]
	if total == 0 {
		return out, r.buf[r.pos:], nil
	}
	out = append(out, value)
	perMini := int(block / minis)
	for len(out) < int(total) {
		least := r.zigzag()
		widths := r.pos
		r.advance(minis)
		if r.err != nil {
			return nil, nil, errDelta
		}
		for i := 0; i < int(minis) && len(out) < int(total); i++ {
			width := int(data[widths+i])
			bytes := perMini / 8 * width
			at := r.pos
			if width > 64 {
				return nil, nil, errDelta
			}
			n := min(perMini, int(total)-len(out))
			if at+bytes > len(data) { // the last miniblock may be cut to what it needs
				bytes = (n*width + 7) / 8
			}
			r.advance(uint64(bytes))
			if r.err != nil {
				return nil, nil, errDelta
			}
			for j := range n {
				value += least + int64(wideBits(data[at:at+bytes], j*width, width))
				out = append(out, value)
			}
		}
	}
	return out, data[r.pos:], nil
}

// wideBits reads width bits, at most 64, at a bit position.
func wideBits(data []byte, bit, width int) uint64 {
	if width == 0 {
		return 0
	}
	at, shift := bit>>3, bit&7
	var word [9]byte
	copy(word[:], data[at:])
	v := binary.LittleEndian.Uint64(word[:]) >> shift
	if shift > 0 {
		v |= uint64(word[8]) << (64 - shift)
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}

// deltaLengths decodes DELTA_LENGTH_BYTE_ARRAY: lengths, then the bytes.
func deltaLengths(data []byte, limit int) ([]string, error) {
	lengths, rest, err := deltaInts(data, limit, nil)
	if err != nil {
		return nil, err
	}
	text := string(rest)
	out := make([]string, len(lengths))
	for i, n := range lengths {
		if n < 0 || n > int64(len(text)) {
			return nil, errDelta
		}
		out[i], text = text[:n], text[n:]
	}
	return out, nil
}

// deltaStrings decodes DELTA_BYTE_ARRAY: each value is a prefix of the one
// before it and a suffix of its own. maxBytes bounds all values together.
func deltaStrings(data []byte, limit, maxBytes int) ([]string, error) {
	prefixes, rest, err := deltaInts(data, limit, nil)
	if err != nil {
		return nil, err
	}
	suffixes, err := deltaLengths(rest, limit)
	if err != nil {
		return nil, err
	}
	if len(prefixes) != len(suffixes) {
		return nil, errDelta
	}
	total, before := 0, int64(0)
	for i, prefix := range prefixes {
		if prefix < 0 || prefix > before || prefix > math.MaxInt32 {
			return nil, errDelta
		}
		before = prefix + int64(len(suffixes[i]))
		if total += int(before); total > maxBytes {
			return nil, errDelta
		}
	}
	previous := ""
	for i, suffix := range suffixes {
		if prefix := prefixes[i]; prefix > 0 {
			suffixes[i] = previous[:prefix] + suffix
		}
		previous = suffixes[i]
	}
	return suffixes, nil
}
