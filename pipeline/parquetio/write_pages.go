package parquetio

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// pagedChunk is a chunk whose pages are made here, byte for byte as the library
// makes them: for each it would allocate what takes longer than the page. Close
// writes them.
type pagedChunk struct {
	writer *Writer
	meta   *metadata.ColumnChunkMetaDataBuilder
	pages  *pageMemory
	rows   int64

	inflated, written int64 // bytes of the pages with their headers, as if not compressed and as they are
	dictionary        int64 // of written: the dictionary's
	encoding          parquet.Encoding
	count             int32 // of data pages
	statistics        int   // bytes, at most
}

// pageMemory is where pages are until their chunk is written.
type pageMemory struct{ bytes []byte }

var pageMemories = sync.Pool{New: func() any { return &pageMemory{} }}

// paged begins a chunk of so many rows, with data pages of an encoding.
func (w *Writer) paged(place *metadata.ColumnChunkMetaDataBuilder, column, rows int, encoding parquet.Encoding) *pagedChunk {
	memory := pageMemories.Get().(*pageMemory)
	memory.bytes = memory.bytes[:0]
	return &pagedChunk{
		writer: w, pages: memory, rows: int64(rows), encoding: encoding,
		meta: metadata.NewColumnChunkMetaDataBuilderWithContents(w.columns[column], place.Descr(), place.Contents()),
	}
}

// mostHeaderBytes is more than most headers of pages take.
const mostHeaderBytes = 1 << 8

// page adds a page of so many values. A dictionary comes first, and has no
// statistics.
func (c *pagedChunk) page(s *pageScratch, kind, values int32, encoding parquet.Encoding, body []byte, said *metadata.EncodedStatistics) {
	packed := body
	if codec := c.writer.codec; codec != nil {
		if s.packed == nil { // what is not filled costs nothing, and growing would
			s.packed = make([]byte, 0, defaultPageBytes)
		}
		s.packed = codec.EncodeLevel(s.packed[:0], body, c.writer.level)
		packed = s.packed
	}
	if kind == pageDataV1 && c.count == 0 && int64(values) < c.rows { // those that follow are as this one
		all := (c.rows + int64(values) - 1) / int64(values)
		c.pages.bytes = slices.Grow(c.pages.bytes, int(all)*(len(packed)+len(packed)/32+mostHeaderBytes))
	}
	before := len(c.pages.bytes)
	c.pages.bytes = append(appendPageHeader(c.pages.bytes, kind, values, encoding, len(body), len(packed), said), packed...)
	written := int64(len(c.pages.bytes) - before)
	c.written += written
	c.inflated += written + int64(len(body)-len(packed))
	if kind == pageDictionary {
		c.dictionary = written
	} else {
		c.count++
	}
}

// Close implements encodedChunk.
func (c *pagedChunk) Close() error {
	defer pageMemories.Put(c.pages)
	out := c.writer.out
	info := metadata.ChunkMetaInfo{
		NumValues: c.rows, IndexPageOffset: -1, DataPageOffset: out.at + c.dictionary, CompressedSize: c.written, UncompressedSize: c.inflated,
	}
	encodings := metadata.EncodingStats{DataEncodingStats: map[parquet.Encoding]int32{c.encoding: c.count}}
	if c.dictionary > 0 {
		info.DictPageOffset = out.at
		encodings.DictEncodingStats = map[parquet.Encoding]int32{parquet.Encodings.Plain: 1}
	}
	if err := c.meta.Finish(info, c.dictionary > 0, false, encodings, nil); err != nil {
		return err
	}
	if _, err := out.Write(c.pages.bytes); err != nil {
		return err
	}
	return c.repeat(out)
}

// repeatedBytes is what of a chunk's place in the footer the library does not write
// a second time, behind the pages: it is lost in a buffer of so many bytes, and
// nobody reads the rest.
const repeatedBytes = 4096

// repeat writes what is more than repeatedBytes: only statistics of long texts are.
func (c *pagedChunk) repeat(out *position) error {
	const others = 512 // bytes, more than all but the name and statistics takes
	if others+len(c.meta.Descr().Path())+c.statistics <= repeatedBytes {
		return nil
	}
	_, err := c.meta.WriteTo(out)
	return err
}

// said says what the chunk's statistics are.
func (c *pagedChunk) said(of metadata.EncodedStatistics) {
	c.statistics = 2 * (len(of.Min) + len(of.Max)) // those of integers stand there twice
	c.meta.SetStats(of)
}

// TotalBytesWritten implements encodedChunk.
func (c *pagedChunk) TotalBytesWritten() int64 { return c.written }

// appendPageHeader appends the Thrift structure that stands before a page: a data
// page of version 1, or a dictionary. See parsePageHeader.
func appendPageHeader(b []byte, kind, values int32, encoding parquet.Encoding, inflated, packed int, said *metadata.EncodedStatistics) []byte {
	const i32, next = compactI32, 1 << 4 // a field's head is its type, and how far its number is from the one before
	b = binary.AppendVarint(append(b, next|i32), int64(kind))
	b = binary.AppendVarint(append(b, next|i32), int64(inflated))
	b = binary.AppendVarint(append(b, next|i32), int64(packed))
	detail := byte(5) // DataPageHeader
	if kind == pageDictionary {
		detail = 7
	}
	b = append(b, (detail-3)<<4|compactStruct)
	b = binary.AppendVarint(append(b, next|i32), int64(values))
	b = binary.AppendVarint(append(b, next|i32), int64(encoding))
	if kind == pageDictionary {
		return append(b, next|compactFalse, compactStop, compactStop) // it is not sorted
	}
	b = binary.AppendVarint(append(b, next|i32), int64(parquet.Encodings.RLE)) // of definition levels
	b = binary.AppendVarint(append(b, next|i32), int64(parquet.Encodings.RLE)) // of repetition levels
	return append(appendStatistics(append(b, next|compactStruct), said), compactStop, compactStop)
}

// appendStatistics appends a Statistics structure. What of integers is least and
// greatest stands in fields for readers of old, too.
func appendStatistics(b []byte, said *metadata.EncodedStatistics) []byte {
	last := byte(0)
	field := func(id, kind byte) {
		b = append(b, (id-last)<<4|kind)
		last = id
	}
	bytes := func(id byte, wanted bool, value []byte) {
		if wanted {
			field(id, compactBinary)
			b = append(binary.AppendUvarint(b, uint64(len(value))), value...)
		}
	}
	bytes(1, said.HasMax && said.Signed, said.Max)
	bytes(2, said.HasMin && said.Signed, said.Min)
	if said.HasNullCount {
		field(3, compactI64)
		b = binary.AppendVarint(b, said.NullCount)
	}
	if said.HasDistinctCount {
		field(4, compactI64)
		b = binary.AppendVarint(b, said.DistinctCount)
	}
	bytes(5, said.HasMax, said.Max)
	bytes(6, said.HasMin, said.Min)
	return append(b, compactStop)
}
