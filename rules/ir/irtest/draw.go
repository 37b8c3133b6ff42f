package irtest

import (
	"regexp"

	"pgregory.net/rapid"

	"amends/rules/ir"
)

// Expr draws an expression of a kind that is not nullable, over Slots and Tables.
// Printed and checked, its text means the same again.
func Expr(t *rapid.T, kind ir.Kind, depth int) ir.Node {
	return (&artist{t: t, slots: Slots()}).draw(kind, depth, false)
}

// Nullable draws an expression of a kind that may be null.
func Nullable(t *rapid.T, kind ir.Kind, depth int) ir.Node {
	return (&artist{t: t, slots: Slots()}).nullable(kind, depth)
}

type artist struct {
	t     *rapid.T
	slots []ir.Slot
	next  int // offsets are drawn in order, so that no two nodes share one
}

func (a *artist) at() int {
	a.next++
	return a.next
}

func (a *artist) slot(name string) int {
	for i, slot := range a.slots {
		if slot.Name == name {
			return i
		}
	}
	panic("irtest: no slot " + name) // unreachable: the names are Slots'
}

func (a *artist) read(kind ir.Kind, nullable bool) ir.Node {
	name := "a_" + kind.String()
	if nullable {
		name = "dim." + kind.String()
	}
	return &ir.Read{Slot: a.slot(name), Of: ir.Type{Kind: kind, Nullable: nullable}, At: a.at()}
}

// draw draws a node that is not null. An anchored node has its kind whatever its
// context: it is not made of constants alone.
func (a *artist) draw(kind ir.Kind, depth int, anchored bool) ir.Node {
	if depth <= 0 {
		if !anchored && kind != ir.Time && rapid.Bool().Draw(a.t, "constant") {
			return a.constant(kind)
		}
		return a.read(kind, false)
	}
	makers := []func(ir.Kind, int) ir.Node{a.choice, a.fallback, a.guarded, a.operation, a.operation, a.named}
	switch kind {
	case ir.Bool:
		makers = append(makers, a.junction, a.junction, a.junction, a.test, a.comparison, a.comparison)
	case ir.Int, ir.Decimal, ir.Money, ir.String:
		makers = append(makers, a.lookup)
	}
	return rapid.SampledFrom(makers).Draw(a.t, "node")(kind, depth-1)
}

func (a *artist) constant(kind ir.Kind) ir.Node {
	v := ir.Value{Kind: kind}
	switch kind {
	case ir.Bool:
		v.I = rapid.Int64Range(0, 1).Draw(a.t, "bool")
	case ir.String:
		v.S = rapid.SampledFrom(words).Draw(a.t, "word")
	case ir.Date:
		v.I = rapid.Int64Range(20_000, 21_000).Draw(a.t, "date")
	case ir.Duration:
		v.I = rapid.Int64Range(-5_000_000, 5_000_000).Draw(a.t, "hours") * 3600
	default:
		v.I = rapid.Int64Range(-20_000_000, 20_000_000).Draw(a.t, "number")
	}
	return &ir.Const{Value: v, At: a.at()}
}

func (a *artist) choice(kind ir.Kind, depth int) ir.Node {
	return &ir.If{Cond: a.draw(ir.Bool, depth, false), Then: a.draw(kind, depth, true), Else: a.draw(kind, depth, false), At: a.at()}
}

func (a *artist) fallback(kind ir.Kind, depth int) ir.Node {
	return &ir.Coalesce{X: a.nullable(kind, depth), Else: a.draw(kind, depth, false), At: a.at()}
}

func (a *artist) nullable(kind ir.Kind, depth int) ir.Node {
	if depth > 0 && rapid.IntRange(0, 3).Draw(a.t, "nullable") == 0 {
		if rapid.Bool().Draw(a.t, "either") {
			return &ir.Coalesce{X: a.nullable(kind, depth-1), Else: a.nullable(kind, depth-1), At: a.at()}
		}
		return &ir.If{Cond: a.draw(ir.Bool, depth-1, false), Then: a.nullable(kind, depth-1), Else: a.draw(kind, depth-1, true), At: a.at()}
	}
	return a.read(kind, true)
}

// guarded draws x == nil ? other : x, x narrowed.
func (a *artist) guarded(kind ir.Kind, depth int) ir.Node {
	x := a.nullable(kind, depth)
	var known ir.Node = &ir.NotNull{X: x, Name: "x", At: a.at()}
	if read, ok := x.(*ir.Read); ok {
		known = &ir.Read{Slot: read.Slot, Of: ir.Type{Kind: kind}, At: a.at()}
	}
	return &ir.If{Cond: &ir.IsNull{X: x, At: a.at()}, Then: a.draw(kind, depth, false), Else: known, At: a.at()}
}

func (a *artist) named(kind ir.Kind, depth int) ir.Node {
	return &ir.Named{Name: "define", X: a.draw(kind, depth, true), At: a.at()}
}

// operation draws a call whose result has a kind, or a read where there is none.
func (a *artist) operation(kind ir.Kind, depth int) ir.Node {
	type way struct {
		op   ir.Op
		args []ir.Kind
	}
	var ways []way
	for _, op := range ir.Ops() {
		for _, s := range op.Signatures() {
			if s.Result == kind {
				ways = append(ways, way{op, s.Args})
			}
		}
	}
	if len(ways) == 0 {
		return a.read(kind, false)
	}
	chosen := rapid.SampledFrom(ways).Draw(a.t, "operation")
	call := &ir.Call{Op: chosen.op, Kind: kind, At: a.at()}
	for i, arg := range chosen.args {
		switch {
		case chosen.op == ir.OpRound && i == 1:
			digits := ir.Value{Kind: ir.Int, I: rapid.Int64Range(-12, 6).Draw(a.t, "digits")}
			call.Args = append(call.Args, &ir.Const{Value: digits, At: a.at()})
		default: // the second operand of a division gives the result its kind
			call.Args = append(call.Args, a.draw(arg, depth, i == 0 || chosen.op == ir.OpDiv || chosen.op == ir.OpMul))
		}
	}
	return call
}

func (a *artist) comparison(_ ir.Kind, depth int) ir.Node {
	kind := rapid.SampledFrom([]ir.Kind{ir.Int, ir.Decimal, ir.Money, ir.String, ir.Time, ir.Date, ir.Duration}).Draw(a.t, "of")
	op := rapid.SampledFrom([]ir.Op{ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe}).Draw(a.t, "comparison")
	return &ir.Call{Op: op, Args: []ir.Node{a.draw(kind, depth, true), a.draw(kind, depth, false)}, Kind: ir.Bool, At: a.at()}
}

func (a *artist) junction(_ ir.Kind, depth int) ir.Node {
	operands := make([]ir.Node, rapid.IntRange(2, 4).Draw(a.t, "operands"))
	for i := range operands {
		operands[i] = a.draw(ir.Bool, depth, false)
	}
	if rapid.Bool().Draw(a.t, "and") {
		return &ir.And{Operands: operands, At: a.at()}
	}
	return &ir.Or{Operands: operands, At: a.at()}
}

var patterns = []*regexp.Regexp{regexp.MustCompile(`^[a-z]+$`), regexp.MustCompile(`\s`), regexp.MustCompile(`(?i)PRIME|"`)}

func (a *artist) test(_ ir.Kind, depth int) ir.Node {
	switch rapid.IntRange(0, 2).Draw(a.t, "test") {
	case 0:
		kind := rapid.SampledFrom([]ir.Kind{ir.Int, ir.Decimal, ir.Money, ir.String, ir.Date}).Draw(a.t, "of")
		in := &ir.In{X: a.draw(kind, depth, true), At: a.at()}
		for range rapid.IntRange(1, 3).Draw(a.t, "length") {
			in.List = append(in.List, a.constant(kind).(*ir.Const).Value)
		}
		return in
	case 1:
		return &ir.Match{X: a.draw(ir.String, depth, false), Pattern: rapid.SampledFrom(patterns).Draw(a.t, "pattern"), At: a.at()}
	default:
		kind := rapid.SampledFrom([]ir.Kind{ir.Bool, ir.Int, ir.Decimal, ir.Money, ir.String, ir.Time, ir.Date, ir.Duration}).Draw(a.t, "of")
		return &ir.IsNull{X: a.nullable(kind, depth), At: a.at()}
	}
}

func (a *artist) lookup(kind ir.Kind, depth int) ir.Node {
	tables := Tables()
	key := func() ir.Step { return ir.Step{Index: a.draw(ir.String, depth, true)} }
	n := &ir.Lookup{Kind: kind, At: a.at()}
	switch kind {
	case ir.Int:
		n.Name, n.Tree, n.Steps = "counts", tables["counts"], []ir.Step{key()}
	case ir.String:
		n.Name, n.Tree, n.Steps = "names", tables["names"], []ir.Step{key()}
	case ir.Decimal:
		n.Name, n.Tree, n.Steps = "rates", tables["rates"], []ir.Step{key(), key()}
	default:
		caps, _ := tables["caps"].Get("late")
		n.Name, n.Steps = "caps", []ir.Step{{Key: "late"}, {Index: &ir.Read{Slot: a.slot("currency"), Of: ir.Type{Kind: ir.String}, At: a.at()}}}
		n.Tree, _ = caps.Map(func(v ir.Value) (ir.Value, bool) {
			if v.Kind == ir.Int {
				v.I *= 1_000_000
			}
			return ir.Value{Kind: ir.Money, I: v.I}, true
		})
	}
	return n
}
