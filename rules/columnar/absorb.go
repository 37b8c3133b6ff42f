package columnar

import (
	"math"
	"slices"

	"amends/rules/ir"
)

// disjunct is one operand of an or, as the and of its conjuncts. Those that hold
// an operand against a constant are bounds.
type disjunct struct {
	node      ir.Node // nil once it was widened
	conjuncts []ir.Node
	ids       []nodeID // of conjuncts: equal conjuncts have equal ids
	bounds    []bound
}

// bound says that an operand, no text, lies from least to most. Low and high are
// the conjuncts that say so, nil where none does; where one of them is an equality
// it says both ends, and neither alone.
type bound struct {
	of          nodeID
	least, most int64
	low, high   ir.Node
	equality    bool
}

// mostDisjuncts bounds what is compared with one another, each with each.
const mostDisjuncts = 200

// absorbed returns an or without the operands that change nothing: operators
// write tiers (1 to 3 days, 4 to 7, more than 7), which together are one bound,
// and rules for a part of what another rule is for. Proof, with faults:
//
//   - Where every conjunct of A is one of B, or a wider bound of the same operand,
//     A or B is A. If A is false, one of its conjuncts is, so one of B's is, and B
//     is false. If A is a fault, B is not true, since then all of A's conjuncts
//     were.
//   - Where A and B have equal conjuncts, but for one operand's bounds that
//     together are one bound, A or B is those conjuncts and that bound. If the
//     operand faults, all three are a fault, or false by another conjunct. If it
//     lies in A's bound, A is what the other conjuncts are, and B is that or false;
//     so it is in B's; and elsewhere all three are false.
func absorbed(or ir.Node) ir.Node {
	n, ok := or.(*ir.Or)
	if !ok || len(n.Operands) > mostDisjuncts {
		return or
	}
	s := shapes{}
	all := make([]*disjunct, len(n.Operands))
	for i, operand := range n.Operands {
		all[i] = s.disjunct(operand)
	}
	for changed := true; changed; {
		changed = false
		for i := 0; i < len(all); i++ {
			one, before := all[i], len(all)
			all = slices.DeleteFunc(all, func(d *disjunct) bool { return d != one && (one.covers(d) || one.widen(d)) })
			changed = changed || len(all) < before
		}
	}
	if len(all) == 1 {
		return all[0].and()
	}
	kept := make([]ir.Node, len(all))
	for i, d := range all {
		kept[i] = d.and()
	}
	return &ir.Or{Operands: kept, At: n.At}
}

// and returns the disjunct as an expression.
func (d *disjunct) and() ir.Node {
	if d.node != nil {
		return d.node
	}
	operands := slices.Clone(d.conjuncts)
	for _, b := range d.bounds {
		if b.low != nil {
			operands = append(operands, b.low)
		}
		if b.high != nil && b.high != b.low {
			operands = append(operands, b.high)
		}
	}
	if len(operands) == 1 {
		return operands[0]
	}
	return &ir.And{Operands: operands}
}

// covers reports whether every conjunct of d is one of other's, or a wider bound.
func (d *disjunct) covers(other *disjunct) bool {
	for _, id := range d.ids {
		if !slices.Contains(other.ids, id) {
			return false
		}
	}
	for i := range d.bounds {
		b := other.bound(d.bounds[i].of)
		if b == nil || b.least < d.bounds[i].least || b.most > d.bounds[i].most {
			return false
		}
	}
	return true
}

// widen makes d what d or other is, where they differ in one bound alone and
// that can be said as one.
func (d *disjunct) widen(other *disjunct) bool {
	if len(d.ids) != len(other.ids) || len(d.bounds) != len(other.bounds) {
		return false
	}
	for _, id := range d.ids {
		if !slices.Contains(other.ids, id) {
			return false
		}
	}
	var mine, its *bound
	for i := range d.bounds {
		b := other.bound(d.bounds[i].of)
		switch {
		case b == nil:
			return false
		case b.least == d.bounds[i].least && b.most == d.bounds[i].most:
		case mine != nil:
			return false
		default:
			mine, its = &d.bounds[i], b
		}
	}
	if mine == nil {
		return false // they are equal, and covered
	}
	together, ok := union(*mine, *its)
	if !ok {
		return false
	}
	*mine, d.node = together, nil
	return true
}

// union returns two bounds as one, if they overlap or adjoin and the conjuncts at
// hand can say it. All values of an operand are no bound: it may fault.
func union(a, b bound) (bound, bool) {
	if b.least < a.least {
		a, b = b, a
	}
	if b.least > a.most && b.least-1 > a.most || a.equality || b.equality {
		return bound{}, false
	}
	if b.most > a.most {
		a.most, a.high = b.most, b.high
	}
	return a, a.low != nil || a.high != nil
}

func (d *disjunct) bound(of nodeID) *bound {
	for i := range d.bounds {
		if d.bounds[i].of == of {
			return &d.bounds[i]
		}
	}
	return nil
}

// shapes numbers expressions: equal ones, offsets and the names of defines aside,
// have equal numbers.
type shapes map[string]nodeID

func (s shapes) of(n ir.Node) nodeID {
	var key string
	switch n := n.(type) {
	case *ir.Named:
		return s.of(n.X)
	case *ir.Const:
		key = "constant " + valueKey(n.Value)
	default:
		var args []nodeID
		for _, child := range ir.Children(n) {
			args = append(args, s.of(child))
		}
		key = keyOf(n, args)
	}
	id, known := s[key]
	if !known {
		id = nodeID(len(s))
		s[key] = id
	}
	return id
}

func (s shapes) disjunct(n ir.Node) *disjunct {
	d := &disjunct{node: n}
	operands := []ir.Node{n}
	if and, ok := n.(*ir.And); ok {
		operands = and.Operands
	}
	for _, operand := range operands {
		if b, ok := s.boundOf(operand); ok && d.restrict(b) {
			continue
		}
		if id := s.of(operand); !slices.Contains(d.ids, id) {
			d.conjuncts, d.ids = append(d.conjuncts, operand), append(d.ids, id)
		}
	}
	return d
}

// restrict adds a bound, and reports whether it did: what leaves no value does
// not, and stays a conjunct like others.
func (d *disjunct) restrict(b bound) bool {
	known := d.bound(b.of)
	if known == nil {
		d.bounds = append(d.bounds, b)
		return true
	}
	if b.least > known.most || b.most < known.least {
		return false
	}
	known.equality = known.equality || b.equality
	if b.least > known.least {
		known.least, known.low = b.least, b.low
	}
	if b.most < known.most {
		known.most, known.high = b.most, b.high
	}
	return true
}

// boundOf returns the bound that a comparison of a number or a time with a
// constant says.
func (s shapes) boundOf(n ir.Node) (bound, bool) {
	for {
		named, ok := n.(*ir.Named)
		if !ok {
			break
		}
		n = named.X
	}
	call, ok := n.(*ir.Call)
	if !ok || len(call.Args) != 2 {
		return bound{}, false
	}
	op, x := call.Op, call.Args[0]
	c, ok := constantOf(call.Args[1])
	if !ok {
		if c, ok = constantOf(x); !ok {
			return bound{}, false
		}
		op, x = mirrored(op), call.Args[1]
	}
	switch c.Kind {
	case ir.Int, ir.Decimal, ir.Money, ir.Time, ir.Date, ir.Duration:
	default:
		return bound{}, false
	}
	b := bound{of: s.of(x), least: math.MinInt64, most: math.MaxInt64}
	switch {
	case op == ir.OpGe && c.I > math.MinInt64:
		b.least, b.low = c.I, n
	case op == ir.OpGt && c.I < math.MaxInt64:
		b.least, b.low = c.I+1, n
	case op == ir.OpLe && c.I < math.MaxInt64:
		b.most, b.high = c.I, n
	case op == ir.OpLt && c.I > math.MinInt64:
		b.most, b.high = c.I-1, n
	case op == ir.OpEq:
		b.least, b.most, b.low, b.high, b.equality = c.I, c.I, n, n, true
	default:
		return bound{}, false
	}
	return b, true
}

func constantOf(n ir.Node) (ir.Value, bool) {
	for {
		switch x := n.(type) {
		case *ir.Named:
			n = x.X
		case *ir.Const:
			return x.Value, true
		default:
			return ir.Value{}, false
		}
	}
}

// mirrored is the comparison that y and x have where x and y have op.
func mirrored(op ir.Op) ir.Op {
	switch op {
	case ir.OpLt:
		return ir.OpGt
	case ir.OpLe:
		return ir.OpGe
	case ir.OpGt:
		return ir.OpLt
	case ir.OpGe:
		return ir.OpLe
	default:
		return op
	}
}
