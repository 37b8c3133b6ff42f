package parquetio

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

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

const (
	defaultRowGroupRows = 1 << 17 // 131,072: several workers can share a file of a million rows
	defaultPageBytes    = 1 << 20
	dictionaryBytes     = 1 << 20 // beyond it a column chunk falls back to plain pages
)

// WriteOptions shape a file; the zero value is what the product publishes with.
type WriteOptions struct {
	Codec         Codec
	RowGroupRows  int   // rows of a row group; 0 means 131,072
	DataPageBytes int64 // uncompressed size at which a page ends; 0 means 1 MiB
	PageV2        bool  // data pages of version 2
	NoDictionary  bool  // plain pages only
	Allocator     memory.Allocator

	encoding parquet.Encoding // of all pages, for tests of reading; plain if there is no dictionary
}

func (o WriteOptions) properties() (*parquet.WriterProperties, error) {
	codecs := map[Codec]compress.Compression{
		Zstd: compress.Codecs.Zstd, Uncompressed: compress.Codecs.Uncompressed,
		Snappy: compress.Codecs.Snappy, Gzip: compress.Codecs.Gzip,
	}
	codec, known := codecs[o.Codec]
	if !known {
		return nil, fmt.Errorf("codec %d is none of zstd, none, snappy, gzip", o.Codec)
	}
	version, pageBytes, allocator := parquet.DataPageV1, o.DataPageBytes, o.Allocator
	if o.PageV2 {
		version = parquet.DataPageV2
	}
	if pageBytes <= 0 {
		pageBytes = defaultPageBytes
	}
	if allocator == nil {
		allocator = memory.DefaultAllocator
	}
	return parquet.NewWriterProperties(
		parquet.WithAllocator(allocator),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(codec),
		parquet.WithDataPageVersion(version),
		parquet.WithDataPageSize(pageBytes),
		parquet.WithDictionaryDefault(!o.NoDictionary),
		parquet.WithEncoding(o.encoding),
		parquet.WithDictionaryPageSizeLimit(dictionaryBytes),
	), nil
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

// Write writes columns, all of one length, as one Parquet file. The bytes are
// the same for the same columns and options. A null in a column that is not
// Optional, text that is not UTF-8 and an integer that its type cannot hold are
// errors, checked before the first byte. It never closes w.
func Write(w io.Writer, columns []Column, options WriteOptions) (err error) {
	rows, err := checkColumns(columns)
	if err != nil {
		return err
	}
	properties, err := options.properties()
	if err != nil {
		return err
	}
	root, err := rootNode(columns)
	if err != nil {
		return err
	}
	out := &sink{w: w}
	defer func() { // the library panics where a write fails
		if caught := recover(); caught != nil {
			err = fmt.Errorf("write parquet: %v", caught)
		}
		if out.err != nil {
			err = fmt.Errorf("write parquet: %w", out.err)
		}
	}()
	return writeFile(out, root, properties, columns, rows, options.RowGroupRows)
}

func writeFile(out *sink, root *schema.GroupNode, properties *parquet.WriterProperties, columns []Column, rows, groupRows int) error {
	if groupRows <= 0 {
		groupRows = defaultRowGroupRows
	}
	writer := file.NewParquetWriter(out, root, file.WithWriterProps(properties))
	for first := 0; first < rows; first += groupRows {
		end := min(first+groupRows, rows)
		group := writer.AppendRowGroup()
		for i := range columns {
			chunk, err := group.NextColumn()
			if err != nil {
				return fmt.Errorf("column %q: %w", columns[i].Name, err)
			}
			if err := writeChunk(chunk, &columns[i], first, end); err != nil {
				return fmt.Errorf("column %q: %w", columns[i].Name, err)
			}
			if err := chunk.Close(); err != nil {
				return fmt.Errorf("column %q: %w", columns[i].Name, err)
			}
		}
		if err := group.Close(); err != nil {
			return err
		}
	}
	// Close drops the footer's error, so the footer is written apart.
	if err := writer.FlushWithFooter(); err != nil {
		return err
	}
	return writer.Close()
}

// writeChunk writes rows [first, end) of a column as one column chunk.
func writeChunk(chunk file.ColumnChunkWriter, c *Column, first, end int) error {
	var levels []int16
	if c.Optional {
		levels = make([]int16, end-first)
		for i := range levels {
			if !c.Null(first + i) {
				levels[i] = 1
			}
		}
	}
	var err error
	switch w := chunk.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Ints, first, end, func(v int64) bool { return v != 0 }), levels, nil)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Ints, first, end, func(v int64) int32 { return int32(v) }), levels, nil)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Ints, first, end, func(v int64) int64 { return v }), levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Floats, first, end, func(v float64) float64 { return v }), levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Strings, first, end, func(v string) parquet.ByteArray { return []byte(v) }), levels, nil)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(present(c, c.Ints, first, end, bigEndian), levels, nil)
	default:
		err = fmt.Errorf("no writer for %s", c.Type)
	}
	return err
}

// present converts the values of rows [first, end) that are not null.
func present[From, To any](c *Column, values []From, first, end int, convert func(From) To) []To {
	out := make([]To, 0, end-first)
	for i := first; i < end; i++ {
		if !c.Null(i) {
			out = append(out, convert(values[i]))
		}
	}
	return out
}

// fixedDecimalBytes holds any 18 digits with a sign; nine bytes, so that tests
// read a length that no integer has.
const fixedDecimalBytes = 9

func bigEndian(v int64) parquet.FixedLenByteArray {
	out := make([]byte, fixedDecimalBytes)
	for i := fixedDecimalBytes - 1; i >= 0; i-- {
		out[i] = byte(v)
		v >>= 8 // keeps the sign
	}
	return out
}

func checkColumns(columns []Column) (rows int, err error) {
	if len(columns) == 0 {
		return 0, errors.New("write parquet: no columns")
	}
	rows, names := columns[0].Rows(), make(map[string]bool, len(columns))
	for i := range columns {
		c := &columns[i]
		if c.Name == "" || names[c.Name] {
			return 0, fmt.Errorf("write parquet: column name %q is empty or used twice", c.Name)
		}
		names[c.Name] = true
		if c.Rows() != rows || c.Valid != nil && len(c.Valid) != rows {
			return 0, fmt.Errorf("write parquet: column %q has %d values and %d validity entries, column %q has %d values",
				c.Name, c.Rows(), len(c.Valid), columns[0].Name, rows)
		}
		if err := checkValues(c, rows); err != nil {
			return 0, fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
	}
	return rows, nil
}

// largestUnscaled is 18 nines: what a DECIMAL(18, s) holds.
const largestUnscaled = 999_999_999_999_999_999

func checkValues(c *Column, rows int) error {
	for row := range rows {
		if c.Null(row) {
			if !c.Optional {
				return fmt.Errorf("row %d is null, and the column is not optional", row)
			}
			continue
		}
		switch c.Type {
		case String:
			if !utf8.ValidString(c.Strings[row]) {
				return fmt.Errorf("row %d: %q is not UTF-8", row, c.Strings[row])
			}
		case Bool:
			if v := c.Ints[row]; v != 0 && v != 1 {
				return fmt.Errorf("row %d: %d is neither 0 nor 1", row, v)
			}
		case Int32, Date:
			if v := c.Ints[row]; v != int64(int32(v)) {
				return fmt.Errorf("row %d: %d is beyond 32 bits", row, v)
			}
		case Decimal64, DecimalFixed:
			if v := c.Ints[row]; v > largestUnscaled || v < -largestUnscaled {
				return fmt.Errorf("row %d: %d has more than 18 digits", row, v)
			}
		}
	}
	return nil
}

func rootNode(columns []Column) (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(columns))
	for i := range columns {
		c := &columns[i]
		var logical schema.LogicalType = schema.NoLogicalType{}
		physical, bytes := parquet.Types.Int64, -1
		switch c.Type {
		case Bool:
			physical = parquet.Types.Boolean
		case Int32:
			physical = parquet.Types.Int32
		case Int64:
		case String:
			physical, logical = parquet.Types.ByteArray, schema.StringLogicalType{}
		case Timestamp:
			logical = schema.NewTimestampLogicalType(true, schema.TimeUnitMicros)
		case LocalTimestamp:
			logical = schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
		case Date:
			physical, logical = parquet.Types.Int32, schema.DateLogicalType{}
		case Double:
			physical = parquet.Types.Double
		case Decimal64:
			logical = schema.NewDecimalLogicalType(18, int32(c.Scale))
		case DecimalFixed:
			physical, bytes = parquet.Types.FixedLenByteArray, fixedDecimalBytes
			logical = schema.NewDecimalLogicalType(18, int32(c.Scale))
		default:
			return nil, fmt.Errorf("write parquet: column %q has no type that can be written: %s", c.Name, c.Type)
		}
		repetition := parquet.Repetitions.Required
		if c.Optional {
			repetition = parquet.Repetitions.Optional
		}
		node, err := schema.NewPrimitiveNodeLogical(c.Name, repetition, logical, physical, bytes, -1)
		if err != nil {
			return nil, fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
		fields[i] = node
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, fmt.Errorf("write parquet: %w", err)
	}
	return root, nil
}
