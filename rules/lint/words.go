package lint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"amends/rules/diag"
	"amends/rules/ir"
)

// maxShown bounds how much of an expression a message repeats, in bytes.
const maxShown = 80

// words returns a node as its author could have written it: definitions by
// their names.
func words(n ir.Node, slots []ir.Slot) string {
	slots = slices.Clone(slots)
	text := ir.Print(named(n, &slots), slots)
	for strings.HasPrefix(text, "(") && closes(text) {
		text = text[1 : len(text)-1]
	}
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// closes reports whether the bracket at the start is closed at the end.
func closes(text string) bool {
	depth := 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case '"':
			return false // brackets in a text do not count: leave it as it is
		}
		if depth == 0 {
			return i == len(text)-1
		}
	}
	return false
}

// named returns n with each use of a definition as a slot of its name.
func named(n ir.Node, slots *[]ir.Slot) ir.Node {
	all := func(nodes []ir.Node) []ir.Node {
		out := make([]ir.Node, len(nodes))
		for i, child := range nodes {
			out[i] = named(child, slots)
		}
		return out
	}
	switch n := n.(type) {
	case *ir.Named:
		*slots = append(*slots, ir.Slot{Name: n.Name})
		return &ir.Read{Slot: len(*slots) - 1, Of: n.Type()}
	case *ir.NotNull:
		return named(n.X, slots)
	case *ir.And:
		return &ir.And{Operands: all(n.Operands)}
	case *ir.Or:
		return &ir.Or{Operands: all(n.Operands)}
	case *ir.If:
		parts := all([]ir.Node{n.Cond, n.Then, n.Else})
		return &ir.If{Cond: parts[0], Then: parts[1], Else: parts[2]}
	case *ir.Coalesce:
		return &ir.Coalesce{X: named(n.X, slots), Else: named(n.Else, slots)}
	case *ir.IsNull:
		return &ir.IsNull{X: named(n.X, slots)}
	case *ir.In:
		return &ir.In{X: named(n.X, slots), List: n.List}
	case *ir.Match:
		return &ir.Match{X: named(n.X, slots), Pattern: n.Pattern}
	case *ir.Call:
		if n.Op == ir.OpWiden {
			return named(n.Args[0], slots)
		}
		return &ir.Call{Op: n.Op, Args: all(n.Args), Kind: n.Kind}
	default:
		return n
	}
}

// interval says what a subject is between two ends, in the words of a
// condition.
func interval(subject string, kind ir.Kind, d domain) string {
	value := func(i int64) string { return ir.Literal(ir.Value{Kind: kind, I: i}) }
	switch {
	case d.lo == math.MinInt64 && d.hi == math.MaxInt64:
		return subject + " is anything"
	case d.lo == d.hi:
		return subject + " == " + value(d.lo)
	case d.lo == math.MinInt64:
		return subject + " <= " + value(d.hi)
	case d.hi == math.MaxInt64:
		return subject + " >= " + value(d.lo)
	default:
		return subject + " from " + value(d.lo) + " to " + value(d.hi)
	}
}

// at writes where a text stands, for a message about another place.
func (l *linter) at(text diag.Text) string {
	pos, _ := text.At(0)
	if l.Show != nil {
		pos.File = l.Show(pos.File)
	}
	return fmt.Sprintf("%s:%d", pos.File, pos.Line)
}

func (r *rule) words(n ir.Node) string { return words(n, r.source.program.Slots) }
