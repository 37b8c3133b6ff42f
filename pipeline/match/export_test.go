package match

import (
	"amends/pipeline/award"
	"amends/rules/ir"
)

// Reference looks at a row that scan could read, as a Finder does, with the
// reference evaluator; shadow names the rules in shadow mode that faulted.
func (s *Source) Reference(place award.Place, batch *ir.Batch, i int) (inc *award.Incident, class RowClass, reject RowReject, shadow []string) {
	key, null, keyed := s.keyOf(batch, i)
	if !keyed {
		return nil, RowRejected, RowReject{Code: CodeNullKey, Column: null, Detail: "a key column is null or empty"}, nil
	}
	f := s.newReference()
	inc, c, reject := f.evaluate(place, batch, i)
	if inc != nil {
		inc.Key = key
	}
	return inc, rowClasses[c], reject, f.shadow
}

// PackedFacts is Facts by way of the form that incidents keep.
func PackedFacts(slots []ir.Slot, values []ir.Value) string {
	w := newFactWriter(slots)
	return w.packer().Facts(string(w.appendPacked(nil, func(slot int) ir.Value { return values[slot] }))).JSON()
}
