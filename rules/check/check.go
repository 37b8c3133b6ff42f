// Package check types the expressions that people write: expr's parser makes a
// tree of the text, and this package makes typed IR of the tree, or says what is
// wrong, all of it at once and where. What its switch does not name is not in the
// language. It leaves evaluation to others and knows no files.
package check

import (
	"strings"
	"unicode/utf8"

	"amends/rules/diag"
	"amends/rules/ir"
)

// Scope is what an expression may read. Nothing in it is changed, but Used.
type Scope struct {
	// Slots by the name that a rule writes: item_price, customer.tier, as_of;
	// amount in approvals; amount and remaining in voids.
	Slots        map[string]ir.Slot
	Dimensions   map[string]bool // the names of dimensions, for messages
	Tables       map[string]*ir.Table
	Defines      map[string]ir.Node // checked already; a use shares the node, and nil was reported before
	Currency     string             // the one currency of the source; "" where rows have several
	CurrencySlot string             // the name of the slot that holds the row's currency; "" where it is constant
	History      bool               // credits(N) and credited(N) exist: the customer is known
	Used         *ir.SlotSet        // slots are allocated here as they are read
}

// Want is what the place of an expression asks for.
type Want struct {
	Kind       ir.Kind // Invalid takes every kind
	NullableOK bool
}

// The limits on one expression. They are far above what people write, and low
// enough that no text can exhaust the stack of the parser or of an evaluator.
const (
	maxBytes  = 64 << 10
	maxTokens = 5_000
	maxDepth  = 200    // of brackets and of signs in a row
	maxNodes  = 10_000 // once defines are put in
)

// Expr checks one expression. The node is nil where the list has errors; the
// list may also hold warnings, and is in order of the text.
func Expr(text diag.Text, scope *Scope, want Want) (ir.Node, diag.List) {
	c := &checker{text: text, scope: scope, sizes: map[ir.Node]int{}}
	node := c.expression(want)
	c.list.Sort()
	if c.list.HasErrors() {
		return nil, c.list
	}
	return node, c.list
}

type checker struct {
	text  diag.Text
	runes []rune // of the source, since expr counts runes
	scope *Scope
	list  diag.List
	known facts
	sizes map[ir.Node]int // nodes below each define that was used, itself included
	size  int             // nodes so far, defines put in
}

func (c *checker) expression(want Want) ir.Node {
	source := c.text.Source
	switch {
	case len(source) > maxBytes:
		c.report(0, tooLong)
		return nil
	case !utf8.ValidString(source):
		c.report(0, notUTF8)
		return nil
	case strings.TrimSpace(source) == "":
		c.report(0, empty)
		return nil
	}
	c.runes = []rune(source)
	if !c.scanTokens() {
		return nil
	}
	tree := c.parse()
	if tree == nil {
		return nil
	}
	node := c.check(tree)
	if node == nil || c.list.HasErrors() {
		return nil
	}
	return c.wanted(node, want, start(tree))
}

// wanted returns node as the kind that its place asks for.
func (c *checker) wanted(node ir.Node, want Want, at int) ir.Node {
	if node.Type().Nullable && !want.NullableOK {
		c.report(at, nullableResult, c.describe(node), c.source(node))
		return nil
	}
	if want.Kind == ir.Invalid || node.Type().Kind == want.Kind {
		return node
	}
	converted, why := c.convert(node, want.Kind)
	switch why {
	case converts:
		return converted
	case severalCurrencies:
		c.report(at, bareAmount, c.tableHint())
	case malformedDate:
		c.report(at, badDate, c.describe(node))
	default:
		c.report(at, wrongResult, word(want.Kind), c.describe(node))
	}
	return nil
}

// report adds the diagnostic m at a rune offset of the text.
func (c *checker) report(at int, m message, args ...string) {
	what, hint := m.format(args)
	d := c.text.Diagnose(at, m.code, what, hint)
	if m.warning {
		d.Severity = diag.Warning
	}
	c.list.Add(d)
}

// grow counts nodes, and is false once there are too many.
func (c *checker) grow(at, nodes int) bool {
	if c.size > maxNodes {
		return false
	}
	c.size += nodes
	if c.size > maxNodes {
		c.report(at, tooLarge)
		return false
	}
	return true
}

// sizeOf returns how many nodes n has, a shared one counted at each use.
func (c *checker) sizeOf(n ir.Node) int {
	if size, ok := c.sizes[n]; ok {
		return size
	}
	size := 1
	for _, child := range ir.Children(n) {
		size = min(size+c.sizeOf(child), maxNodes+1)
	}
	c.sizes[n] = size
	return size
}
