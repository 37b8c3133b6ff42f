package ruletest

import (
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/vm"
)

// builder finds the points of one expression.
type builder struct {
	coverage *Coverage
	source   *sourcePoints
	book     *rules.Rulebook
	of       string
	text     diag.Text
	only     []condition
	probes   []*probe
	whole    bool // what is added is the expression as a whole
}

// expr finds the points of a whole expression; yes and no are what it is said to
// do where it is a condition.
func (b *builder) expr(e *rules.Expr, yes, no string) []*probe {
	b.text, b.only, b.probes = e.Text, nil, nil
	if yes == "" {
		b.visit(e.Node)
		return b.probes
	}
	if simple(e.Node) {
		b.leaf(e.Node, yes, no)
		b.below(e.Node)
		return b.probes
	}
	b.whole = true
	b.leaf(e.Node, yes, no)
	b.whole = false
	b.visit(e.Node)
	return b.probes
}

// simple reports whether a condition has no part that is one.
func simple(n ir.Node) bool {
	switch n := n.(type) {
	case *ir.And, *ir.Or, *ir.Named:
		return false
	case *ir.Call:
		return n.Op != ir.OpNot || simple(n.Args[0])
	}
	return true
}

func (b *builder) compile(n ir.Node) *vm.Program {
	program, err := vm.Compile(n, b.source.program.Slots)
	if err != nil {
		panic("ruletest: a part of a checked expression that does not compile: " + err.Error()) // unreachable
	}
	return program
}

func (b *builder) say(n ir.Node) string { return b.coverage.words.Text(n, b.source.program.Slots) }

// add makes a point of a node.
func (b *builder) add(n ir.Node, see func(*ir.Row, *Point), sides ...string) *probe {
	at, _ := b.text.At(leftmost(n))
	p := &Point{Place: at, Of: b.of, Text: b.say(n)}
	if b.whole {
		p.Place, _ = b.text.At(0)
		p.Text = ""
	}
	for _, s := range sides {
		p.Sides = append(p.Sides, Side{Name: s})
	}
	probe := &probe{point: b.coverage.add(p), see: see, only: b.only}
	b.probes = append(b.probes, probe)
	return probe
}

// leftmost is where an expression begins: what a definition is made of stands
// elsewhere.
func leftmost(n ir.Node) int {
	at := n.Offset()
	if _, named := n.(*ir.Named); named {
		return at
	}
	for _, child := range ir.Children(n) {
		at = min(at, leftmost(child))
	}
	return at
}

// leaf is a condition that is seen as a whole.
func (b *builder) leaf(n ir.Node, yes, no string) *probe {
	program := b.compile(n)
	return b.add(n, func(row *ir.Row, p *Point) {
		v, fault := program.Eval(row)
		switch {
		case fault != nil && (fault.Code == ir.UnexpectedNull || fault.Code == ir.MissingRow):
			p.Nulls++
		case fault != nil:
			p.Fault++
		case v.I != 0:
			p.Sides[0].Seen++
		default:
			p.Sides[1].Seen++
		}
	}, yes, no)
}

// visit finds the points of a node and of what is below it.
func (b *builder) visit(n ir.Node) {
	if n.Type().Kind == ir.Bool {
		switch n := n.(type) {
		case *ir.And, *ir.Or:
			b.below(n)
			return
		case *ir.Call:
			if n.Op == ir.OpNot {
				b.visit(n.Args[0])
				return
			}
		case *ir.Const:
			return
		}
		b.leaf(n, "true", "false")
	}
	b.below(n)
}

// below finds the points of what a node is made of.
func (b *builder) below(n ir.Node) {
	switch n := n.(type) {
	case *ir.Named:
		b.define(n)
		return
	case *ir.If:
		b.choice(n)
		return
	case *ir.Coalesce:
		b.fallback(n)
		return
	case *ir.Call:
		switch n.Op {
		case ir.OpMin, ir.OpMax:
			b.extreme(n)
		case ir.OpClamp:
			b.clamp(n)
		}
	}
	for _, child := range ir.Children(n) {
		b.visit(child)
	}
}

// define finds the points of a definition, once for all that use it.
func (b *builder) define(n *ir.Named) {
	if b.source.known[n.X] {
		return
	}
	b.source.known[n.X] = true
	for _, d := range b.book.Defines[b.source.program.Name] {
		if d.Name == n.Name {
			inner := &builder{coverage: b.coverage, source: b.source, book: b.book, of: "define " + d.Name, text: d.Expr}
			inner.visit(n.X)
			b.source.defines = append(b.source.defines, inner.probes...)
		}
	}
}

// where visits a node that only matters where another comes out a way.
func (b *builder) where(n, cond ir.Node, want func(ir.Value) bool) {
	before := b.only
	b.only = append(before[:len(before):len(before)], condition{b.compile(cond), want})
	b.visit(n)
	b.only = before
}

func isTrue(v ir.Value) bool  { return v.I != 0 }
func isFalse(v ir.Value) bool { return v.I == 0 }

// choice is cond ? a : b: the points of its condition are its own.
func (b *builder) choice(n *ir.If) {
	b.visit(n.Cond)
	b.where(n.Then, n.Cond, isTrue)
	b.where(n.Else, n.Cond, isFalse)
}

// fallback is x ?? y.
func (b *builder) fallback(n *ir.Coalesce) {
	program := b.compile(n.X)
	b.add(n, func(row *ir.Row, p *Point) {
		switch v, fault := program.Eval(row); {
		case fault != nil:
			p.Fault++
		case v.Null():
			p.Sides[1].Seen++
		default:
			p.Sides[0].Seen++
		}
	}, b.say(n.X)+" has a value", b.say(n.X)+" is null")
	b.visit(n.X)
	b.where(n.Else, n.X, ir.Value.Null)
}

// extreme is min or max: each of its sides decides where it is not equal to the
// others.
func (b *builder) extreme(n *ir.Call) {
	whole := b.compile(n)
	var args []*vm.Program
	var sides []string
	for _, arg := range n.Args {
		args = append(args, b.compile(arg))
		sides = append(sides, "decided by "+b.say(arg))
	}
	b.add(n, func(row *ir.Row, p *Point) {
		result, fault := whole.Eval(row)
		if fault != nil {
			p.Fault++
			return
		}
		equal := make([]bool, len(args))
		all := true
		for i, arg := range args {
			v, _ := arg.Eval(row)
			equal[i] = v == result
			all = all && equal[i]
		}
		for i := range args {
			if equal[i] && !all {
				p.Sides[i].Seen++
			}
		}
	}, sides...)
}

// clamp is clamp(x, low, high).
func (b *builder) clamp(n *ir.Call) {
	var args [3]*vm.Program
	for i := range args {
		args[i] = b.compile(n.Args[i])
	}
	b.add(n, func(row *ir.Row, p *Point) {
		var values [3]ir.Value
		for i := range args {
			v, fault := args[i].Eval(row)
			if fault != nil {
				p.Fault++
				return
			}
			values[i] = v
		}
		switch x := values[0].I; {
		case x < values[1].I:
			p.Sides[0].Seen++
		case x > values[2].I:
			p.Sides[2].Seen++
		default:
			p.Sides[1].Seen++
		}
	}, "raised to "+b.say(n.Args[1]), "between", "lowered to "+b.say(n.Args[2]))
}
