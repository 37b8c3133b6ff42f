package columnar

import (
	"strings"
	"unicode/utf8"

	"amends/rules/ir"
)

// textKernel returns the kernel of an operation on strings.
func textKernel(op ir.Op) kernel {
	switch op {
	case ir.OpLower:
		return textToText(strings.ToLower)
	case ir.OpUpper:
		return textToText(strings.ToUpper)
	case ir.OpTrim:
		return textToText(strings.TrimSpace)
	case ir.OpLen:
		return runLen
	case ir.OpContains:
		return textPair(strings.Contains)
	case ir.OpStartsWith:
		return textPair(strings.HasPrefix)
	case ir.OpEndsWith:
		return textPair(strings.HasSuffix)
	default:
		return compareKernel(op, texts)
	}
}

func textToText(f func(string) string) kernel {
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		x := m.register(n.args[0])
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			out, in := dst.texts.block(w), x.texts.block(w)
			for _, j := range m.lanes.of(rows) {
				out[j&laneMask] = f(in[j&laneMask])
			}
		}
	}
}

func textTest(f func(string) bool) kernel {
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		x := m.register(n.args[0])
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			in := x.texts.block(w)
			var truth uint64
			for _, j := range m.lanes.of(rows) {
				truth |= bit(f(in[j&laneMask])) << j
			}
			dst.setBits(w, rows, truth)
		}
	}
}

func textPair(f func(a, b string) bool) kernel {
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		a, b := m.register(n.args[0]), m.register(n.args[1])
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			x, y := a.texts.block(w), b.texts.block(w)
			var truth uint64
			for _, j := range m.lanes.of(rows) {
				truth |= bit(f(x[j&laneMask], y[j&laneMask])) << j
			}
			dst.setBits(w, rows, truth)
		}
	}
}

// runLen counts code points, as scalar does.
func runLen(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x := m.register(n.args[0])
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		out, in := dst.ints.block(w), x.texts.block(w)
		for _, j := range m.lanes.of(rows) {
			out[j&laneMask] = int64(utf8.RuneCountInString(in[j&laneMask]))
		}
	}
}

// lookupKernel returns the kernel of a table. A key that a level lacks is a
// fault; explain finds again which.
func lookupKernel(n *ir.Lookup) kernel {
	kind, tree := n.Kind, n.Tree
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		for w, rows := range sel {
			for ; rows != 0; rows &= rows - 1 {
				m.lookup(n, dst, kind, tree, w, rows&-rows)
			}
		}
	}
}

// lookup looks up the one row that is set in word w.
func (m *Machine) lookup(n *node, dst *register, kind ir.Kind, tree *ir.Table, w int, one uint64) {
	row := rowOf(w, one)
	for _, arg := range n.args {
		below, ok := tree.Get(m.registers[arg].texts.at(row))
		if !ok {
			dst.addFaults(w, one)
			return
		}
		tree = below
	}
	leaf, _ := tree.Leaf()
	dst.put(w, one, kind, leaf)
}

// put sets the value of the one row that is set in word w.
func (r *register) put(w int, one uint64, kind ir.Kind, v ir.Value) {
	row := rowOf(w, one)
	switch kind {
	case ir.Bool:
		r.setBits(w, one, -uint64(v.I))
	case ir.String:
		r.texts.values[row] = v.S
	default:
		r.ints.values[row] = v.I
	}
}
