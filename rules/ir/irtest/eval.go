package irtest

import (
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// outcome is a value or, where fault is set, none.
type outcome struct {
	v     ir.Value
	fault *ir.Fault
}

func fail(code ir.FaultCode, detail string, at int) outcome {
	return outcome{fault: &ir.Fault{Code: code, Detail: detail, Offset: at}}
}

// Eval is the oracle: it evaluates every operand of every node, taken or not, and
// then decides by the comment of the node what counts.
func Eval(n ir.Node, slots []ir.Slot, row *ir.Row) (ir.Value, *ir.Fault) {
	o := eval(n, slots, row)
	return o.v, o.fault
}

func eval(n ir.Node, slots []ir.Slot, row *ir.Row) outcome {
	children := ir.Children(n)
	x := make([]outcome, len(children))
	for i, child := range children {
		x[i] = eval(child, slots, row)
	}
	switch n := n.(type) {
	case *ir.Const:
		return outcome{v: n.Value}
	case *ir.Read:
		return readSlot(n, slots[n.Slot].Name, row.Values[n.Slot])
	case *ir.Named:
		if x[0].fault != nil {
			return fail(x[0].fault.Code, x[0].fault.Detail, n.At)
		}
		return x[0]
	case *ir.And:
		return decide(x, 0)
	case *ir.Or:
		return decide(x, 1)
	case *ir.If:
		switch {
		case x[0].fault != nil:
			return x[0]
		case x[0].v.I == 1:
			return x[1]
		default:
			return x[2]
		}
	case *ir.Coalesce:
		if x[0].fault == nil && x[0].v.Null() {
			return x[1]
		}
		return x[0]
	}
	for _, operand := range x {
		if operand.fault != nil {
			return operand
		}
	}
	return strict(n, x, row)
}

func readSlot(n *ir.Read, name string, v ir.Value) outcome {
	if code := v.Fault(); code != ir.NoFault {
		return fail(code, name, n.At)
	}
	if v.Kind == ir.Invalid && !n.Of.Nullable {
		return fail(ir.UnexpectedNull, name, n.At)
	}
	return outcome{v: v}
}

// decide is and (decisive 0) and or (decisive 1).
func decide(x []outcome, decisive int64) outcome {
	var leftmost *outcome
	for i := range x {
		switch {
		case x[i].fault == nil && x[i].v.I == decisive:
			return x[i]
		case x[i].fault != nil && leftmost == nil:
			leftmost = &x[i]
		}
	}
	if leftmost != nil {
		return *leftmost
	}
	return outcome{v: ir.BoolValue(decisive == 0)}
}

// strict evaluates a node none of whose operands is a fault.
func strict(n ir.Node, x []outcome, row *ir.Row) outcome {
	switch n := n.(type) {
	case *ir.NotNull:
		if x[0].v.Null() {
			return fail(ir.UnexpectedNull, n.Name, n.At)
		}
		return x[0]
	case *ir.IsNull:
		return outcome{v: ir.BoolValue(x[0].v.Null())}
	case *ir.In:
		for _, v := range n.List {
			if v == x[0].v {
				return outcome{v: ir.BoolValue(true)}
			}
		}
		return outcome{v: ir.BoolValue(false)}
	case *ir.Match:
		return outcome{v: ir.BoolValue(n.Pattern.MatchString(x[0].v.S))}
	case *ir.Lookup:
		table := n.Tree
		for _, key := range x {
			below, ok := table.Get(key.v.S)
			if !ok {
				return fail(ir.MissingKey, key.v.S, n.At)
			}
			table = below
		}
		leaf, _ := table.Leaf()
		return outcome{v: leaf}
	case *ir.Call:
		args := make([]ir.Value, len(x))
		for i := range x {
			args[i] = x[i].v
		}
		v, code := scalar.Apply(n.Op, args, row.Zone)
		if code != ir.NoFault {
			return fail(code, n.Op.String(), n.At)
		}
		return outcome{v: v}
	default:
		panic("irtest: a node outside the closed set") // unreachable
	}
}
