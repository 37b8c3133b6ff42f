package match

import (
	"strings"

	"amends/rules/columnar"
	"amends/rules/ir"
)

func cloned(text string) string { return strings.Clone(text) } // not the whole page that it stands in

// fill sets the slots that the sieve's expressions read.
func (v *sieve) fill(batch *ir.Batch) {
	s := v.source
	for i, n := range s.sifted {
		slot := &s.program.Slots[n]
		var column columnar.Column
		switch {
		case s.slotColumn[n] >= 0:
			column = v.columnOf(i, batch, s.slotColumn[n])
		case slot.Origin == ir.FromRun && slot.Name == "as_of":
			v.one[0] = int64(s.night.AsOf)
			column = columnar.Column{Ints: v.one[:], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "business_date":
			v.today[0] = int64(s.night.Date)
			column = columnar.Column{Ints: v.today[:], Same: true}
		case slot.Origin == ir.FromRun && slot.Name == "currency" && s.curr >= 0:
			column = v.columnOf(i, batch, s.curr)
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

// columnOf lends a column of the batch to the machine. Even texts are written out.
func (v *sieve) columnOf(i int, batch *ir.Batch, c int) columnar.Column {
	vector := &batch.Columns[c]
	if !vector.Even.Any() {
		return columnOf(vector)
	}
	for len(v.spelled) <= i {
		v.spelled = append(v.spelled, nil)
	}
	v.spelled[i] = vector.Even.Append(v.spelled[i][:0], batch.Rows)
	return columnar.Column{Strings: v.spelled[i]}
}

// columnOf lends a vector, which has no even texts, to a machine.
func columnOf(v *ir.Vector) columnar.Column {
	return columnar.Column{Ints: v.Ints, Strings: v.Strings, Codes: v.Codes, Dict: v.Dict, Valid: v.Valid}
}
