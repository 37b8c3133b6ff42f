package check

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

// currencyName always denotes the row's currency, whatever its column is called.
const currencyName = "currency"

func (c *checker) name(n *ast.IdentifierNode) ir.Node {
	at, name := n.Location().From, n.Value
	if slot, ok := c.scope.Slots[name]; ok {
		return c.read(slot, at)
	}
	if name == currencyName {
		if slot, ok := c.scope.Slots[c.scope.CurrencySlot]; ok {
			return c.read(slot, at)
		}
		if c.scope.Currency != "" {
			return &ir.Const{Value: ir.StringValue(c.scope.Currency), At: at}
		}
	}
	if node, ok := c.scope.Defines[name]; ok {
		if node == nil || !c.grow(at, c.sizeOf(node)) {
			return nil
		}
		return &ir.Named{Name: name, X: node, At: at}
	}
	switch table, isTable := c.scope.Tables[name]; {
	case isTable:
		c.report(at, wholeTable, name, tableExample(name, table))
	case c.scope.Dimensions[name]:
		c.report(at, wholeDimension, name, strings.Join(c.fields(name), ", "))
	case functions[name] != nil:
		c.report(at, bareFunction, name, functions[name].usage)
	default:
		c.report(at, unknownName, c.nameHint(name), name)
	}
	return nil
}

func (c *checker) read(slot ir.Slot, at int) ir.Node {
	return &ir.Read{Slot: c.scope.Used.Index(slot), Of: slot.Type, At: at}
}

func (c *checker) nameHint(name string) string {
	if nullWord(name) {
		return "write nil"
	}
	switch strings.ToLower(name) {
	case "true", "yes":
		return "write true"
	case "false", "no":
		return "write false"
	case "now", "today":
		return "rules see as_of and business_date, never a clock"
	}
	if hint := c.fieldHint(name); hint != "" {
		return hint
	}
	names := slices.Collect(maps.Keys(c.scope.Slots))
	for _, more := range []map[string]bool{present(c.scope.Defines), present(c.scope.Tables), c.scope.Dimensions} {
		names = slices.AppendSeq(names, maps.Keys(more))
	}
	if hint := didYouMean(name, names); hint != "" {
		return hint
	}
	if strings.HasPrefix(name, "$") {
		return hintAmountBare
	}
	return "a text is quoted: " + strconv.Quote(shorten(name))
}

// fieldHint finds a dimension that has a column of the name alone.
func (c *checker) fieldHint(name string) string {
	for _, dimension := range slices.Sorted(maps.Keys(c.scope.Dimensions)) {
		if _, ok := c.scope.Slots[dimension+"."+name]; ok {
			return `did you mean "` + dimension + "." + name + `"?`
		}
	}
	return ""
}

func present[V any](m map[string]V) map[string]bool {
	names := make(map[string]bool, len(m))
	for name := range m {
		names[name] = true
	}
	return names
}

// fields returns the columns of a dimension, sorted.
func (c *checker) fields(dimension string) []string {
	var fields []string
	for name := range c.scope.Slots {
		if field, ok := strings.CutPrefix(name, dimension+"."); ok {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// pathStep is one .key or [key] or [index] after a name.
type pathStep struct {
	key   string
	index ast.Node // nil for a constant key
	at    int
}

// path takes a.b[c] apart; root is nil where it does not begin with a name.
func path(n *ast.MemberNode) (root *ast.IdentifierNode, steps []pathStep) {
	for {
		step := pathStep{at: n.Property.Location().From}
		if key, ok := n.Property.(*ast.StringNode); ok {
			step.key = key.Value
		} else {
			step.index, step.at = n.Property, start(n.Property)
		}
		steps = append(steps, step)
		switch below := n.Node.(type) {
		case *ast.MemberNode:
			n = below
		case *ast.IdentifierNode:
			slices.Reverse(steps)
			return below, steps
		default:
			return nil, nil
		}
	}
}

func (c *checker) member(n *ast.MemberNode) ir.Node {
	root, steps := path(n)
	if root == nil {
		if node := c.check(n.Node); node != nil {
			c.report(start(n), noEntries, c.describe(node))
		}
		return nil
	}
	if c.scope.Dimensions[root.Value] {
		return c.field(root, steps)
	}
	if table, ok := c.scope.Tables[root.Value]; ok {
		return c.lookup(root, table, steps)
	}
	if node := c.name(root); node != nil {
		c.report(root.Location().From, noEntries, root.Value)
	}
	return nil
}

func (c *checker) field(root *ast.IdentifierNode, steps []pathStep) ir.Node {
	at := root.Location().From
	if steps[0].index != nil {
		c.report(steps[0].at, badOperand, root.Value+"[...]", "a name that rows decide", "name a column: "+strings.Join(c.fields(root.Value), ", "))
		return nil
	}
	slot, ok := c.scope.Slots[root.Value+"."+steps[0].key]
	if !ok {
		fields := c.fields(root.Value)
		hint := didYouMean(steps[0].key, fields)
		if hint == "" && len(fields) > 0 {
			hint = "it has " + shortList(fields)
		}
		c.report(steps[0].at, unknownField, hint, root.Value, steps[0].key)
		return nil
	}
	if len(steps) > 1 {
		c.report(at, noEntries, slot.Name)
		return nil
	}
	return c.read(slot, at)
}
