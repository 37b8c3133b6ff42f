package columnar_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
)

// What a checked expression never is, is refused rather than evaluated to
// something.
func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	maybe, text := readOf("dim.bool", 1), &ir.Const{Value: ir.StringValue("x"), At: 2}
	table := irtest.Tables()["rates"]
	lookup := func(kind ir.Kind, indexes ...ir.Node) ir.Node {
		n := &ir.Lookup{Name: "rates", Tree: table, Kind: kind, At: 4}
		for _, index := range indexes {
			n.Steps = append(n.Steps, ir.Step{Index: index})
		}
		return n
	}
	tests := []struct {
		name string
		node ir.Node
		want string
	}{
		{"a slot too far", &ir.Read{Slot: 99, Of: ir.Type{Kind: ir.Int}, At: 3}, "offset 3: reads slot 99 of 18"},
		{"another kind than the slot's", &ir.Read{Slot: 0, Of: ir.Type{Kind: ir.Int}, At: 3}, "offset 3: reads slot currency of kind string as int"},
		{"a null", &ir.Const{At: 3}, "offset 3: a constant null"},
		{"and of what may be null", &ir.And{Operands: []ir.Node{maybe, maybe}, At: 3}, "offset 3: operand of type bool?, want bool"},
		{"or of a text", &ir.Or{Operands: []ir.Node{text, text}, At: 3}, "offset 3: operand of type string, want bool"},
		{"a condition that may be null", &ir.If{Cond: maybe, Then: text, Else: text, At: 3}, "offset 3: operand of type bool?, want bool"},
		{"branches of two kinds", &ir.If{Cond: maybe, Then: text, Else: integer(1), At: 3}, "offset 3: branches of kinds string and int"},
		{"sides of two kinds", &ir.Coalesce{X: maybe, Else: integer(1), At: 3}, "offset 3: sides of kinds bool and int"},
		{"in a list of another kind", &ir.In{X: text, List: []ir.Value{{Kind: ir.Int}}, At: 3}, "offset 3: a int in a list for string"},
		{"a pattern on a number", &ir.Match{X: integer(1), Pattern: regexp.MustCompile("x"), At: 3}, "offset 3: operand of type int, want string"},
		{"an operation on a null", call(ir.Bool, ir.OpNot, 3, maybe), "offset 3: operand of type bool?, want bool"},
		{"no signature", call(ir.Int, ir.OpAdd, 3, integer(1), text), "offset 3: + of [int string] is no int"},
		{"another result", call(ir.Money, ir.OpAdd, 3, integer(1), integer(1)), "offset 3: + of [int int] is no money"},
		{"an index that is no text", lookup(ir.Decimal, integer(1), text), "offset 4: operand of type int, want string"},
		{"a table that is too deep", lookup(ir.Decimal, text), "offset 4: table rates is deeper than its indexes"},
		{"a table that is too flat", lookup(ir.Decimal, text, text, text), "offset 4: table rates has a decimal 1 levels above its leaves of decimal"},
		{"leaves of another kind", lookup(ir.Int, text, text), "offset 4: table rates has a decimal 0 levels above its leaves of int"},
		{"deep inside", &ir.Named{X: call(ir.Bool, ir.OpNot, 3, maybe)}, "offset 3: operand of type bool?, want bool"},
	}
	for _, test := range tests {
		_, err := columnar.Compile([]ir.Node{integer(1), test.node}, irtest.Slots())
		if err == nil || err.Error() != "expression 1: "+test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	m := begun(t, 3, nil)
	two := ir.NewDictionary([]string{"a", "b"})
	tests := []struct {
		slot   string
		column columnar.Column
		want   string
	}{
		{"a_int", columnar.Column{Ints: []int64{1, 2}}, "slot a_int: 2 ints, want 3"},
		{"a_int", columnar.Column{Strings: []string{"1", "2", "3"}}, "slot a_int: 0 ints, want 3"},
		{"a_int", columnar.Column{Ints: []int64{1, 2, 3}, Same: true}, "slot a_int: 3 ints, want 1"},
		{"a_int", columnar.Column{Ints: []int64{1, 2, 3}, Valid: []bool{true}}, "slot a_int: validity of 1 rows, want 3"},
		{"a_int", columnar.Column{Ints: []int64{1, 2, 3}, Faults: []ir.FaultCode{0}}, "slot a_int: faults of 1 rows, want 3"},
		{"a_string", columnar.Column{Ints: []int64{1, 2, 3}}, "slot a_string: 0 strings, want 3"},
		{"a_string", columnar.Column{Codes: []int32{1}, Dict: two}, "slot a_string: 1 codes, want 3"},
		{"a_string", columnar.Column{Codes: []int32{1, 0, 0}, Dict: two, Same: true}, "slot a_string: codes cannot be the same for all rows"},
	}
	for _, test := range tests {
		if err := m.Set(slotOf(test.slot), test.column); err == nil || err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	err := m.SetZones(columnar.Zones{Codes: []int32{0}})
	if err == nil || !strings.Contains(err.Error(), "zones of 1 rows, want 3") {
		t.Errorf("zones: %v", err)
	}
	if m.Rows() != 3 {
		t.Errorf("%d rows", m.Rows())
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	of := func(rows ...int) *columnar.Selection {
		s := &columnar.Selection{}
		s.None(130)
		for _, row := range rows {
			s.Add(row)
		}
		return s
	}
	a, b := of(0, 63, 64, 129), of(1, 64, 129)
	var s columnar.Selection
	s.Copy(a)
	s.Union(b)
	check := func(what string, want ...int) {
		t.Helper()
		if got := slices.Collect(s.Rows()); !slices.Equal(got, want) || s.Len() != len(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		for i, row := range s.AppendRows(nil) {
			if int(row) != want[i] {
				t.Errorf("%s: row %d, want %d", what, row, want[i])
			}
		}
	}
	check("union", 0, 1, 63, 64, 129)
	s.Intersect(a)
	check("intersection", 0, 63, 64, 129)
	s.Remove(b)
	check("difference", 0, 63)
	for range s.Rows() {
		break
	}
	for _, rows := range []int{0, 1, 63, 64, 65, 4096} {
		s.All(rows)
		if s.Len() != rows {
			t.Errorf("all of %d rows are %d", rows, s.Len())
		}
		s.None(rows)
		if s.Len() != 0 {
			t.Errorf("none of %d rows are %d", rows, s.Len())
		}
	}
	if a.Len() != 4 || !a.Has(129) || a.Has(128) {
		t.Error("a selection that was only read has changed")
	}
}
