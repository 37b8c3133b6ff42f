package ir_test

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amends/rules/ir"
)

func whole(i int64) ir.Node { return &ir.Const{Value: ir.Value{Kind: ir.Int, I: i}} }

func read(slot int) ir.Node { return &ir.Read{Slot: slot, Of: ir.Type{Kind: ir.Int}} }

// Every operation has a name and a way to be called, and no two ways to call it
// with the same operands.
func TestOperationsAreComplete(t *testing.T) {
	t.Parallel()
	names := map[string]ir.Op{}
	for _, op := range ir.Ops() {
		if op.String() == "" || len(op.Signatures()) == 0 {
			t.Errorf("operation %d has no name or no signature", op)
		}
		if other, ok := names[op.String()]; ok && op != ir.OpSub && other != ir.OpNeg {
			t.Errorf("%d and %d are both called %s", op, other, op)
		}
		names[op.String()] = op
		seen := map[string]bool{}
		for _, s := range op.Signatures() {
			var key strings.Builder
			for _, kind := range s.Args {
				key.WriteString(kind.String() + " ")
			}
			if seen[key.String()] {
				t.Errorf("%s takes %s twice", op, key.String())
			}
			seen[key.String()] = true
			if result, ok := op.Result(s.Args...); !ok || result != s.Result {
				t.Errorf("%s of %s is %s, want %s", op, key.String(), result, s.Result)
			}
			if op.Infix() && len(s.Args) != 2 {
				t.Errorf("%s is infix with %d operands", op, len(s.Args))
			}
		}
	}
	if ir.NoOp.String() != "" || ir.NoOp.Signatures() != nil {
		t.Error("NoOp is an operation")
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op   ir.Op
		args []ir.Kind
		want ir.Kind // Invalid where no signature takes them
	}{
		{ir.OpAdd, []ir.Kind{ir.Money, ir.Money}, ir.Money},
		{ir.OpAdd, []ir.Kind{ir.Money, ir.Decimal}, ir.Invalid},
		{ir.OpAdd, []ir.Kind{ir.String, ir.String}, ir.Invalid},
		{ir.OpMul, []ir.Kind{ir.Money, ir.Money}, ir.Invalid},
		{ir.OpDiv, []ir.Kind{ir.Int, ir.Int}, ir.Invalid}, // widened before
		{ir.OpDiv, []ir.Kind{ir.Decimal, ir.Money}, ir.Invalid},
		{ir.OpSub, []ir.Kind{ir.Time, ir.Time}, ir.Duration},
		{ir.OpSub, []ir.Kind{ir.Date, ir.Date}, ir.Invalid},
		{ir.OpLt, []ir.Kind{ir.Bool, ir.Bool}, ir.Invalid},
		{ir.OpEq, []ir.Kind{ir.Bool, ir.Bool}, ir.Bool},
		{ir.OpMin, []ir.Kind{ir.Int}, ir.Invalid},
		{ir.OpMin, []ir.Kind{ir.Int, ir.Int, ir.Int, ir.Int}, ir.Int},
		{ir.OpMin, []ir.Kind{ir.Int, ir.Int, ir.Decimal}, ir.Invalid},
		{ir.OpClamp, []ir.Kind{ir.Int, ir.Int, ir.Int, ir.Int}, ir.Invalid},
		{ir.OpNot, nil, ir.Invalid},
	}
	for _, test := range tests {
		if got, ok := test.op.Result(test.args...); got != test.want || ok != (test.want != ir.Invalid) {
			t.Errorf("%s of %v is %s %t, want %s", test.op, test.args, got, ok, test.want)
		}
	}
}

func TestSlotSetGivesOneIndexPerName(t *testing.T) {
	t.Parallel()
	var set ir.SlotSet
	for i, name := range []string{"b", "a", "b", "c", "a"} {
		if got, want := set.Index(ir.Slot{Name: name}), []int{0, 1, 0, 2, 1}[i]; got != want {
			t.Errorf("%s has index %d, want %d", name, got, want)
		}
	}
	slots := set.Slots()
	slots[0].Name = "changed"
	if got := set.Slots(); len(got) != 3 || got[0].Name != "b" || got[2].Name != "c" {
		t.Errorf("slots %v", got)
	}
}

// everyNode has each node of the closed set, and reads slots 0 to 5.
func everyNode() ir.Node {
	nullable := &ir.Read{Slot: 5, Of: ir.Type{Kind: ir.Int, Nullable: true}}
	text := &ir.Read{Slot: 2, Of: ir.Type{Kind: ir.String}}
	table := ir.NewTable(map[string]*ir.Table{"x": ir.NewLeaf(ir.Value{Kind: ir.Int, I: 1})})
	return &ir.If{
		Cond: &ir.And{Operands: []ir.Node{
			&ir.In{X: read(4), List: []ir.Value{{Kind: ir.Int, I: 1}, {Kind: ir.Int, I: -2}}},
			&ir.Or{Operands: []ir.Node{&ir.IsNull{X: nullable}, &ir.Match{X: text, Pattern: regexp.MustCompile(`^\d"`)}}},
		}},
		Then: &ir.Coalesce{X: nullable, Else: &ir.Named{Name: "d", X: read(0)}},
		Else: &ir.Call{Op: ir.OpMin, Kind: ir.Int, Args: []ir.Node{
			&ir.Call{Op: ir.OpNeg, Kind: ir.Int, Args: []ir.Node{&ir.NotNull{X: nullable, Name: "e"}}},
			&ir.Lookup{Name: "t", Steps: []ir.Step{{Key: "k"}, {Index: &ir.Read{Slot: 1, Of: ir.Type{Kind: ir.String}}}}, Tree: table, Kind: ir.Int},
			&ir.Call{Op: ir.OpAdd, Kind: ir.Int, Args: []ir.Node{read(3), whole(7)}},
		}},
	}
}

func TestReadsAndWalk(t *testing.T) {
	t.Parallel()
	n := everyNode()
	if got, want := ir.Reads(n), []int{0, 1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("reads %v, want %v", got, want)
	}
	var consts, reads int
	ir.Walk(n, func(n ir.Node) {
		switch n.(type) {
		case *ir.Const:
			consts++
		case *ir.Read:
			reads++
		}
	})
	if consts != 1 || reads != 8 { // slot 5 is read in three places
		t.Errorf("walked %d constants and %d reads, want 1 and 8", consts, reads)
	}
	if ir.Reads(whole(1)) != nil {
		t.Error("a constant reads a slot")
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var slots []ir.Slot
	for _, name := range []string{"a", "b", "c", "d", "e", "customer.stars"} {
		slots = append(slots, ir.Slot{Name: name})
	}
	const want = `(((e in [1, (-2)]) and ((customer.stars == nil) or (c matches "^\\d\""))) ? (customer.stars ?? a) : ` +
		`min((- customer.stars), t["k"][b], (d + 7)))`
	if got := ir.Print(everyNode(), slots); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]ir.Value{
		"nil":                    {},
		"true":                   ir.BoolValue(true),
		"(-3)":                   {Kind: ir.Int, I: -3},
		"9223372036854775807":    {Kind: ir.Int, I: math.MaxInt64},
		"3.0":                    {Kind: ir.Decimal, I: 3_000_000},
		"(-0.000001)":            {Kind: ir.Money, I: -1},
		`"a \"b\" \\ \n ä"`:      ir.StringValue("a \"b\" \\ \n ä"),
		`date("2026-01-31")`:     {Kind: ir.Date, I: 20484},
		"hours(1.5)":             {Kind: ir.Duration, I: 5_400_000_000},
		"hours(-1.0)":            {Kind: ir.Duration, I: -3_600_000_000},
		`"1970-01-01T00:00:01Z"`: {Kind: ir.Time, I: 1_000_000},
	} {
		if got := ir.Literal(v); got != want {
			t.Errorf("%+v is %s, want %s", v, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	leaf := func(i int64) *ir.Table { return ir.NewLeaf(ir.Value{Kind: ir.Int, I: i}) }
	entries := map[string]*ir.Table{"USD": leaf(2), "JPY": leaf(1)}
	table := ir.NewTable(entries)
	delete(entries, "USD") // the table has a copy
	if got := strings.Join(table.Keys(), " "); got != "JPY USD" || !table.PerCurrency() {
		t.Errorf("keys %s, per currency %t", got, table.PerCurrency())
	}
	if _, ok := table.Leaf(); ok {
		t.Error("a table of entries is a leaf")
	}
	if _, ok := table.Get("GBP"); ok {
		t.Error("an entry that is not there")
	}
	doubled, ok := table.Map(func(v ir.Value) (ir.Value, bool) { v.I *= 2; return v, true })
	for i, key := range doubled.Keys() {
		below, _ := doubled.Get(key)
		if v, isLeaf := below.Leaf(); !ok || !isLeaf || v.I != []int64{2, 4}[i] {
			t.Errorf("doubled %s is %v", key, v)
		}
	}
	if _, ok := table.Map(func(v ir.Value) (ir.Value, bool) { return v, v.I == 1 }); ok {
		t.Error("a leaf that could not be replaced was")
	}
	for _, mixed := range []*ir.Table{ir.NewTable(map[string]*ir.Table{"USD": leaf(1), "other": leaf(2)}), ir.NewTable(nil), leaf(1)} {
		if mixed.PerCurrency() {
			t.Errorf("%v is per currency", mixed.Keys())
		}
	}
}
