package parquetio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/metadata"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// Codec is how pages are compressed.
type Codec uint8

// The codecs that are written and read.
const (
	Zstd Codec = iota // the default
	Uncompressed
	Snappy
	Gzip
)

// createdBy is fixed, so that the same columns give the same bytes whatever the
// build that wrote them.
const createdBy = "amends"

// RowGroupRows is how many rows a row group has unless options say otherwise:
// several workers can share a file of a million rows.
const RowGroupRows = 1 << 17

const (
	defaultPageBytes = 1 << 20
	dictionaryBytes  = 1 << 20 // beyond it a column chunk falls back to plain pages
	sinkBytes        = 1 << 16 // what is written at once, at least: the library writes headers apart
)

// WriteOptions shape a file; the zero value is what the product publishes with.
type WriteOptions struct {
	Codec         Codec
	RowGroupRows  int   // rows of a row group; 0 means RowGroupRows
	DataPageBytes int64 // uncompressed size at which a page ends; 0 means 1 MiB
	PageV2        bool  // data pages of version 2
	NoDictionary  bool  // plain pages only
	Allocator     memory.Allocator

	// Each does work for 0 to n−1, in any order or at once, and returns its
	// errors. The columns of a row group are encoded through it; nil does one
	// after the other. It changes no byte.
	Each func(n int, work func(i int) error) error

	// Taking is told of the values of a column, an index, as they are encoded:
	// part by part, in their order, while a part is near at hand. The part is valid
	// until it returns. Columns come at once where Each does them so. Texts that go
	// into plain pages come with Column.Plain, which is what is compressed.
	Taking func(column int, part *Column)

	encoding parquet.Encoding // of all pages, for tests of reading; plain if there is no dictionary
	library  bool             // encodes all columns, for tests of what encodePlain does in its place
}

// properties are those of columns with a dictionary, or without.
func (o WriteOptions) properties(coded bool) (*parquet.WriterProperties, error) {
	codecs := map[Codec]compress.Compression{
		Zstd: compress.Codecs.Zstd, Uncompressed: compress.Codecs.Uncompressed,
		Snappy: compress.Codecs.Snappy, Gzip: compress.Codecs.Gzip,
	}
	codec, known := codecs[o.Codec]
	if !known {
		return nil, fmt.Errorf("codec %d is none of zstd, none, snappy, gzip", o.Codec)
	}
	version := parquet.DataPageV1
	if o.PageV2 {
		version = parquet.DataPageV2
	}
	return parquet.NewWriterProperties(
		parquet.WithAllocator(o.Allocator),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(codec),
		parquet.WithDataPageVersion(version),
		parquet.WithDataPageSize(o.DataPageBytes),
		parquet.WithDictionaryDefault(coded),
		parquet.WithEncoding(o.encoding),
		parquet.WithDictionaryPageSizeLimit(dictionaryBytes),
	), nil
}

func (o WriteOptions) withDefaults() WriteOptions {
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = RowGroupRows
	}
	if o.DataPageBytes <= 0 {
		o.DataPageBytes = defaultPageBytes
	}
	if o.Allocator == nil {
		o.Allocator = encodingMemory
	}
	if o.Each == nil {
		o.Each = oneByOne
	}
	return o
}

func oneByOne(n int, work func(i int) error) error {
	for i := range n {
		if err := work(i); err != nil {
			return err
		}
	}
	return nil
}

// sink counts on nothing but Write, so that closing the Parquet writer leaves
// the caller's file open, and it keeps the first error, which the library drops.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	s.err = err
	return n, err
}

// Writer writes a Parquet file row group by row group. The bytes are the same
// for the same row groups and options. After an error the file is of no use.
type Writer struct {
	options WriteOptions
	schema  *schema.Schema
	sink    *sink
	out     *position
	footer  *metadata.FileMetaDataBuilder
	groups  int

	codec compress.Codec // of the pages that are made here; nil for none
	level int

	plain, dictionary *parquet.WriterProperties
	columns           []*parquet.WriterProperties // one of them, from the first rows of a column on
}

// position writes to a buffer, and knows how far the file is.
type position struct {
	buffer *bufio.Writer
	at     int64
}

func (p *position) Write(b []byte) (int, error) {
	n, err := p.buffer.Write(b)
	p.at += int64(n)
	return n, err
}

// Tell implements what the library writes to.
func (p *position) Tell() int64 { return p.at }

// NewWriter begins a file of columns, of which only the names and types count.
// It never closes w.
func NewWriter(w io.Writer, columns []Column, options WriteOptions) (*Writer, error) {
	root, err := rootNode(columns)
	if err != nil {
		return nil, err
	}
	writer := &Writer{options: options.withDefaults(), schema: schema.NewSchema(root), sink: &sink{w: w}}
	if writer.plain, err = writer.options.properties(false); err != nil {
		return nil, err
	}
	if writer.dictionary, err = writer.options.properties(true); err != nil {
		return nil, err
	}
	buffer, ok := sinkBuffers.Get().(*bufio.Writer)
	if !ok {
		buffer = bufio.NewWriterSize(nil, sinkBytes)
	}
	buffer.Reset(writer.sink)
	writer.out = &position{buffer: buffer}
	if kind := writer.plain.Compression(); kind != compress.Codecs.Uncompressed {
		if writer.codec, err = compress.GetCodec(kind); err != nil {
			return nil, err
		}
		writer.level = writer.plain.CompressionLevel()
	}
	writer.columns = make([]*parquet.WriterProperties, len(columns))
	writer.footer = metadata.NewFileMetadataBuilder(writer.schema, writer.plain, nil)
	_, err = writer.out.Write([]byte(magic)) // into the buffer
	return writer, err
}

// Write writes columns, all of one length, as one Parquet file. A null in a
// column that is not Optional, text that is not UTF-8 and an integer that its
// type cannot hold are errors. It never closes w.
func Write(w io.Writer, columns []Column, options WriteOptions) error {
	rows, err := checkShape(columns)
	if err != nil {
		return err
	}
	writer, err := NewWriter(w, columns, options)
	if err != nil {
		return err
	}
	for first := 0; first < rows; first += writer.options.RowGroupRows {
		if err := writer.group(columns, first, min(first+writer.options.RowGroupRows, rows)); err != nil {
			return err
		}
	}
	return writer.Close()
}

// Group writes columns, those of NewWriter with values, as one row group; with
// no rows it does nothing. Nothing of a row group that breaks a rule of Write is
// written.
func (w *Writer) Group(columns []Column) error {
	rows, err := checkShape(columns)
	if err != nil || rows == 0 {
		return err
	}
	return w.group(columns, 0, rows)
}

// Close ends the file; w is complete once it returned no error.
func (w *Writer) Close() (err error) {
	defer w.caught(&err)
	footer, err := w.footer.Snapshot()
	if err != nil {
		return err
	}
	length, err := footer.WriteTo(w.out, nil)
	if err != nil {
		return err
	}
	if _, err := w.out.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(length)), magic...)); err != nil {
		return err
	}
	err = w.out.buffer.Flush()
	w.out.buffer.Reset(nil) // nothing is kept alive
	sinkBuffers.Put(w.out.buffer)
	w.out.buffer = nil
	return err
}

// sinkBuffers are those of files that are complete.
var sinkBuffers sync.Pool // *bufio.Writer

// caught turns a panic into an error, as the library has it where a write
// fails, and prefers the error of that write.
func (w *Writer) caught(err *error) {
	if caught := recover(); caught != nil {
		*err = fmt.Errorf("write parquet: %v", caught)
	}
	if w.sink.err != nil {
		*err = fmt.Errorf("write parquet: %w", w.sink.err)
	}
}
