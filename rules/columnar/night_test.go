package columnar_test

import (
	"sync"
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

// Machines of one program work side by side, and gathered rows give what they
// give where they stand.
func TestMachinesOfOneProgram(t *testing.T) {
	t.Parallel()
	n := newNight(t, 10)
	sums := make([]int64, 3)
	var group sync.WaitGroup
	for worker := range sums {
		group.Go(func() {
			w := &work{machine: n.program.NewMachine()}
			for _, batch := range n.batches {
				n.guarded(t, w, batch)
				n.rest(t, w, batch)
			}
			sums[worker] = w.sum
		})
	}
	group.Wait()
	w := &work{machine: n.program.NewMachine()}
	d := &dense{work: work{machine: n.program.NewMachine()}, columns: make([]columnar.Column, len(n.source.Slots)), least: 100}
	for _, batch := range n.batches {
		n.guarded(t, w, batch)
		n.gather(t, d, w, batch)
	}
	for worker, sum := range append(sums, d.sum) {
		if sum == 0 || sum != sums[0] {
			t.Errorf("worker %d awards %d, the first %d", worker, sum, sums[0])
		}
	}
	if d.count != 0 {
		t.Errorf("%d rows are left", d.count)
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

// Faults are told apart without allocating, also those of a dictionary's entries.
func TestFaultsDoNotAllocate(t *testing.T) { // not parallel: it counts what everything allocates
	const rows = 200
	columns := given{"a_int": {most, 1, lost}, "dim.int": {3, nil, 0}, "a_bool": {true}}
	m := begun(t, rows, columns, mustCheck(t, `a_bool and a_int + (dim.int ?? 7) > 9 and 1 / (dim.int ?? 1) in [1.0]`), mustCheck(t, `counts[lower(a_string)] + 1`))
	if err := m.Set(slotOf("a_string"), columnOf([]any{"A", "b", nil}, ir.String, rows, true)); err != nil {
		t.Fatal(err)
	}
	all := every(rows)
	var faults columnar.Selection
	count := 0
	allocations := testing.AllocsPerRun(10, func() {
		for expression := range 2 {
			result := m.Eval(expression, all)
			for row := range result.Faults(&faults).Rows() {
				if fault, _ := result.Fault(row); fault.Code != ir.NoFault {
					count++
				}
			}
		}
	})
	if allocations != 0 || count == 0 {
		t.Errorf("%d faults allocate %v times", count, allocations)
	}
}
