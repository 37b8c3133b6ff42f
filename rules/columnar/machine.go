package columnar

import (
	"fmt"
	"math/bits"

	"amends/rules/ir"
)

// Machine evaluates the expressions of a program on one batch after another. It
// is one goroutine's, and keeps its memory between batches: once it has seen a
// batch of the largest size, neither a row nor a batch allocates, but for the
// text that an operation on strings that are not dictionary codes makes.
type Machine struct {
	program *Program
	rows    int
	words   int
	batch   uint64 // counts batches, and slots that were set again

	columns []Column
	set     []bool // which slots this batch has
	zones   zones

	registers []*register
	base      bitmap // what Eval was asked for, or what is evaluated for a dictionary
	baseCount int    // its rows
	asked     []bitmap
	scratch   []bitmap
	depth     int // of scratch in use
	lanes     lanes

	answers []answers // by dictionary, of nodes that have a mask
	entries *Machine  // evaluates entries of dictionaries as rows; it has no answers of its own
	column  entryColumn
}

// NewMachine returns a machine without a batch.
func (p *Program) NewMachine() *Machine {
	m := newMachine(p)
	m.answers = make([]answers, len(p.nodes))
	m.entries = newMachine(p)
	return m
}

func newMachine(p *Program) *Machine {
	return &Machine{
		program: p, columns: make([]Column, len(p.slots)), set: make([]bool, len(p.slots)),
		registers: make([]*register, len(p.nodes)), asked: make([]bitmap, len(p.roots)),
	}
}

// Begin begins a batch of so many rows, in UTC: no slot is set, and results of
// the batch before are gone.
func (m *Machine) Begin(rows int) {
	m.rows, m.words = rows, wordsOf(rows)
	m.batch++
	clear(m.set)
	clear(m.columns)
	m.zones.begin(Zones{})
}

// Rows returns how many rows the batch has.
func (m *Machine) Rows() int { return m.rows }

// Set sets the slot's column. Only rows that are evaluated from now on need to
// be filled. To set a slot again within a batch ends the results so far. The
// error is about a column that does not fit the batch.
func (m *Machine) Set(slot int, column Column) error {
	if err := column.check(&m.program.slots[slot], m.rows); err != nil {
		return err
	}
	if m.set[slot] {
		m.batch++
	}
	m.columns[slot], m.set[slot] = column, true
	return nil
}

// SetZones sets the rows' zones; until then they are UTC. It ends the results so
// far. The error is about zones that do not fit the batch.
func (m *Machine) SetZones(zones Zones) error {
	if zones.Codes != nil && len(zones.Codes) != m.rows {
		return fmt.Errorf("zones of %d rows, want %d", len(zones.Codes), m.rows)
	}
	m.batch++
	m.zones.begin(zones)
	return nil
}

// Eval evaluates an expression on the rows of a selection of this batch. Every
// slot that the expression reads must be set, and filled on these rows; slots
// that it does not read are not touched. The Result borrows the machine's
// memory: it is valid until the next Begin, and until the expression is
// evaluated on another selection.
func (m *Machine) Eval(expression int, sel *Selection) Result {
	root := m.program.roots[expression]
	id := m.program.ids[root]
	asked := append(m.asked[expression][:0], sel.words...)
	m.asked[expression] = asked
	m.base, m.baseCount = asked, asked.count()
	r := m.ensure(id, asked)
	return Result{machine: m, root: root, kind: m.program.nodes[id].kind, register: r, asked: asked}
}

// ensure returns the register of a node, evaluated at least on want.
func (m *Machine) ensure(id nodeID, want bitmap) *register {
	r := m.register(id)
	if !r.lacks(want) {
		return r // as a constant always does
	}
	n := &m.program.nodes[id]
	missing := m.push()
	if m.widens(n, r, want) {
		want = m.base
	}
	done := r.done[:len(want)]
	for w, rows := range want {
		missing[w] = rows &^ done[w]
		done[w] |= rows
	}
	if n.mask != noMask && m.answers != nil && m.answerable(n.reads) {
		m.answer(id, n, r, missing)
	} else {
		n.run(m, n, r, missing)
	}
	m.pop()
	return r
}

// lacks reports whether the node was not evaluated on some row of want.
func (r *register) lacks(want bitmap) bool {
	done := r.done[:len(want)]
	for w, rows := range want {
		if rows&^done[w] != 0 {
			return true
		}
	}
	return false
}

// widens reports whether it costs less to evaluate a cheap node on all rows that
// were asked for than on those of want now, and perhaps on the others later.
func (m *Machine) widens(n *node, r *register, want bitmap) bool {
	if n.cost > costCheap {
		return false
	}
	part := 2
	if n.uses > 1 {
		part = 8
	}
	missing, done := 0, r.done[:len(want)]
	for w, rows := range want { // as far as it takes to know
		if missing += bits.OnesCount64(rows &^ done[w]); missing*part >= m.baseCount {
			return true
		}
	}
	return false
}

// register returns the register of a node, empty where this batch has not used it.
func (m *Machine) register(id nodeID) *register {
	r := m.registers[id]
	if r == nil {
		r = new(register)
		m.registers[id] = r
	}
	if r.batch != m.batch {
		r.prepare(&m.program.nodes[id], m.batch, m.words, m.rows)
	}
	return r
}

// push returns a bitmap of the batch's size for use until pop.
func (m *Machine) push() bitmap {
	if m.depth == len(m.scratch) {
		m.scratch = append(m.scratch, nil)
	}
	m.scratch[m.depth] = m.scratch[m.depth].resize(m.words)
	m.depth++
	return m.scratch[m.depth-1]
}

func (m *Machine) pop() { m.depth-- }

// operands evaluates a node's operands on sel, makes the rows on which one
// faults faults of dst, and takes them from sel.
func (m *Machine) operands(n *node, dst *register, sel bitmap) {
	for _, arg := range n.args {
		r := m.ensure(arg, sel)
		if !r.anyFault {
			continue
		}
		for w := range sel {
			dst.addFaults(w, sel[w]&r.faults[w])
			sel[w] &^= r.faults[w]
		}
	}
}

// once evaluates a node that depends on nothing.
func (p *Program) once(id nodeID) (ir.Value, ir.FaultCode) {
	m := newMachine(p)
	m.Begin(1)
	m.base, m.baseCount = bitmap{1}, 1
	r := m.ensure(id, bitmap{1})
	if r.fault(0) != 0 {
		return ir.Value{Kind: p.nodes[id].kind}, m.explain(p.nodes[id].written, 0).Code
	}
	return r.value(p.nodes[id].kind, 0), ir.NoFault
}
