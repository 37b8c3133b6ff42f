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
	defer func() {
		if recover() != nil { // the library trusts the metadata
			s, ok = Statistics{}, false
		}
	}()
	d := &f.fields[field]
	if d.Storage == Unread {
		return s, false
	}
	chunk := f.meta.RowGroups[group].GetColumns()[d.leaf]
	orders := f.meta.GetColumnOrders()
	if !chunk.IsSetMetaData() || !chunk.GetMetaData().IsSetStatistics() || d.leaf >= len(orders) || !orders[d.leaf].IsSetTYPE_ORDER() {
		return s, false
	}
	stored := chunk.GetMetaData().GetStatistics()
	s.Rows = f.groupRows[group]
	if !stored.IsSetNullCount() || stored.GetNullCount() < 0 || stored.GetNullCount() > s.Rows {
		return Statistics{}, false
	}
	s.Nulls = stored.GetNullCount()
	if stored.IsSetMinValue() && stored.IsSetMaxValue() {
		s.Least, s.Most, s.Ranged = stored.GetMinValue(), stored.GetMaxValue(), true
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
