package columnar

import (
	"math/bits"

	"amends/rules/ir"
)

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
			truth := r.bits[:len(undecided)]
			for w, rows := range undecided {
				faulty := uint64(0)
				if r.anyFault {
					faulty = rows & r.faults[w]
					faults[w] |= faulty
				}
				rows &^= (truth[w] ^ flip) &^ faulty
				undecided[w] = rows
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
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		takeMarks(dst, a, w, then[w])
		takeMarks(dst, b, w, otherwise[w])
		m.choose(dst, a, b, n.kind, choice{w, then[w], otherwise[w], dst.done[w] &^ cond.bits[w] &^ cond.fault(w)})
	}
}

func runCoalesce(m *Machine, n *node, dst *register, sel bitmap) {
	x := m.ensure(n.args[0], sel)
	nulls := m.push()
	defer m.pop()
	for w, rows := range sel {
		nulls[w] = rows & x.null(w)
	}
	otherwise := m.ensure(n.args[1], nulls)
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		dst.addFaults(w, rows&x.fault(w))
		takeMarks(dst, otherwise, w, nulls[w])
		m.choose(dst, x, otherwise, n.kind, choice{w, rows &^ nulls[w], nulls[w], dst.done[w] & x.null(w)})
	}
}

// choice is which rows of word w get one value, and which the other. ever is the
// rows, of this evaluation and of those before, that have the other.
type choice struct {
	w                int
	one, other, ever uint64
}

// choose sets the values of rows to those of a or b. Where most are of a, its
// block is copied as it is, and the rows that ever had b's value get it again.
func (m *Machine) choose(dst, a, b *register, kind ir.Kind, c choice) {
	if kind == ir.Bool {
		dst.setBits(c.w, c.one, a.bits[c.w])
		dst.setBits(c.w, c.other, b.bits[c.w])
		return
	}
	if bits.OnesCount64(c.one) < denseRows {
		m.takeValues(dst, a, kind, c.w, c.one)
		m.takeValues(dst, b, kind, c.w, c.other)
		return
	}
	if kind == ir.String {
		*dst.texts.block(c.w) = *a.texts.block(c.w)
	} else {
		*dst.ints.block(c.w) = *a.ints.block(c.w)
	}
	m.takeValues(dst, b, kind, c.w, c.ever)
}

// take copies rows of word w from src to dst: values, nulls and faults.
func (m *Machine) take(dst, src *register, kind ir.Kind, w int, rows uint64) {
	takeMarks(dst, src, w, rows)
	if kind == ir.Bool {
		dst.setBits(w, rows, src.bits[w])
		return
	}
	m.takeValues(dst, src, kind, w, rows)
}

// takeValues copies values that are no bools.
func (m *Machine) takeValues(dst, src *register, kind ir.Kind, w int, rows uint64) {
	switch {
	case rows == 0:
	case kind == ir.String:
		takeLanes(dst.texts.block(w), src.texts.block(w), m.lanes.of(rows))
	default:
		takeLanes(dst.ints.block(w), src.ints.block(w), m.lanes.of(rows))
	}
}

func takeMarks(dst, src *register, w int, rows uint64) {
	dst.addNulls(w, rows&src.null(w))
	dst.addFaults(w, rows&src.fault(w))
}

func takeLanes[T any](dst, src block[T], lanes []lane) {
	for _, j := range lanes {
		dst[j&laneMask] = src[j&laneMask]
	}
}
