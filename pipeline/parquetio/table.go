package parquetio

import (
	"fmt"
	"io"

	"amends/rules/ir"
)

// readRows is how many rows a column is decoded at a time: large enough to
// amortize a call, small enough that they stay in the cache of a core, that a
// lying row count allocates little, and that the pages of long texts are few.
const readRows = 1 << 12

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
	all := Column{Name: field.Name, Optional: field.Optional, Type: field.columnType(), Scale: field.Scale}
	for group := first; group < end; group++ {
		err := f.ReadColumn(group, index, buffers, func(part *Column) error {
			all.add(part)
			return nil
		})
		if err != nil {
			return all, err
		}
	}
	return all, all.known(field)
}

// ReadColumn reads a column (an index in Fields) of a row group, part by part,
// as Write takes it. The part is valid until visit returns; its texts stay,
// unless the buffers borrow.
func (f *File) ReadColumn(group, index int, buffers *Buffers, visit func(part *Column) error) error {
	field := &f.fields[index]
	part := Column{Name: field.Name, Optional: field.Optional, Type: field.columnType(), Scale: field.Scale}
	if err := part.known(field); err != nil {
		return err
	}
	chunk, err := f.Chunk(group, index, buffers)
	if err != nil {
		return err
	}
	v := &buffers.values
	for left := int(f.groupRows[group]); left > 0; {
		n := min(left, readRows)
		if err := chunk.Read(n, v); err != nil {
			return err
		}
		part.Ints, part.Strings, part.Floats, part.Valid, part.Plain = nil, nil, nil, v.Valid, nil
		switch part.Type {
		case String:
			part.Strings, part.Plain = v.Texts(n), v.plain
		case Double:
			part.Floats = v.Floats[:n]
		default:
			part.Ints = v.Ints[:n]
		}
		if part.Valid != nil {
			part.Valid = v.Valid[:n]
		}
		if err := visit(&part); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// Texts are the texts of n rows, written out in Strings whatever they came as.
func (v *Values) Texts(n int) []string {
	switch {
	case v.Even.Any():
		v.Strings = v.Even.Append(v.Strings[:0], n)
		return v.Strings
	case v.Dict == nil:
		return v.Strings[:n]
	}
	v.Strings = resize(v.Strings, n)
	entries := v.Dict.Entries()
	for i, code := range v.Codes[:n] {
		if v.Valid != nil && !v.Valid[i] {
			v.Strings[i] = ""
			continue
		}
		v.Strings[i] = entries[code]
	}
	return v.Strings
}

// known refuses a field that Write has no type for.
func (c *Column) known(field *Field) error {
	if c.Type == 0 {
		return fmt.Errorf("column %q is not one that this program writes: %s", field.Name, field.Detail)
	}
	return nil
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

// add appends the rows of part.
func (c *Column) add(part *Column) {
	before := c.Rows()
	c.Ints, c.Strings, c.Floats = append(c.Ints, part.Ints...), append(c.Strings, part.Strings...), append(c.Floats, part.Floats...)
	if part.Valid == nil && c.Valid == nil {
		return
	}
	for len(c.Valid) < before { // rows before the first null
		c.Valid = append(c.Valid, true)
	}
	if part.Valid != nil {
		c.Valid = append(c.Valid, part.Valid...)
		return
	}
	for range part.Rows() {
		c.Valid = append(c.Valid, true)
	}
}
