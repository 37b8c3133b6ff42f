package lint

import (
	"math"

	"amends/rules/ir"
	"amends/rules/money"
)

// space numbers the subjects of a source's conditions: a subject is what a
// condition compares with constants, known by how it is written once definitions
// are put in.
type space struct {
	slots    []ir.Slot
	currency string // the name of the slot with the row's currency; "" for none
	subjects map[string]int
	nodes    []ir.Node    // a node of each subject; nil for the sign of a difference
	sides    [][2]ir.Node // left and right of that difference
	printed  map[ir.Node]string
	fixed    map[operand]region // of operands that are the same in every currency
}

// operand is a part of a condition, as it is or negated.
type operand struct {
	node   ir.Node
	negate bool
}

func newSpace(slots []ir.Slot, currencyColumn string) *space {
	return &space{slots: slots, currency: currencyColumn, subjects: map[string]int{}, printed: map[ir.Node]string{}, fixed: map[operand]region{}}
}

func (s *space) print(n ir.Node) string {
	text, ok := s.printed[n]
	if !ok {
		text = ir.Print(n, s.slots)
		s.printed[n] = text
	}
	return text
}

func (s *space) subject(key string, n ir.Node) int {
	i, ok := s.subjects[key]
	if !ok {
		i = len(s.nodes)
		s.subjects[key] = i
		s.nodes, s.sides = append(s.nodes, n), append(s.sides, [2]ir.Node{})
	}
	return i
}

// difference is the sign of left − right as a subject.
func (s *space) difference(left, right ir.Node) int {
	i := s.subject(s.print(left)+" <=> "+s.print(right), nil)
	s.sides[i] = [2]ir.Node{left, right}
	return i
}

// signs are the rows in which a difference has one of some signs.
func signs(subject int, sets []domain) region {
	var out region
	for _, d := range sets {
		if d = d.and(between(-1, 1)); !d.empty() {
			out = append(out, box{{subject, d}})
		}
	}
	return out
}

// region returns rows among which are all for which n is true, or with negate
// false, and their currency is as given. A row for which n has no value is in
// neither.
func (s *space) region(n ir.Node, negate bool, currency string) region {
	switch n := ir.Unwrap(n).(type) {
	case *ir.Const:
		if (n.Value.I != 0) != negate {
			return everything
		}
		return nil
	case *ir.And:
		return s.junction(n.Operands, !negate, negate, currency)
	case *ir.Or:
		return s.junction(n.Operands, negate, negate, currency)
	case *ir.If:
		then := s.region(n.Cond, false, currency).and(s.region(n.Then, negate, currency))
		return then.or(s.region(n.Cond, true, currency).and(s.region(n.Else, negate, currency)))
	case *ir.IsNull:
		if negate {
			return s.within(n.X, currency, domain{value: true, lo: math.MinInt64, hi: math.MaxInt64})
		}
		return region{box{{s.subject(s.print(ir.Unwrap(n.X)), ir.Unwrap(n.X)), missing}}}
	case *ir.In:
		return s.in(n, negate, currency)
	case *ir.Call:
		switch n.Op {
		case ir.OpNot:
			return s.region(n.Args[0], !negate, currency)
		case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
			return s.comparison(n, negate, currency)
		}
		return s.truth(n, negate, currency)
	default:
		return s.truth(n, negate, currency)
	}
}

// truth takes a condition as it is, as a subject that is true or false.
func (s *space) truth(n ir.Node, negate bool, currency string) region {
	if negate {
		return s.within(n, currency, between(0, 0))
	}
	return s.within(n, currency, between(1, 1))
}

func (s *space) junction(operands []ir.Node, all, negate bool, currency string) region {
	regions := make([]region, len(operands))
	for i, n := range operands {
		regions[i] = s.part(operand{n, negate}, currency)
	}
	if all {
		return intersection(regions)
	}
	return union(regions)
}

// part is the region of an operand, which the other currencies mostly share.
func (s *space) part(o operand, currency string) region {
	known, done := s.fixed[o]
	if !done {
		known = s.region(o.node, o.negate, currency)
		if !s.byCurrency(o.node) {
			s.fixed[o] = known
		}
	}
	return known
}

func (s *space) in(n *ir.In, negate bool, currency string) region {
	if n.X.Type().Kind == ir.String {
		texts := make([]string, len(n.List))
		for i, v := range n.List {
			texts[i] = v.S
		}
		return s.within(n.X, currency, among(texts, negate))
	}
	if negate {
		out := everything
		for _, v := range n.List {
			out = out.and(s.within(n.X, currency, compared(ir.OpNe, v)...))
		}
		return out
	}
	var sets []domain
	for _, v := range n.List {
		sets = append(sets, between(v.I, v.I))
	}
	return s.within(n.X, currency, sets...)
}

var opposite = map[ir.Op]ir.Op{ir.OpEq: ir.OpNe, ir.OpNe: ir.OpEq, ir.OpLt: ir.OpGe, ir.OpGe: ir.OpLt, ir.OpGt: ir.OpLe, ir.OpLe: ir.OpGt}

var mirrored = map[ir.Op]ir.Op{ir.OpEq: ir.OpEq, ir.OpNe: ir.OpNe, ir.OpLt: ir.OpGt, ir.OpGt: ir.OpLt, ir.OpLe: ir.OpGe, ir.OpGe: ir.OpLe}

func (s *space) comparison(n *ir.Call, negate bool, currency string) region {
	op, left, right := n.Op, ir.Unwrap(n.Args[0]), ir.Unwrap(n.Args[1])
	if negate {
		op = opposite[op]
	}
	if v, ok := s.constant(right, currency); ok {
		return s.against(op, left, v, currency)
	}
	if v, ok := s.constant(left, currency); ok {
		return s.against(mirrored[op], right, v, currency)
	}
	// Two values that rows decide: the sign of left − right is the subject.
	if s.print(left) > s.print(right) {
		left, right, op = right, left, mirrored[op]
	}
	sets := compared(op, ir.Value{Kind: ir.Int})
	if s.print(left) == s.print(right) {
		return contains(sets, 0)
	}
	return signs(s.difference(left, right), sets)
}

func contains(sets []domain, v int64) region {
	for _, d := range sets {
		if d.lo <= v && v <= d.hi {
			return everything
		}
	}
	return nil
}

// against compares a subject with a constant.
func (s *space) against(op ir.Op, n ir.Node, v ir.Value, currency string) region {
	switch v.Kind {
	case ir.String:
		if op == ir.OpEq || op == ir.OpNe {
			return s.within(n, currency, among([]string{v.S}, op == ir.OpNe))
		}
		// Texts have no units to count: the comparison is a subject of its own.
		return signs(s.difference(n, &ir.Const{Value: v}), compared(op, ir.Value{Kind: ir.Int}))
	case ir.Bool:
		return s.region(n, (op == ir.OpEq) != (v.I != 0), currency)
	default:
		return s.within(n, currency, compared(op, v)...)
	}
}

// compared are the intervals that stand in a relation to a constant.
func compared(op ir.Op, v ir.Value) []domain {
	below, above := between(math.MinInt64, v.I-1), between(v.I+1, math.MaxInt64)
	if v.I == math.MinInt64 {
		below = between(1, 0)
	}
	if v.I == math.MaxInt64 {
		above = between(1, 0)
	}
	switch op {
	case ir.OpEq:
		return []domain{between(v.I, v.I)}
	case ir.OpNe:
		return []domain{below, above}
	case ir.OpLt:
		return []domain{below}
	case ir.OpLe:
		return []domain{between(math.MinInt64, v.I)}
	case ir.OpGt:
		return []domain{above}
	default:
		return []domain{between(v.I, math.MaxInt64)}
	}
}

// within returns the rows for which n has a value in one of the sets.
func (s *space) within(n ir.Node, currency string, sets ...domain) region {
	n = ir.Unwrap(n)
	switch n := n.(type) {
	case *ir.Coalesce:
		if v, ok := s.constant(n.Else, currency); ok {
			out := s.within(n.X, currency, sets...)
			if holds(sets, v) {
				x := ir.Unwrap(n.X)
				out = out.or(region{box{{s.subject(s.print(x), x), missing}}})
			}
			return out
		}
	case *ir.If:
		then := s.region(n.Cond, false, currency).and(s.within(n.Then, currency, sets...))
		return then.or(s.region(n.Cond, true, currency).and(s.within(n.Else, currency, sets...)))
	case *ir.Const:
		if holds(sets, n.Value) {
			return everything
		}
		return nil
	case *ir.Call:
		if n.Op == ir.OpWiden {
			return s.within(n.Args[0], currency, narrowed(sets)...)
		}
	}
	subject := s.subject(s.print(n), n)
	least, most := s.rangeOf(n)
	var out region
	for _, d := range sets {
		if d = d.and(between(least, most)); !d.empty() {
			out = append(out, box{{subject, d}})
		}
	}
	if len(out) > maxBoxes {
		return everything
	}
	return out
}

func holds(sets []domain, v ir.Value) bool {
	for _, d := range sets {
		if !d.and(point(v)).empty() {
			return true
		}
	}
	return false
}

func point(v ir.Value) domain {
	if v.Kind == ir.String {
		return among([]string{v.S}, false)
	}
	return between(v.I, v.I)
}

// narrowed turns sets of decimals into the whole numbers among them.
func narrowed(sets []domain) []domain {
	out := make([]domain, len(sets))
	for i, d := range sets {
		if d.lo != math.MinInt64 {
			d.lo = -floorDiv(-d.lo, int64(money.One))
		}
		if d.hi != math.MaxInt64 {
			d.hi = floorDiv(d.hi, int64(money.One))
		}
		out[i] = d
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// rangeOf is what a function can give at all.
func (s *space) rangeOf(n ir.Node) (least, most int64) {
	least, most = math.MinInt64, math.MaxInt64
	switch n := n.(type) {
	case *ir.Read:
		if s.slots[n.Slot].Origin == ir.FromHistory {
			least = 0
		}
		if n.Of.Kind == ir.Bool {
			least, most = 0, 1
		}
	case *ir.Call:
		switch n.Op {
		case ir.OpLen, ir.OpAbs:
			least = 0
		case ir.OpWeekday:
			least, most = 1, 7
		}
		if n.Kind == ir.Bool {
			least, most = 0, 1
		}
	case *ir.Match:
		least, most = 0, 1
	}
	return least, most
}

// constant returns the value of what is the same in every row of a currency.
func (s *space) constant(n ir.Node, currency string) (ir.Value, bool) {
	switch n := ir.Unwrap(n).(type) {
	case *ir.Const:
		return n.Value, true
	case *ir.Lookup:
		tree := n.Tree
		for _, index := range n.Indexes() {
			if !s.isCurrency(index) {
				return ir.Value{}, false
			}
			below, ok := tree.Get(currency)
			if !ok {
				return ir.Value{}, false
			}
			tree = below
		}
		v, leaf := tree.Leaf()
		return v, leaf
	default:
		return ir.Value{}, false
	}
}

func (s *space) isCurrency(n ir.Node) bool {
	read, ok := ir.Unwrap(n).(*ir.Read)
	return ok && s.currency != "" && s.slots[read.Slot].Name == s.currency
}

// byCurrency reports whether n reads a table by the row's currency.
func (s *space) byCurrency(n ir.Node) bool {
	found := false
	ir.Walk(n, func(n ir.Node) {
		if lookup, ok := n.(*ir.Lookup); ok {
			for _, index := range lookup.Indexes() {
				found = found || s.isCurrency(index)
			}
		}
	})
	return found
}
