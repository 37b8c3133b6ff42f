package columnar

import (
	"fmt"

	"amends/rules/ir"
)

// kernelOf returns the kernel of a node that is no read, constant or define.
func kernelOf(written ir.Node, p *Program, args []nodeID) kernel {
	switch n := written.(type) {
	case *ir.NotNull:
		return runNotNull
	case *ir.And:
		return junctionKernel(false)
	case *ir.Or:
		return junctionKernel(true)
	case *ir.If:
		return runIf
	case *ir.Coalesce:
		return runCoalesce
	case *ir.IsNull:
		return runIsNull
	case *ir.In:
		return inKernel(p.nodes[args[0]].kind, n.List)
	case *ir.Match:
		return textTest(n.Pattern.MatchString)
	case *ir.Lookup:
		return lookupKernel(n)
	case *ir.Call:
		return callKernel(n, p, args)
	default:
		panic("columnar: a node outside the closed set") // unreachable: the set is closed in ir
	}
}

// callKernel returns the kernel of an operation.
func callKernel(n *ir.Call, p *Program, args []nodeID) kernel {
	first := p.nodes[args[0]].kind
	switch {
	case n.Op == ir.OpDate:
		return runDate
	case n.Op == ir.OpNot:
		return runNot
	case first == ir.Bool:
		return sameBoolKernel(n.Op == ir.OpEq)
	case first == ir.String:
		return textKernel(n.Op)
	case n.Kind == ir.Bool:
		if days, ok := daysKernel(n, p, args); ok {
			return days
		}
		return compareKernel(n.Op, ints)
	default:
		return numberKernel(n)
	}
}

// ints and texts are where a register has its values.
func ints(r *register) *vector[int64]   { return &r.ints }
func texts(r *register) *vector[string] { return &r.texts }

// slot returns the column of a slot.
func (m *Machine) slot(i int) *Column {
	if !m.set[i] {
		panic(fmt.Sprintf("columnar: slot %s was not set", m.program.slots[i].Name)) // unreachable: Eval asks for it
	}
	return &m.columns[i]
}

// readKernel returns the kernel that reads a slot of a kind.
func readKernel(kind ir.Kind) kernel {
	switch kind {
	case ir.Bool:
		return runReadBool
	case ir.String:
		return runReadText
	default:
		return runReadInts
	}
}

func runReadInts(m *Machine, n *node, dst *register, sel bitmap) {
	c := m.slot(n.slot)
	dst.ints.borrow(c.Ints, c.Same)
	m.readValidity(c, n, dst, sel)
}

func runReadBool(m *Machine, n *node, dst *register, sel bitmap) {
	c := m.slot(n.slot)
	m.readValidity(c, n, dst, sel)
	dst.ints.borrow(c.Ints, c.Same)
	for w, rows := range sel {
		if rows != 0 {
			dst.setBits(w, rows, ^equalTo(dst.ints.block(w), 0))
		}
	}
}

func runReadText(m *Machine, n *node, dst *register, sel bitmap) {
	c := m.slot(n.slot)
	m.readValidity(c, n, dst, sel)
	if c.Dict == nil {
		dst.texts.borrow(c.Strings, c.Same)
		return
	}
	dst.texts.own(m.words)
	for w, rows := range sel {
		rows &^= dst.null(w) | dst.fault(w)
		gather(dst.texts.block(w), c.Codes[w*wordRows:], c.Dict.Entries(), m.lanes.of(rows))
	}
}

// gather sets the lanes of out to the entries of codes.
func gather[T any](out block[T], codes []int32, entries []T, lanes []lane) {
	for _, j := range lanes {
		out[j&laneMask] = entries[codes[j&laneMask]]
	}
}

// runMask finds where a slot is null or faults, and reads no value.
func runMask(m *Machine, n *node, dst *register, sel bitmap) {
	m.readValidity(m.slot(n.slot), n, dst, sel)
}

// readValidity sets what rows are null, or faults where the read does not take
// nulls, and what rows could not be filled.
func (m *Machine) readValidity(c *Column, n *node, dst *register, sel bitmap) {
	if len(c.Valid) == 0 && len(c.Faults) == 0 {
		return
	}
	read, _ := n.written.(*ir.Read) // nil for a mask, which takes nulls
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		faults := m.faultRows(c, w, rows)
		nulls := m.nullRows(c, w, rows) &^ faults
		if read != nil && !read.Of.Nullable {
			faults, nulls = faults|nulls, 0
		}
		dst.addFaults(w, faults)
		dst.addNulls(w, nulls)
	}
}

func (m *Machine) faultRows(c *Column, w int, rows uint64) (faults uint64) {
	switch {
	case len(c.Faults) == 0:
		return 0
	case c.Same:
		if c.Faults[0] != ir.NoFault {
			return rows
		}
		return 0
	}
	codes := c.Faults[w*wordRows:]
	for _, j := range m.lanes.of(rows) {
		if codes[j] != ir.NoFault {
			faults |= 1 << j
		}
	}
	return faults
}

func (m *Machine) nullRows(c *Column, w int, rows uint64) (nulls uint64) {
	switch {
	case len(c.Valid) == 0:
		return 0
	case c.Same:
		if !c.Valid[0] {
			return rows
		}
		return 0
	case (w+1)*wordRows <= len(c.Valid):
		return rows &^ pack(block[bool](c.Valid[w*wordRows:]))
	}
	valid := c.Valid[w*wordRows:]
	for _, j := range m.lanes.of(rows) {
		if !valid[j] {
			nulls |= 1 << j
		}
	}
	return nulls
}

// pack returns a bit for each bool.
func pack(x block[bool]) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		y := (*[8]bool)(x[j:])
		word |= (bit(y[0]) | bit(y[1])<<1 | bit(y[2])<<2 | bit(y[3])<<3 |
			bit(y[4])<<4 | bit(y[5])<<5 | bit(y[6])<<6 | bit(y[7])<<7) << j
	}
	return word
}

// bit is 1 for true; the compiler makes no branch of it.
func bit(b bool) uint64 {
	var i uint64
	if b {
		i = 1
	}
	return i
}
