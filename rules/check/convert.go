package check

import (
	"slices"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// conversion is how an attempt to give a node another kind ends.
type conversion uint8

const (
	converts conversion = iota
	otherKind
	severalCurrencies // a bare number cannot be money where rows have several currencies
	malformedDate
	tooLargeNumber
)

func numeric(kind ir.Kind) bool { return kind == ir.Int || kind == ir.Decimal }

// bare reports whether n is made of constants alone, whose kind its context
// decides: a literal, an entry of a table, or a choice between such.
func bare(n ir.Node) bool {
	switch n := n.(type) {
	case *ir.Const, *ir.Lookup:
		return numeric(n.Type().Kind)
	case *ir.Named:
		return bare(n.X)
	case *ir.If:
		return bare(n.Then) && bare(n.Else)
	case *ir.Call:
		return (n.Op == ir.OpMin || n.Op == ir.OpMax) && !slices.ContainsFunc(n.Args, func(arg ir.Node) bool { return !bare(arg) })
	default:
		return false
	}
}

// convert returns n as kind: an int as a decimal, a bare number as money where
// there is one currency (zero always: it is the same in each), a written date as
// a date.
func (c *checker) convert(n ir.Node, kind ir.Kind) (ir.Node, conversion) {
	from := n.Type().Kind
	switch {
	case from == kind:
		return n, converts
	case kind == ir.Date && from == ir.String:
		return c.toDate(n)
	case kind == ir.Money && numeric(from) && bare(n):
		if c.scope.Currency == "" && !zero(n) {
			return nil, severalCurrencies
		}
		return c.retype(n, kind)
	case kind == ir.Decimal && from == ir.Int:
		if bare(n) {
			return c.retype(n, kind)
		}
		return c.widen(n)
	default:
		return nil, otherKind
	}
}

func zero(n ir.Node) bool {
	constant, ok := unnamed(n).(*ir.Const)
	return ok && constant.Value.I == 0
}

func unnamed(n ir.Node) ir.Node {
	for {
		named, ok := n.(*ir.Named)
		if !ok {
			return n
		}
		n = named.X
	}
}

func (c *checker) toDate(n ir.Node) (ir.Node, conversion) {
	constant, ok := unnamed(n).(*ir.Const)
	if !ok {
		return nil, otherKind
	}
	date, err := calendar.ParseDate(constant.Value.S)
	if err != nil {
		return nil, malformedDate
	}
	return &ir.Const{Value: ir.Value{Kind: ir.Date, I: int64(date)}, At: n.Offset()}, converts
}

// widen makes an int that rows decide a decimal, null where it is null.
func (c *checker) widen(n ir.Node) (ir.Node, conversion) {
	if n.Type().Nullable {
		return nil, otherKind
	}
	return &ir.Call{Op: ir.OpWiden, Args: []ir.Node{n}, Kind: ir.Decimal, At: n.Offset()}, converts
}

// numberAs returns a numeric constant as kind.
func numberAs(v ir.Value, kind ir.Kind) (ir.Value, bool) {
	if v.Kind == ir.Int && kind != ir.Int {
		wide, fault := scalar.Widen(v.I)
		return ir.Value{Kind: kind, I: wide}, fault == ir.NoFault
	}
	return ir.Value{Kind: kind, I: v.I}, true
}

// retype gives the constants of a bare number another kind.
func (c *checker) retype(n ir.Node, kind ir.Kind) (ir.Node, conversion) {
	switch n := n.(type) {
	case *ir.Const:
		v, ok := numberAs(n.Value, kind)
		if !ok {
			return nil, tooLargeNumber
		}
		return &ir.Const{Value: v, At: n.At}, converts
	case *ir.Lookup:
		tree, ok := n.Tree.Map(func(v ir.Value) (ir.Value, bool) { return numberAs(v, kind) })
		if !ok {
			return nil, tooLargeNumber
		}
		return &ir.Lookup{Name: n.Name, Steps: n.Steps, Tree: tree, Kind: kind, At: n.At}, converts
	case *ir.Named:
		x, why := c.retype(n.X, kind)
		if why != converts {
			return nil, why
		}
		return &ir.Named{Name: n.Name, X: x, At: n.At}, converts
	case *ir.If:
		branches, why := c.retypeAll([]ir.Node{n.Then, n.Else}, kind)
		if why != converts {
			return nil, why
		}
		return &ir.If{Cond: n.Cond, Then: branches[0], Else: branches[1], At: n.At}, converts
	case *ir.Call:
		args, why := c.retypeAll(n.Args, kind)
		if why != converts {
			return nil, why
		}
		return &ir.Call{Op: n.Op, Args: args, Kind: kind, At: n.At}, converts
	default:
		return nil, otherKind
	}
}

func (c *checker) retypeAll(nodes []ir.Node, kind ir.Kind) ([]ir.Node, conversion) {
	all := make([]ir.Node, len(nodes))
	for i, n := range nodes {
		converted, why := c.retype(n, kind)
		if why != converts {
			return nil, why
		}
		all[i] = converted
	}
	return all, converts
}

// common returns the kind that nodes of these kinds meet in: money before
// decimal before int, and a date before a text that may be one.
func common(nodes []ir.Node) ir.Kind {
	rank := []ir.Kind{ir.Money, ir.Decimal, ir.Date}
	for _, kind := range rank {
		if slices.ContainsFunc(nodes, func(n ir.Node) bool { return n.Type().Kind == kind }) {
			return kind
		}
	}
	return nodes[0].Type().Kind
}

// unify returns nodes as values of one kind, or reports at an offset that
// operator takes such.
func (c *checker) unify(operator string, at int, nodes ...ir.Node) ([]ir.Node, bool) {
	kind := common(nodes)
	all := make([]ir.Node, len(nodes))
	for i, n := range nodes {
		converted, why := c.convert(n, kind)
		if why == converts {
			all[i] = converted
			continue
		}
		other := nodes[slices.IndexFunc(nodes, func(o ir.Node) bool { return o.Type().Kind == kind })]
		c.refuseConversion(operator, at, n, other, why)
		return nil, false
	}
	return all, true
}

// refuseConversion reports why n does not become what it meets in operator. A bare
// number is pointed at where it stands: of max(2, pct(price, 10)) the 2 is wrong.
func (c *checker) refuseConversion(operator string, at int, n, other ir.Node, why conversion) {
	switch why {
	case severalCurrencies:
		written := ""
		if n, ok := n.(*ir.Const); ok {
			written = " (" + c.source(n) + ")"
		}
		c.report(n.Offset(), bareValue, written, c.tableHint())
	case malformedDate:
		c.report(at, badDate, c.describe(n))
	case tooLargeNumber:
		c.report(at, badNumber, c.describe(n), "it is too large")
	default:
		c.report(at, mixedValues, `"`+operator+`"`, c.describe(other), c.describe(n), c.meetHint(other, n))
	}
}

// fold does an operation on number literals at once, so that their result is a
// literal too: -5, 2 * 0.05, hours(24 * 7).
func (c *checker) fold(call *ir.Call) ir.Node {
	args := make([]ir.Value, len(call.Args))
	for i, arg := range call.Args {
		constant, ok := arg.(*ir.Const)
		if !ok {
			return call
		}
		args[i] = constant.Value
	}
	switch call.Op {
	case ir.OpNeg, ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv:
		if call.Kind == ir.Duration || call.Kind == ir.Date {
			return call
		}
	case ir.OpHours, ir.OpDays:
	default:
		return call
	}
	v, fault := scalar.Apply(call.Op, args, nil)
	if fault != ir.NoFault {
		c.report(call.At, constantFault, call.Op.String(), fault.String())
		return nil
	}
	return &ir.Const{Value: v, At: call.At}
}
