package pipeline

import (
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/rules/ir"
	"amends/rules/money"
)

// maxAmountSteps bounds how many parts of one amount are shown: beyond it, an
// amount is easier read in its file.
const maxAmountSteps = 40

// steps are the parts of an amount with their values, each after what it is
// made of: a branch that was not taken is left out. The last is the amount.
func (r *reader) steps(n ir.Node) []report.ExplainedValue {
	steps := []report.ExplainedValue{}
	var visit func(ir.Node)
	visit = func(n ir.Node) {
		switch x := n.(type) {
		case *ir.Const:
			return
		case *ir.NotNull:
			visit(x.X)
			return
		case *ir.If:
			visit(r.taken(x))
		case *ir.Coalesce:
			visit(r.taken(x))
		default:
			for _, child := range ir.Children(n) {
				visit(child)
			}
		}
		if call, ok := n.(*ir.Call); ok && call.Op == ir.OpWiden {
			return
		}
		name := r.text(n)
		if len(steps) < maxAmountSteps && !slices.ContainsFunc(steps, func(v report.ExplainedValue) bool { return v.Name == name }) {
			steps = append(steps, report.ExplainedValue{Name: name, Value: r.shown(n)})
		}
	}
	visit(n)
	return steps
}

// taken is the branch that gives a choice its value; the condition where it has
// none.
func (r *reader) taken(n ir.Node) ir.Node {
	switch n := n.(type) {
	case *ir.If:
		v, fault := r.eval(n.Cond)
		switch {
		case fault != nil:
			return n.Cond
		case v.I != 0:
			return n.Then
		}
		return n.Else
	case *ir.Coalesce:
		if v, fault := r.eval(n.X); fault == nil && v.Null() {
			return n.Else
		}
		return n.X
	}
	return n
}

// phrase says in words how an amount came about: "10 % of $74.20".
func (r *reader) phrase(n ir.Node) string {
	switch n := n.(type) {
	case *ir.Named:
		return r.phrase(n.X)
	case *ir.NotNull:
		return r.phrase(n.X)
	case *ir.If, *ir.Coalesce:
		return r.phrase(r.taken(n))
	case *ir.Call:
		switch n.Op {
		case ir.OpMul:
			return r.product(n)
		case ir.OpPct:
			percent, fault := r.eval(n.Args[1])
			if fault == nil {
				return money.Decimal(percent.I).String() + " % of " + r.shown(n.Args[0])
			}
		case ir.OpMin:
			return r.extreme(n, "below")
		case ir.OpMax:
			return r.extreme(n, "above")
		case ir.OpAdd, ir.OpSub:
			return r.phrase(n.Args[0]) + " " + n.Op.String() + " " + r.part(n.Args[1])
		case ir.OpClamp:
			return r.clamped(n)
		}
	case *ir.Lookup:
		return r.shown(n) + " (" + r.text(n) + ")"
	}
	return r.shown(n)
}

// part is a phrase inside another, in parentheses where it has parts itself.
func (r *reader) part(n ir.Node) string {
	phrase := r.phrase(n)
	for _, sign := range []string{" + ", " - ", ", "} {
		if strings.Contains(phrase, sign) {
			return "(" + phrase + ")"
		}
	}
	return phrase
}

// product is a share where one side is a number up to one: "10 % of $74.20".
func (r *reader) product(n *ir.Call) string {
	for i, arg := range n.Args {
		number, fault := r.eval(arg)
		if fault != nil || number.Kind != ir.Decimal || number.I <= 0 || number.I > int64(money.One) {
			continue
		}
		if percent, err := money.Decimal(number.I).MulInt(100); err == nil {
			return percent.String() + " % of " + r.part(n.Args[1-i])
		}
	}
	return r.part(n.Args[0]) + " × " + r.part(n.Args[1])
}

// extreme is the lowest or highest of some values, and which of them it beat.
func (r *reader) extreme(n *ir.Call, against string) string {
	value, fault := r.eval(n)
	if fault != nil {
		return r.shown(n)
	}
	for i, arg := range n.Args {
		if v, fault := r.eval(arg); fault != nil || v != value {
			continue
		}
		if i == 0 {
			return r.phrase(arg)
		}
		return r.phrase(arg) + ", " + against + " " + r.phrase(n.Args[0])
	}
	return r.shown(n)
}

func (r *reader) clamped(n *ir.Call) string {
	value, fault := r.eval(n)
	inner, innerFault := r.eval(n.Args[0])
	switch {
	case fault != nil || innerFault != nil:
		return r.shown(n)
	case inner.I > value.I:
		return r.value(value) + ", below " + r.phrase(n.Args[0])
	case inner.I < value.I:
		return r.value(value) + ", above " + r.phrase(n.Args[0])
	}
	return r.phrase(n.Args[0])
}

// rounded appends the one rounding of an amount, and what the event's value
// leaves of it.
func (r *reader) rounded(steps []report.ExplainedValue, minor int64, byValue bool, value ir.Value) []report.ExplainedValue {
	shown := report.Amount(minor, r.currency)
	if byValue {
		return append(steps, report.ExplainedValue{Name: "at most the event's value, " + r.value(value), Value: shown})
	}
	if n := len(steps); n > 0 && steps[n-1].Value == shown {
		return steps
	}
	return append(steps, report.ExplainedValue{Name: "rounded to minor units, half to even", Value: shown})
}

// joined is a list for a sentence: "a, b and c".
func joined(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
