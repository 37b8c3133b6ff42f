package parquetio

import "encoding/binary"

// Statistics are what a footer says of a column chunk. They are a hint of
// whoever wrote the file: nothing here holds them against the values.
type Statistics struct {
	Rows  int64
	Nulls int64
	// Ranged says that Least and Most are known: no value that is not null is below
	// or above.
	Ranged      bool
	Least, Most []byte // as plain pages store a value; texts may be cut, Most then being above
}

// Statistics returns what the footer says of column field (an index in Fields)
// of a row group; ok is false where it does not say it, or not in the order that
// the column's type defines: the older fields, whose order is in doubt, are not
// used.
func (f *File) Statistics(group, field int) (s Statistics, ok bool) {
	d := &f.fields[field]
	if d.Storage == Unread {
		return s, false
	}
	chunk := &f.meta.groups[group].chunks[d.leaf]
	if !chunk.there || !chunk.counted || d.leaf >= len(f.meta.ordered) || !f.meta.ordered[d.leaf] {
		return s, false
	}
	s.Rows = f.groupRows[group]
	if !chunk.hasNulls || chunk.nulls < 0 || chunk.nulls > s.Rows {
		return Statistics{}, false
	}
	s.Nulls = chunk.nulls
	if chunk.least != nil && chunk.most != nil {
		s.Least, s.Most, s.Ranged = chunk.least, chunk.most, true
	}
	return s, true
}

// Ints returns the range as the integers that a Chunk reads. It is false for
// columns that are read as something else, for unsigned ones, and where the range
// is none.
func (s *Statistics) Ints(field *Field) (least, most int64, ok bool) {
	if !s.Ranged || field.Unsigned {
		return 0, 0, false
	}
	switch {
	case field.Storage == Stored32 && len(s.Least) == 4 && len(s.Most) == 4:
		least, most = int64(int32(binary.LittleEndian.Uint32(s.Least))), int64(int32(binary.LittleEndian.Uint32(s.Most)))
	case field.Storage == Stored64 && len(s.Least) == 8 && len(s.Most) == 8:
		least, most = int64(binary.LittleEndian.Uint64(s.Least)), int64(binary.LittleEndian.Uint64(s.Most))
	default:
		return 0, 0, false
	}
	return least, most, least <= most
}
