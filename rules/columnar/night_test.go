package columnar_test

import (
	"testing"

	"amends/rules/columnar"
	"amends/rules/ir"
)

// The rules of the benchmarks give what the reference gives, and once warm a
// batch allocates nothing.
func TestNight(t *testing.T) {
	t.Parallel()
	n := newNight(t, 30)
	w := &work{machine: n.program.NewMachine()}
	hits := 0
	for _, batch := range n.batches[:3] {
		n.guarded(t, w, batch)
		n.rest(t, w, batch)
		for r, rule := range n.source.Rules {
			when := w.machine.Eval(2*r, &w.all)
			var faults columnar.Selection
			if when.Holds(&w.hits); when.Faults(&faults).Len() > 0 {
				t.Fatalf("rule %s faults", rule.Rule.ID)
			}
			for i := range batch.rows {
				want, fault := rule.When.Eval(&batch.rows[i])
				if fault != nil || w.hits.Has(i) != (want.I == 1) {
					t.Fatalf("rule %s on row %d: %t, want %v %v", rule.Rule.ID, i, w.hits.Has(i), want, fault)
				}
				if want.I == 1 && !w.passed.Has(i) {
					t.Fatalf("rule %s holds on row %d, which the guard stopped", rule.Rule.ID, i)
				}
			}
			amounts := w.machine.Eval(2*r+1, &w.hits)
			for i := range w.hits.Rows() {
				hits++
				want, fault := rule.Amount.Eval(&batch.rows[i])
				if got := amounts.Value(i); fault != nil || got != want || got.Kind != ir.Money {
					t.Fatalf("amount of %s on row %d: %v, want %v %v", rule.Rule.ID, i, got, want, fault)
				}
			}
		}
	}
	if hits < 1000 {
		t.Errorf("%d hits are too few to show anything", hits)
	}
}

func TestNightDoesNotAllocate(t *testing.T) { // not parallel: it counts what everything allocates
	n := newNight(t, 30)
	w := &work{machine: n.program.NewMachine()}
	for _, batch := range n.batches {
		n.guarded(t, w, batch)
		n.rest(t, w, batch)
	}
	i := 0
	allocations := testing.AllocsPerRun(20, func() {
		n.guarded(t, w, n.batches[i%len(n.batches)])
		n.rest(t, w, n.batches[i%len(n.batches)])
		i++
	})
	if allocations != 0 {
		t.Errorf("a batch allocates %v times", allocations)
	}
}
