package columnar

import (
	"cmp"
	"slices"

	"amends/rules/ir"
)

// simplify returns the node that a written expression always equals, given
// those of its operands: one of them or a constant. A fault keeps its place,
// since places are found in what was written.
func (b *builder) simplify(written ir.Node, args []nodeID) (nodeID, bool) {
	switch n := written.(type) {
	case *ir.Const:
		return b.fixed(n.Value, ir.NoFault), true
	case *ir.Named:
		return args[0], true
	case *ir.NotNull:
		return args[0], !n.X.Type().Nullable
	case *ir.Coalesce:
		return args[0], !n.X.Type().Nullable
	case *ir.If:
		cond := &b.program.nodes[args[0]]
		switch {
		case !cond.constant:
			return 0, false
		case cond.code != ir.NoFault:
			return args[0], true
		case cond.value.I != 0:
			return args[1], true
		default:
			return args[2], true
		}
	case *ir.And:
		return b.junction(args, false)
	case *ir.Or:
		return b.junction(args, true)
	default:
		return 0, false
	}
}

// junction returns the constant that an and (decisive false) or an or always is.
func (b *builder) junction(args []nodeID, decisive bool) (nodeID, bool) {
	constant := true
	for _, arg := range args {
		n := &b.program.nodes[arg]
		constant = constant && n.constant
		if n.constant && n.code == ir.NoFault && (n.value.I != 0) == decisive {
			return arg, true
		}
	}
	if !constant {
		return 0, false
	}
	for _, arg := range args {
		if b.program.nodes[arg].code != ir.NoFault {
			return arg, true
		}
	}
	return b.fixed(ir.BoolValue(!decisive), ir.NoFault), true
}

// undecided returns the operands that matter: each once, and none that is the
// constant which decides nothing.
func (b *builder) undecided(args []nodeID, neutral bool) []nodeID {
	var kept []nodeID
	for _, arg := range args {
		n := &b.program.nodes[arg]
		if n.constant && n.code == ir.NoFault && (n.value.I != 0) == neutral || slices.Contains(kept, arg) {
			continue
		}
		kept = append(kept, arg)
	}
	return kept
}

// Costs of nodes by themselves, in about tenths of a nanosecond a
// row. Only their order matters, and never to a result.
const (
	costBits    = 1
	costCompare = 5
	costNumber  = 15
	costDate    = 20
	costDecimal = 40
	costCodes   = 10 // what is answered by a dictionary
	costText    = 200
	costLookup  = 300
	costPattern = 2000
	// costCheap is below what is worth the bookkeeping of evaluating it on fewer rows.
	costCheap = 50
)

// price sets what a node costs.
func (b *builder) price(n *node) {
	switch written := n.written.(type) {
	case *ir.Match:
		n.cost = costPattern
	case *ir.Lookup:
		n.cost = costLookup
	case *ir.In:
		n.cost = b.priceOf(n, costNumber)
	case *ir.Call:
		n.cost = b.priceOf(n, callCost(written.Op))
	case *ir.And, *ir.Or, *ir.IsNull:
		n.cost = costBits
	default:
		n.cost = costCompare
	}
	if n.mask != noMask {
		n.cost = costCodes
	}
}

// sortOperands sets the order in which junctions take their operands, once it is
// known how many expressions share a node: each bears its part of the cost.
func (b *builder) sortOperands() {
	nodes := b.program.nodes
	for id := range nodes {
		n := &nodes[id]
		n.total = n.cost
		for i, arg := range n.args {
			n.order = append(n.order, i)
			if n.mask == noMask {
				n.total += nodes[arg].total / max(nodes[arg].uses, 1)
			}
		}
		slices.SortStableFunc(n.order, func(i, j int) int {
			return cmp.Compare(nodes[n.args[i]].total, nodes[n.args[j]].total)
		})
	}
}

// priceOf is cost, but for operations on strings.
func (b *builder) priceOf(n *node, cost int) int {
	if b.program.nodes[n.args[0]].kind == ir.String {
		return costText
	}
	return cost
}

func callCost(op ir.Op) int {
	switch op {
	case ir.OpNot:
		return costBits
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		return costCompare
	case ir.OpMul, ir.OpDiv, ir.OpPct, ir.OpHoursBetween, ir.OpRound, ir.OpFloor, ir.OpCeil:
		return costDecimal
	case ir.OpDate:
		return costDate
	default:
		return costNumber
	}
}
