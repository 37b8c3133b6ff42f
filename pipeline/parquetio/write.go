package parquetio

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
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

	encoding parquet.Encoding // of all pages, for tests of reading; plain if there is no dictionary
}

func (o WriteOptions) properties(coded map[string]bool) (*parquet.WriterProperties, error) {
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
	properties := []parquet.WriterProperty{
		parquet.WithAllocator(o.Allocator),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(codec),
		parquet.WithDataPageVersion(version),
		parquet.WithDataPageSize(o.DataPageBytes),
		parquet.WithDictionaryDefault(false),
		parquet.WithEncoding(o.encoding),
		parquet.WithDictionaryPageSizeLimit(dictionaryBytes),
	}
	for name := range coded {
		properties = append(properties, parquet.WithDictionaryFor(name, true))
	}
	return parquet.NewWriterProperties(properties...), nil
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
	root    *schema.GroupNode
	sink    *sink
	out     *bufio.Writer
	file    *file.Writer    // from the first row group on
	coded   map[string]bool // columns with a dictionary, of all row groups
}

// NewWriter begins a file of columns, of which only the names and types count.
// It never closes w.
func NewWriter(w io.Writer, columns []Column, options WriteOptions) (*Writer, error) {
	root, err := rootNode(columns)
	if err != nil {
		return nil, err
	}
	if _, err := options.properties(nil); err != nil {
		return nil, err
	}
	out := &sink{w: w}
	return &Writer{options: options.withDefaults(), root: root, sink: out, out: bufio.NewWriterSize(out, sinkBytes)}, nil
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

// group writes rows [first, end) of columns.
func (w *Writer) group(columns []Column, first, end int) (err error) {
	defer w.caught(&err)
	err = w.options.Each(len(columns), func(i int) error {
		if err := checkValues(&columns[i], first, end); err != nil {
			return fmt.Errorf("write parquet: column %q: %w", columns[i].Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.file == nil {
		if err := w.begin(columns, first, end); err != nil {
			return err
		}
	}
	group := w.file.AppendBufferedRowGroup()
	err = w.options.Each(len(columns), func(i int) error {
		chunk, err := group.Column(i)
		if err == nil {
			err = w.encode(chunk, &columns[i], first, end)
		}
		if err != nil {
			return fmt.Errorf("write parquet: column %q: %w", columns[i].Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return group.Close()
}

// Begin shows the first rows of a file whose row groups GroupOf writes, and so
// which columns have a dictionary: all rows of the first row group, or SampleRows.
func (w *Writer) Begin(columns []Column) (err error) {
	defer w.caught(&err)
	rows, err := checkShape(columns)
	if err != nil {
		return err
	}
	return w.begin(columns, 0, rows)
}

// GroupOf is Group for columns of rows rows that are made one by one, after
// Begin. For each of them, an index of the file's, column is called, from several
// goroutines if Each does, and gives the column to encode; once encode returned
// the column is not used any more.
func (w *Writer) GroupOf(rows int, column func(i int, encode func(*Column) error) error) (err error) {
	defer w.caught(&err)
	if w.file == nil {
		return errors.New("write parquet: a row group before Begin")
	}
	group := w.file.AppendBufferedRowGroup()
	err = w.options.Each(w.root.NumFields(), func(i int) error {
		return column(i, func(c *Column) error {
			chunk, err := group.Column(i)
			if err == nil && (c.Rows() != rows || c.Valid != nil && len(c.Valid) != rows) {
				err = fmt.Errorf("%d values and %d validity entries, not %d", c.Rows(), len(c.Valid), rows)
			}
			if err == nil {
				err = checkValues(c, 0, rows)
			}
			if err == nil {
				err = w.encode(chunk, c, 0, rows)
			}
			if err != nil {
				return fmt.Errorf("write parquet: column %q: %w", c.Name, err)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return group.Close()
}

// begin chooses the columns that have a dictionary, from the first rows of the
// file, and starts it.
func (w *Writer) begin(columns []Column, first, end int) error {
	w.coded = map[string]bool{}
	if !w.options.NoDictionary {
		for i := range columns {
			if c := &columns[i]; repeats(c, first, min(end, first+SampleRows)) {
				w.coded[c.Name] = true
			}
		}
	}
	properties, err := w.options.properties(w.coded)
	if err != nil {
		return err
	}
	w.file = file.NewParquetWriter(w.out, w.root, file.WithWriterProps(properties))
	return nil
}

// Close ends the file; w is complete once it returned no error.
func (w *Writer) Close() (err error) {
	defer w.caught(&err)
	if w.file == nil {
		if err := w.begin(nil, 0, 0); err != nil {
			return err
		}
	}
	// The library's Close drops the footer's error, so the footer is written apart.
	if err := w.file.FlushWithFooter(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	return w.out.Flush()
}

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
