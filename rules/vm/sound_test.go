package vm_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
	"amends/rules/vm"
)

// scribble writes an expression that is often, not always, of a kind: what the
// checker makes of the rest is its own affair.
func scribble(t *rapid.T, kind ir.Kind, depth int) string {
	if rapid.IntRange(0, 19).Draw(t, "stray") == 0 {
		kind = rapid.SampledFrom(kinds).Draw(t, "instead")
	}
	if depth <= 0 {
		return rapid.SampledFrom(leaves[kind]).Draw(t, "leaf")
	}
	part := func(kind ir.Kind) string { return scribble(t, kind, depth-1) }
	one := func(of ...ir.Kind) ir.Kind { return rapid.SampledFrom(of).Draw(t, "of") }
	call := func(names string, args ...string) string {
		return rapid.SampledFrom(strings.Fields(names)).Draw(t, "function") + "(" + strings.Join(args, ", ") + ")"
	}
	infix := func(operators string, left, right string) string {
		return "(" + left + " " + rapid.SampledFrom(strings.Fields(operators)).Draw(t, "operator") + " " + right + ")"
	}
	switch rapid.IntRange(0, 5).Draw(t, "form") {
	case 0:
		return "(" + part(ir.Bool) + " ? " + part(kind) + " : " + part(kind) + ")"
	case 1:
		return "(" + part(kind) + " ?? " + part(kind) + ")"
	case 2:
		x := part(kind)
		return "(" + x + " != nil ? " + x + " : " + part(kind) + ")"
	}
	switch kind {
	case ir.Bool:
		of := one(kinds...)
		switch rapid.IntRange(0, 4).Draw(t, "condition") {
		case 0:
			x := part(of)
			return "(" + x + " != nil and " + x + " == " + part(of) + ")"
		case 1:
			return infix("and or", part(ir.Bool), part(ir.Bool))
		case 2:
			return "(" + part(of) + " in [" + rapid.SampledFrom(leaves[of]).Draw(t, "item") + "])"
		case 3:
			return call("not ! not", part(ir.Bool))
		default:
			return infix("== != < <= > >=", part(of), part(of))
		}
	case ir.Int:
		return rapid.SampledFrom([]func() string{
			func() string { return call("days_between", part(one(ir.Time, ir.Date)), part(one(ir.Time, ir.Date))) },
			func() string { return call("len", part(ir.String)) },
			func() string { return call("weekday", part(one(ir.Time, ir.Date))) },
			func() string { return infix("+ - *", part(kind), part(kind)) },
		}).Draw(t, "int")()
	case ir.Decimal:
		return rapid.SampledFrom([]func() string{
			func() string { return call("hours_between", part(ir.Time), part(ir.Time)) },
			func() string { return infix("/", part(ir.Money), part(ir.Money)) },
			func() string { return infix("+ - * /", part(one(ir.Int, ir.Decimal)), part(one(ir.Int, ir.Decimal))) },
		}).Draw(t, "decimal")()
	case ir.Money:
		return rapid.SampledFrom([]func() string{
			func() string { return call("min max pct", part(kind), part(one(ir.Money, ir.Int))) },
			func() string { return call("round abs - floor", part(kind)) },
			func() string { return infix("* /", part(kind), part(one(ir.Int, ir.Decimal))) },
			func() string { return infix("+ -", part(kind), part(kind)) },
		}).Draw(t, "money")()
	case ir.String:
		return call("lower upper trim", part(kind))
	case ir.Date:
		return call("date", part(ir.Time))
	case ir.Duration:
		return call("hours days", part(one(ir.Int, ir.Decimal)))
	default:
		return infix("+ -", part(kind), part(ir.Duration))
	}
}

var leaves = func() map[ir.Kind][]string {
	all := map[ir.Kind][]string{
		ir.Bool: {"true"}, ir.Int: {"3", "counts[a_string]", "counts.prime", "credits(90)"}, ir.Decimal: {"0.5", "rates.a[a_string]", "rates.b.x"},
		ir.Money: {"caps.late[currency]", "0", "credited(7)", "2"}, ir.String: {"'x'", "currency", "names[a_string]"}, ir.Date: {"'2026-01-31'"}, ir.Duration: {"hours(1)"},
	}
	for _, kind := range kinds {
		all[kind] = append(all[kind], "a_"+kind.String(), "a_"+kind.String(), "dim."+kind.String())
	}
	return all
}()

// What the checker accepts has the type that it says, whatever the row: another
// kind, or a null that it did not announce, never comes out.
func TestCheckedTypesAreSound(t *testing.T) {
	t.Parallel()
	accepted := map[int]int{}
	rapid.Check(t, func(t *rapid.T) {
		for try := range 20 {
			depth := 1 + try%3
			source := scribble(t, rapid.SampledFrom(kinds).Draw(t, "kind"), depth)
			currency := []string{"", "USD"}[try%2]
			s := scope(currency)
			node, list := check.Expr(diag.Text{Source: source}, s, check.Want{NullableOK: true})
			if (node == nil) != list.HasErrors() {
				t.Fatalf("%s: node %v beside %v", source, node, list)
			}
			if node == nil {
				continue
			}
			accepted[depth]++
			slots := s.Used.Slots()
			program, err := vm.Compile(node, slots)
			if err != nil {
				t.Fatal(err)
			}
			row := irtest.Row(t)
			row.Values = append(row.Values, ir.Value{Kind: ir.Money, I: 5_000_000}) // credited(7), which Slots lacks
			got, fault := program.Eval(row)
			want, wantFault := irtest.Eval(node, slots, row)
			if got != want || !cmp.Equal(fault, wantFault) {
				t.Fatalf("%s on %v\n = %v %v, want %v %v", source, row.Values, got, fault, want, wantFault)
			}
			if fault == nil && got.Kind != node.Type().Kind && !(got.Null() && node.Type().Nullable) {
				t.Fatalf("%s on %v\n = %v, but has type %s", source, row.Values, got, node.Type())
			}
			if fault != nil && got != (ir.Value{}) {
				t.Fatalf("%s = %v beside %v", source, got, fault)
			}
		}
	})
	for depth := 1; depth <= 3; depth++ {
		if accepted[depth] == 0 {
			t.Error("nothing of depth " + strconv.Itoa(depth) + " was accepted: the test shows nothing")
		}
	}
	t.Logf("accepted by depth: %v", accepted)
}
