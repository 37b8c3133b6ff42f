package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
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

// plainTexts is a chunk of texts of which none is null, in plain pages.
type plainTexts struct {
	out   *position
	meta  *metadata.ColumnChunkMetaDataBuilder
	pages *pageMemory

	rows              int64
	inflated, written int64 // bytes of the pages with their headers, as if not compressed and as they are
	count             int32 // of pages
}

// pageMemory is where pages are until their chunk is written.
type pageMemory struct{ bytes []byte }

var pageMemories = sync.Pool{New: func() any { return &pageMemory{} }}

// Write implements what the library writes pages to.
func (m *pageMemory) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p...)
	return len(p), nil
}

// Tell implements what the library writes pages to.
func (m *pageMemory) Tell() int64 { return int64(len(m.bytes)) }

// pageScratch is what a page is made in.
type pageScratch struct {
	body            []byte // room for levels, then lengths and texts
	packed          bytes.Buffer
	least, greatest string // of the page
}

// plainly reports whether a chunk of rows [first, end) is for encodePlain.
func (w *Writer) plainly(column int, c *Column, first, end int) bool {
	return c.Type == String && w.columns[column] == w.plain && !w.options.PageV2 && w.options.encoding == 0 && !w.options.library &&
		(c.Valid == nil || !slices.Contains(c.Valid[first:end], false))
}

// plainEncoder encodes a chunk of texts.
type plainEncoder struct {
	*pageScratch
	chunk           *plainTexts
	pages           file.PageWriter
	optional        bool
	statisticBytes  int // of a value that a statistic may have
	ofPage, ofChunk *metadata.ByteArrayStatistics
}

// encodePlain encodes rows [first, end) of a column of texts, none of them null.
func (w *Writer) encodePlain(place *metadata.ColumnChunkMetaDataBuilder, s *pageScratch, i int, c *Column, first, end int) (encodedChunk, error) {
	column, path := place.Descr(), place.Descr().Path()
	meta := metadata.NewColumnChunkMetaDataBuilderWithContents(w.plain, column, place.Contents())
	memory := pageMemories.Get().(*pageMemory)
	memory.bytes = memory.bytes[:0]
	pages, err := file.NewPageWriter(memory, w.plain.CompressionFor(path), w.plain.CompressionLevelFor(path), meta,
		int16(w.groups), int16(i), w.options.Allocator, false, nil, nil)
	if err != nil {
		return nil, err
	}
	e := &plainEncoder{
		pageScratch: s, chunk: &plainTexts{out: w.out, meta: meta, pages: memory, rows: int64(end - first)}, pages: pages,
		optional: c.Optional, statisticBytes: int(w.plain.MaxStatsSizeFor(path)),
		ofPage: metadata.NewByteArrayStatistics(column, w.options.Allocator), ofChunk: metadata.NewByteArrayStatistics(column, w.options.Allocator),
	}
	s.body = append(s.body[:0], make([]byte, mostLevelBytes)...)
	for row, begun := first, first; row < end; row += plainBatch {
		next := min(row+plainBatch, end)
		had := len(s.body)
		if err := e.add(c.Strings[:next], row, row == begun); err != nil {
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
	meta.SetStats(said)
	return e.chunk, err
}

// add adds the texts of rows from first on to the page, which may be its first.
func (e *plainEncoder) add(texts []string, first int, isFirst bool) error {
	if isFirst {
		e.least, e.greatest = texts[first], texts[first]
	}
	least, greatest, body := e.least, e.greatest, e.body
	for i, text := range texts[first:] {
		if !utf8.ValidString(text) {
			return fmt.Errorf("row %d: %q is not UTF-8", first+i, text)
		}
		if text < least {
			least = text
		} else if text > greatest {
			greatest = text
		}
		body = append(binary.LittleEndian.AppendUint32(body, uint32(len(text))), text...)
	}
	e.least, e.greatest, e.body = least, greatest, body
	return nil
}

// said are statistics as a page or a chunk has them.
func (e *plainEncoder) said(of *metadata.ByteArrayStatistics) (metadata.EncodedStatistics, error) {
	said, err := of.Encode()
	said.ApplyStatSizeLimits(e.statisticBytes)
	return said, err
}

// page ends a page of so many rows.
func (e *plainEncoder) page(rows int) error {
	e.ofPage.Update([]parquet.ByteArray{borrow(e.least), borrow(e.greatest)}, 0)
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
	packed := body
	if e.pages.HasCompressor() {
		e.packed.Reset()
		packed = e.pages.Compress(&e.packed, body)
	}
	page := file.NewDataPageV1WithStats(memory.NewBufferBytes(packed), int32(rows), parquet.Encodings.Plain,
		parquet.Encodings.RLE, parquet.Encodings.RLE, int32(len(body)), said)
	defer page.Release()
	written, err := e.pages.WriteDataPage(page)
	c := e.chunk
	c.written += written
	c.inflated += written + int64(len(body)-len(packed))
	c.count++
	e.body = e.body[:mostLevelBytes]
	return err
}

// Close implements encodedChunk.
func (c *plainTexts) Close() error {
	defer pageMemories.Put(c.pages)
	err := c.meta.Finish(metadata.ChunkMetaInfo{
		NumValues: c.rows, IndexPageOffset: -1, DataPageOffset: c.out.at, CompressedSize: c.written, UncompressedSize: c.inflated,
	}, false, false, metadata.EncodingStats{DataEncodingStats: map[parquet.Encoding]int32{parquet.Encodings.Plain: c.count}}, nil)
	if err != nil {
		return err
	}
	if _, err := c.out.Write(c.pages.bytes); err != nil {
		return err
	}
	_, err = c.meta.WriteTo(c.out)
	return err
}

// TotalBytesWritten implements encodedChunk.
func (c *plainTexts) TotalBytesWritten() int64 { return c.written }
