package columnar

import (
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// explain returns the fault of a written expression on a row on which its node
// faults. It follows the law: the leftmost operand that faults, since an operand
// that decides would have left no fault; the define's place for what is inside;
// and without an operand that faults, the node's own.
func (m *Machine) explain(written ir.Node, row int) ir.Fault {
	id, known := m.program.ids[written]
	if known && m.answers != nil {
		if n := &m.program.nodes[id]; n.mask != noMask && m.answerable(n.reads) {
			return m.explainEntry(written, id, row)
		}
	}
	switch n := written.(type) {
	case *ir.Named:
		fault := m.explain(n.X, row)
		fault.Offset = n.At
		return fault
	case *ir.If:
		if m.faulted(n.Cond, row) {
			return m.explain(n.Cond, row)
		}
		if m.valueOf(n.Cond, row).I != 0 {
			return m.explain(n.Then, row)
		}
		return m.explain(n.Else, row)
	}
	if operand := m.leftmost(written, row); operand != nil {
		return m.explain(operand, row)
	}
	return m.own(written, row)
}

// leftmost returns the first operand of a node that faults on a row, nil where
// none does. It is ir.Children without making a slice for each row.
func (m *Machine) leftmost(written ir.Node, row int) ir.Node {
	var operands []ir.Node
	var x ir.Node
	switch n := written.(type) {
	case *ir.Const, *ir.Read:
		return nil
	case *ir.And:
		operands = n.Operands
	case *ir.Or:
		operands = n.Operands
	case *ir.Call:
		operands = n.Args
	case *ir.Lookup:
		for _, step := range n.Steps {
			if step.Index != nil && m.faulted(step.Index, row) {
				return step.Index
			}
		}
		return nil
	case *ir.NotNull:
		x = n.X
	case *ir.IsNull:
		x = n.X
	case *ir.In:
		x = n.X
	case *ir.Match:
		x = n.X
	case *ir.Coalesce:
		if m.faulted(n.X, row) {
			return n.X
		}
		x = n.Else
	}
	for _, operand := range operands {
		if m.faulted(operand, row) {
			return operand
		}
	}
	if x != nil && m.faulted(x, row) {
		return x
	}
	return nil
}

func (m *Machine) faulted(written ir.Node, row int) bool {
	r := m.register(m.program.ids[written])
	return r.anyFault && r.faults.has(row)
}

func (m *Machine) valueOf(written ir.Node, row int) ir.Value {
	id := m.program.ids[written]
	return m.register(id).value(m.program.nodes[id].kind, row)
}

// own returns the fault that a node adds to those of its operands.
func (m *Machine) own(written ir.Node, row int) ir.Fault {
	switch n := written.(type) {
	case *ir.Read:
		code := m.columns[n.Slot].fault(row)
		if code == ir.NoFault {
			code = ir.UnexpectedNull
		}
		return ir.Fault{Code: code, Detail: m.program.slots[n.Slot].Name, Offset: n.At}
	case *ir.NotNull:
		return ir.Fault{Code: ir.UnexpectedNull, Detail: n.Name, Offset: n.At}
	case *ir.Lookup:
		return ir.Fault{Code: ir.MissingKey, Detail: m.missingKey(n, row), Offset: n.At}
	case *ir.Call:
		var buffer [4]ir.Value
		args := buffer[:0]
		for _, arg := range n.Args {
			args = append(args, m.valueOf(arg, row))
		}
		_, code := scalar.Apply(n.Op, args, m.zones.of(row).zone)
		return ir.Fault{Code: code, Detail: n.Op.String(), Offset: n.At}
	default:
		panic("columnar: a node without faults of its own") // unreachable: it was not found to fault
	}
}

func (m *Machine) missingKey(n *ir.Lookup, row int) string {
	table := n.Tree
	var key string
	for _, step := range n.Steps {
		if step.Index == nil {
			continue
		}
		key = m.valueOf(step.Index, row).S
		below, ok := table.Get(key)
		if !ok {
			break
		}
		table = below
	}
	return key
}
