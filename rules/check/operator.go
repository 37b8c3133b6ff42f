package check

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

var binaryOps = map[string]ir.Op{
	"+": ir.OpAdd, "-": ir.OpSub, "*": ir.OpMul, "/": ir.OpDiv,
	"==": ir.OpEq, "!=": ir.OpNe, "<": ir.OpLt, "<=": ir.OpLe, ">": ir.OpGt, ">=": ir.OpGe,
	"contains": ir.OpContains, "startsWith": ir.OpStartsWith, "endsWith": ir.OpEndsWith,
}

func (c *checker) binary(n *ast.BinaryNode) ir.Node {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.junction(n)
	case "??":
		return c.coalesce(n)
	case "in":
		return c.in(n)
	case "matches":
		return c.matches(n)
	case "==", "!=":
		if isNil(n.Left) || isNil(n.Right) {
			return c.isNull(n)
		}
		if c.strayNull(n.Left) || c.strayNull(n.Right) {
			return nil
		}
	}
	op, ok := binaryOps[n.Operator]
	if !ok {
		c.check(n.Left)
		c.check(n.Right)
		c.report(n.Location().From, notLanguage, `"`+n.Operator+`"`, unknownOperatorHint(n.Operator))
		return nil
	}
	if c.tightNot(n) {
		return nil
	}
	left, right := c.need(n.Left), c.need(n.Right)
	if left == nil || right == nil {
		return nil
	}
	return c.operate(op, n.Location().From, left, right)
}

func unknownOperatorHint(operator string) string {
	switch operator {
	case "**", "^":
		return "multiply instead"
	case "..":
		return `write "x >= 1 and x <= 5"`
	default:
		return "see the operators of the language"
	}
}

// tightNot reports an operand on the left that is a not, whose author meant to
// deny the whole. Beside == and != it is left to the operands' kinds, since for
// conditions both readings mean the same.
func (c *checker) tightNot(n *ast.BinaryNode) bool {
	not, ok := n.Left.(*ast.UnaryNode)
	if !ok || (not.Operator != "not" && not.Operator != "!") || not.Location().From > start(not.Node) {
		return false
	}
	hint := "write not (a " + n.Operator + " b)"
	switch n.Operator {
	case "==", "!=":
		return false
	case "in", "matches", "contains", "startsWith", "endsWith":
		hint = "write a not " + n.Operator + " b"
	}
	c.report(not.Location().From, tightNot, c.words(not.Node), n.Operator, hint)
	return true
}

// words returns a name as written, or "a".
func (c *checker) words(n ast.Node) string {
	if name, ok := n.(*ast.IdentifierNode); ok {
		return name.Value
	}
	return "a"
}

// operate brings both operands to kinds that op takes.
func (c *checker) operate(op ir.Op, at int, left, right ir.Node) ir.Node {
	args, why := c.meet(op, left, right)
	switch why {
	case converts:
		return c.apply(op, at, args...)
	case severalCurrencies:
		verb := "meets"
		if slices.Contains([]ir.Op{ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe}, op) {
			verb = "compared with"
		}
		c.report(at, bareNumber, verb, c.tableHint())
	case malformedDate:
		text := left
		if text.Type().Kind == ir.Date {
			text = right
		}
		c.report(at, badDate, c.describe(text))
	case tooLargeNumber:
		c.report(at, badNumber, c.describe(left)+" or "+c.describe(right), "it is too large")
	default:
		c.refuse(op, at, []ir.Node{left, right})
	}
	return nil
}

func (c *checker) meet(op ir.Op, left, right ir.Node) ([]ir.Node, conversion) {
	l, r := left.Type().Kind, right.Type().Kind
	var to [2]ir.Kind
	switch {
	case op == ir.OpDiv && numeric(l) && numeric(r):
		to = [2]ir.Kind{ir.Decimal, ir.Decimal}
	case (op == ir.OpMul || op == ir.OpDiv) && (l == ir.Money || l == ir.Decimal) && r == ir.Int:
		to = [2]ir.Kind{l, ir.Decimal}
	case op == ir.OpMul && l == ir.Int && (r == ir.Money || r == ir.Decimal):
		to = [2]ir.Kind{ir.Decimal, r}
	case op == ir.OpMul || op == ir.OpDiv || l == r:
		return []ir.Node{left, right}, converts
	case amount(l) && amount(r), l == ir.Date && r == ir.String, l == ir.String && r == ir.Date:
		kind := common([]ir.Node{left, right})
		to = [2]ir.Kind{kind, kind}
	default:
		return []ir.Node{left, right}, converts // a date and a duration, or what apply refuses
	}
	a, why := c.convert(left, to[0])
	if why != converts {
		return nil, why
	}
	b, why := c.convert(right, to[1])
	return []ir.Node{a, b}, why
}

func amount(kind ir.Kind) bool { return numeric(kind) || kind == ir.Money }

// junction flattens a and b and c, as written, into one node. Each operand may
// count on the ones before it.
func (c *checker) junction(n *ast.BinaryNode) ir.Node {
	and := n.Operator == "and" || n.Operator == "&&"
	operands := flatten(n, and)
	if at, ok := chain(operands); and && ok {
		c.report(at, chained) // and go on, for what else may be wrong
	}
	before, nodes := c.known, make([]ir.Node, 0, len(operands))
	operator := "or"
	if and {
		operator = "and"
	}
	for _, operand := range operands {
		node := c.condition(operand, operator)
		if node == nil {
			continue
		}
		nodes = append(nodes, node)
		if and {
			c.known = c.known.with(c.whenTrue(node))
		} else {
			c.known = c.known.with(c.whenFalse(node))
		}
	}
	c.known = before
	if len(nodes) < len(operands) {
		return nil
	}
	if and {
		return &ir.And{Operands: nodes, At: n.Location().From}
	}
	return &ir.Or{Operands: nodes, At: n.Location().From}
}

func flatten(n ast.Node, and bool) []ast.Node {
	var operands []ast.Node
	for {
		b, ok := n.(*ast.BinaryNode)
		if !ok || (and && b.Operator != "and" && b.Operator != "&&") || (!and && b.Operator != "or" && b.Operator != "||") {
			operands = append(operands, n)
			slices.Reverse(operands)
			return operands
		}
		right := flatten(b.Right, and)
		slices.Reverse(right)
		operands = append(operands, right...)
		n = b.Left
	}
}

// chain finds a < b < c, which expr reads as a < b && b < c with one node for
// both b: no other text makes a node that is shared.
func chain(operands []ast.Node) (at int, ok bool) {
	for i := 1; i < len(operands); i++ {
		first, ok1 := operands[i-1].(*ast.BinaryNode)
		second, ok2 := operands[i].(*ast.BinaryNode)
		if ok1 && ok2 && first.Right == second.Left {
			return second.Location().From, true
		}
	}
	return 0, false
}
