package check

import (
	"regexp"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

// in checks x in [a, b]: the list holds constants of the kind of x.
func (c *checker) in(n *ast.BinaryNode) ir.Node {
	if c.tightNot(n) {
		return nil
	}
	at := n.Location().From
	x := c.need(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok {
		if right := c.check(n.Right); right != nil {
			c.report(start(n.Right), badList, c.describe(right))
		}
		return nil
	}
	if len(list.Nodes) == 0 {
		c.report(start(list), emptyList)
		return nil
	}
	items := []ir.Node{x}
	for _, element := range list.Nodes {
		item := c.check(element)
		if item == nil {
			x = nil
			continue
		}
		if _, ok := item.(*ir.Const); !ok {
			c.report(start(element), badList, c.describe(item)+" that is not one")
			x = nil
		}
		items = append(items, item)
	}
	if x == nil {
		return nil
	}
	items, ok = c.unify("in", at, items...)
	if !ok {
		return nil
	}
	node := &ir.In{X: items[0], At: at}
	for _, item := range items[1:] {
		node.List = append(node.List, item.(*ir.Const).Value)
	}
	return node
}

// maxPatternBytes bounds what is compiled for matches.
const maxPatternBytes = 1000

func (c *checker) matches(n *ast.BinaryNode) ir.Node {
	if c.tightNot(n) {
		return nil
	}
	x := c.need(n.Left)
	literal, ok := n.Right.(*ast.StringNode)
	if !ok {
		c.report(start(n.Right), dynamicPattern)
		return nil
	}
	if len(literal.Value) > maxPatternBytes {
		c.report(start(literal), longPattern)
		return nil
	}
	pattern, err := regexp.Compile(literal.Value)
	if err != nil {
		c.report(start(literal), badPattern, err.Error())
		return nil
	}
	if x == nil {
		return nil
	}
	if x.Type().Kind != ir.String {
		c.report(start(n.Left), badOperand, "matches", c.describe(x), "it takes a text")
		return nil
	}
	return &ir.Match{X: x, Pattern: pattern, At: n.Location().From}
}
