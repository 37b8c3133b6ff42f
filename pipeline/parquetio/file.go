package parquetio

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// File is an opened Parquet file: its footer, checked, and the source of its
// pages. It holds no resources, and several goroutines may use it.
type File struct {
	source    io.ReaderAt
	limits    Limits
	meta      *metadata.FileMetaData
	fields    []Field
	byName    map[string]int
	groupRows []int64
	rows      int64
	footerAt  int64
}

// Open reads and checks the footer of a file of size bytes. The error says
// what was found where a footer should be; it does not name the file.
func Open(r io.ReaderAt, size int64, limits Limits) (f *File, err error) {
	limits = limits.orDefault()
	meta, footerAt, err := readFooter(r, size, limits)
	if err != nil {
		return nil, err
	}
	defer func() { // the library trusts the metadata that it parsed
		if caught := recover(); caught != nil {
			f, err = nil, fmt.Errorf("footer: %v", caught)
		}
	}()
	f = &File{source: r, limits: limits, meta: meta, footerAt: footerAt, fields: describe(meta.Schema)}
	f.byName = make(map[string]int, len(f.fields))
	for i := range f.fields {
		name := f.fields[i].Name
		if _, twice := f.byName[name]; twice {
			return nil, fmt.Errorf("two columns have the name %q", name)
		}
		f.byName[name] = i
	}
	for g := range meta.RowGroups {
		rows := meta.RowGroups[g].GetNumRows()
		if rows < 0 || rows > limits.GroupRows {
			return nil, fmt.Errorf("row group %d declares %d rows; the limit is %d", g, rows, limits.GroupRows)
		}
		if n := len(meta.RowGroups[g].GetColumns()); n != meta.Schema.NumColumns() {
			return nil, fmt.Errorf("row group %d has %d columns, and the schema %d", g, n, meta.Schema.NumColumns())
		}
		f.groupRows = append(f.groupRows, rows)
		f.rows += rows
	}
	if f.rows != meta.NumRows {
		return nil, fmt.Errorf("footer declares %d rows, and its row groups together %d", meta.NumRows, f.rows)
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
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("metadata: %v", caught)
		}
	}()
	chunk := f.meta.RowGroups[group].GetColumns()[field.leaf]
	if !chunk.IsSetMetaData() || chunk.IsSetCryptoMetadata() {
		return p, fmt.Errorf("metadata of the column is absent or encrypted")
	}
	if chunk.GetFilePath() != "" {
		return p, fmt.Errorf("values are in another file, %.80q", chunk.GetFilePath())
	}
	meta, err := f.meta.RowGroup(group).ColumnChunk(field.leaf)
	if err != nil {
		return p, err
	}
	path := meta.PathInSchema()
	if len(path) != 1 || path[0] != field.Name || meta.Type() != physicalOf[field.Storage] {
		return p, fmt.Errorf("metadata is that of column %.80q, %s", path, meta.Type())
	}
	p = chunkPlace{start: meta.DataPageOffset(), bytes: meta.TotalCompressedSize(), rows: f.groupRows[group],
		codec: meta.Compression()}
	if at := meta.DictionaryPageOffset(); meta.HasDictionaryPage() && at > 0 && at < p.start {
		p.start = at
	}
	if p.rows == 0 && meta.NumValues() == 0 { // some writers leave the offset at 0
		return chunkPlace{}, nil
	}
	if p.start < int64(len(magic)) || p.bytes < 0 || p.start > f.footerAt || p.bytes > f.footerAt-p.start {
		return p, fmt.Errorf("pages at %d, %d bytes, are not within the file", p.start, p.bytes)
	}
	if meta.NumValues() != p.rows {
		return p, fmt.Errorf("column declares %d values, and its row group %d rows", meta.NumValues(), p.rows)
	}
	if problem := codecProblem(p.codec); problem != "" {
		return p, fmt.Errorf("%s", problem)
	}
	return p, nil
}
