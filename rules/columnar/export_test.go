package columnar

import (
	"math/bits"

	"amends/rules/ir"
)

// A Flaw is what a broken kernel gets wrong, on the last row that it is asked
// for.
type Flaw string

// The flaws.
const (
	WrongValue     Flaw = "a wrong value"
	ForgottenFault Flaw = "a forgotten fault"
	InventedFault  Flaw = "an invented fault"
	ForgottenNull  Flaw = "a forgotten null"
)

// Break breaks the kernels of the machine's program that evaluate some nodes.
func (m *Machine) Break(flaw Flaw, of func(ir.Node) bool) {
	for i := range m.program.nodes {
		n := &m.program.nodes[i]
		if n.run == nil || !of(n.written) {
			continue
		}
		good := n.run
		n.run = func(m *Machine, n *node, dst *register, sel bitmap) {
			asked := append(bitmap(nil), sel...)
			good(m, n, dst, sel)
			for w := len(asked) - 1; w >= 0; w-- {
				if asked[w] != 0 {
					dst.damage(flaw, n.kind, w, bits.Len64(asked[w])-1)
					return
				}
			}
		}
	}
}

func (r *register) damage(flaw Flaw, kind ir.Kind, w, lane int) {
	row, bit := w*wordRows+lane, uint64(1)<<lane
	switch {
	case flaw == ForgottenFault:
		if r.anyFault {
			r.faults[w] &^= bit
		}
	case flaw == InventedFault:
		r.addFaults(w, bit)
	case flaw == ForgottenNull:
		if r.anyNull {
			r.nulls[w] &^= bit
		}
	case kind == ir.Bool:
		r.bits[w] ^= bit
	case kind == ir.String:
		if row < len(r.texts.values) && !r.texts.same {
			r.texts.values[row] += "x"
		}
	case row < len(r.ints.values) && !r.ints.same:
		r.ints.values[row]++
	}
}
