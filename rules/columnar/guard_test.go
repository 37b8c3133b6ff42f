package columnar_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/check"
	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
)

func mustCheck(t testing.TB, source string) ir.Node {
	t.Helper()
	node, list := check.Expr(diag.Text{Source: source}, scope(), check.Want{NullableOK: true})
	if node == nil {
		t.Fatalf("%s: %v", source, list)
	}
	return node
}

func columnsOnly(slot int) bool { return irtest.Slots()[slot].Origin == ir.FromColumn }

func TestGuard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		whens []string
		want  string
	}{
		{"no rule", nil, `false`},
		{"cheap as a whole", []string{`a_int > 1`}, `(a_int > 1)`},
		{"nothing cheap", []string{`(dim.int ?? 0) > 1`}, `true`},
		{"one rule without a cheap part makes it true", []string{`a_int > 1`, `credits(90) == 0`}, `true`},
		{"cheap conjuncts", []string{`a_int > 1 and credits(90) == 0 and a_bool`}, `((a_int > 1) and a_bool)`},
		{"one cheap conjunct", []string{`(dim.bool ?? true) and a_bool`}, `a_bool`},
		{"conjuncts within conjuncts", []string{`a_bool and (a_int > 1 and (dim.int ?? 0) > 1)`}, `(a_bool and (a_int > 1))`},
		{"rules are or-ed", []string{`a_int > 1 and credits(90) == 0`, `a_bool or a_int < 0`}, `((a_int > 1) or a_bool or (a_int < 0))`},
		{"both sides of an or", []string{`(a_int > 1 and credits(90) == 0) or (a_bool and credits(90) == 1)`}, `((a_int > 1) or a_bool)`},
		{"a side of an or that has no cheap part", []string{`(a_int > 1 or credits(90) == 0) and a_bool`}, `a_bool`},
		{"tiers are one bound", []string{`a_bool and a_int >= 1 and a_int <= 3`, `a_bool and a_int > 7`, `a_bool and a_int >= 4 and 7 >= a_int`}, `(a_bool and (a_int >= 1))`},
		{"a gap between tiers stays", []string{`a_int >= 1 and a_int <= 3`, `a_int >= 5`}, `(((a_int >= 1) and (a_int <= 3)) or (a_int >= 5))`},
		{"a part of what another rule is for", []string{`a_int >= 2 and a_bool and credits(90) == 0`, `a_bool and a_int > 0`, `a_int == 3 and a_bool`}, `(a_bool and (a_int > 0))`},
		{"equal values are no ends", []string{`a_int == 3`, `a_int > 3`}, `((a_int == 3) or (a_int > 3))`},
		{"an equality within a range is no end of it", []string{`a_int < 1 and a_int == 0`, `a_int > -1`, `a_int < -5`}, `((a_int > (-1)) or (a_int < (-5)))`},
		{"every value is no bound, since an operand may fault", []string{`a_int * a_int > 3`, `a_int * a_int <= 3`}, `(((a_int * a_int) > 3) or ((a_int * a_int) <= 3))`},
		{"two bounds that differ", []string{`a_int > 1 and a_int * 2 > 9`, `a_int > 2 and a_int * 2 > 8`}, `(((a_int > 1) and ((a_int * 2) > 9)) or ((a_int > 2) and ((a_int * 2) > 8)))`},
		{"what leaves nothing", []string{`a_int > 5 and a_int < 3`, `a_int > 9`}, `(((a_int > 5) and (a_int < 3)) or (a_int > 9))`},
		{"a negation is no conjunction", []string{`not (a_bool and credits(90) == 0)`}, `true`},
		{"a choice by a cheap condition", []string{`a_bool ? (a_int > 1 and credits(90) == 0) : credits(90) == 1`}, `(a_bool ? (a_int > 1) : true)`},
		{"a choice with nothing cheap", []string{`a_bool ? credits(90) == 0 : credits(90) == 1`}, `true`},
		{"a choice by history", []string{`credits(90) == 0 ? a_bool : a_int > 1`}, `true`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var whens []ir.Node
			for _, when := range test.whens {
				whens = append(whens, mustCheck(t, when))
			}
			guard := columnar.Guard(whens, columnsOnly)
			if got := ir.Print(guard, irtest.Slots()); got != test.want {
				t.Errorf("guard %s, want %s", got, test.want)
			}
			for _, slot := range ir.Reads(guard) {
				if !columnsOnly(slot) {
					t.Errorf("the guard reads %s", irtest.Slots()[slot].Name)
				}
			}
		})
	}
}

// A define is looked through, and constants are simplified.
func TestGuardOfDefines(t *testing.T) {
	t.Parallel()
	define := mustCheck(t, `a_int > 1 and credits(90) == 0`)
	yes, no := mustCheck(t, `true`), mustCheck(t, `false`)
	when := &ir.And{Operands: []ir.Node{&ir.Named{Name: "d", X: define}, yes, mustCheck(t, `a_bool`)}}
	never := &ir.And{Operands: []ir.Node{mustCheck(t, `credits(90) == 0`), no}}
	guard := columnar.Guard([]ir.Node{never, when}, columnsOnly)
	if got, want := ir.Print(guard, irtest.Slots()), `((a_int > 1) and a_bool)`; got != want {
		t.Errorf("guard %s, want %s", got, want)
	}
}

// A row that the guard does not let through has no condition that holds or
// faults: the reference evaluates both.
func TestGuardAgainstWhole(t *testing.T) {
	t.Parallel()
	stopped := 0
	rapid.Check(t, func(t *rapid.T) {
		slots := irtest.Slots()
		cheap := func(slot int) bool { return columnsOnly(slot) && slots[slot].Type.Kind != ir.String }
		var whens []ir.Node
		for range rapid.IntRange(1, 3).Draw(t, "rules") {
			whens = append(whens, irtest.Expr(t, ir.Bool, rapid.IntRange(1, 4).Draw(t, "depth")))
		}
		guard := columnar.Guard(whens, cheap)
		for _, slot := range ir.Reads(guard) {
			if !cheap(slot) {
				t.Fatalf("%s reads %s", ir.Print(guard, slots), slots[slot].Name)
			}
		}
		p := newPair(t, append(whens, guard), slots)
		pool := newPool(t)
		b := pool.table(50)
		if err := b.begin(p.machine); err != nil {
			t.Fatal(err)
		}
		var all, passed columnar.Selection
		all.All(len(b.rows))
		p.machine.Eval(len(whens), &all).MayHold(&passed)
		for row := range b.rows {
			if passed.Has(row) {
				continue
			}
			stopped++
			for i, when := range whens {
				if got, fault := p.vms[i].Eval(&b.rows[row]); fault != nil || got.I != 0 {
					t.Fatalf("guard %s of %s stops %v,\non which it is %v %v", ir.Print(guard, slots), ir.Print(when, slots), b.rows[row].Values, got, fault)
				}
			}
		}
		p.compare(t, slots, b, len(whens), &all)
	})
	if stopped == 0 && !testing.Short() { // a few draws may have none
		t.Error("no guard stopped a row: the test shows nothing")
	}
	t.Logf("guards stopped %d rows", stopped)
}

// What is absorbed changes nothing: the guard of rules of tiers and of parts, on
// operands that fault, passes the rows that their plain or passes, and is exactly
// as true.
func TestGuardAbsorbs(whole *testing.T) {
	whole.Parallel()
	operands := []string{`a_int`, `a_int * a_int`, `(dim.int ?? 2)`}
	others := []string{`a_bool`, `not a_bool`, `a_int in [1, 2, 5]`, `1 / a_int > 0.3`}
	shorter := 0
	rapid.Check(whole, func(t *rapid.T) {
		atom := rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 3).Draw(t, "other") == 0 {
				return rapid.SampledFrom(others).Draw(t, "condition")
			}
			x, op := rapid.SampledFrom(operands).Draw(t, "operand"), rapid.SampledFrom([]string{">", ">=", "<", "<=", "=="}).Draw(t, "op")
			c := rapid.SampledFrom([]string{"-9223372036854775807", "-1", "0", "1", "2", "3", "4", "9223372036854775807"}).Draw(t, "constant")
			if rapid.Bool().Draw(t, "mirrored") {
				return c + " " + op + " " + x
			}
			return x + " " + op + " " + c
		})
		var whens []ir.Node
		for range rapid.IntRange(2, 6).Draw(t, "rules") {
			whens = append(whens, mustCheck(whole, strings.Join(rapid.SliceOfN(atom, 1, 3).Draw(t, "conjuncts"), " and ")))
		}
		plain, guard := &ir.Or{Operands: whens}, columnar.Guard(whens, func(int) bool { return true })
		slots := irtest.Slots()
		if len(ir.Print(guard, slots)) < len(ir.Print(plain, slots)) {
			shorter++
		}
		p := newPair(t, []ir.Node{plain, guard}, slots)
		b := newPool(t).table(60)
		for row := range b.rows {
			want, wantFault := p.vms[0].Eval(&b.rows[row])
			got, fault := p.vms[1].Eval(&b.rows[row])
			if got != want || (fault == nil) != (wantFault == nil) {
				t.Fatalf("%s\nof %s\non %v is %v %v, want %v %v", ir.Print(guard, slots), ir.Print(plain, slots), b.rows[row].Values, got, fault, want, wantFault)
			}
		}
	})
	if shorter == 0 {
		whole.Error("nothing was absorbed: the test shows nothing")
	}
}
