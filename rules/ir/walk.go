package ir

import "slices"

// Children returns the operands of a node, from left to right.
func Children(n Node) []Node {
	switch n := n.(type) {
	case *Const, *Read:
		return nil
	case *Named:
		return []Node{n.X}
	case *NotNull:
		return []Node{n.X}
	case *And:
		return n.Operands
	case *Or:
		return n.Operands
	case *If:
		return []Node{n.Cond, n.Then, n.Else}
	case *Coalesce:
		return []Node{n.X, n.Else}
	case *IsNull:
		return []Node{n.X}
	case *In:
		return []Node{n.X}
	case *Match:
		return []Node{n.X}
	case *Lookup:
		return n.Indexes()
	case *Call:
		return n.Args
	default:
		panic("ir: a node outside the closed set") // unreachable: node is unexported
	}
}

// Indexes returns the expressions that index the table, from left to right: one
// for each level of Tree.
func (n *Lookup) Indexes() []Node {
	var indexes []Node
	for _, step := range n.Steps {
		if step.Index != nil {
			indexes = append(indexes, step.Index)
		}
	}
	return indexes
}

// Walk calls f with n and everything below it, each node before its operands and
// operands from left to right. A define that is used twice is walked twice.
func Walk(n Node, f func(Node)) {
	f(n)
	for _, child := range Children(n) {
		Walk(child, f)
	}
}

// Reads returns the indexes of the slots that n reads, ascending, each once.
func Reads(n Node) []int {
	seen := map[Node]bool{} // definitions, which many a part may share
	var slots []int
	var visit func(Node)
	visit = func(n Node) {
		switch n := n.(type) {
		case *Read:
			slots = append(slots, n.Slot)
		case *Named:
			if seen[n.X] {
				return
			}
			seen[n.X] = true
		}
		for _, child := range Children(n) {
			visit(child)
		}
	}
	visit(n)
	slices.Sort(slots)
	return slices.Compact(slots)
}

// SlotSet gives each slot that some expression of a source reads its index. The
// zero SlotSet is empty; it is not safe for concurrent use.
type SlotSet struct {
	slots  []Slot
	byName map[string]int
}

// Index returns the index of a slot: slots of one name share one, and a new name
// gets the next.
func (s *SlotSet) Index(slot Slot) int {
	if i, ok := s.byName[slot.Name]; ok {
		return i
	}
	if s.byName == nil {
		s.byName = map[string]int{}
	}
	i := len(s.slots)
	s.byName[slot.Name] = i
	s.slots = append(s.slots, slot)
	return i
}

// Slots returns the slots in order of their indexes. The slice is a copy.
func (s *SlotSet) Slots() []Slot { return slices.Clone(s.slots) }
