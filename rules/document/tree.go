package document

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"amends/rules/diag"
)

type kind uint8

const (
	nothing kind = iota // null, or a key without a value
	scalar
	list
	mapping
)

type style uint8

const (
	plain style = iota
	singleQuoted
	doubleQuoted
	literal
	folded
)

// Node is one value of a document. Its methods report what is wrong with it;
// those that read a value return false then. A nil Node is a key that is not
// there: its methods report nothing and return zero values.
type Node struct {
	doc   *Document
	kind  kind
	style style
	flow  bool      // a map in braces
	text  diag.Text // a scalar's text; otherwise empty, at the value's place
	items []*Node
	pairs []Pair
}

// Pair is one key of a map and its value.
type Pair struct {
	Key   string
	At    diag.Text // the key, at its place
	Value *Node     // never nil
}

// build converts the library's tree. What it does not know is reported.
func (d *Document) build(n ast.Node, depth int) *Node {
	node := &Node{doc: d}
	if n == nil {
		node.text = d.place(nil)
		return node
	}
	tk := n.GetToken()
	node.text = d.place(tk)
	if depth > MaxDepth {
		node.Report(d.codes.Syntax, tooDeep(), "")
		return node
	}
	switch n := n.(type) {
	case *ast.NullNode:
		if tk != nil && tk.Type == token.NullType {
			node.text.Source = tk.Value
		}
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		node.kind = scalar
		node.text = d.scalarText(tk, tk.Value, plain)
	case *ast.StringNode:
		node.kind, node.style = scalar, quotes[tk.Type]
		node.text = d.scalarText(tk, n.Value, node.style)
	case *ast.LiteralNode:
		node.kind, node.style = scalar, literal
		if n.Start.Type == token.FoldedType {
			node.style = folded
		}
		node.text = d.blockText(n.Start, n.Value.Value, node.style)
	case *ast.SequenceNode:
		node.kind = list
		for _, item := range n.Values {
			node.items = append(node.items, d.build(item, depth+1))
		}
	case *ast.MappingNode:
		node.kind, node.flow = mapping, n.IsFlowStyle
		if !n.IsFlowStyle && len(n.Values) > 0 && n.Values[0].Key != nil {
			node.text = d.place(n.Values[0].Key.GetToken())
		}
		d.addPairs(node, n.Values, depth)
	case *ast.MappingValueNode:
		node.kind = mapping
		d.addPairs(node, []*ast.MappingValueNode{n}, depth)
	default:
		node.Report(d.codes.Syntax, unsupportedNode(n), "")
	}
	return node
}

var quotes = map[token.Type]style{token.SingleQuoteType: singleQuoted, token.DoubleQuoteType: doubleQuoted}

// addPairs fills a map; of a key that is written twice the first counts.
func (d *Document) addPairs(node *Node, values []*ast.MappingValueNode, depth int) {
	lines := make(map[string]int, len(values))
	for _, value := range values {
		tk := value.Key.GetToken()
		key := d.scalarText(tk, tk.Value, quotes[tk.Type])
		switch value.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		default:
			d.list.Add(key.Diagnose(0, d.codes.Syntax, unsupportedNode(value.Key), "a key is a single word or a text in quotes"))
			continue
		}
		if node.flow && d.decimalComma(node, value, key) {
			continue
		}
		line, repeated := lines[key.Source]
		if repeated {
			d.list.Add(key.Diagnose(0, d.codes.DuplicateKey, duplicateKey(key.Source, line), ""))
		}
		built := d.build(value.Value, depth+1)
		if repeated {
			continue
		}
		at, _ := key.At(0)
		lines[key.Source] = at.Line
		if built.kind == nothing && built.text.Source == "" {
			built.text = diag.Text{Parts: key.Parts} // a key without a value: there is no better place
		}
		node.pairs = append(node.pairs, Pair{Key: key.Source, At: key, Value: built})
	}
}

// decimalComma reports {EUR: 4,50}, which YAML reads as a number and a key without
// a value, where the map's last value and this key are digits that only a comma parts.
func (d *Document) decimalComma(node *Node, pair *ast.MappingValueNode, key diag.Text) bool {
	if _, empty := pair.Value.(*ast.NullNode); !empty || len(node.pairs) == 0 || !digits(key.Source) {
		return false
	}
	whole := node.pairs[len(node.pairs)-1].Value
	number := whole.text.Source + "," + key.Source
	if whole.kind != scalar || whole.style != plain || CommaHint(number) == "" {
		return false
	}
	from, _ := whole.text.At(0)
	at, _ := key.At(0)
	if at.Line != from.Line || at.Col != from.Col+len(whole.text.Source)+1 {
		return false
	}
	d.list.Add(whole.text.Diagnose(0, d.codes.BadValue, CommaInNumber(number), CommaHint(number)))
	return true
}

// Report adds a diagnostic at the node's place.
func (n *Node) Report(code, message, hint string) {
	if n != nil {
		n.doc.list.Add(n.text.Diagnose(0, code, message, hint))
	}
}

// At returns the node's place, as a Text whose Source is the scalar's text. A
// nil Node has none.
func (n *Node) At() diag.Text {
	if n == nil {
		return diag.Text{}
	}
	return n.text
}

// Line returns the node's line in the file, counted from 1; 0 for a nil Node.
func (n *Node) Line() int {
	pos, _ := n.At().At(0)
	return pos.Line
}

// describe says what a node is, for "expected ..., found ...".
func (n *Node) describe() string {
	switch n.kind {
	case nothing:
		return "nothing"
	case list:
		return "a list"
	case mapping:
		return "a map"
	default:
		return fmt.Sprintf("%.60q", n.text.Source)
	}
}
