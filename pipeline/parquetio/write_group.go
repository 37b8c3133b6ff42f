package parquetio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// rowGroup is one that is being written: chunks are encoded into memory, in any
// order, and end writes them.
type rowGroup struct {
	meta   *metadata.RowGroupMetaDataBuilder
	places []*metadata.ColumnChunkMetaDataBuilder // of the chunks, in the footer
	chunks []encodedChunk
}

// encodedChunk is a chunk that is in memory as a whole.
type encodedChunk interface {
	Close() error             // writes it
	TotalBytesWritten() int64 // of pages, once it is written
}

func (w *Writer) newGroup() *rowGroup {
	g := &rowGroup{meta: w.footer.AppendRowGroup(), chunks: make([]encodedChunk, w.schema.NumColumns())}
	for range g.chunks {
		g.places = append(g.places, g.meta.NextColumnChunk())
	}
	return g
}

// end writes the row group, of so many rows.
func (w *Writer) end(g *rowGroup, rows int) error {
	bytes := int64(0)
	for _, chunk := range g.chunks {
		if err := chunk.Close(); err != nil {
			return err
		}
		bytes += chunk.TotalBytesWritten()
	}
	return w.add(g, rows, bytes)
}

// add completes what the footer says of a row group.
func (w *Writer) add(g *rowGroup, rows int, bytes int64) error {
	g.meta.SetNumRows(rows)
	err := g.meta.Finish(bytes, int16(w.groups))
	w.groups++
	return err
}

// group writes rows [first, end) of columns.
func (w *Writer) group(columns []Column, first, end int) (err error) {
	defer w.caught(&err)
	group := w.newGroup()
	err = w.options.Each(len(columns), func(i int) error {
		if err := w.encode(group, i, &columns[i], first, end); err != nil {
			return fmt.Errorf("write parquet: column %q: %w", columns[i].Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.end(group, end-first)
}

// GroupOf is Group for columns of rows rows that are made one by one. For each of
// them, an index of the file's, column is called, from several goroutines if Each
// does, and gives the column to encode; once encode returned the column is not
// used any more.
func (w *Writer) GroupOf(rows int, column func(i int, encode func(*Column) error) error) (err error) {
	defer w.caught(&err)
	group := w.newGroup()
	err = w.options.Each(len(group.chunks), func(i int) error {
		return column(i, func(c *Column) error {
			if err := w.encodeMade(group, i, c, rows); err != nil {
				return fmt.Errorf("write parquet: column %q: %w", c.Name, err)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return w.end(group, rows)
}

// encodeMade encodes a column that was made for a chunk of so many rows.
func (w *Writer) encodeMade(group *rowGroup, i int, c *Column, rows int) error {
	if c.Rows() != rows || c.Valid != nil && len(c.Valid) != rows {
		return fmt.Errorf("%d values and %d validity entries, not %d", c.Rows(), len(c.Valid), rows)
	}
	return w.encode(group, i, c, 0, rows)
}

// choose lets the first SampleRows of a column's first chunk choose whether it
// has a dictionary, in the whole file.
func (w *Writer) choose(s *firsts, i int, c *Column, first, end int) {
	if w.columns[i] != nil {
		return
	}
	w.columns[i] = w.plain
	if !w.options.NoDictionary && s.repeats(c, first, min(end, first+SampleRows)) {
		w.columns[i] = w.dictionary
	}
}

// chunk begins a chunk of column i.
func (w *Writer) chunk(group *rowGroup, i int) (file.ColumnChunkWriter, error) {
	properties, place := w.columns[i], group.places[i]
	path := place.Descr().Path()
	meta := metadata.NewColumnChunkMetaDataBuilderWithContents(properties, place.Descr(), place.Contents())
	pages, err := file.NewPageWriter(w.out, properties.CompressionFor(path), properties.CompressionLevelFor(path), meta,
		int16(w.groups), int16(i), properties.Allocator(), buffered, nil, nil)
	if err != nil {
		return nil, err
	}
	return file.NewColumnChunkWriter(meta, pages, properties), nil
}

// buffered pages stay in memory until their chunk is closed.
const buffered = true
