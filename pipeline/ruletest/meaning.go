package ruletest

import (
	"cmp"
	"strings"

	"amends/rules"
	"amends/rules/ir"
	"amends/rules/vm"
)

// Meaning is a text that two programs share only where their expressions come to
// the same on every row: constants are folded, and comparisons of whole numbers
// have one form.
func Meaning(p *rules.Program) string {
	var b strings.Builder
	for _, name := range sortedKeys(p.Sources) {
		s := p.Sources[name]
		m := &meaning{slots: s.Slots}
		add := func(e *rules.Expr) {
			if e != nil {
				b.WriteString(ir.Print(m.fold(e.Node), s.Slots))
			}
			b.WriteByte('\n')
		}
		for i := range s.Rules {
			r := &s.Rules[i]
			add(r.When)
			add(r.Amount)
			add(r.Funding)
			for _, part := range r.Message {
				add(part.Expr)
			}
		}
		for _, g := range s.Exclusions {
			add(g.When)
		}
		for _, g := range s.Approvals {
			add(g.When)
		}
	}
	voids := &meaning{slots: p.Voids.Slots}
	for _, v := range p.Voids.Voids {
		b.WriteString(ir.Print(voids.fold(v.When.Node), p.Voids.Slots) + "\n")
	}
	return b.String()
}

type meaning struct{ slots []ir.Slot }

// fold returns a node that comes to the same.
func (m *meaning) fold(n ir.Node) ir.Node {
	switch n := n.(type) {
	case *ir.Const, *ir.Read:
		return n
	case *ir.Named:
		return m.fold(n.X)
	case *ir.NotNull:
		return &ir.NotNull{X: m.fold(n.X), Name: n.Name}
	case *ir.And:
		return &ir.And{Operands: m.all(n.Operands)}
	case *ir.Or:
		return &ir.Or{Operands: m.all(n.Operands)}
	case *ir.If:
		return &ir.If{Cond: m.fold(n.Cond), Then: m.fold(n.Then), Else: m.fold(n.Else)}
	case *ir.Coalesce:
		return &ir.Coalesce{X: m.fold(n.X), Else: m.fold(n.Else)}
	case *ir.IsNull:
		return &ir.IsNull{X: m.fold(n.X)}
	case *ir.In:
		return &ir.In{X: m.fold(n.X), List: n.List}
	case *ir.Match:
		return &ir.Match{X: m.fold(n.X), Pattern: n.Pattern}
	case *ir.Call:
		return m.call(n)
	}
	return n // a table stays as it is written
}

func (m *meaning) all(list []ir.Node) []ir.Node {
	out := make([]ir.Node, len(list))
	for i, n := range list {
		out[i] = m.fold(n)
	}
	return out
}

func (m *meaning) call(n *ir.Call) ir.Node {
	folded := &ir.Call{Op: n.Op, Args: m.all(n.Args), Kind: n.Kind}
	constant := true
	for _, arg := range folded.Args {
		_, is := arg.(*ir.Const)
		constant = constant && is
	}
	if constant && n.Op != ir.OpDate { // which needs the row's zone
		if program, err := vm.Compile(folded, m.slots); err == nil {
			if v, fault := program.Eval(&ir.Row{}); fault == nil {
				return &ir.Const{Value: v}
			}
		}
		return folded
	}
	switch n.Op {
	case ir.OpGt, ir.OpLe:
		return wholeNumbers(folded)
	case ir.OpAdd, ir.OpMul, ir.OpMin, ir.OpMax, ir.OpEq, ir.OpNe:
		if len(folded.Args) == 2 && m.after(folded.Args[0], folded.Args[1]) {
			folded.Args[0], folded.Args[1] = folded.Args[1], folded.Args[0]
		}
	}
	return folded
}

// after puts the operands of what commutes in one order.
func (m *meaning) after(a, b ir.Node) bool {
	return cmp.Compare(ir.Print(a, m.slots), ir.Print(b, m.slots)) > 0
}

// wholeNumbers writes x > 3 as x >= 4, and x <= 3 as x < 4.
func wholeNumbers(n *ir.Call) ir.Node {
	c, ok := n.Args[1].(*ir.Const)
	if !ok || c.Value.Kind != ir.Int || c.Value.I == 1<<63-1 {
		return n
	}
	next := c.Value
	next.I++
	op := ir.OpGe
	if n.Op == ir.OpLe {
		op = ir.OpLt
	}
	return &ir.Call{Op: op, Args: []ir.Node{n.Args[0], &ir.Const{Value: next}}, Kind: n.Kind}
}
