package parquetio

import (
	"encoding/binary"
	"math/bits"

	"github.com/klauspost/compress/huff0"
)

// Ids are most of what is compressed, and each is as long as the one before it,
// begins like it, and has nothing else in common with it. A compressor finds that
// out row after row. A page of such texts says it once: for every row the same
// step, some new bytes and then what the row before had at its beginning and its
// length. The frames are like any others to who reads them.

// rowFrames makes zstd frames of texts of one length. One goroutine uses it.
type rowFrames struct {
	codes huff0.Scratch
	fresh []byte // what is new in the rows of a block
	made  []byte // a frame
}

const (
	zstdMagic = 0xfd2fb528
	// frameOfSize is the descriptor of a frame that is one segment, without a
	// checksum: manifests have digests of whole files. Its size takes four bytes.
	frameOfSize  = 2<<6 | 1<<5
	mostFrameRow = 1 << 10 // bytes
	mostBlock    = 1 << 17 // bytes, by the format

	rawLiterals, codedLiterals = 0, 2
	compressedBlock            = 2
	alwaysTheSame              = 1<<6 | 1<<4 | 1<<2 // of all three parts of a block's steps
)

// texts are the plain texts of a page, each behind its length: first are bytes
// ahead of them, rows are each of width bytes, which begin with the same shared ones.
type frameTexts struct{ first, width, shared int }

// fits reports whether append takes so many rows: there is a step between two.
func (t frameTexts) fits(rows int) bool {
	return rows > 1 && t.width <= mostFrameRow && t.first <= mostLevelBytes && t.shared < t.width
}

// framing is whether the pages of a column are frames of rows: its first page says
// so, for the whole file.
type framing uint8

const (
	unknownFraming framing = iota
	stockFraming
	rowFraming
)

// framing is that of a column, or nil where it has no say.
func (w *Writer) framing(column int) *framing {
	if w.options.Codec != Zstd || w.options.stockFrames {
		return nil
	}
	return &w.framed[column]
}

// smaller reports whether frames of rows are for a column, of which this is a page:
// where repeats are elsewhere than at the beginning of texts, a compressor that looks
// for them makes less of them.
func (f *rowFrames) smaller(of *framing, body []byte, t frameTexts, rows int) bool {
	if *of == unknownFraming {
		*of = stockFraming
		sample := body[:t.first+t.width*min(rows, mostBlock/t.width)]
		encoder, err := zstdEncoder()
		if err != nil {
			return false
		}
		stock := len(encoder.EncodeAll(sample, f.made[:0]))
		if len(f.page(sample, t)) <= stock+stock/32 { // faster is worth some bytes
			*of = rowFraming
		}
	}
	return *of == rowFraming
}

// page is a frame of body, valid until the next one is made.
func (f *rowFrames) page(body []byte, t frameTexts) []byte {
	f.made = f.append(f.made[:0], body, t)
	return f.made
}

// append appends a frame of body to dst.
func (f *rowFrames) append(dst, body []byte, t frameTexts) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, zstdMagic)
	dst = binary.LittleEndian.AppendUint32(append(dst, frameOfSize), uint32(len(body)))
	// The first block says how far back rows repeat, the others that they go on so.
	begin := t.first + t.width
	dst = f.block(dst, body[:begin], frameStep{fresh: begin, repeated: t.shared, back: t.width}, 1, false)
	inBlock := mostBlock / t.width
	for body = body[begin:]; len(body) > 0; {
		rows := min(inBlock, len(body)/t.width)
		f.fresh = f.fresh[:0]
		for row := range rows {
			f.fresh = append(f.fresh, body[row*t.width+t.shared:(row+1)*t.width]...)
		}
		body = body[rows*t.width:]
		steps := rows
		if len(body) == 0 {
			steps-- // nothing follows the last row
		}
		dst = f.block(dst, f.fresh, frameStep{fresh: t.width - t.shared, repeated: t.shared}, steps, len(body) == 0)
	}
	return dst
}

// frameStep is a sequence of the format: so many fresh bytes, and then so many that
// stand so far back; 0 means as far as before.
type frameStep struct{ fresh, repeated, back int }

// block appends a block of fresh bytes and steps, all of them the same.
func (f *rowFrames) block(dst, fresh []byte, step frameStep, steps int, last bool) []byte {
	begin := len(dst)
	dst = append(dst, 0, 0, 0)
	dst = f.literals(dst, fresh)
	switch {
	case steps < 0x80:
		dst = append(dst, byte(steps))
	case steps < 0x7f00:
		dst = append(dst, byte(steps>>8)+0x80, byte(steps))
	default:
		dst = binary.LittleEndian.AppendUint16(append(dst, 0xff), uint16(steps-0x7f00))
	}
	if steps > 0 {
		dst = step.append(dst, steps)
	}
	header := uint32(len(dst)-begin-3)<<3 | compressedBlock<<1
	if last {
		header |= 1
	}
	dst[begin], dst[begin+1], dst[begin+2] = byte(header), byte(header>>8), byte(header>>16)
	return dst
}

// literals appends what is new in a block, as Huffman codes where that is smaller.
func (f *rowFrames) literals(dst, fresh []byte) []byte {
	const fourStreamsOf18Bits = 3
	f.codes.Reuse = huff0.ReusePolicyNone
	coded, _, err := huff0.Compress4X(fresh, &f.codes)
	if err != nil { // not smaller
		header := rawLiterals | fourStreamsOf18Bits<<2 | uint32(len(fresh))<<4
		return append(append(dst, byte(header), byte(header>>8), byte(header>>16)), fresh...)
	}
	header := codedLiterals | fourStreamsOf18Bits<<2 | uint64(len(fresh))<<4 | uint64(len(coded))<<22
	dst = append(binary.LittleEndian.AppendUint32(dst, uint32(header)), byte(header>>32))
	return append(dst, coded...)
}

// append appends so many times the step: its three codes once, which all of them
// have, and then the bits that each adds to them, the last step's first.
func (s frameStep) append(dst []byte, steps int) []byte {
	freshCode, freshBits, freshWidth := freshCodes.of(s.fresh)
	repeatedCode, repeatedBits, repeatedWidth := repeatedCodes.of(s.repeated)
	back := uint64(1) // as far as the step before
	if s.back > 0 {
		back = uint64(s.back) + 3
	}
	backWidth := bits.Len64(back) - 1
	dst = append(dst, alwaysTheSame, freshCode, byte(backWidth), repeatedCode)
	added := freshBits | repeatedBits<<freshWidth | (back&(1<<backWidth-1))<<(freshWidth+repeatedWidth)
	width := freshWidth + repeatedWidth + backWidth
	var word uint64
	filled := 0
	for range steps {
		word |= added << filled
		for filled += width; filled >= 8; filled -= 8 {
			dst = append(dst, byte(word))
			word >>= 8
		}
	}
	return append(dst, byte(word)|1<<filled) // the end is marked
}

// lengthCodes are the format's codes of lengths: each begins at one and takes some
// bits, so that the next begins behind what these tell.
type lengthCodes struct {
	first  int   // of code 0
	single int   // so many codes of one length each
	bits   []int // of those after them
}

var (
	freshCodes    = lengthCodes{0, 16, []int{1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12}}
	repeatedCodes = lengthCodes{3, 32, []int{1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11}}
)

// of is the code of a length, and what its bits add.
func (c *lengthCodes) of(length int) (code byte, added uint64, width int) {
	length -= c.first
	if length < c.single {
		return byte(length), 0, 0
	}
	code, length = byte(c.single), length-c.single
	for _, width = range c.bits {
		if length < 1<<width {
			break
		}
		length -= 1 << width
		code++
	}
	return code, uint64(length), width
}
