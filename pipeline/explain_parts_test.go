package pipeline

import (
	"testing"

	"amends/rules/ir"
)

// A part is made once for the slots that it reads, and evaluated on each row.
func TestPartsAreEvaluatedOnEachRow(t *testing.T) {
	t.Parallel()
	sum := &ir.Call{Op: ir.OpAdd, Args: []ir.Node{explainRead(0), explainConst(ir.Int, 4)}, Kind: ir.Int}
	r := explainReader()
	r.parts = parts{}
	for _, days := range []int64{3, 5} {
		r.row.Values[0].I = days
		if v, fault := r.eval(sum); fault != nil || v.I != days+4 {
			t.Errorf("%d days and 4: %v, %v", days, v, fault)
		}
	}
	if len(r.parts) != 1 {
		t.Errorf("%d parts are kept of one", len(r.parts))
	}
	other := explainReader()
	other.parts, other.slots = r.parts, []ir.Slot{explainSlots[0]}
	if v, fault := other.eval(sum); fault != nil || v.I != 7 || len(r.parts) != 2 {
		t.Errorf("with slots of another source: %v, %v, %d parts", v, fault, len(r.parts))
	}
}
