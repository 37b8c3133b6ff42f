package parquetio

import (
	"fmt"
	"io"
)

// cursorRows is how many rows a cursor decodes at a time: they stay in the cache
// of a core until they are copied to where they belong.
const cursorRows = 1 << 10

// Cursor reads one column of a whole file, row after row, and holds little more
// than a page of it. One goroutine at a time may use it.
type Cursor struct {
	file  *File
	index int
	group int // the next
	chunk *Chunk
	left  int // rows of chunk that are not decoded

	buffers Buffers
	part    Column // what is decoded
	at      int    // so many of its rows are gone
	older   int    // so many of the buffers' held pages have no text of part
}

// Cursor begins to read a column by its name, which must be one that Write has a
// type for.
func (f *File) Cursor(name string) (*Cursor, error) {
	index, ok := f.Field(name)
	if !ok {
		return nil, fmt.Errorf("no column %q", name)
	}
	field := &f.fields[index]
	c := &Cursor{file: f, index: index, buffers: Buffers{recycle: true}}
	c.part = Column{Name: field.Name, Optional: field.Optional, Type: field.columnType(), Scale: field.Scale}
	return c, c.part.known(field)
}

// Next returns the next rows of the column, or none at its end. They are valid
// until the cursor is used again; their texts stay until Release.
func (c *Cursor) Next() (*Column, error) {
	c.at = c.part.Rows()
	if err := c.decode(); err != nil && err != io.EOF {
		return nil, err
	}
	c.at = 0
	return &c.part, nil
}

// Take copies the next n rows to out, a column of the same type, from row first
// on; their texts stay until Release. It is an error if there are fewer.
func (c *Cursor) Take(out *Column, first, n int) error {
	if out.Type != c.part.Type {
		return fmt.Errorf("column %q is of %s, not %s", c.part.Name, c.part.Type, out.Type)
	}
	return c.pass(n, func(from, to int) error {
		in, end := &c.part, first+to-from
		switch in.Type {
		case String:
			copy(out.Strings[first:end], in.Strings[from:to])
		case Double:
			copy(out.Floats[first:end], in.Floats[from:to])
		default:
			copy(out.Ints[first:end], in.Ints[from:to])
		}
		switch {
		case in.Valid != nil && out.Valid == nil:
			return fmt.Errorf("column %q has nulls", in.Name)
		case out.Valid == nil:
		case in.Valid == nil:
			fill(out.Valid[first:end], true)
		default:
			copy(out.Valid[first:end], in.Valid[from:to])
		}
		first = end
		return nil
	})
}

// Release says that the texts which were taken are not used any more: their
// memory serves for pages to come. Those of rows that are still to be taken stay.
func (c *Cursor) Release() {
	b := &c.buffers
	for _, page := range b.held[:c.older] {
		if Scribble.Load() {
			overwrite(page)
		}
		b.free = append(b.free, page)
	}
	b.held = append(b.held[:0], b.held[c.older:]...)
	c.older = 0
}

// Skip passes over the next n rows. It is an error if there are fewer.
func (c *Cursor) Skip(n int) error { return c.pass(n, func(int, int) error { return nil }) }

// Seek goes to the first row of a row group.
func (c *Cursor) Seek(group int) {
	if c.group == group && c.left == 0 && c.at == c.part.Rows() {
		return // it is there
	}
	c.group, c.left, c.at = group, 0, c.part.Rows()
}

// pass visits the places in part of the next n rows.
func (c *Cursor) pass(n int, visit func(from, to int) error) error {
	for n > 0 {
		if c.at == c.part.Rows() {
			if err := c.decode(); err == io.EOF {
				return place(c.group, &c.file.fields[c.index], io.ErrUnexpectedEOF)
			} else if err != nil {
				return err
			}
		}
		rows := min(n, c.part.Rows()-c.at)
		if err := visit(c.at, c.at+rows); err != nil {
			return err
		}
		c.at += rows
		n -= rows
	}
	return nil
}

// decode fills part with the rows that come next, or returns io.EOF and leaves
// it without any.
func (c *Cursor) decode() error {
	c.part.Ints, c.part.Strings, c.part.Floats, c.part.Valid, c.at = nil, nil, nil, nil, 0
	for c.left == 0 {
		if c.group == len(c.file.groupRows) {
			return io.EOF
		}
		chunk, err := c.file.Chunk(c.group, c.index, &c.buffers)
		if err != nil {
			return err
		}
		c.chunk, c.left = chunk, int(c.file.groupRows[c.group])
		c.group++
	}
	n := min(c.left, cursorRows)
	c.older = len(c.buffers.held)
	v := &c.buffers.values
	if err := c.chunk.Read(n, v); err != nil {
		return err
	}
	c.left -= n
	switch c.part.Type {
	case String:
		c.part.Strings = v.Strings[:n]
	case Double:
		c.part.Floats = v.Floats[:n]
	default:
		c.part.Ints = v.Ints[:n]
	}
	if v.Valid != nil {
		c.part.Valid = v.Valid[:n]
	}
	return nil
}
