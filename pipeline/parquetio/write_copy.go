package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// errOtherColumns is why a row group is not copied.
var errOtherColumns = errors.New("write parquet: a row group of other columns")

// copyBytes is how much of a chunk is copied or compared at a time.
const copyBytes = 1 << 18

// pieces are of copyBytes: a file of many chunks makes few of them.
var pieces = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// Copy writes a row group of another file of the same columns, its pages and
// statistics byte for byte, but for the columns of instead, which are given by
// their index. Its rows are not looked at: see SameChunks.
func (w *Writer) Copy(from *File, group int, instead map[int]*Column) (err error) {
	defer w.caught(&err)
	whole, err := from.meta.whole()
	if err != nil {
		return err
	}
	if !w.schema.Equals(whole.Schema) {
		return errOtherColumns
	}
	rows := int(from.groupRows[group])
	g := w.newGroup()
	for i, c := range instead {
		if err := w.encodeMade(g, i, c, rows); err != nil {
			return fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
	}
	written := int64(0)
	for i, place := range g.places {
		if chunk := g.chunks[i]; chunk != nil {
			if err := chunk.Close(); err != nil {
				return err
			}
			written += chunk.TotalBytesWritten()
			continue
		}
		n, err := w.copyChunk(place, from, whole, group, i)
		if err != nil {
			return fmt.Errorf("write parquet: copy row group %d, column %q: %w", group, from.fields[i].Name, err)
		}
		written += n
	}
	return w.add(g, rows, written)
}

// copyChunk copies the pages of a chunk, and what the footer says of it.
func (w *Writer) copyChunk(place *metadata.ColumnChunkMetaDataBuilder, from *File, whole *metadata.FileMetaData, group, i int) (int64, error) {
	at, err := from.locate(group, &from.fields[i])
	if err != nil {
		return 0, err
	}
	source := whole.RowGroups[group].GetColumns()[from.fields[i].leaf]
	chunk := place.Contents()
	*chunk.MetaData = *source.MetaData
	chunk.MetaData.IndexPageOffset, chunk.MetaData.BloomFilterOffset = nil, nil // of parts that are not copied
	moved := w.out.at - at.start
	chunk.MetaData.DataPageOffset += moved
	if chunk.MetaData.DictionaryPageOffset != nil {
		offset := *chunk.MetaData.DictionaryPageOffset + moved
		chunk.MetaData.DictionaryPageOffset = &offset
	}
	pages := io.NewSectionReader(from.source, at.start, at.bytes)
	piece := pieces.Get().(*[copyBytes]byte)
	defer pieces.Put(piece)
	if n, err := io.CopyBuffer(w.out, struct{ io.Reader }{pages}, piece[:]); err != nil || n != at.bytes {
		return 0, errors.Join(err, fmt.Errorf("%d of %d bytes", n, at.bytes))
	}
	chunk.FileOffset = w.out.at // as the library does, which repeats it behind the pages
	if _, err := place.WriteTo(w.out); err != nil {
		return 0, err
	}
	return chunk.MetaData.TotalUncompressedSize, nil
}

// SameChunk reports an error unless a chunk is that of another file, byte for
// byte: its pages, its statistics, and how both are to be read.
func (f *File) SameChunk(group, column int, other *File, otherGroup int) error {
	a, err := f.locate(group, &f.fields[column])
	if err != nil {
		return err
	}
	b, err := other.locate(otherGroup, &other.fields[column])
	if err != nil {
		return err
	}
	whole, err := f.meta.whole()
	if err != nil {
		return err
	}
	otherWhole, err := other.meta.whole()
	if err != nil {
		return err
	}
	said, meant := *whole.RowGroups[group].GetColumns()[f.fields[column].leaf].MetaData, *otherWhole.RowGroups[otherGroup].GetColumns()[other.fields[column].leaf].MetaData
	said.DataPageOffset -= a.start
	meant.DataPageOffset -= b.start
	said.DictionaryPageOffset, meant.DictionaryPageOffset = nil, nil // the start of both, where there is one
	meant.IndexPageOffset, meant.BloomFilterOffset = nil, nil
	differs := fmt.Errorf("row group %d, column %q: other pages than row group %d of the file that it was copied from", group, f.fields[column].Name, otherGroup)
	if a.bytes != b.bytes || !said.Equals(&meant) {
		return differs
	}
	left, right := pieces.Get().(*[copyBytes]byte), pieces.Get().(*[copyBytes]byte)
	defer pieces.Put(left)
	defer pieces.Put(right)
	for done := int64(0); done < a.bytes; done += copyBytes {
		n := min(copyBytes, a.bytes-done)
		if _, err := readFull(f.source, left[:n], a.start+done); err != nil {
			return err
		}
		if _, err := readFull(other.source, right[:n], b.start+done); err != nil {
			return err
		}
		if !bytes.Equal(left[:n], right[:n]) {
			return differs
		}
	}
	return nil
}
