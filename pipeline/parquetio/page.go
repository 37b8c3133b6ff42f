package parquetio

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
)

// The page types of the format.
const (
	pageDataV1     = 0
	pageDictionary = 2
	pageDataV2     = 3
)

// maxPageHeaderBytes bounds a page header, which may carry the smallest and the
// largest value of the page; writers leave those out above a few KiB.
const maxPageHeaderBytes = 64 << 10

// usualHeaderBytes is more than nearly all page headers have.
const usualHeaderBytes = 512

// pageHeader is a page's header, checked by read for what it says of itself.
type pageHeader struct {
	kind                  int32
	compressed, inflated  int32 // bytes
	crc                   uint32
	hasCRC                bool
	values, nulls, rows   int32
	encoding              parquet.Encoding
	levelEncoding         parquet.Encoding // data pages v1: of definition levels
	levelBytes, repeats   int32            // data pages v2
	plainBody, hasDetails bool             // v2: body is stored uncompressed; the header has the part that its type needs
}

// parsePageHeader reads the header at the start of buf and returns its length.
func parsePageHeader(buf []byte) (h pageHeader, length int, err error) {
	c := &compact{buf: buf}
	h.kind = -1
	c.fields(func(id int, kind byte) bool {
		switch {
		case kind == compactI32 && id == 1:
			h.kind = c.int32()
		case kind == compactI32 && id == 2:
			h.inflated = c.int32()
		case kind == compactI32 && id == 3:
			h.compressed = c.int32()
		case kind == compactI32 && id == 4:
			h.crc, h.hasCRC = uint32(c.int32()), true
		case kind == compactStruct && (id == 5 && h.kind == pageDataV1 || id == 7 && h.kind == pageDictionary):
			c.fields(h.plainFields(c))
			h.hasDetails = true
		case kind == compactStruct && id == 8 && h.kind == pageDataV2:
			c.fields(h.v2Fields(c))
			h.hasDetails = true
		default:
			return false
		}
		return true
	})
	return h, c.pos, c.err
}

// plainFields reads DataPageHeader and DictionaryPageHeader, which share the
// fields that matter.
func (h *pageHeader) plainFields(c *compact) func(int, byte) bool {
	h.encoding, h.levelEncoding = -1, parquet.Encodings.RLE
	return func(id int, kind byte) bool {
		switch {
		case kind == compactI32 && id == 1:
			h.values = c.int32()
		case kind == compactI32 && id == 2:
			h.encoding = parquet.Encoding(c.int32())
		case kind == compactI32 && id == 3 && h.kind == pageDataV1:
			h.levelEncoding = parquet.Encoding(c.int32())
		default:
			return false
		}
		return true
	}
}

func (h *pageHeader) v2Fields(c *compact) func(int, byte) bool {
	h.encoding = -1
	return func(id int, kind byte) bool {
		switch {
		case kind == compactI32 && id == 1:
			h.values = c.int32()
		case kind == compactI32 && id == 2:
			h.nulls = c.int32()
		case kind == compactI32 && id == 3:
			h.rows = c.int32()
		case kind == compactI32 && id == 4:
			h.encoding = parquet.Encoding(c.int32())
		case kind == compactI32 && id == 5:
			h.levelBytes = c.int32()
		case kind == compactI32 && id == 6:
			h.repeats = c.int32()
		case kind == compactFalse && id == 7:
			h.plainBody = true
		default:
			return false
		}
		return true
	}
}

// check compares the header with the limits and with itself, before anything
// that it declares is allocated.
func (h *pageHeader) check(limits Limits, bytesLeft int64) error {
	switch {
	case h.kind != pageDataV1 && h.kind != pageDictionary && h.kind != pageDataV2:
		return fmt.Errorf("page type %d is not read", h.kind)
	case !h.hasDetails || h.values < 0 || h.inflated < 0 || h.compressed < 0:
		return fmt.Errorf("page header: %w", errMalformed)
	case int64(h.inflated) > limits.PageBytes || int64(h.compressed) > limits.PageBytes:
		return fmt.Errorf("page declares %d bytes, %d compressed; the limit is %d", h.inflated, h.compressed, limits.PageBytes)
	case int64(h.compressed) > bytesLeft:
		return fmt.Errorf("page declares %d bytes, and its column chunk has %d left", h.compressed, bytesLeft)
	case int64(h.values) > limits.PageValues:
		return fmt.Errorf("page declares %d values; the limit is %d", h.values, limits.PageValues)
	}
	if h.kind == pageDataV2 {
		levels := int64(h.levelBytes)
		switch {
		case h.repeats != 0:
			return errors.New("page has repetition levels, and its column does not repeat")
		case levels < 0 || levels > int64(h.inflated) || levels > int64(h.compressed):
			return fmt.Errorf("page declares %d bytes of levels in a page of %d", levels, h.inflated)
		case h.rows != h.values || h.nulls < 0 || h.nulls > h.values:
			return fmt.Errorf("page declares %d values, %d rows and %d nulls", h.values, h.rows, h.nulls)
		}
	}
	return nil
}

// pageReader reads the pages of one column chunk in turn.
type pageReader struct {
	in     *window
	left   int64 // bytes of the chunk that are not yet read
	place  chunkPlace
	limits Limits
}

// header reads the next page's header.
func (r *pageReader) header() (h pageHeader, err error) {
	for _, most := range []int64{usualHeaderBytes, maxPageHeaderBytes} {
		var head []byte
		if head, err = r.in.peek(int(min(r.left, most))); err != nil {
			break
		}
		var length int
		if h, length, err = parsePageHeader(head); err == nil {
			if _, err = r.in.take(length); err != nil {
				return h, err
			}
			r.left -= int64(length)
			return h, h.check(r.limits, r.left)
		}
	}
	return h, fmt.Errorf("page header: %w", err)
}

// body reads the page's bytes, verifies its checksum if it has one, and
// decompresses it into dst, which it grows and returns. Levels of a v2 page
// come first, as they are stored.
func (r *pageReader) body(h pageHeader, dst []byte) ([]byte, error) {
	stored, err := r.in.take(int(h.compressed))
	if err != nil {
		return dst, err
	}
	r.left -= int64(h.compressed)
	if h.hasCRC {
		if sum := crc32.ChecksumIEEE(stored); sum != h.crc {
			return dst, fmt.Errorf("page has checksum %08x, and its header says %08x", sum, h.crc)
		}
	}
	codec, levels := r.place.codec, int(h.levelBytes)
	if h.plainBody {
		codec = compress.Codecs.Uncompressed
	}
	if !plausible(codec, int64(h.inflated)-int64(levels), int64(h.compressed)-int64(levels)) {
		return dst, fmt.Errorf("%s page: %w", codecName(codec), errInflated)
	}
	dst = grow(dst, int(h.inflated)+inflateSlack)[:h.inflated]
	copy(dst[:levels], stored)
	if err := r.in.inflater.inflate(codec, dst[levels:], stored[levels:]); err != nil {
		return dst, fmt.Errorf("%s page: %w", codecName(r.place.codec), err)
	}
	return dst, nil
}

// grow returns a slice of n bytes, b itself where it is large enough. One that
// replaces a smaller one has some room: pages of a column differ a little.
func grow(b []byte, n int) []byte {
	if cap(b) < n {
		room := 0
		if b != nil {
			room = n / 8
		}
		return make([]byte, n, n+room)
	}
	return b[:n]
}
