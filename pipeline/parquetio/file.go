package parquetio

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
)

// File is an opened Parquet file: its footer, checked, and the source of its
// pages. It holds no resources, and several goroutines may use it.
type File struct {
	source    io.ReaderAt
	limits    Limits
	meta      *fileMeta
	fields    []Field
	byName    map[string]int
	groupRows []int64
	rows      int64
	footerAt  int64
}

// Open reads and checks the footer of a file of size bytes. The error says
// what was found where a footer should be; it does not name the file.
func Open(r io.ReaderAt, size int64, limits Limits) (*File, error) {
	limits = limits.orDefault()
	meta, footerAt, err := readFooter(r, size, limits)
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(meta.schema)
	if err != nil {
		return nil, err
	}
	f := &File{source: r, limits: limits, meta: meta, footerAt: footerAt, fields: schema.fields, byName: schema.byName}
	for g := range meta.groups {
		rows := meta.groups[g].rows
		if rows < 0 || rows > limits.GroupRows {
			return nil, fmt.Errorf("row group %d declares %d rows; the limit is %d", g, rows, limits.GroupRows)
		}
		if n := len(meta.groups[g].chunks); n != schema.leaves {
			return nil, fmt.Errorf("row group %d has %d columns, and the schema %d", g, n, schema.leaves)
		}
		f.groupRows = append(f.groupRows, rows)
		f.rows += rows
	}
	if f.rows != meta.rows {
		return nil, fmt.Errorf("footer declares %d rows, and its row groups together %d", meta.rows, f.rows)
	}
	return f, nil
}

// WithSource returns the same file read through r, which must hold the same bytes.
func (f *File) WithSource(r io.ReaderAt) *File {
	g := *f
	g.source = r
	return &g
}

// Fields describes the top-level columns, in the file's order. The caller must
// not change them.
func (f *File) Fields() []Field { return f.fields }

// Field returns the index in Fields of a column.
func (f *File) Field(name string) (int, bool) {
	i, ok := f.byName[name]
	return i, ok
}

// Rows returns the rows of the file, as its footer and row groups agree.
func (f *File) Rows() int64 { return f.rows }

// GroupRows returns the rows of each row group. The caller must not change them.
func (f *File) GroupRows() []int64 { return f.groupRows }

// chunkPlace is where the pages of a column chunk are.
type chunkPlace struct {
	start, bytes int64
	rows         int64
	codec        compress.Compression
}

var physicalOf = map[Storage]parquet.Type{
	StoredBool: parquet.Types.Boolean, Stored32: parquet.Types.Int32, Stored64: parquet.Types.Int64, Stored96: parquet.Types.Int96,
	StoredFloat: parquet.Types.Float, StoredDouble: parquet.Types.Double, StoredText: parquet.Types.ByteArray,
	StoredFixed: parquet.Types.FixedLenByteArray,
}

// locate finds and checks a column chunk.
func (f *File) locate(group int, field *Field) (p chunkPlace, err error) {
	if field.leaf < 0 {
		return p, errors.New(field.Detail)
	}
	chunk := &f.meta.groups[group].chunks[field.leaf]
	if !chunk.there || chunk.encrypted {
		return p, fmt.Errorf("metadata of the column is absent or encrypted")
	}
	if chunk.file != "" {
		return p, fmt.Errorf("values are in another file, %.80q", chunk.file)
	}
	if chunk.parts != 1 || string(chunk.path) != field.Name || chunk.kind != physicalOf[field.Storage] {
		return p, fmt.Errorf("metadata is that of column %.80q, of %d parts, %s", chunk.path, chunk.parts, chunk.kind)
	}
	p = chunkPlace{start: chunk.dataAt, bytes: chunk.bytes, rows: f.groupRows[group], codec: chunk.codec}
	if at := chunk.dictionaryAt; chunk.hasDictionary && at > 0 && at < p.start {
		p.start = at
	}
	if p.rows == 0 && chunk.values == 0 { // some writers leave the offset at 0
		return chunkPlace{}, nil
	}
	if p.start < int64(len(magic)) || p.bytes < 0 || p.start > f.footerAt || p.bytes > f.footerAt-p.start {
		return p, fmt.Errorf("pages at %d, %d bytes, are not within the file", p.start, p.bytes)
	}
	if chunk.values != p.rows {
		return p, fmt.Errorf("column declares %d values, and its row group %d rows", chunk.values, p.rows)
	}
	if problem := codecProblem(p.codec); problem != "" {
		return p, fmt.Errorf("%s", problem)
	}
	return p, nil
}
