package parquetio

import (
	"fmt"
	"io"

	"amends/rules/ir"
)

// readRows is how many rows a column is decoded at a time: large enough to
// amortize a call, small enough that a lying row count allocates little.
const readRows = 1 << 16

// ReadTable reads whole columns of a file that Write made, or of one like it:
// every type but decimals comes back as Write takes it. names picks columns and
// their order; nil takes all. It fails, as all reading here does, rather than
// give fewer rows than the footer states.
func ReadTable(r io.ReaderAt, size int64, names []string) ([]Column, error) {
	f, err := Open(r, size, Limits{})
	if err != nil {
		return nil, err
	}
	if names == nil {
		for _, field := range f.Fields() {
			names = append(names, field.Name)
		}
	}
	return f.readColumns(names, 0, len(f.groupRows))
}

// ReadGroup is ReadTable of one row group.
func (f *File) ReadGroup(group int, names []string) ([]Column, error) {
	return f.readColumns(names, group, group+1)
}

// readColumns reads columns of the row groups [first, end).
func (f *File) readColumns(names []string, first, end int) (columns []Column, err error) {
	columns = make([]Column, len(names))
	var buffers Buffers
	for i, name := range names {
		index, ok := f.Field(name)
		if !ok {
			return nil, fmt.Errorf("no column %q", name)
		}
		if columns[i], err = f.readColumn(index, first, end, &buffers); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

func (f *File) readColumn(index, first, end int, buffers *Buffers) (Column, error) {
	field := &f.fields[index]
	c := Column{Name: field.Name, Optional: field.Optional, Type: field.columnType(), Scale: field.Scale}
	if c.Type == 0 {
		return c, fmt.Errorf("column %q is not one that this program writes: %s", field.Name, field.Detail)
	}
	var v Values
	for group := first; group < end; group++ {
		chunk, err := f.Chunk(group, index, buffers)
		if err != nil {
			return c, err
		}
		for left := int(f.groupRows[group]); left > 0; {
			n := min(left, readRows)
			if err := chunk.Read(n, &v); err != nil {
				return c, err
			}
			c.add(&v, n)
			left -= n
		}
	}
	return c, nil
}

// columnType is the type as which Write would write the field, or 0.
func (f *Field) columnType() ColumnType {
	switch {
	case f.Kind == ir.Bool:
		return Bool
	case f.Kind == ir.Int && f.Storage == Stored32:
		return Int32
	case f.Kind == ir.Int && !f.Unsigned:
		return Int64
	case f.Kind == ir.String:
		return String
	case f.Kind == ir.Time && f.Storage == Stored64 && f.Unit == Microseconds && f.Local:
		return LocalTimestamp
	case f.Kind == ir.Time && f.Storage == Stored64 && f.Unit == Microseconds:
		return Timestamp
	case f.Kind == ir.Date:
		return Date
	case f.Storage == StoredDouble:
		return Double
	case f.Kind == ir.Decimal && f.Storage == Stored64:
		return Decimal64
	default:
		return 0
	}
}

// add appends n rows of v.
func (c *Column) add(v *Values, n int) {
	before := c.Rows()
	switch c.Type {
	case String:
		c.Strings = append(c.Strings, v.Strings[:n]...)
	case Double:
		c.Floats = append(c.Floats, v.Floats[:n]...)
	default:
		c.Ints = append(c.Ints, v.Ints[:n]...)
	}
	if v.Valid == nil && c.Valid == nil {
		return
	}
	for len(c.Valid) < before { // rows before the first null
		c.Valid = append(c.Valid, true)
	}
	for i := range n {
		c.Valid = append(c.Valid, v.Valid == nil || v.Valid[i])
	}
}
