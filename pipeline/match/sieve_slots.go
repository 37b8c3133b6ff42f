package match

import (
	"strings"

	"amends/rules/columnar"
	"amends/rules/ir"
)

func cloned(text string) string { return strings.Clone(text) } // not the whole page that it stands in

// fill sets the slots that need no join.
func (v *sieve) fill(batch *ir.Batch) {
	s := v.source
	for n, slot := range s.program.Slots {
		var column columnar.Column
		switch {
		case s.slotColumn[n] >= 0:
			vector := &batch.Columns[s.slotColumn[n]]
			column = columnar.Column{Ints: vector.Ints, Strings: vector.Strings, Valid: vector.Valid}
		case slot.Origin == ir.FromRun && slot.Name == "as_of":
			v.one[0] = int64(s.night.AsOf)
			column = columnar.Column{Ints: v.one[:], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "business_date":
			v.today[0] = int64(s.night.Date)
			column = columnar.Column{Ints: v.today[:], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "currency" && s.curr >= 0:
			vector := &batch.Columns[s.curr]
			column = columnar.Column{Strings: vector.Strings, Valid: vector.Valid}
		case slot.Origin == ir.FromRun && slot.Name == "currency":
			v.constant[0] = s.event.Currency
			column = columnar.Column{Strings: v.constant[:], Same: true}
		default:
			continue
		}
		v.set(n, column)
	}
}

func (v *sieve) set(slot int, column columnar.Column) {
	if err := v.machine.Set(slot, column); err != nil {
		panic("match: " + err.Error()) // unreachable: scan makes columns of the batch's length and the slot's kind
	}
}

// join fills the slots of dimensions and history on the rows that some rule may
// hit.
func (v *sieve) join(f *Finder, batch *ir.Batch) {
	s := v.source
	for n := range v.late {
		l := &v.late[n]
		slot := s.program.Slots[l.slot]
		l.size(batch.Rows, slot.Type.Kind == ir.String)
		for i := range v.may.Rows() {
			currency := s.event.Currency
			if s.curr >= 0 {
				currency = batch.Columns[s.curr].Strings[i]
			}
			var value ir.Value
			if slot.Origin == ir.FromHistory {
				customer, _ := Text(batch.Columns[s.cust].Value(i))
				value = historyValue(s.history, slot, customer, currency)
			} else {
				d := s.slotDim[l.slot]
				value = d.dimension.Value(batch.Columns[d.on].Value(i), d.field, currency)
			}
			l.valid[i], l.faults[i] = !value.Null(), value.Fault()
			if slot.Type.Kind == ir.String {
				l.strings[i] = value.S
			} else {
				l.ints[i] = value.I
			}
		}
		column := columnar.Column{Ints: l.ints, Strings: l.strings, Valid: l.valid, Faults: l.faults}
		v.set(l.slot, column)
	}
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
