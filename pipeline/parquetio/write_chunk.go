package parquetio

import (
	"fmt"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// scratch is what encoding a column chunk needs; one goroutine uses it, chunk
// after chunk.
type scratch struct {
	levels []int16
	texts  []parquet.ByteArray // borrow the column's texts: nothing writes to them
	narrow []int32
	wide   []int64
	floats []float64
	bools  []bool
	fixed  []parquet.FixedLenByteArray
	firsts firsts
	coder  coder
	page   pageScratch
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// encode checks and encodes rows [first, end) of column i into its chunk, in memory.
func (w *Writer) encode(group *rowGroup, i int, c *Column, first, end int) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("encode: %v", caught)
		}
	}()
	s := scratches.Get().(*scratch)
	defer func() {
		clear(s.texts) // what the pool keeps holds no column alive
		s.coder.forget()
		s.page.span = textRange{}
		scratches.Put(s)
	}()
	w.choose(&s.firsts, i, c, first, end)
	if w.plainly(i, c, first, end) {
		group.chunks[i], err = w.encodePlain(group.places[i], &s.page, i, c, first, end)
		return err
	}
	dictionary := w.columns[i] == w.dictionary
	coded := dictionary && w.ours() && s.coder.code(c, first, end)
	if err := s.check(c, first, end, coded); err != nil {
		return err
	}
	w.taking(i, c, first, end, nil)
	if coded && s.coder.pageBytes(end-first) < w.options.DataPageBytes/2 || !dictionary && w.inOnePage(c, first, end) {
		group.chunks[i] = w.encodeOnePage(group.places[i], s, i, c, first, end)
		return nil
	}
	chunk, err := w.chunk(group, i)
	if err != nil {
		return err
	}
	group.chunks[i] = chunk
	if err := s.writeValues(chunk, c, first, end, s.levelsOf(c, first, end)); err != nil || dictionary {
		return err
	}
	return chunk.(flusher).FlushBufferedDataPages()
}

// check refuses what rows [first, end) of a column may not hold. Of texts that are
// coded it looks at those of the dictionary.
func (s *scratch) check(c *Column, first, end int, coded bool) error {
	if !coded || c.Type != String {
		return checkValues(c, first, end)
	}
	for _, text := range s.coder.texts {
		if !utf8.Valid(text) {
			return checkValues(c, first, end) // which names its row
		}
	}
	return checkNulls(c, first, end)
}

// taking says that rows [first, end) of column i are being encoded; plain is
// what Column.Plain is.
func (w *Writer) taking(i int, c *Column, first, end int, plain []byte) {
	if w.options.Taking == nil {
		return
	}
	part := c.part(first, end)
	part.Plain = plain
	w.options.Taking(i, &part)
}

// flusher compresses a chunk's pages; otherwise closing the row group does, in
// one goroutine. Pages without a dictionary can go out at once.
type flusher interface{ FlushBufferedDataPages() error }

// levelsOf are the definition levels; nil for a column that is never null.
func (s *scratch) levelsOf(c *Column, first, end int) []int16 {
	if !c.Optional {
		return nil
	}
	s.levels = resize(s.levels, end-first)
	for i := range s.levels {
		s.levels[i] = 1
		if c.Null(first + i) {
			s.levels[i] = 0
		}
	}
	return s.levels
}

// writeValues lets the library encode the values one by one.
func (s *scratch) writeValues(chunk file.ColumnChunkWriter, c *Column, first, end int, levels []int16) error {
	var err error
	switch w := chunk.(type) {
	case *file.BooleanColumnChunkWriter:
		s.bools = present(s.bools, c, c.Ints, first, end, func(v int64) bool { return v != 0 })
		_, err = w.WriteBatch(s.bools, levels, nil)
	case *file.Int32ColumnChunkWriter:
		s.narrow = present(s.narrow, c, c.Ints, first, end, func(v int64) int32 { return int32(v) })
		_, err = w.WriteBatch(s.narrow, levels, nil)
	case *file.Int64ColumnChunkWriter:
		if c.Valid == nil {
			_, err = w.WriteBatch(c.Ints[first:end], levels, nil)
			break
		}
		s.wide = present(s.wide, c, c.Ints, first, end, func(v int64) int64 { return v })
		_, err = w.WriteBatch(s.wide, levels, nil)
	case *file.Float64ColumnChunkWriter:
		s.floats = present(s.floats, c, c.Floats, first, end, func(v float64) float64 { return v })
		_, err = w.WriteBatch(s.floats, levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		s.texts = present(s.texts, c, c.Strings, first, end, borrow)
		_, err = w.WriteBatch(s.texts, levels, nil)
	case *file.FixedLenByteArrayColumnChunkWriter:
		s.fixed = present(s.fixed, c, c.Ints, first, end, bigEndian)
		_, err = w.WriteBatch(s.fixed, levels, nil)
	default:
		err = fmt.Errorf("no writer for %s", c.Type)
	}
	return err
}

// present converts the values of rows [first, end) that are not null, into out.
func present[From, To any](out []To, c *Column, values []From, first, end int, convert func(From) To) []To {
	out = resize(out, end-first)[:0]
	if c.Valid == nil {
		for _, v := range values[first:end] {
			out = append(out, convert(v))
		}
		return out
	}
	for i, valid := range c.Valid[first:end] {
		if valid {
			out = append(out, convert(values[first+i]))
		}
	}
	return out
}

// borrow is a text's bytes, not to be written to.
func borrow(s string) parquet.ByteArray {
	if s == "" {
		return parquet.ByteArray{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
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
