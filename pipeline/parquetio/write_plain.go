package parquetio

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// Texts without a dictionary are most of a night's bytes, and they lie all over
// the memory. The library goes through them once for its statistics and twice to
// copy them; here each is fetched once. The pages are the library's, byte for
// byte, which the tests hold them to.

// plainBatch is after how many rows the library looks whether a page is full.
const plainBatch = 1 << 10

// mostLevelBytes hold the levels of a page without nulls: the length of the run,
// the run's varint and its value.
const mostLevelBytes = 4 + binary.MaxVarintLen32 + 1

// pageScratch is what a page is made in.
type pageScratch struct {
	body   []byte // room for levels, then lengths and texts
	packed []byte
	span   textRange // of the page
}

// plainly reports whether a chunk of rows [first, end) is for encodePlain.
func (w *Writer) plainly(column int, c *Column, first, end int) bool {
	return c.Type == String && w.columns[column] == w.plain && w.ours() &&
		(c.Valid == nil || !slices.Contains(c.Valid[first:end], false))
}

// ours reports whether chunks are encoded here where that is known for them, and
// not by the library.
func (w *Writer) ours() bool {
	return !w.options.PageV2 && w.options.encoding == 0 && !w.options.library
}

// plainEncoder encodes a chunk of texts.
type plainEncoder struct {
	*pageScratch
	chunk           *pagedChunk
	optional        bool
	statisticBytes  int // of a value that a statistic may have
	ofPage, ofChunk *metadata.ByteArrayStatistics
}

// encodePlain encodes rows [first, end) of a column of texts, none of them null.
func (w *Writer) encodePlain(place *metadata.ColumnChunkMetaDataBuilder, s *pageScratch, i int, c *Column, first, end int) (encodedChunk, error) {
	column := place.Descr()
	e := &plainEncoder{
		pageScratch: s, chunk: w.paged(place, i, end-first, parquet.Encodings.Plain),
		optional: c.Optional, statisticBytes: int(w.plain.MaxStatsSizeFor(column.Path())),
		ofPage: metadata.NewByteArrayStatistics(column, w.options.Allocator), ofChunk: metadata.NewByteArrayStatistics(column, w.options.Allocator),
	}
	s.body = append(s.body[:0], make([]byte, mostLevelBytes)...)
	for row, begun := first, first; row < end; row += plainBatch {
		next := min(row+plainBatch, end)
		had := len(s.body)
		if row == begun {
			e.span = textRange{}
		}
		if err := e.add(c.Strings[:next], row); err != nil {
			return nil, err
		}
		w.taking(i, c, row, next, s.body[had:])
		if int64(len(s.body)-mostLevelBytes) < w.options.DataPageBytes && next < end {
			if row == first { // one page, or all that is left, as those before it are
				s.body = slices.Grow(s.body, min(int(w.options.DataPageBytes), len(s.body)*((end-row)/plainBatch)))
			}
			continue
		}
		if err := e.page(next - begun); err != nil {
			return nil, err
		}
		begun = next
	}
	said, err := e.said(e.ofChunk)
	e.chunk.said(said)
	return e.chunk, err
}

// shortText is from which length on texts are looked at one by one for what is not
// UTF-8: that costs little then, and their length may have a byte that is not ASCII.
const shortText = 1 << 7

// add adds the texts of rows from first on to the page.
func (e *plainEncoder) add(texts []string, first int) error {
	body, span, short := e.body, e.span, true
	for i, text := range texts[first:] {
		if len(text) >= shortText {
			short = false
			if !utf8.ValidString(text) {
				return errNotUTF8(first+i, text)
			}
		}
		span.add(text)
		body = append(binary.LittleEndian.AppendUint32(body, uint32(len(text))), text...)
	}
	added := body[len(e.body):]
	e.body, e.span = body, span
	if short && isASCII(added) { // the texts are, and their lengths
		return nil
	}
	for i, text := range texts[first:] {
		if len(text) < shortText && !utf8.ValidString(text) {
			return errNotUTF8(first+i, text)
		}
	}
	return nil
}

func errNotUTF8(row int, text string) error { return fmt.Errorf("row %d: %q is not UTF-8", row, text) }

// textRange is the least and the greatest of some texts.
type textRange struct {
	any                     bool
	least, greatest         string
	leastHead, greatestHead uint64
}

// add adds a text. Most are told from the others by their heads.
func (r *textRange) add(text string) {
	head := textHead(text)
	if !r.any {
		*r = textRange{true, text, text, head, head}
	}
	if head < r.leastHead || head == r.leastHead && text < r.least {
		r.least, r.leastHead = text, head
	}
	if head > r.greatestHead || head == r.greatestHead && text > r.greatest {
		r.greatest, r.greatestHead = text, head
	}
}

// textHead is the first eight bytes of a text as a number, zeros behind a shorter
// one: of two texts with other heads, that of the lesser is the lesser.
func textHead(text string) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(unsafe.Slice(unsafe.StringData(text), 8))
	}
	var head [8]byte
	copy(head[:], text)
	return binary.BigEndian.Uint64(head[:])
}

// said are statistics as a page or a chunk has them.
func (e *plainEncoder) said(of *metadata.ByteArrayStatistics) (metadata.EncodedStatistics, error) {
	said, err := of.Encode()
	said.ApplyStatSizeLimits(e.statisticBytes)
	return said, err
}

// page ends a page of so many rows.
func (e *plainEncoder) page(rows int) error {
	e.ofPage.Update([]parquet.ByteArray{borrow(e.span.least), borrow(e.span.greatest)}, 0)
	said, err := e.said(e.ofPage)
	if err != nil {
		return err
	}
	e.ofChunk.Merge(e.ofPage)
	e.ofPage.Reset()
	body := e.body[mostLevelBytes:]
	if e.optional { // one run of ones
		run := append(binary.AppendUvarint(nil, uint64(rows)<<1), 1)
		levels := append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
		body = e.body[mostLevelBytes-len(levels):]
		copy(body, levels)
	}
	e.chunk.page(e.pageScratch, pageDataV1, int32(rows), parquet.Encodings.Plain, body, &said)
	e.body = e.body[:mostLevelBytes]
	return nil
}
