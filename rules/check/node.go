package check

import (
	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

// check types one node of expr's tree. It returns nil where something is wrong
// and has been reported; whatever holds such a node is nil in turn, silently.
// This switch is the allow-list of the language.
func (c *checker) check(n ast.Node) ir.Node {
	node := c.narrow(c.typed(n))
	if node == nil || !c.grow(start(n), 1) {
		return nil
	}
	return node
}

func (c *checker) typed(n ast.Node) ir.Node {
	switch n := n.(type) {
	case *ast.BoolNode:
		return &ir.Const{Value: ir.BoolValue(n.Value), At: n.Location().From}
	case *ast.StringNode:
		return &ir.Const{Value: ir.StringValue(n.Value), At: n.Location().From}
	case *ast.IntegerNode:
		return c.number(n.Location().From, n.Location().To)
	case *ast.FloatNode:
		return c.number(n.Location().From, n.Location().To)
	case *ast.IdentifierNode:
		return c.name(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.function(n.Name, n.Location().From, n.Arguments)
	default:
		c.unsupported(n)
		return nil
	}
}

func (c *checker) unsupported(n ast.Node) {
	at := start(n)
	switch n.(type) {
	case *ast.NilNode:
		c.report(at, badNil)
	case *ast.ArrayNode:
		c.report(at, notLanguage, "a list on its own", `lists only stand after "in"`)
	case *ast.MapNode:
		c.report(at, notLanguage, "{...}", "use a table of the rulebook")
	case *ast.SliceNode:
		c.report(at, notLanguage, "a part [a:b]", "use startsWith, endsWith or matches for texts")
	case *ast.BytesNode:
		c.report(at, notLanguage, `b"..."`, "write a text without the b")
	default:
		c.report(at, notLanguage, "a function of list items", "rules see one row at a time")
	}
}

// start returns the rune offset at which a node begins: expr's own locations are
// those of operators, of brackets, or, after a ternary, of what follows it.
func start(n ast.Node) int {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return start(n.Left)
	case *ast.ConditionalNode:
		return start(n.Cond)
	case *ast.MemberNode:
		return start(n.Node)
	case *ast.SliceNode:
		return start(n.Node)
	case *ast.ChainNode:
		return start(n.Node)
	case *ast.UnaryNode:
		if at := start(n.Node); at < n.Location().From {
			return at // x not in y is not (x in y)
		}
		return n.Location().From
	default:
		return n.Location().From
	}
}

// need returns the node of n where it is not nullable, and reports it otherwise.
func (c *checker) need(n ast.Node) ir.Node {
	node := c.check(n)
	if node == nil || !node.Type().Nullable {
		return node
	}
	c.report(start(n), nullable, c.describe(node), c.source(node))
	return nil
}

// condition returns the node of an operand that must be a condition.
func (c *checker) condition(n ast.Node, operator string) ir.Node {
	node := c.need(n)
	if node == nil || node.Type().Kind == ir.Bool {
		return node
	}
	hint := `compare it with something`
	if operator == "not" {
		hint = `put what it denies in parentheses: "not (x > 5)"`
	}
	c.report(start(n), badCondition, operator, c.describe(node), hint)
	return nil
}

func (c *checker) unary(n *ast.UnaryNode) ir.Node {
	at := n.Location().From
	switch n.Operator {
	case "not", "!":
		x := c.condition(n.Node, "not")
		if x == nil {
			return nil
		}
		return &ir.Call{Op: ir.OpNot, Args: []ir.Node{x}, Kind: ir.Bool, At: at}
	case "-":
		x := c.need(n.Node)
		if x == nil {
			return nil
		}
		return c.apply(ir.OpNeg, at, x)
	default:
		c.report(at, notLanguage, `"`+n.Operator+`" before a value`, "leave it out")
		return nil
	}
}

// apply returns op on operands of which each has its final kind, or reports that
// no signature takes them. An operation on number literals is done at once.
func (c *checker) apply(op ir.Op, at int, args ...ir.Node) ir.Node {
	kinds := make([]ir.Kind, len(args))
	for i, arg := range args {
		kinds[i] = arg.Type().Kind
	}
	kind, ok := op.Result(kinds...)
	if !ok {
		c.refuse(op, at, args)
		return nil
	}
	call := &ir.Call{Op: op, Args: args, Kind: kind, At: at}
	return c.fold(call)
}

func (c *checker) conditional(n *ast.ConditionalNode) ir.Node {
	cond := c.condition(n.Cond, "? :")
	before := c.known
	var then, otherwise ir.Node
	c.known = before.with(c.whenTrue(cond))
	then = c.check(n.Exp1)
	c.known = before.with(c.whenFalse(cond))
	otherwise = c.check(n.Exp2)
	c.known = before
	if cond == nil || then == nil || otherwise == nil {
		return nil
	}
	both, ok := c.unify("? :", start(n.Exp1), then, otherwise)
	if !ok {
		return nil
	}
	return &ir.If{Cond: cond, Then: both[0], Else: both[1], At: start(n.Cond)}
}
