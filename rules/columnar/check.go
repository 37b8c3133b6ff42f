package columnar

import (
	"fmt"

	"amends/rules/ir"
)

// check reports what the IR of a checked expression never has, so that kernels
// need not ask: they would read a null as a zero, or a string as a number.
func (b *builder) check(n ir.Node) error {
	checked := map[ir.Node]bool{}
	var visit func(ir.Node) error
	visit = func(n ir.Node) error {
		if checked[n] {
			return nil
		}
		checked[n] = true
		for _, child := range ir.Children(n) {
			if err := visit(child); err != nil {
				return err
			}
		}
		return b.checkNode(n)
	}
	return visit(n)
}

func (b *builder) checkNode(written ir.Node) error {
	switch n := written.(type) {
	case *ir.Const:
		if n.Value.Null() {
			return fmt.Errorf("offset %d: a constant null", n.At)
		}
	case *ir.Read:
		if n.Slot < 0 || n.Slot >= len(b.program.slots) {
			return fmt.Errorf("offset %d: reads slot %d of %d", n.At, n.Slot, len(b.program.slots))
		}
		if slot := &b.program.slots[n.Slot]; slot.Type.Kind != n.Of.Kind || n.Of.Kind == ir.Invalid {
			return fmt.Errorf("offset %d: reads slot %s of kind %s as %s", n.At, slot.Name, slot.Type.Kind, n.Of.Kind)
		}
	case *ir.And:
		return known(n, ir.Bool, n.Operands...)
	case *ir.Or:
		return known(n, ir.Bool, n.Operands...)
	case *ir.If:
		if then, otherwise := n.Then.Type().Kind, n.Else.Type().Kind; then != otherwise {
			return fmt.Errorf("offset %d: branches of kinds %s and %s", n.At, then, otherwise)
		}
		return known(n, ir.Bool, n.Cond)
	case *ir.Coalesce:
		if x, otherwise := n.X.Type().Kind, n.Else.Type().Kind; x != otherwise {
			return fmt.Errorf("offset %d: sides of kinds %s and %s", n.At, x, otherwise)
		}
	case *ir.In:
		kind := n.X.Type().Kind
		for _, v := range n.List {
			if v.Kind != kind {
				return fmt.Errorf("offset %d: a %s in a list for %s", n.At, v.Kind, kind)
			}
		}
		return known(n, kind, n.X)
	case *ir.Match:
		return known(n, ir.String, n.X)
	case *ir.Lookup:
		if err := known(n, ir.String, n.Indexes()...); err != nil {
			return err
		}
		return checkTable(n, n.Tree, len(n.Indexes()))
	case *ir.Call:
		return checkCall(n)
	}
	return nil
}

// known reports an operand of another kind than kind, or one that may be null.
func known(n ir.Node, kind ir.Kind, operands ...ir.Node) error {
	for _, operand := range operands {
		if got, want := operand.Type(), (ir.Type{Kind: kind}); got != want {
			return fmt.Errorf("offset %d: operand of type %s, want %s", n.Offset(), got, want)
		}
	}
	return nil
}

func checkCall(n *ir.Call) error {
	kinds := make([]ir.Kind, len(n.Args))
	for i, arg := range n.Args {
		kinds[i] = arg.Type().Kind
		if err := known(n, kinds[i], arg); err != nil {
			return err
		}
	}
	if result, ok := n.Op.Result(kinds...); !ok || result != n.Kind {
		return fmt.Errorf("offset %d: %s of %v is no %s", n.At, n.Op, kinds, n.Kind)
	}
	return nil
}

// checkTable reports a leaf that does not lie so many levels deep, or is not of
// the lookup's kind.
func checkTable(n *ir.Lookup, t *ir.Table, levels int) error {
	if leaf, ok := t.Leaf(); ok {
		if levels != 0 || leaf.Kind != n.Kind {
			return fmt.Errorf("offset %d: table %s has a %s %d levels above its leaves of %s", n.At, n.Name, leaf.Kind, levels, n.Kind)
		}
		return nil
	}
	if levels == 0 {
		return fmt.Errorf("offset %d: table %s is deeper than its indexes", n.At, n.Name)
	}
	for _, key := range t.Keys() {
		entry, _ := t.Get(key)
		if err := checkTable(n, entry, levels-1); err != nil {
			return err
		}
	}
	return nil
}
