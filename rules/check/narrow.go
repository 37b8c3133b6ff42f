package check

import (
	"maps"

	"amends/rules/ir"
)

// facts are the nullable expressions, as text, that a guard has shown not to be
// null. A nil facts is none; facts are never changed, only replaced.
type facts map[string]bool

func (f facts) with(more facts) facts {
	if len(more) == 0 {
		return f
	}
	all := maps.Clone(f)
	if all == nil {
		all = facts{}
	}
	maps.Copy(all, more)
	return all
}

func (f facts) and(other facts) facts {
	both := facts{}
	for key := range f {
		if other[key] {
			both[key] = true
		}
	}
	return both
}

// narrow returns n as not null where a guard has shown that.
func (c *checker) narrow(n ir.Node) ir.Node {
	if n == nil || len(c.known) == 0 || !n.Type().Nullable {
		return n
	}
	key := c.key(n)
	if !c.known[key] {
		return n
	}
	if read, ok := n.(*ir.Read); ok {
		return &ir.Read{Slot: read.Slot, Of: ir.Type{Kind: read.Of.Kind}, At: read.At}
	}
	return &ir.NotNull{X: n, Name: c.source(n), At: n.Offset()}
}

// key is what two writings of one expression have in common.
func (c *checker) key(n ir.Node) string { return ir.Print(n, c.scope.Used.Slots()) }

// whenTrue returns what is not null where n is true. A conjunct that comes later
// is false or a fault where an earlier one is false or a fault, so it may count
// on it.
func (c *checker) whenTrue(n ir.Node) facts {
	switch n := n.(type) {
	case *ir.Named:
		return c.whenTrue(n.X)
	case *ir.Call:
		if n.Op == ir.OpNot {
			return c.whenFalse(n.Args[0])
		}
	case *ir.And:
		return c.every(n.Operands, c.whenTrue)
	case *ir.Or:
		return c.common(n.Operands, c.whenTrue)
	}
	return nil
}

// whenFalse returns what is not null where n is false.
func (c *checker) whenFalse(n ir.Node) facts {
	switch n := n.(type) {
	case *ir.Named:
		return c.whenFalse(n.X)
	case *ir.IsNull:
		return facts{c.key(n.X): true}
	case *ir.Call:
		if n.Op == ir.OpNot {
			return c.whenTrue(n.Args[0])
		}
	case *ir.Or:
		return c.every(n.Operands, c.whenFalse)
	case *ir.And:
		return c.common(n.Operands, c.whenFalse)
	}
	return nil
}

func (c *checker) every(operands []ir.Node, when func(ir.Node) facts) (all facts) {
	for _, operand := range operands {
		all = all.with(when(operand))
	}
	return all
}

func (c *checker) common(operands []ir.Node, when func(ir.Node) facts) facts {
	both := when(operands[0])
	for _, operand := range operands[1:] {
		both = both.and(when(operand))
	}
	return both
}
