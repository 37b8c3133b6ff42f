package pipeline

import (
	"slices"

	"amends/rules"
	"amends/rules/ir"
	"amends/rules/vm"
)

// thresholdsOf finds the comparisons of a rule's condition, of each row of its
// decision table, and where min and max of its amounts change sides.
func thresholdsOf(r *rules.RuleProgram, slots []ir.Slot) []*threshold {
	f := &thresholdFinder{of: r.Rule.ID, slots: slots}
	if r.Table == nil {
		f.conditions(r.When.Node, nil, nil)
		f.bounds(r.Amount.Node, r.When.Node)
		return f.found
	}
	var given []ir.Node
	if r.Table.Given != nil {
		given = conjuncts(r.Table.Given.Node)
		f.conditions(r.Table.Given.Node, []ir.Node{anyRow(r.Table)}, nil)
	}
	for i := range r.Table.Rows {
		row := &r.Table.Rows[i]
		f.of = r.Rule.ID + ", " + row.Label
		f.conditions(row.When.Node, given, nil)
		f.bounds(row.Amount.Node, append(slices.Clone(given), row.When.Node)...)
	}
	return f.found
}

// anyRow is the condition that some row of a table fits.
func anyRow(t *rules.TableProgram) ir.Node {
	rows := make([]ir.Node, len(t.Rows))
	for i := range t.Rows {
		rows[i] = t.Rows[i].When.Node
	}
	return &ir.Or{Operands: rows}
}

// thresholdFinder collects the thresholds of one rule, row or exclusion.
type thresholdFinder struct {
	of      string
	slots   []ir.Slot
	matched bool // only rows that a rule hits
	found   []*threshold
}

// conditions finds the comparisons of a condition, also on one side of an `or`:
// of the other nodes, each of others holds and none of none, so that nothing but
// the comparison decides.
func (f *thresholdFinder) conditions(n ir.Node, others, none []ir.Node) {
	parts := conjuncts(n)
	for i, part := range parts {
		beside := slices.Concat(others, parts[:i], parts[i+1:])
		switch inner := ir.Unwrap(part).(type) {
		case *ir.Or:
			for k, side := range inner.Operands {
				f.conditions(side, beside, slices.Concat(none, inner.Operands[:k], inner.Operands[k+1:]))
			}
		case *ir.Call:
			if ordering(inner.Op) && inner.Args[0].Type().Kind != ir.String {
				f.add(&threshold{text: words{slots: f.slots}.text(part)}, inner.Args[0], inner.Args[1], beside, none)
			}
		}
	}
}

// bounds finds where min, max and clamp of an amount change sides.
func (f *thresholdFinder) bounds(amount ir.Node, others ...ir.Node) {
	ir.Walk(amount, func(n ir.Node) {
		call, ok := n.(*ir.Call)
		if !ok || call.Op != ir.OpMin && call.Op != ir.OpMax && call.Op != ir.OpClamp {
			return
		}
		w := words{slots: f.slots}
		for _, bound := range call.Args[1:] {
			f.add(&threshold{sides: [2]string{w.text(call.Args[0]), w.text(bound)}}, call.Args[0], bound, others, nil)
		}
	})
}

func (f *thresholdFinder) add(t *threshold, left, right ir.Node, others, none []ir.Node) {
	t.rule, t.matched = f.of, f.matched
	t.left, t.right = f.compile(left), f.compile(right)
	for _, n := range others {
		t.others = append(t.others, f.compile(n))
	}
	for _, n := range none {
		t.none = append(t.none, f.compile(n))
	}
	f.found = append(f.found, t)
}

func (f *thresholdFinder) compile(n ir.Node) *vm.Program {
	program, err := vm.Compile(n, f.slots)
	if err != nil {
		panic("pipeline: a part of a checked expression that does not compile: " + err.Error()) // unreachable
	}
	return program
}

func ordering(op ir.Op) bool {
	return op == ir.OpLt || op == ir.OpLe || op == ir.OpGt || op == ir.OpGe
}
