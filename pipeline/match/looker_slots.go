package match

import (
	"slices"

	"amends/rules/columnar"
	"amends/rules/ir"
)

// fill sets the slots that need no join.
func (l *looker) fill() {
	s := l.source
	l.today = [2]int64{int64(s.night.AsOf), int64(s.night.Date)}
	l.constant[0] = s.event.Currency
	for n, slot := range s.program.Slots {
		column := columnar.Column{}
		switch {
		case s.slotColumn[n] >= 0:
			column = l.columnOf(s.slotColumn[n])
		case slot.Origin == ir.FromRun && slot.Name == "as_of":
			column = columnar.Column{Ints: l.today[:1], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "business_date":
			column = columnar.Column{Ints: l.today[1:], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "currency" && s.curr >= 0:
			column = l.columnOf(s.curr)
		case slot.Origin == ir.FromRun && slot.Name == "currency":
			column = columnar.Column{Strings: l.constant[:], Same: true}
		default:
			continue
		}
		l.set(n, column)
	}
}

func (l *looker) columnOf(c int) columnar.Column {
	return columnOf(&l.rows.batch.Columns[c])
}

func (l *looker) set(slot int, column columnar.Column) {
	l.columns[slot] = column
	if err := l.machine.Set(slot, column); err != nil {
		panic("match: " + err.Error()) // unreachable: columns have the rows' number and the slot's kind
	}
}

// value is what a slot holds of a row.
func (l *looker) value(slot, row int) ir.Value {
	c := &l.columns[slot]
	if c.Same {
		row = 0
	}
	if len(c.Faults) > 0 && c.Faults[row] != ir.NoFault {
		return ir.FaultValue(c.Faults[row])
	}
	if len(c.Valid) > 0 && !c.Valid[row] {
		return ir.Value{}
	}
	kind := l.source.program.Slots[slot].Type.Kind
	switch {
	case c.Strings != nil:
		return ir.Value{Kind: kind, S: c.Strings[row]}
	case c.Ints != nil:
		return ir.Value{Kind: kind, I: c.Ints[row]}
	}
	return ir.Value{} // of an award: nothing so far
}

// lateSlot holds the values of a dimension's field or of history on the rows
// that need them.
type lateSlot struct {
	slot    int
	ints    []int64
	strings []string
	valid   []bool
	faults  []ir.FaultCode
}

func (l *lateSlot) size(rows int, text bool) {
	if cap(l.valid) < rows {
		l.valid, l.faults = make([]bool, rows), make([]ir.FaultCode, rows)
		if text {
			l.strings = make([]string, rows)
		} else {
			l.ints = make([]int64, rows)
		}
	}
	l.valid, l.faults = l.valid[:rows], l.faults[:rows]
	if text {
		l.strings = l.strings[:rows]
	} else {
		l.ints = l.ints[:rows]
	}
}

// joined is the rows of a dimension that the rows at hand belong to.
type joined struct {
	dimension *Dimension
	on        int      // the column that holds the key
	at        []rowRef // by row
}

// join fills the slots of dimensions and history on the rows that are alive.
func (l *looker) join() {
	s, batch := l.source, &l.rows.batch
	l.joins, l.living = l.joins[:0], l.alive.AppendRows(l.living[:0])
	if first := l.rows.asked - 1; s.past && first >= 0 {
		s.history.Near(first, first+batch.Rows)
	}
	for n := range l.late {
		late := &l.late[n]
		slot := s.program.Slots[late.slot]
		isText := slot.Type.Kind == ir.String
		late.size(batch.Rows, isText)
		var at []rowRef
		d := s.slotDim[late.slot]
		if d != nil {
			at = l.joinedAt(d)
		}
		for _, row := range l.living {
			row, currency := int(row), l.incidents[row].Currency
			var v ir.Value
			if d != nil {
				v = d.dimension.at(at[row], d.field, currency)
			} else {
				v = historyValue(s.history, slot, l.rows.asker(row, l.parties[row].Customer), currency)
			}
			late.valid[row], late.faults[row] = !v.Null(), v.Fault()
			if isText {
				late.strings[row] = v.S
			} else {
				late.ints[row] = v.I
			}
		}
		column := columnar.Column{Valid: late.valid, Faults: late.faults}
		if isText {
			column.Strings = late.strings
		} else {
			column.Ints = late.ints
		}
		l.set(late.slot, column)
	}
}

// joinedAt finds the rows of a dimension, once for all of its fields.
func (l *looker) joinedAt(d *dimensionField) []rowRef {
	for i := range l.joins {
		if j := &l.joins[i]; j.dimension == d.dimension && j.on == d.on {
			return j.at
		}
	}
	if len(l.joins) < cap(l.joins) {
		l.joins = l.joins[:len(l.joins)+1] // with its memory
	} else {
		l.joins = append(l.joins, joined{})
	}
	j := &l.joins[len(l.joins)-1]
	j.dimension, j.on = d.dimension, d.on
	if rows := l.rows.batch.Rows; cap(j.at) < rows {
		j.at = make([]rowRef, rows)
	}
	j.at = j.at[:l.rows.batch.Rows]
	l.hashes = slices.Grow(l.hashes[:0], l.rows.batch.Rows)[:l.rows.batch.Rows]
	d.dimension.rows(j.at, &l.rows.batch.Columns[d.on], l.living, l.hashes)
	return j.at
}
