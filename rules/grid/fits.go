package grid

import (
	"slices"

	"amends/rules/ir"
)

func and(operands []ir.Node, at int) ir.Node {
	switch len(operands) {
	case 0:
		return &ir.Const{Value: ir.BoolValue(true), At: at}
	case 1:
		return operands[0]
	default:
		return &ir.And{Operands: operands, At: at}
	}
}

func or(operands []ir.Node, at int) ir.Node {
	if len(operands) == 1 {
		return operands[0]
	}
	return &ir.Or{Operands: operands, At: at}
}

func not(x ir.Node) ir.Node {
	return &ir.Call{Op: ir.OpNot, Args: []ir.Node{x}, Kind: ir.Bool, At: x.Offset()}
}

// fits is the condition that a row fits: each of its cells does.
func (c *compiler) fits(r *Row, tests []test) ir.Node {
	var operands []ir.Node
	for i, condition := range c.conditions {
		cell := r.Cells[condition.at]
		switch {
		case condition.currency == "":
			if !tests[i].any {
				operands = append(operands, c.node(i, cell, tests[i]))
			}
		case c.scope.Currency != "":
			if condition.currency == c.scope.Currency && !tests[i].any {
				operands = append(operands, c.node(i, cell, tests[i]))
			}
		case c.firstOfGroup(i):
			if node := c.byCurrency(i, r, tests); node != nil {
				operands = append(operands, node)
			}
		}
	}
	return and(operands, c.options.Base+r.Cells[0].At)
}

func (c *compiler) firstOfGroup(i int) bool {
	header := c.conditions[i].header
	return !slices.ContainsFunc(c.conditions[:i], func(o condition) bool { return o.currency != "" && o.header == header })
}

// byCurrency is the test of the column in the row's own currency; nil where
// every column of the group takes any.
func (c *compiler) byCurrency(first int, r *Row, tests []test) ir.Node {
	at := c.options.Base + r.Cells[c.conditions[first].at].At
	var sides []ir.Node
	some := false
	for i, condition := range c.conditions {
		if condition.currency == "" || condition.header != c.conditions[first].header || !slices.Contains(c.options.Currencies, condition.currency) {
			continue
		}
		cell := r.Cells[condition.at]
		side := []ir.Node{&ir.Call{Op: ir.OpEq, Kind: ir.Bool, At: at, Args: []ir.Node{
			c.currency(at), &ir.Const{Value: ir.StringValue(condition.currency), At: at}}}}
		if !tests[i].any {
			some = true
			side = append(side, c.node(i, cell, tests[i]))
		}
		sides = append(sides, and(side, at))
	}
	if !some {
		return nil
	}
	return or(sides, at)
}

// currency reads the row's currency, which is never null.
func (c *compiler) currency(at int) ir.Node {
	slot := c.scope.Slots[c.scope.CurrencySlot]
	return &ir.Read{Slot: c.scope.Used.Index(slot), Of: ir.Type{Kind: ir.String}, At: at}
}

// node is the test of a cell that does not take any.
func (c *compiler) node(column int, cell Cell, t test) ir.Node {
	condition := c.conditions[column]
	at := c.options.Base + cell.At
	x := c.operand(condition, at)
	var node ir.Node
	if !t.null {
		node = c.oneOf(known(x, condition), t.items, condition.domain.kind, at)
		if t.not {
			node = not(node)
		}
	}
	if condition.domain.nullable {
		null := ir.Node(&ir.IsNull{X: x, At: at})
		switch {
		case t.null && !t.not:
			node = null
		case t.null:
			node = not(null)
		default:
			node = &ir.And{Operands: []ir.Node{not(null), node}, At: at}
		}
	}
	return node
}

// operand is the expression of a column where a cell tests it.
func (c *compiler) operand(condition condition, at int) ir.Node {
	switch n := condition.node.(type) {
	case *ir.Read:
		return &ir.Read{Slot: n.Slot, Of: n.Of, At: at}
	case *ir.Named:
		return &ir.Named{Name: n.Name, X: n.X, At: at}
	default:
		return &ir.Named{Name: condition.header, X: n, At: at}
	}
}

// known is an operand that is not null, as a guard has shown.
func known(x ir.Node, condition condition) ir.Node {
	if !condition.domain.nullable {
		return x
	}
	if read, ok := x.(*ir.Read); ok {
		return &ir.Read{Slot: read.Slot, Of: ir.Type{Kind: read.Of.Kind}, At: read.At}
	}
	return &ir.NotNull{X: x, Name: condition.header, At: x.Offset()}
}

// oneOf is the condition that x is one of the items.
func (c *compiler) oneOf(x ir.Node, items []item, kind ir.Kind, at int) ir.Node {
	constant := func(v int64, text string) ir.Value {
		if kind == ir.String {
			return ir.StringValue(text)
		}
		return ir.Value{Kind: kind, I: v}
	}
	compare := func(op ir.Op, v ir.Value) ir.Node {
		return &ir.Call{Op: op, Kind: ir.Bool, At: at, Args: []ir.Node{x, &ir.Const{Value: v, At: at}}}
	}
	var singles []ir.Value
	var sides []ir.Node
	for _, i := range items {
		if i.single {
			singles = append(singles, constant(i.low, i.text))
			continue
		}
		var ends []ir.Node
		if !i.noLow {
			ends = append(ends, compare(map[bool]ir.Op{false: ir.OpGe, true: ir.OpGt}[i.lowOpen], constant(i.low, "")))
		}
		if !i.noHigh {
			ends = append(ends, compare(map[bool]ir.Op{false: ir.OpLe, true: ir.OpLt}[i.highOpen], constant(i.high, "")))
		}
		sides = append(sides, and(ends, at))
	}
	switch {
	case kind == ir.Bool: // a list of both takes both
		for _, v := range singles {
			if v.I != 0 {
				sides = append(sides, x)
			} else {
				sides = append(sides, not(x))
			}
		}
	case len(singles) == 1:
		sides = append(sides, compare(ir.OpEq, singles[0]))
	case len(singles) > 1:
		sides = append(sides, &ir.In{X: x, List: singles, At: at})
	}
	return or(sides, at)
}
