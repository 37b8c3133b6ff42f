package columnar_test

import (
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/check"
	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
	"amends/rules/vm"
)

func scope() *check.Scope {
	s := &check.Scope{
		Slots: map[string]ir.Slot{}, Dimensions: map[string]bool{"dim": true}, Tables: irtest.Tables(),
		// Bare numbers are money only where there is one currency: the row's slot
		// then still indexes tables, as it does where there are several.
		Currency: "USD", CurrencySlot: "currency", History: true, Used: &ir.SlotSet{},
	}
	for _, slot := range irtest.Slots() {
		s.Used.Index(slot) // so that checked expressions and drawn ones share indexes
		if slot.Origin != ir.FromHistory {
			s.Slots[slot.Name] = slot
		}
	}
	return s
}

var kinds = []ir.Kind{ir.Bool, ir.Int, ir.Decimal, ir.Money, ir.String, ir.Time, ir.Date, ir.Duration}

func draw(t *rapid.T) ir.Node {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	depth := rapid.IntRange(0, 4).Draw(t, "depth")
	if rapid.IntRange(0, 4).Draw(t, "nullable") == 0 {
		return irtest.Nullable(t, kind, depth)
	}
	return irtest.Expr(t, kind, depth)
}

// drawSet draws the expressions of a source: some of them again as they read
// when they are printed, so that equal expressions stand at other offsets, and
// some as a define that others use.
func drawSet(t *rapid.T) []ir.Node {
	var all []ir.Node
	for range rapid.IntRange(1, 3).Draw(t, "expressions") {
		node := draw(t)
		source := ir.Print(node, irtest.Slots())
		again, list := check.Expr(diag.Text{Source: source}, scope(), check.Want{Kind: node.Type().Kind, NullableOK: true})
		if again == nil {
			t.Fatalf("%s\ndoes not check: %v", source, list)
		}
		all = append(all, node, again)
		if node.Type() == (ir.Type{Kind: ir.Bool}) {
			a := &ir.Named{Name: "a", X: node, At: 1001}
			b := &ir.Named{Name: "b", X: again, At: 1002}
			all = append(all, &ir.Or{Operands: []ir.Node{a, &ir.Call{Op: ir.OpNot, Args: []ir.Node{b}, Kind: ir.Bool, At: 1003}}, At: 1004})
		} else {
			all = append(all, &ir.IsNull{X: &ir.Named{Name: "c", X: again, At: 1005}, At: 1006})
		}
	}
	return all
}

// pair is a program for kernels and one of the reference for each expression.
type pair struct {
	nodes   []ir.Node
	machine *columnar.Machine
	vms     []*vm.Program
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newPair(t fataler, nodes []ir.Node, slots []ir.Slot) *pair {
	t.Helper()
	program, err := columnar.Compile(nodes, slots)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{nodes: nodes, machine: program.NewMachine()}
	for _, node := range nodes {
		reference, err := vm.Compile(node, slots)
		if err != nil {
			t.Fatal(err)
		}
		p.vms = append(p.vms, reference)
	}
	return p
}

// compare evaluates an expression on a selection of a batch both ways, and
// returns how many rows that were.
func (p *pair) compare(t fataler, slots []ir.Slot, b *table, expression int, sel *columnar.Selection) int {
	t.Helper()
	result := p.machine.Eval(expression, sel)
	var holds, faults columnar.Selection
	boolean := p.nodes[expression].Type() == (ir.Type{Kind: ir.Bool})
	if boolean {
		result.Holds(&holds)
	}
	result.Faults(&faults)
	rows := 0
	for row := range sel.Rows() {
		rows++
		want, wantFault := p.vms[expression].Eval(&b.rows[row])
		got := result.Value(row)
		fault, faulted := result.Fault(row)
		same := got == want && faulted == (wantFault != nil) && (!faulted || fault == *wantFault)
		if !same || faults.Has(row) != faulted || boolean && holds.Has(row) != (want.I == 1) {
			t.Fatalf("%s\non row %d of %d, of which %d are selected: %v\n = %v %v, want %v %v",
				ir.Print(p.nodes[expression], slots), row, len(b.rows), sel.Len(), b.rows[row].Values, got, &fault, want, wantFault)
		}
	}
	if n := faults.Len(); result.AnyFault() != (n > 0) {
		t.Fatalf("%s: %d faults, but AnyFault is %t", ir.Print(p.nodes[expression], slots), n, result.AnyFault())
	}
	return rows
}

// differential compares kernels with the machine on drawn expressions: batches
// of several sizes on one machine, expressions in any order, each on selections
// that overlap. It returns how many rows the batches had, and how many outcomes
// of expressions on them were compared.
func differential(t *rapid.T, sizes ...int) (rows, outcomes int) {
	return compareDrawn(t, t, func(*columnar.Machine) {}, sizes...)
}

// compareDrawn tells f of a difference, after prepare had the machine.
func compareDrawn(t *rapid.T, f fataler, prepare func(*columnar.Machine), sizes ...int) (rows, outcomes int) {
	slots := irtest.Slots()
	p := newPair(f, drawSet(t), slots)
	prepare(p.machine)
	pool := newPool(t)
	for range 3 {
		b := pool.table(sizes[pool.random.IntN(len(sizes))])
		rows += len(b.rows)
		if err := b.begin(p.machine); err != nil {
			f.Fatal(err)
		}
		for range 2 {
			for _, expression := range pool.random.Perm(len(p.nodes)) {
				outcomes += p.compare(f, slots, b, expression, pool.selection(len(b.rows)))
			}
		}
	}
	return rows, outcomes
}

// Kernels give what the reference gives, to the offset of a fault.
func TestKernelsAgainstMachine(t *testing.T) {
	t.Parallel()
	for range 8 { // a set of expressions is small beside what there is to draw
		rapid.Check(t, func(t *rapid.T) { differential(t, 0, 1, 3, 63, 64, 65, 200) })
	}
}

func FuzzKernelsAgainstMachine(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { differential(t, 1, 3, 130) }))
}

// Batches of the size that runs have; with AMENDS_DIFFERENTIAL_ROWS, until there
// were so many rows.
func TestKernelsOnLargeBatches(t *testing.T) {
	t.Parallel()
	want, err := strconv.Atoi(os.Getenv("AMENDS_DIFFERENTIAL_ROWS"))
	if err != nil {
		want = 20_000
	}
	rows, outcomes := 0, 0
	for rows < want {
		rapid.Check(t, func(t *rapid.T) {
			if rows < want {
				more, compared := differential(t, 1, 3, 100, 1000, 4096)
				rows, outcomes = rows+more, outcomes+compared
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d outcomes on %d rows agree", outcomes, rows)
}
