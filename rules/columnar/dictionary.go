package columnar

import "amends/rules/ir"

// maxAnswered is the largest dictionary that answers are kept for: 65,536
// entries take less than a megabyte for a node. Columns with larger ones are
// read as plain strings.
const maxAnswered = 1 << 16

// eagerEntries is up to how many entries a dictionary is evaluated whole when it
// is first seen; of larger ones, entries are evaluated as rows have them.
const eagerEntries = 1024

// answers are what one node gives for the entries of dictionaries. A worker has
// one dictionary of a column at a time, or two where it goes from one file to
// the next and back; older ones are forgotten.
type answers [2]answerTable

// answerTable has an answer for each entry of a dictionary, and after them for
// the slots without one: null, and each ir.FaultCode.
type answerTable struct {
	dictionary *ir.Dictionary
	state      []uint8 // of each answer, a set of the constants below
	ints       []int64
	texts      []string
	complete   bool // every answer is known
	odd        bool // an entry's answer is null or a fault
}

const (
	answerTrue  = 1 << iota // a bool's value
	answerNull              //
	answerFault             //
	answerKnown             //
)

// outsideEntries is how many answers follow those of the entries: for null,
// which is code NoFault, and for every other code.
const outsideEntries = int(ir.OutOfDomain) + 1

// answerable reports whether a slot has a dictionary that answers are kept for.
func (m *Machine) answerable(slot int) bool {
	c := &m.columns[slot]
	return c.Dict != nil && c.Dict.Len() <= maxAnswered
}

// of returns the table of a dictionary.
func (a *answers) of(d *ir.Dictionary, kind ir.Kind) *answerTable {
	if a[0].dictionary == d {
		return &a[0]
	}
	a[0], a[1] = a[1], a[0]
	t := &a[0]
	if t.dictionary == d {
		return t
	}
	size := d.Len() + outsideEntries
	t.dictionary, t.complete, t.odd = d, false, false
	t.state = zeroed(t.state, size)
	switch kind {
	case ir.Bool:
	case ir.String:
		t.texts = zeroed(t.texts, size)
	default:
		t.ints = zeroed(t.ints, size)
	}
	return t
}

func zeroed[T any](slice []T, size int) []T {
	if cap(slice) < size {
		return make([]T, size)
	}
	slice = slice[:size]
	clear(slice)
	return slice
}

// answer evaluates a node that depends on one column of codes: it looks up what
// the node gives for each row's entry.
func (m *Machine) answer(id nodeID, n *node, dst *register, sel bitmap) {
	c := &m.columns[n.reads]
	t := m.answers[id].of(c.Dict, n.kind)
	mask := m.ensure(n.mask, sel)
	if !t.complete {
		m.learn(id, t, c, mask, sel)
	}
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		faults := rows & mask.fault(w)
		nulls := rows & mask.null(w)
		m.answerEntries(n.kind, t, dst, c.Codes, w, rows&^nulls&^faults)
		if nulls != 0 {
			m.answerRows(n.kind, t, dst, w, nulls, c.Dict.Len())
		}
		for ; faults != 0; faults &= faults - 1 {
			one := faults & -faults
			m.answerRows(n.kind, t, dst, w, one, c.Dict.Len()+int(c.fault(rowOf(w, one))))
		}
	}
}

// answerEntries sets rows of word w that have an entry.
func (m *Machine) answerEntries(kind ir.Kind, t *answerTable, dst *register, codes []int32, w int, rows uint64) {
	if rows == 0 {
		return
	}
	codes = codes[w*wordRows:]
	lanes := m.lanes.of(rows)
	switch kind {
	case ir.Bool:
		if rows == allRows {
			dst.bits[w] = truthOfBlock(block[int32](codes), t.state)
		} else {
			dst.setBits(w, rows, stateLanes(codes, t.state, lanes, 0))
		}
	case ir.String:
		gather(dst.texts.block(w), codes, t.texts, lanes)
	default:
		gather(dst.ints.block(w), codes, t.ints, lanes)
	}
	if t.odd {
		dst.addNulls(w, stateLanes(codes, t.state, lanes, 1))
		dst.addFaults(w, stateLanes(codes, t.state, lanes, 2))
	}
}

// truthOfBlock gathers answerTrue of 64 rows.
func truthOfBlock(codes block[int32], state []uint8) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		c := (*[8]int32)(codes[j:])
		word |= uint64(state[c[0]]&1|state[c[1]]&1<<1|state[c[2]]&1<<2|state[c[3]]&1<<3|
			state[c[4]]&1<<4|state[c[5]]&1<<5|state[c[6]]&1<<6|state[c[7]]&1<<7) << j
	}
	return word
}

// stateLanes gathers one bit of the states of some rows.
func stateLanes(codes []int32, state []uint8, lanes []lane, shift uint8) (word uint64) {
	for _, j := range lanes {
		word |= uint64(state[codes[j]]>>shift&1) << (j & laneMask)
	}
	return word
}

// answerRows sets rows of word w that all have one answer.
func (m *Machine) answerRows(kind ir.Kind, t *answerTable, dst *register, w int, rows uint64, answer int) {
	state := t.state[answer]
	switch {
	case state&answerNull != 0:
		dst.addNulls(w, rows)
	case state&answerFault != 0:
		dst.addFaults(w, rows)
	}
	switch kind {
	case ir.Bool:
		dst.setBits(w, rows, -uint64(state&answerTrue))
	case ir.String:
		setLanes(dst.texts.block(w), t.texts[answer], m.lanes.of(rows))
	default:
		setLanes(dst.ints.block(w), t.ints[answer], m.lanes.of(rows))
	}
}

func setLanes[T any](out block[T], value T, lanes []lane) {
	for _, j := range lanes {
		out[j&laneMask] = value
	}
}

// entryColumn is a column of entries, to evaluate them as rows.
type entryColumn struct {
	wanted  []int32 // which answers
	strings []string
	valid   []bool
	faults  []ir.FaultCode
	all     Selection
}

// learn finds the answers that the rows of sel need and that are not known.
func (m *Machine) learn(id nodeID, t *answerTable, c *Column, mask *register, sel bitmap) {
	entries := c.Dict.Len()
	if t.state[entries]&answerKnown == 0 { // the table is new
		m.column.wanted = m.column.wanted[:0]
		for code := range outsideEntries {
			m.column.wanted = append(m.column.wanted, int32(entries+code))
		}
		if entries <= eagerEntries {
			for entry := range entries {
				m.column.wanted = append(m.column.wanted, int32(entry))
			}
			t.complete = true
		}
		m.evaluateEntries(id, t)
	}
	if t.complete {
		return
	}
	m.column.wanted = m.column.wanted[:0]
	for w, rows := range sel {
		rows &^= mask.null(w) | mask.fault(w)
		for _, j := range m.lanes.of(rows) {
			code := c.Codes[w*wordRows+int(j)]
			if t.state[code]&answerKnown == 0 {
				t.state[code] |= answerKnown // once, though other rows have it too
				m.column.wanted = append(m.column.wanted, code)
			}
		}
	}
	m.evaluateEntries(id, t)
}

// evaluateEntries evaluates a node for the wanted answers and stores them.
func (m *Machine) evaluateEntries(id nodeID, t *answerTable) {
	n := &m.program.nodes[id]
	wanted := m.column.wanted
	if len(wanted) == 0 {
		return
	}
	r := m.evaluateAs(id, n.reads, t.dictionary, wanted)
	for row, answer := range wanted {
		state := uint8(answerKnown)
		switch {
		case r.anyFault && r.faults.has(row):
			state |= answerFault
		case r.anyNull && r.nulls.has(row):
			state |= answerNull
		case n.kind == ir.Bool:
			if r.bits.has(row) {
				state |= answerTrue
			}
		case n.kind == ir.String:
			t.texts[answer] = r.texts.at(row)
		default:
			t.ints[answer] = r.ints.at(row)
		}
		t.state[answer] = state
		t.odd = t.odd || int(answer) < t.dictionary.Len() && state&(answerFault|answerNull) != 0
	}
}

// evaluateAs evaluates a node on rows whose slot has what the answers stand for.
func (m *Machine) evaluateAs(id nodeID, slot int, d *ir.Dictionary, answers []int32) *register {
	column := &m.column
	column.strings = column.strings[:0]
	column.valid, column.faults = column.valid[:0], column.faults[:0]
	for _, answer := range answers {
		text, outside := "", int(answer)-d.Len()
		if outside < 0 {
			text = d.Entry(answer)
		}
		column.strings = append(column.strings, text)
		column.valid = append(column.valid, outside < 0)
		column.faults = append(column.faults, ir.FaultCode(max(outside, 0)))
	}
	e := m.entries
	e.Begin(len(answers))
	e.columns[slot] = Column{Strings: column.strings, Valid: column.valid, Faults: column.faults}
	e.set[slot] = true
	column.all.All(len(answers))
	e.base, e.baseCount = column.all.words, len(answers)
	return e.ensure(id, e.base)
}

// explainEntry returns the fault of a written expression whose node a dictionary
// answered: that of the row's entry.
func (m *Machine) explainEntry(written ir.Node, id nodeID, row int) ir.Fault {
	n := &m.program.nodes[id]
	c := &m.columns[n.reads]
	answer := int32(c.Dict.Len())
	switch {
	case c.fault(row) != ir.NoFault:
		answer += int32(c.fault(row))
	case !c.null(row):
		answer = c.Codes[row]
	}
	m.column.wanted = append(m.column.wanted[:0], answer)
	m.evaluateAs(id, n.reads, c.Dict, m.column.wanted)
	return m.entries.explain(written, 0)
}
