package vm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
	"amends/rules/vm"
)

func scope(currency string) *check.Scope {
	s := &check.Scope{
		Slots:      map[string]ir.Slot{},
		Dimensions: map[string]bool{"dim": true},
		Tables:     irtest.Tables(),
		Currency:   currency,
		History:    true,
		Used:       &ir.SlotSet{},
	}
	if currency == "" {
		s.CurrencySlot = "currency"
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

// The machine gives what the nodes' comments say, to the offset of a fault, and
// so does the expression printed and checked again, but for offsets.
func TestMachineAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, differential)
}

func FuzzMachineAgainstOracle(f *testing.F) { f.Fuzz(rapid.MakeFuzz(differential)) }

func differential(t *rapid.T) {
	node, slots := draw(t), irtest.Slots()
	program, err := vm.Compile(node, slots)
	if err != nil {
		t.Fatal(err)
	}
	source := ir.Print(node, slots)
	s := scope("")
	// Bare numbers are money only where there is one currency: the row's slot
	// then still indexes tables, as it does where there are several.
	s.Currency, s.CurrencySlot = "USD", "currency"
	again, list := check.Expr(diag.Text{Source: source}, s, check.Want{Kind: node.Type().Kind, NullableOK: true})
	if again == nil {
		t.Fatalf("%s\ndoes not check: %v", source, list)
	}
	reprogram, err := vm.Compile(again, slots)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		row := irtest.Row(t)
		want, wantFault := irtest.Eval(node, slots, row)
		got, fault := program.Eval(row)
		if got != want || !cmp.Equal(fault, wantFault) {
			t.Fatalf("%s\non %v\n = %v %v, want %v %v", source, row.Values, got, fault, want, wantFault)
		}
		got, fault = reprogram.Eval(row)
		if got != want || !sameButOffset(fault, wantFault) {
			t.Fatalf("%s\nchecked again as %s\non %v\n = %v %v, want %v %v", source, ir.Print(again, slots), row.Values, got, fault, want, wantFault)
		}
	}
}

func sameButOffset(a, b *ir.Fault) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && a.Detail == b.Detail
}
