package columnar

import "amends/rules/ir"

// junctionKernel returns the kernel of an and (decisive false) or an or
// (decisive true). Each operand is evaluated only where none before it decided,
// so a row that faults has had every operand: the leftmost is found later.
func junctionKernel(decisive bool) kernel {
	var flip uint64
	if !decisive {
		flip = allRows
	}
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		undecided, faults := m.push(), m.push()
		defer m.pop()
		defer m.pop()
		copy(undecided, sel)
		clear(faults)
		for _, i := range n.order {
			r := m.ensure(n.args[i], undecided)
			var left uint64
			for w, rows := range undecided {
				faulty := rows & r.fault(w)
				rows &^= (r.bits[w] ^ flip) &^ faulty
				undecided[w] = rows
				faults[w] |= faulty
				left |= rows
			}
			if left == 0 {
				break
			}
		}
		for w, rows := range sel {
			faulty := faults[w] & undecided[w]
			dst.addFaults(w, faulty)
			truth := undecided[w] ^ ^flip // an and holds where nothing decided, an or elsewhere
			dst.setBits(w, rows, truth&^faulty)
		}
	}
}

func runNot(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x := m.register(n.args[0])
	for w, rows := range sel {
		dst.setBits(w, rows, ^x.bits[w])
	}
}

// sameBoolKernel returns the kernel of == (equal true) or != of bools.
func sameBoolKernel(equal bool) kernel {
	var flip uint64
	if equal {
		flip = allRows
	}
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		a, b := m.register(n.args[0]), m.register(n.args[1])
		for w, rows := range sel {
			dst.setBits(w, rows, a.bits[w]^b.bits[w]^flip)
		}
	}
}

func runIsNull(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x := m.register(n.args[0])
	for w, rows := range sel {
		dst.setBits(w, rows, x.null(w))
	}
}

func runNotNull(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x := m.register(n.args[0])
	for w, rows := range sel {
		nulls := rows & x.null(w)
		dst.addFaults(w, nulls)
		m.take(dst, x, n.kind, w, rows&^nulls)
	}
}

func runIf(m *Machine, n *node, dst *register, sel bitmap) {
	cond := m.ensure(n.args[0], sel)
	then, otherwise := m.push(), m.push()
	defer m.pop()
	defer m.pop()
	for w, rows := range sel {
		faults := rows & cond.fault(w)
		dst.addFaults(w, faults)
		then[w] = rows & cond.bits[w] &^ faults
		otherwise[w] = rows &^ cond.bits[w] &^ faults
	}
	a, b := m.ensure(n.args[1], then), m.ensure(n.args[2], otherwise)
	for w := range sel {
		m.take(dst, a, n.kind, w, then[w])
		m.take(dst, b, n.kind, w, otherwise[w])
	}
}

func runCoalesce(m *Machine, n *node, dst *register, sel bitmap) {
	x := m.ensure(n.args[0], sel)
	if !x.anyNull {
		for w, rows := range sel {
			m.take(dst, x, n.kind, w, rows)
		}
		return
	}
	nulls := m.push()
	defer m.pop()
	for w, rows := range sel {
		nulls[w] = rows & x.null(w)
	}
	otherwise := m.ensure(n.args[1], nulls)
	for w, rows := range sel {
		m.take(dst, x, n.kind, w, rows&^nulls[w])
		m.take(dst, otherwise, n.kind, w, nulls[w])
	}
}

// take copies rows of word w from src to dst: values, nulls and faults.
func (m *Machine) take(dst, src *register, kind ir.Kind, w int, rows uint64) {
	if rows == 0 {
		return
	}
	dst.addNulls(w, rows&src.null(w))
	dst.addFaults(w, rows&src.fault(w))
	switch kind {
	case ir.Bool:
		dst.setBits(w, rows, src.bits[w])
	case ir.String:
		takeValues(dst.texts.block(w), src.texts.block(w), rows, &m.lanes)
	default:
		takeValues(dst.ints.block(w), src.ints.block(w), rows, &m.lanes)
	}
}

func takeValues[T any](dst, src block[T], rows uint64, l *lanes) {
	if rows == allRows {
		*dst = *src
		return
	}
	for _, j := range l.of(rows) {
		dst[j&laneMask] = src[j&laneMask]
	}
}
