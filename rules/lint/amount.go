package lint

import (
	"math"
	"math/bits"

	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// bounds are what an amount is at least and at most, in millionths; without an
// end where it cannot be told.
type bounds struct{ lo, hi int64 }

var unbounded = bounds{math.MinInt64, math.MaxInt64}

func (b bounds) hasLo() bool { return b.lo != math.MinInt64 }
func (b bounds) hasHi() bool { return b.hi != math.MaxInt64 }

// bounds returns the ends of n in rows of a currency. Columns of money are taken
// to be zero or more, as every amount has to be.
func (s *space) bounds(n ir.Node, currency string) bounds {
	n = ir.Unwrap(n)
	if v, ok := s.constant(n, currency); ok {
		return bounds{v.I, v.I}
	}
	switch n := n.(type) {
	case *ir.Read:
		if n.Of.Kind == ir.Money {
			return bounds{0, math.MaxInt64}
		}
	case *ir.Lookup:
		return s.leaves(n, currency)
	case *ir.If:
		return either(s.bounds(n.Then, currency), s.bounds(n.Else, currency))
	case *ir.Coalesce:
		return either(s.bounds(n.X, currency), s.bounds(n.Else, currency))
	case *ir.Call:
		args := make([]bounds, len(n.Args))
		for i, arg := range n.Args {
			args[i] = s.bounds(arg, currency)
		}
		return s.callBounds(n, args)
	}
	least, most := s.rangeOf(n)
	return bounds{least, most}
}

func either(a, b bounds) bounds { return bounds{min(a.lo, b.lo), max(a.hi, b.hi)} }

// leaves returns the least and the greatest entry that a lookup can give.
func (s *space) leaves(n *ir.Lookup, currency string) bounds {
	out := bounds{math.MaxInt64, math.MinInt64}
	indexes := n.Indexes()
	var visit func(t *ir.Table, level int)
	visit = func(t *ir.Table, level int) {
		if v, leaf := t.Leaf(); leaf {
			out.lo, out.hi = min(out.lo, v.I), max(out.hi, v.I)
			return
		}
		for _, key := range t.Keys() {
			if s.isCurrency(indexes[level]) && currency != "" && key != currency {
				continue
			}
			below, _ := t.Get(key)
			visit(below, level+1)
		}
	}
	visit(n.Tree, 0)
	if out.lo > out.hi {
		return unbounded
	}
	return out
}

func (s *space) callBounds(n *ir.Call, args []bounds) bounds {
	switch n.Op {
	case ir.OpMin, ir.OpMax:
		out := args[0]
		for _, b := range args[1:] {
			if n.Op == ir.OpMin {
				out = bounds{min(out.lo, b.lo), min(out.hi, b.hi)}
			} else {
				out = bounds{max(out.lo, b.lo), max(out.hi, b.hi)}
			}
		}
		return out
	case ir.OpClamp:
		return bounds{max(args[1].lo, min(args[0].lo, args[2].lo)), min(args[2].hi, max(args[1].hi, args[0].hi))}
	case ir.OpAdd:
		return bounds{plus(args[0].lo, args[1].lo), plus(args[0].hi, args[1].hi)}
	case ir.OpSub:
		return bounds{plus(args[0].lo, negative(args[1].hi)), plus(args[0].hi, negative(args[1].lo))}
	case ir.OpNeg:
		return bounds{negative(args[0].hi), negative(args[0].lo)}
	case ir.OpMul, ir.OpPct:
		return product(n.Op, n.Kind, args[0], args[1])
	case ir.OpAbs:
		return bounds{0, math.MaxInt64}
	default:
		return unbounded
	}
}

// plus adds two ends; one that cannot be told, or is too large, makes no end.
func plus(a, b int64) int64 {
	switch {
	case a == math.MinInt64 || a == math.MaxInt64:
		return a
	case b == math.MinInt64 || b == math.MaxInt64:
		return b
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}

func negative(a int64) int64 {
	switch a {
	case math.MinInt64:
		return math.MaxInt64
	case math.MaxInt64:
		return math.MinInt64
	}
	return -a
}

// product bounds a product, or a percentage, one side of which is a known
// factor.
func product(op ir.Op, kind ir.Kind, a, b bounds) bounds {
	if b.lo != b.hi {
		a, b = b, a
	}
	if b.lo != b.hi {
		if a.lo >= 0 && b.lo >= 0 {
			return bounds{0, times(op, kind, a.hi, b.hi)}
		}
		return unbounded
	}
	lo, hi := times(op, kind, a.lo, b.lo), times(op, kind, a.hi, b.lo)
	if b.lo < 0 {
		lo, hi = hi, lo
	}
	return bounds{lo, hi}
}

// times multiplies an end by a factor, as the evaluators do.
func times(op ir.Op, kind ir.Kind, end, factor int64) int64 {
	if factor == 0 || end == 0 {
		return 0
	}
	beyond := int64(math.MaxInt64)
	if (end < 0) != (factor < 0) {
		beyond = math.MinInt64
	}
	if end == math.MinInt64 || end == math.MaxInt64 || factor == math.MinInt64 || factor == math.MaxInt64 {
		return beyond
	}
	if kind == ir.Int || kind == ir.Duration {
		if high, low := bits.Mul64(magnitude(end), magnitude(factor)); high != 0 || low > math.MaxInt64 {
			return beyond
		}
		return end * factor
	}
	v, fault := scalar.Apply(op, []ir.Value{{Kind: ir.Decimal, I: end}, {Kind: ir.Decimal, I: factor}}, nil)
	if fault != ir.NoFault {
		return beyond
	}
	return v.I
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}

// atMost reports whether the award of r is never above that of other, in any
// row that both hit.
func (r *rule) atMost(other *rule) bool {
	if r.Rule.Uncapped && !other.Rule.Uncapped {
		return false // the other's award ends at the value of the event
	}
	for _, currency := range r.source.currencies {
		if !r.source.space.atMost(r.Amount.Node, other.Amount.Node, currency) {
			return false
		}
	}
	return true
}

// atMost reports whether a is never above b, as far as their forms tell: false
// only means that it is not known.
func (s *space) atMost(a, b ir.Node, currency string) bool {
	a, b = ir.Unwrap(a), ir.Unwrap(b)
	if s.print(a) == s.print(b) {
		return true
	}
	if below, above := s.bounds(a, currency), s.bounds(b, currency); below.hasHi() && above.hasLo() && below.hi <= above.lo {
		return true
	}
	any := func(nodes []ir.Node, holds func(ir.Node) bool) bool {
		for _, n := range nodes {
			if holds(n) {
				return true
			}
		}
		return false
	}
	every := func(nodes []ir.Node, holds func(ir.Node) bool) bool {
		return !any(nodes, func(n ir.Node) bool { return !holds(n) })
	}
	belowB := func(n ir.Node) bool { return s.atMost(n, b, currency) }
	aboveA := func(n ir.Node) bool { return s.atMost(a, n, currency) }
	if parts, op := parts(b); op == ir.OpMin && every(parts, aboveA) || op == ir.OpMax && any(parts, aboveA) || op == ir.OpClamp && s.atMostClamp(a, parts, currency) {
		return true
	}
	if parts, op := parts(a); op == ir.OpMin && any(parts, belowB) || op == ir.OpMax && every(parts, belowB) || op == ir.OpClamp && (belowB(parts[2]) || belowB(parts[0]) && belowB(parts[1])) {
		return true
	}
	if choice, ok := a.(*ir.If); ok && belowB(choice.Then) && belowB(choice.Else) {
		return true
	}
	if choice, ok := b.(*ir.If); ok && aboveA(choice.Then) && aboveA(choice.Else) {
		return true
	}
	factorA, ofA := s.factor(a, currency)
	factorB, ofB := s.factor(b, currency)
	return factorA <= factorB && factorA >= 0 && ofA != nil && ofB != nil &&
		s.print(ofA) == s.print(ofB) && s.bounds(ofA, currency).lo >= 0
}

// atMostClamp: clamp(x, low, high) is at least low, and at least the lower of x
// and high.
func (s *space) atMostClamp(a ir.Node, parts []ir.Node, currency string) bool {
	return s.atMost(a, parts[1], currency) || s.atMost(a, parts[0], currency) && s.atMost(a, parts[2], currency)
}

// parts returns the arguments of min, max and clamp.
func parts(n ir.Node) ([]ir.Node, ir.Op) {
	if call, ok := n.(*ir.Call); ok && (call.Op == ir.OpMin || call.Op == ir.OpMax || call.Op == ir.OpClamp) {
		return call.Args, call.Op
	}
	return nil, ir.NoOp
}

// wholeFactor is the factor 1 in the units of factor.
const wholeFactor = 100_000_000

// factor takes an amount apart into a constant factor, in hundredths of
// millionths, and what it is a factor of.
func (s *space) factor(n ir.Node, currency string) (factor int64, of ir.Node) {
	n = ir.Unwrap(n)
	call, ok := n.(*ir.Call)
	if !ok {
		return wholeFactor, n
	}
	switch call.Op {
	case ir.OpMul:
		for i := range call.Args {
			if v, ok := s.constant(call.Args[i], currency); ok && v.Kind == ir.Decimal && magnitude(v.I) < math.MaxInt64/100 {
				return v.I * 100, ir.Unwrap(call.Args[1-i])
			}
		}
	case ir.OpPct:
		if v, ok := s.constant(call.Args[1], currency); ok {
			return v.I, ir.Unwrap(call.Args[0])
		}
	}
	return wholeFactor, n
}
