package vm

import (
	"time"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

func (l *lowering) node(n ir.Node) ast.Node {
	switch n := n.(type) {
	case *ir.Const:
		return &ast.ConstantNode{Value: &n.Value}
	case *ir.Read:
		return l.read(n)
	case *ir.Named:
		return l.call(n.Name, func(x []any) any { return relocate(x[0], n.At) }, l.node(n.X))
	case *ir.NotNull:
		return l.call("not null", func(x []any) any { return notNull(x[0], n.Name, n.At) }, l.node(n.X))
	case *ir.And:
		return l.junction("and", n.Operands, false)
	case *ir.Or:
		return l.junction("or", n.Operands, true)
	case *ir.If:
		return l.bind(l.node(n.Cond), func(cond func() ast.Node) ast.Node {
			return l.choose(l.test("faults", faults, cond()), cond(),
				l.choose(l.test("holds", holds, cond()), l.node(n.Then), l.node(n.Else)))
		})
	case *ir.Coalesce:
		return l.bind(l.node(n.X), func(x func() ast.Node) ast.Node {
			return l.choose(l.test("is null", null, x()), l.node(n.Else), x())
		})
	case *ir.IsNull:
		return l.call("is null", isNull, l.node(n.X))
	case *ir.In:
		return l.call("in", in(n), l.node(n.X))
	case *ir.Match:
		return l.call("matches", match(n), l.node(n.X))
	case *ir.Lookup:
		return l.call("["+n.Name+"]", lookup(n), l.nodes(n.Indexes())...)
	case *ir.Call:
		return l.operation(n)
	default:
		panic("vm: a node outside the closed set") // unreachable: the set is closed in ir
	}
}

func (l *lowering) nodes(nodes []ir.Node) []ast.Node {
	all := make([]ast.Node, len(nodes))
	for i, n := range nodes {
		all[i] = l.node(n)
	}
	return all
}

func (l *lowering) read(n *ir.Read) ast.Node {
	name := l.slots[n.Slot].Name
	return l.call(name, func(env []any) any {
		v := &env[0].(*ir.Row).Values[n.Slot]
		switch code := v.Fault(); {
		case code != ir.NoFault:
			return &ir.Fault{Code: code, Detail: name, Offset: n.At}
		case v.Null() && !n.Of.Nullable:
			return &ir.Fault{Code: ir.UnexpectedNull, Detail: name, Offset: n.At}
		default:
			return v
		}
	}, row())
}

// junction lowers a and b and c to: a decides, or else b decides, or else c, and
// where nothing decides the leftmost fault. decisive is what decides.
func (l *lowering) junction(name string, operands []ir.Node, decisive bool) ast.Node {
	if len(operands) == 1 {
		return l.node(operands[0])
	}
	return l.bind(l.node(operands[0]), func(first func() ast.Node) ast.Node {
		decides := func(v any) bool { return !faults(v) && holds(v) == decisive }
		rest := l.junction(name, operands[1:], decisive)
		return l.choose(l.test("decides", decides, first()), first(),
			l.call(name, func(both []any) any {
				if faults(both[0]) && !decides(both[1]) {
					return both[0]
				}
				return both[1]
			}, first(), rest))
	})
}

func (l *lowering) operation(n *ir.Call) ast.Node {
	if n.Op == ir.OpDate {
		return l.call("date", func(operands []any) any {
			return apply(n, operands[1:], operands[0].(*ir.Row).Zone)
		}, row(), l.node(n.Args[0]))
	}
	return l.call(n.Op.String(), func(operands []any) any { return apply(n, operands, nil) }, l.nodes(n.Args)...)
}

func apply(n *ir.Call, operands []any, zone *time.Location) any {
	var buffer [4]ir.Value
	args := buffer[:0]
	for _, operand := range operands {
		v, ok := operand.(*ir.Value)
		if !ok {
			return operand // the leftmost fault
		}
		args = append(args, *v)
	}
	v, code := scalar.Apply(n.Op, args, zone)
	if code != ir.NoFault {
		return &ir.Fault{Code: code, Detail: n.Op.String(), Offset: n.At}
	}
	return boxed(v)
}

var holdsNot, holdsTrue = ir.BoolValue(false), ir.BoolValue(true)

func condition(b bool) any {
	if b {
		return &holdsTrue
	}
	return &holdsNot
}

func boxed(v ir.Value) any {
	if v.Kind == ir.Bool {
		return condition(v.I != 0)
	}
	return &v
}

func faults(v any) bool {
	_, ok := v.(*ir.Fault)
	return ok
}

// holds reports whether a condition that is no fault is true.
func holds(v any) bool {
	b, ok := v.(*ir.Value)
	return ok && b.I != 0
}

// null reports whether v is a value, and null.
func null(v any) bool {
	x, ok := v.(*ir.Value)
	return ok && x.Null()
}

func isNull(x []any) any {
	if faults(x[0]) {
		return x[0]
	}
	return condition(null(x[0]))
}

func notNull(x any, name string, at int) any {
	if null(x) {
		return &ir.Fault{Code: ir.UnexpectedNull, Detail: name, Offset: at}
	}
	return x
}

// relocate moves a fault of a define to where it is used.
func relocate(x any, at int) any {
	fault, ok := x.(*ir.Fault)
	if !ok {
		return x
	}
	return &ir.Fault{Code: fault.Code, Detail: fault.Detail, Offset: at}
}

func in(n *ir.In) value {
	set := make(map[ir.Value]bool, len(n.List))
	for _, v := range n.List {
		set[v] = true
	}
	return func(x []any) any {
		v, ok := x[0].(*ir.Value)
		if !ok {
			return x[0]
		}
		return condition(set[*v])
	}
}

func match(n *ir.Match) value {
	return func(x []any) any {
		v, ok := x[0].(*ir.Value)
		if !ok {
			return x[0]
		}
		return condition(n.Pattern.MatchString(v.S))
	}
}

func lookup(n *ir.Lookup) value {
	return func(keys []any) any {
		for _, key := range keys {
			if faults(key) {
				return key
			}
		}
		table := n.Tree
		for _, key := range keys {
			below, ok := table.Get(key.(*ir.Value).S)
			if !ok {
				return &ir.Fault{Code: ir.MissingKey, Detail: key.(*ir.Value).S, Offset: n.At}
			}
			table = below
		}
		leaf, _ := table.Leaf()
		return &leaf
	}
}
