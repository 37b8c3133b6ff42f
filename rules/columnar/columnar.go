// Package columnar evaluates the typed IR of one source over batches of rows in
// columns. Law: for every row of the selection that was asked for, a Result is
// what rules/vm gives for that row, to the bit: its value, its null, or its
// fault with code, detail and offset. What was evaluated before, in which
// order, on which other rows or by which dictionary never shows.
//
// Equal expressions are one node, wherever in the rules they stand, and a node
// is evaluated at most once for a row of a batch. So a node says that a row
// faults, and not where: the place is found from the written expression, for
// the rows that somebody asks about. Bools, nulls, faults and selections are
// bitmaps of 64 rows a word.
//
// Where columns come from, what is joined when and what a fault means for a row
// is left to package match.
package columnar

import (
	"fmt"
	"slices"

	"amends/rules/ir"
)

// Program is every expression of one source, compiled together. It is immutable
// and safe for concurrent use; each goroutine has a Machine of its own.
type Program struct {
	slots []ir.Slot
	roots []ir.Node // as given to Compile
	ids   map[ir.Node]nodeID
	nodes []node
}

// Compile compiles expressions, whose reads are indexes into slots and which
// Machine.Eval then knows by their index. The error names what the IR of a
// checked expression never has: a read beyond slots, an operation on kinds that
// it does not take, a null where none may be.
func Compile(expressions []ir.Node, slots []ir.Slot) (*Program, error) {
	p := &Program{slots: slices.Clone(slots), roots: slices.Clone(expressions), ids: map[ir.Node]nodeID{}}
	b := &builder{program: p, byKey: map[string]nodeID{}}
	for i, n := range expressions {
		if err := b.check(n); err != nil {
			return nil, fmt.Errorf("expression %d: %w", i, err)
		}
	}
	for _, n := range expressions {
		b.use(b.build(n))
	}
	b.sortOperands()
	return p, nil
}
