package columnar

import (
	"regexp"
	"strconv"
	"strings"

	"amends/rules/ir"
)

// nodeID is a node's index in Program.nodes. Operands stand before what uses them.
type nodeID int32

// node is one expression of the program, whatever its offsets: written
// expressions that are equal but for them are one node.
type node struct {
	kind    ir.Kind
	args    []nodeID
	run     kernel // nil for a constant
	written ir.Node
	slot    int // of a read

	constant bool
	value    ir.Value     // of a constant
	code     ir.FaultCode // of a constant that is a fault

	reads int    // the one slot that it depends on, or readsNothing, readsMany
	mask  nodeID // of a node that a dictionary can answer: where its slot is null or faults

	uses  int
	cost  int   // of the node itself, about tenths of a nanosecond a row
	total int   // with its operands, where they are shared in part
	order []int // of the operands of a junction: the cheaper before
}

const (
	readsNothing = -1
	readsMany    = -2 // also what depends on the row's zone
	noMask       = nodeID(-1)
)

// kernel evaluates a node on sel, none of whose rows it was evaluated on, into
// dst. It may change sel.
type kernel func(m *Machine, n *node, dst *register, sel bitmap)

type builder struct {
	program *Program
	byKey   map[string]nodeID
}

func (b *builder) use(id nodeID) nodeID {
	b.program.nodes[id].uses++
	return id
}

// build returns the node of a written expression.
func (b *builder) build(written ir.Node) nodeID {
	if id, ok := b.program.ids[written]; ok {
		return id
	}
	id := b.make(written)
	b.program.ids[written] = id
	return id
}

func (b *builder) make(written ir.Node) nodeID {
	children := ir.Children(written)
	args := make([]nodeID, len(children))
	for i, child := range children {
		args[i] = b.build(child)
	}
	if id, ok := b.simplify(written, args); ok {
		return id
	}
	switch n := written.(type) {
	case *ir.And:
		args = b.undecided(args, true)
	case *ir.Or:
		args = b.undecided(args, false)
	case *ir.Read:
		return b.add(keyOf(written, nil), node{
			kind: n.Of.Kind, run: readKernel(n.Of.Kind), written: written, slot: n.Slot, reads: n.Slot})
	}
	switch written.(type) {
	case *ir.And, *ir.Or:
		if len(args) == 1 {
			return args[0]
		}
	}
	return b.add(keyOf(written, args), node{
		kind: written.Type().Kind, args: args, run: kernelOf(written, b.program, args), written: written, reads: b.reads(written, args)})
}

// add returns the node of a key, which is n where it is new.
func (b *builder) add(key string, n node) nodeID {
	if id, ok := b.byKey[key]; ok {
		return id
	}
	p := b.program
	n.mask = noMask
	if n.reads >= 0 && len(n.args) > 0 && p.slots[n.reads].Type.Kind == ir.String {
		n.mask = b.add("mask "+strconv.Itoa(n.reads), node{kind: ir.Invalid, run: runMask, slot: n.reads, reads: n.reads, cost: 5})
	}
	b.price(&n)
	id := nodeID(len(p.nodes))
	p.nodes = append(p.nodes, n)
	if b.foldable(&n) {
		value, code := p.once(id)
		p.nodes = p.nodes[:id]
		id = b.fixed(value, code)
	} else {
		for _, arg := range n.args {
			b.use(arg)
		}
		if n.mask != noMask {
			b.use(n.mask)
		}
	}
	b.byKey[key] = id
	return id
}

// fixed returns the node of a constant, a fault where code is not NoFault.
func (b *builder) fixed(v ir.Value, code ir.FaultCode) nodeID {
	key := "constant " + strconv.Itoa(int(code)) + " " + valueKey(v)
	if id, ok := b.byKey[key]; ok {
		return id
	}
	id := nodeID(len(b.program.nodes))
	b.program.nodes = append(b.program.nodes, node{kind: v.Kind, constant: true, value: v, code: code, reads: readsNothing, mask: noMask})
	b.byKey[key] = id
	return id
}

// foldable reports whether a node is the same on every row.
func (b *builder) foldable(n *node) bool { return n.reads == readsNothing && len(n.args) > 0 }

// reads returns what a node depends on, given its operands.
func (b *builder) reads(written ir.Node, args []nodeID) int {
	if call, ok := written.(*ir.Call); ok && call.Op == ir.OpDate {
		return readsMany
	}
	reads := readsNothing
	for _, arg := range args {
		switch slot := b.program.nodes[arg].reads; {
		case slot == readsNothing || slot == reads:
		case reads == readsNothing:
			reads = slot
		default:
			return readsMany
		}
	}
	return reads
}

// keyOf returns a text that two nodes share where they mean the same, offsets
// and names aside.
func keyOf(written ir.Node, args []nodeID) string {
	var key strings.Builder
	for _, arg := range args {
		key.WriteString(strconv.Itoa(int(arg)))
		key.WriteByte(' ')
	}
	switch n := written.(type) {
	case *ir.Read:
		key.WriteString("read " + strconv.Itoa(n.Slot) + n.Of.String())
	case *ir.NotNull:
		key.WriteString("not null")
	case *ir.And:
		key.WriteString("and")
	case *ir.Or:
		key.WriteString("or")
	case *ir.If:
		key.WriteString("if")
	case *ir.Coalesce:
		key.WriteString("coalesce")
	case *ir.IsNull:
		key.WriteString("is null")
	case *ir.In:
		key.WriteString("in")
		for _, v := range n.List {
			key.WriteString(valueKey(v))
		}
	case *ir.Match:
		key.WriteString("match " + patternKey(n.Pattern))
	case *ir.Lookup:
		key.WriteString("lookup ")
		tableKey(&key, n.Tree)
	case *ir.Call:
		key.WriteString("call " + strconv.Itoa(int(n.Op)) + n.Kind.String())
	}
	return key.String()
}

func valueKey(v ir.Value) string {
	return v.Kind.String() + " " + strconv.FormatInt(v.I, 10) + strconv.Quote(v.S)
}

func patternKey(pattern *regexp.Regexp) string { return strconv.Quote(pattern.String()) }

func tableKey(key *strings.Builder, t *ir.Table) {
	if leaf, ok := t.Leaf(); ok {
		key.WriteString(valueKey(leaf))
		return
	}
	key.WriteByte('{')
	for _, name := range t.Keys() {
		entry, _ := t.Get(name)
		key.WriteString(strconv.Quote(name) + ":")
		tableKey(key, entry)
	}
	key.WriteByte('}')
}
