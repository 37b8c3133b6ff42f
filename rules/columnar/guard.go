package columnar

import "amends/rules/ir"

// Guard returns a bool that reads only cheap slots and that lets through every
// row on which one of the conditions holds or faults: for each, what of it is
// necessary and cheap, and the or of those. Rows on which the guard is false
// need not be looked at again; rows on which it is true or faults must be
// (Result.MayHold). A condition of which nothing is cheap makes it true.
//
// Proof. Say that a bool passes a row where it is true or a fault, which is
// where it is not false. Claim: a condition that passes a row has a necessary
// part that passes it too. By the node:
//
//   - One that reads only cheap slots is its own necessary part.
//   - An and that is not false has no false operand, since false and fault is
//     false. So each operand passes, so does the necessary part of each that
//     has one, and so does the and of these, none of which is false. An operand
//     without one is left out: true, which is not false either.
//   - An or that is not false has an operand that is not false. The necessary
//     part of that operand is not false, so neither is the or of all of them.
//     Where an operand has none, the or has none.
//   - A define is what it stands for, and its fault is a fault wherever it is.
//   - An if whose condition is cheap faults where the condition does, and so
//     does the if of the necessary parts on the same condition; elsewhere it is
//     the branch that is taken, to which the claim applies.
//   - Everything else has none, which is true.
//
// The guard is the or of all conditions' parts, so it passes where one does, and
// absorbed takes from it what changes nothing.
// Offsets of its faults mean nothing: which fault a row has is for the whole
// condition to say.
func Guard(conditions []ir.Node, cheap func(slot int) bool) ir.Node {
	g := guard{cheap: cheap}
	parts := make([]ir.Node, len(conditions))
	for i, condition := range conditions {
		parts[i] = g.necessary(condition)
	}
	return absorbed(g.or(parts, 0))
}

type guard struct{ cheap func(slot int) bool }

func constantBool(b bool) ir.Node { return &ir.Const{Value: ir.BoolValue(b)} }

// isConstant reports whether n is the constant want.
func isConstant(n ir.Node, want bool) bool {
	c, ok := n.(*ir.Const)
	return ok && (c.Value.I != 0) == want
}

// necessary returns the necessary part of a condition, true where it has none.
func (g guard) necessary(condition ir.Node) ir.Node {
	switch n := condition.(type) {
	case *ir.Named:
		// The define's own node, so that rules and guard share it.
		return g.necessary(n.X)
	case *ir.And:
		return g.and(g.each(n.Operands), n.At)
	case *ir.Or:
		return g.or(g.each(n.Operands), n.At)
	case *ir.If:
		if !g.readsCheap(n.Cond) {
			return constantBool(true)
		}
		then, otherwise := g.necessary(n.Then), g.necessary(n.Else)
		if isConstant(then, true) && isConstant(otherwise, true) {
			return constantBool(true)
		}
		return &ir.If{Cond: n.Cond, Then: then, Else: otherwise, At: n.At}
	}
	if !g.readsCheap(condition) {
		return constantBool(true)
	}
	return condition
}

func (g guard) each(operands []ir.Node) []ir.Node {
	parts := make([]ir.Node, len(operands))
	for i, operand := range operands {
		parts[i] = g.necessary(operand)
	}
	return parts
}

func (g guard) readsCheap(n ir.Node) bool {
	for _, slot := range ir.Reads(n) {
		if !g.cheap(slot) {
			return false
		}
	}
	return true
}

// and returns the and of parts without its constants, flat.
func (g guard) and(parts []ir.Node, at int) ir.Node {
	kept, decided := flat(parts, false, func(n ir.Node) []ir.Node {
		if inner, ok := n.(*ir.And); ok {
			return inner.Operands
		}
		return nil
	})
	if decided || len(kept) == 0 {
		return constantBool(!decided)
	}
	if len(kept) == 1 {
		return kept[0]
	}
	return &ir.And{Operands: kept, At: at}
}

// or returns the or of parts without its constants, flat.
func (g guard) or(parts []ir.Node, at int) ir.Node {
	kept, decided := flat(parts, true, func(n ir.Node) []ir.Node {
		if inner, ok := n.(*ir.Or); ok {
			return inner.Operands
		}
		return nil
	})
	if decided || len(kept) == 0 {
		return constantBool(decided)
	}
	if len(kept) == 1 {
		return kept[0]
	}
	return &ir.Or{Operands: kept, At: at}
}

// flat returns the operands that matter: not the constant that changes nothing,
// and of a junction of the same kind its own. One that is decisive decides all.
func flat(parts []ir.Node, decisive bool, inner func(ir.Node) []ir.Node) (kept []ir.Node, decided bool) {
	for _, part := range parts {
		switch {
		case isConstant(part, decisive):
			return nil, true
		case isConstant(part, !decisive):
		default:
			if operands := inner(part); operands != nil {
				kept = append(kept, operands...)
			} else {
				kept = append(kept, part)
			}
		}
	}
	return kept, false
}
