package check

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

func isNil(n ast.Node) bool {
	_, ok := n.(*ast.NilNode)
	return ok
}

// strayNull reports a null or None that is meant for nil, so that what it is
// compared with is not reported as well.
func (c *checker) strayNull(n ast.Node) bool {
	name, ok := n.(*ast.IdentifierNode)
	if !ok || !nullWord(name.Value) {
		return false
	}
	if _, ok := c.scope.Slots[name.Value]; ok {
		return false
	}
	c.check(n)
	return true
}

func nullWord(name string) bool {
	switch strings.ToLower(name) {
	case "null", "none", "undefined":
		return true
	default:
		return false
	}
}

func (c *checker) isNull(n *ast.BinaryNode) ir.Node {
	operand := n.Left
	if isNil(operand) {
		operand = n.Right
	}
	if isNil(operand) {
		c.report(n.Location().From, badNil)
		return nil
	}
	x := c.check(operand)
	if x == nil {
		return nil
	}
	at := n.Location().From
	if !x.Type().Nullable {
		c.report(at, neverNull, c.describe(x), n.Operator+" nil")
	}
	var node ir.Node = &ir.IsNull{X: x, At: at}
	if n.Operator == "!=" {
		node = &ir.Call{Op: ir.OpNot, Args: []ir.Node{node}, Kind: ir.Bool, At: at}
	}
	return node
}

func (c *checker) coalesce(n *ast.BinaryNode) ir.Node {
	at := n.Location().From
	x, otherwise := c.check(n.Left), c.check(n.Right)
	if x == nil || otherwise == nil {
		return nil
	}
	if !x.Type().Nullable {
		c.report(at, neverNull, c.describe(x), "??")
	}
	if x.Type() == (ir.Type{Kind: ir.Int, Nullable: true}) && otherwise.Type() == (ir.Type{Kind: ir.Decimal}) {
		// An int that may be null has no decimal to become, so: x == nil ? d : decimal(x).
		known, _ := c.widen(&ir.NotNull{X: x, Name: c.source(x), At: x.Offset()})
		return &ir.If{Cond: &ir.IsNull{X: x, At: at}, Then: otherwise, Else: known, At: at}
	}
	both, ok := c.unify("??", at, x, otherwise)
	if !ok {
		return nil
	}
	return &ir.Coalesce{X: both[0], Else: both[1], At: at}
}
