package lint

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/ir"
	"amends/rules/ir/irtest"
)

// has reports whether a row is in a region. A subject without a value is in no
// constraint.
func has(s *space, r region, row *ir.Row) bool {
	return slices.ContainsFunc(r, func(b box) bool {
		return !slices.ContainsFunc(b, func(c constraint) bool { return !fulfils(s, c, row) })
	})
}

func fulfils(s *space, c constraint, row *ir.Row) bool {
	n := s.nodes[c.subject]
	if n == nil {
		left, fault := irtest.Eval(s.sides[c.subject][0], s.slots, row)
		right, other := irtest.Eval(s.sides[c.subject][1], s.slots, row)
		if fault != nil || other != nil {
			return false
		}
		sign := int64(cmp.Or(cmp.Compare(left.I, right.I), cmp.Compare(left.S, right.S)))
		return c.domain.lo <= sign && sign <= c.domain.hi
	}
	v, fault := irtest.Eval(n, s.slots, row)
	switch {
	case fault != nil:
		return false
	case v.Null():
		return c.domain.null
	}
	return !c.domain.and(point(v)).empty()
}

// Every row for which a condition is true is in its region, and every row for
// which it is false is in the region of its opposite.
func TestRegionsHoldTheirRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, row := irtest.Expr(t, ir.Bool, rapid.IntRange(1, 5).Draw(t, "depth")), irtest.Row(t)
		s := newSpace(irtest.Slots(), "currency")
		hits, misses := s.region(n, false, row.Values[0].S), s.region(n, true, row.Values[0].S)
		v, fault := irtest.Eval(n, s.slots, row)
		switch {
		case fault != nil:
		case v.I == 1 && !has(s, hits, row):
			t.Fatalf("true, and not in %+v:\n%s", hits, ir.Print(n, s.slots))
		case v.I == 0 && !has(s, misses, row):
			t.Fatalf("false, and not in %+v:\n%s", misses, ir.Print(n, s.slots))
		}
	})
}

// reading draws comparisons of few columns with few constants: such that parts
// of a condition meet, and exclude each other.
func reading(t *rapid.T, depth int) ir.Node {
	column := func(kind ir.Kind, nullable bool) ir.Node {
		for i, slot := range irtest.Slots() {
			if slot.Type.Kind == kind && slot.Type.Nullable == nullable && slot.Name != "currency" && slot.Origin != ir.FromHistory {
				return &ir.Read{Slot: i, Of: slot.Type}
			}
		}
		panic("no column") // unreachable: Slots has two of each kind
	}
	if depth > 0 && rapid.Bool().Draw(t, "junction") {
		operands := []ir.Node{reading(t, depth-1), reading(t, depth-1)}
		switch rapid.IntRange(0, 3).Draw(t, "of") {
		case 0:
			return &ir.Or{Operands: operands}
		case 1:
			return &ir.Call{Op: ir.OpNot, Args: operands[:1], Kind: ir.Bool}
		case 2:
			return &ir.If{Cond: column(ir.Bool, false), Then: operands[0], Else: operands[1]}
		default:
			return &ir.And{Operands: operands}
		}
	}
	constant := &ir.Const{Value: ir.Value{Kind: ir.Int, I: rapid.Int64Range(-2, 2).Draw(t, "constant")}}
	switch rapid.IntRange(0, 3).Draw(t, "leaf") {
	case 0:
		return &ir.IsNull{X: column(ir.Int, true)}
	case 1:
		return &ir.In{X: column(ir.String, false), List: []ir.Value{ir.StringValue("a"), ir.StringValue(rapid.SampledFrom([]string{"b", "x"}).Draw(t, "word"))}}
	case 2:
		x := &ir.Coalesce{X: column(ir.Int, true), Else: &ir.Const{Value: ir.Value{Kind: ir.Int, I: 1}}}
		return &ir.Call{Op: rapid.SampledFrom([]ir.Op{ir.OpLt, ir.OpEq, ir.OpGe}).Draw(t, "op"), Args: []ir.Node{x, constant}, Kind: ir.Bool}
	default:
		wide := &ir.Call{Op: ir.OpWiden, Args: []ir.Node{column(ir.Int, false)}, Kind: ir.Decimal}
		half := &ir.Const{Value: ir.Value{Kind: ir.Decimal, I: constant.Value.I * 500_000}}
		return &ir.Call{Op: rapid.SampledFrom([]ir.Op{ir.OpLt, ir.OpLe, ir.OpGt, ir.OpNe}).Draw(t, "op"), Args: []ir.Node{wide, half}, Kind: ir.Bool}
	}
}

// What is said to exclude each other does, in every row; and it is said often
// enough that the test means something.
func TestRegionsExclude(t *testing.T) {
	t.Parallel()
	said := 0
	rapid.Check(t, func(t *rapid.T) {
		a, b := reading(t, 2), reading(t, 2)
		s := newSpace(irtest.Slots(), "currency")
		if s.region(a, false, "USD").meets(s.region(b, true, "USD")) {
			return
		}
		said++
		for range 20 {
			row := irtest.Row(t)
			x, fault := irtest.Eval(a, s.slots, row)
			y, other := irtest.Eval(b, s.slots, row)
			if fault == nil && other == nil && x.I == 1 && y.I == 0 {
				t.Fatalf("%s is said to imply %s", ir.Print(a, s.slots), ir.Print(b, s.slots))
			}
		}
	})
	if said == 0 {
		t.Error("nothing was said to imply anything")
	}
}

// money draws amounts over one column and constants.
func amountOf(t *rapid.T, depth int) ir.Node {
	column := slices.IndexFunc(irtest.Slots(), func(s ir.Slot) bool { return s.Name == "a_money" })
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		if rapid.Bool().Draw(t, "constant") {
			return &ir.Const{Value: ir.Value{Kind: ir.Money, I: rapid.Int64Range(-3, 12).Draw(t, "amount") * 500_000}}
		}
		return &ir.Read{Slot: column, Of: ir.Type{Kind: ir.Money}}
	}
	x, y, z := amountOf(t, depth-1), amountOf(t, depth-1), amountOf(t, depth-1)
	factor := &ir.Const{Value: ir.Value{Kind: ir.Decimal, I: rapid.Int64Range(-1, 4).Draw(t, "factor") * 250_000}}
	call := func(op ir.Op, args ...ir.Node) ir.Node { return &ir.Call{Op: op, Args: args, Kind: ir.Money} }
	switch rapid.IntRange(0, 7).Draw(t, "form") {
	case 0:
		return call(ir.OpMin, x, y)
	case 1:
		return call(ir.OpMax, x, y, z)
	case 2:
		return call(ir.OpClamp, x, y, z)
	case 3:
		return call(ir.OpAdd, x, y)
	case 4:
		return call(ir.OpSub, x, y)
	case 5:
		return call(ir.OpPct, x, factor)
	case 6:
		flag := slices.IndexFunc(irtest.Slots(), func(s ir.Slot) bool { return s.Name == "a_bool" })
		return &ir.If{Cond: &ir.Read{Slot: flag, Of: ir.Type{Kind: ir.Bool}}, Then: x, Else: y}
	default:
		return call(ir.OpMul, factor, x)
	}
}

// An amount is within its bounds, and what is said to be at most another is.
func TestAmountsKeepTheirBounds(t *testing.T) {
	t.Parallel()
	said := 0
	rapid.Check(t, func(t *rapid.T) {
		a, b := amountOf(t, 3), amountOf(t, 3)
		s := newSpace(irtest.Slots(), "currency")
		for range 10 {
			row := irtest.Row(t)
			for i := range row.Values {
				if row.Values[i].Kind == ir.Money && row.Values[i].I < 0 {
					row.Values[i].I = 0 // as every value of an event is
				}
			}
			x, fault := irtest.Eval(a, s.slots, row)
			if fault != nil {
				continue
			}
			if bounds := s.bounds(a, "USD"); x.I < bounds.lo || x.I > bounds.hi {
				t.Fatalf("%s is %d, outside of %+v", ir.Print(a, s.slots), x.I, bounds)
			}
			if y, fault := irtest.Eval(b, s.slots, row); fault == nil && s.atMost(a, b, "USD") {
				said++
				if x.I > y.I {
					t.Fatalf("%s is said to be at most %s: %d and %d", ir.Print(a, s.slots), ir.Print(b, s.slots), x.I, y.I)
				}
			}
		}
	})
	if said == 0 {
		t.Error("nothing was said to be at most anything")
	}
}

// Two sets meet where their common set has something in it.
func TestDomainsMeet(t *testing.T) {
	t.Parallel()
	draw := func(t *rapid.T) domain {
		d := domain{null: rapid.Bool().Draw(t, "null"), value: rapid.Bool().Draw(t, "value"),
			lo: rapid.Int64Range(-2, 2).Draw(t, "lo"), hi: rapid.Int64Range(-2, 2).Draw(t, "hi")}
		if d.text = rapid.Bool().Draw(t, "text"); d.text {
			d.lo, d.hi = -9, 9
			d.texts = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID[string]).Draw(t, "texts")
			d.except = rapid.Bool().Draw(t, "except")
		}
		return d
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		if a.meets(&b) == a.and(b).empty() {
			t.Fatalf("%+v and %+v: %+v", a, b, a.and(b))
		}
	})
}
