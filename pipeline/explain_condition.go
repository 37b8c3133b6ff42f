package pipeline

import (
	"slices"
	"strings"
	"unsafe"

	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
	"amends/rules/vm"
)

// reader evaluates parts of expressions on one row.
type reader struct {
	words
	row   ir.Row
	place func(diag.Pos) string
	parts parts // nil: none are kept
}

// parts are the evaluators of parts of expressions that were met: those of one rule
// are asked for again for each row that is explained, and to make one takes a
// hundred times as long as to use it. One goroutine uses them.
type parts map[part]*vm.Program

// part is a node, read with the slots of a source, known by the first of them.
type part struct {
	node  ir.Node
	slots *ir.Slot
}

// eval evaluates any node of a checked expression.
func (r *reader) eval(n ir.Node) (ir.Value, *ir.Fault) {
	if constant, ok := n.(*ir.Const); ok {
		return constant.Value, nil
	}
	of := part{n, unsafe.SliceData(r.slots)}
	program := r.parts[of]
	if program == nil {
		var err error
		if program, err = vm.Compile(n, r.slots); err != nil { // unreachable: the node is part of an expression that was lowered whole
			return ir.Value{}, &ir.Fault{Code: ir.OutOfDomain, Detail: err.Error()}
		}
		if r.parts != nil {
			r.parts[of] = program
		}
	}
	return program.Eval(&r.row)
}

// shown is the value of a node for people.
func (r *reader) shown(n ir.Node) string {
	v, fault := r.eval(n)
	if fault != nil {
		_, why := outcomeOf(v, fault)
		return "unknown (" + why + ")"
	}
	return r.value(v)
}

// guard explains a condition that is a whole expression.
func (r *reader) guard(e *rules.Expr) (outcome string, conditions []report.ExplainedCondition) {
	v, fault := e.Eval(&r.row)
	outcome, _ = outcomeOf(v, fault)
	operands := conjuncts(e.Node)
	written := split(e.Text.Source)
	for i, n := range operands {
		text := r.text(n)
		if _, and := e.Node.(*ir.And); (and || len(operands) == 1) && len(written) == len(operands) {
			text = written[i] // as the author wrote it
		}
		conditions = append(conditions, r.condition(e, n, text))
	}
	return outcome, conditions
}

// conjuncts are the conditions that must all hold: the operands of `and`, also
// of one that a definition names.
func conjuncts(n ir.Node) []ir.Node {
	inner := n
	if named, ok := n.(*ir.Named); ok {
		inner = named.X
	}
	and, ok := inner.(*ir.And)
	if !ok {
		return []ir.Node{n}
	}
	var all []ir.Node
	for _, operand := range and.Operands {
		all = append(all, conjuncts(operand)...)
	}
	return all
}

// split cuts an expression at each `and` or && outside brackets and texts. It
// gives nothing where a comment could hide one.
func split(source string) []string {
	if strings.Contains(source, "//") || strings.Contains(source, "/*") || strings.Contains(source, "#") {
		return nil
	}
	var parts []string
	depth, from := 0, 0
	var quote rune
	escaped := false
	for i, c := range source {
		switch {
		case quote != 0:
			if c == quote && !escaped {
				quote = 0
			}
			escaped = c == '\\' && !escaped && quote != '`'
		case c == '"' || c == '\'' || c == '`':
			quote, escaped = c, false
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case depth == 0 && i >= from:
			if n := andAt(source, i); n > 0 {
				parts = append(parts, source[from:i])
				from = i + n
			}
		}
	}
	parts = append(parts, source[from:])
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	return parts
}

// andAt is how long the `and` is that begins at i; 0 where none does.
func andAt(source string, i int) int {
	if strings.HasPrefix(source[i:], "&&") {
		return len("&&")
	}
	const and = "and"
	ends := func(at int) bool {
		return at < 0 || at >= len(source) || strings.ContainsRune(" \t\r\n()[]\"'", rune(source[at]))
	}
	if strings.HasPrefix(source[i:], and) && ends(i-1) && ends(i+len(and)) {
		return len(and)
	}
	return 0
}

func (r *reader) condition(e *rules.Expr, n ir.Node, text string) report.ExplainedCondition {
	v, fault := r.eval(n)
	at, _ := e.Text.At(n.Offset())
	c := report.ExplainedCondition{Text: text, Place: r.place(at), Values: r.reads(n)}
	c.Outcome, c.Fault = outcomeOf(v, fault)
	if or, ok := ir.Unwrap(n).(*ir.Or); ok {
		for _, side := range or.Operands {
			c.Parts = append(c.Parts, r.condition(e, side, r.text(side)))
		}
	}
	if c.Outcome == report.IsFalse {
		c.Threshold = r.threshold(n)
	}
	return c
}

// reads are the definitions, table entries and slots that an expression reads,
// and what it computes to compare, each once and before what it is made of.
func (r *reader) reads(n ir.Node) []report.ExplainedValue {
	values := []report.ExplainedValue{}
	see := func(name string, value func() string) {
		if !slices.ContainsFunc(values, func(v report.ExplainedValue) bool { return v.Name == name }) {
			values = append(values, report.ExplainedValue{Name: name, Value: value()})
		}
	}
	ir.Walk(n, func(n ir.Node) {
		switch n := n.(type) {
		case *ir.Call:
			for _, side := range n.Args {
				if call, ok := side.(*ir.Call); ok && mirror[n.Op] != ir.NoOp && call.Op != ir.OpWiden {
					see(r.text(side), func() string { return r.shown(side) })
				}
			}
		case *ir.Named:
			see(n.Name, func() string { return r.shown(n) })
		case *ir.Lookup:
			see(r.text(n), func() string { return r.shown(n) })
		case *ir.Read:
			see(r.slots[n.Slot].Name, func() string { return r.value(r.row.Values[n.Slot]) })
		}
	})
	return values
}

var (
	inverse = map[ir.Op]ir.Op{ir.OpLt: ir.OpGe, ir.OpLe: ir.OpGt, ir.OpGt: ir.OpLe, ir.OpGe: ir.OpLt, ir.OpEq: ir.OpNe, ir.OpNe: ir.OpEq}
	mirror  = map[ir.Op]ir.Op{ir.OpLt: ir.OpGt, ir.OpLe: ir.OpGe, ir.OpGt: ir.OpLt, ir.OpGe: ir.OpLe, ir.OpEq: ir.OpEq, ir.OpNe: ir.OpNe}
)

// threshold says what a condition that is false would have needed, and for an
// order between two values how far it was from it. It is nil for what is no
// comparison.
func (r *reader) threshold(n ir.Node) *report.ExplainedThreshold {
	negated := false
	n = ir.Unwrap(n)
	for {
		not, ok := n.(*ir.Call)
		if !ok || not.Op != ir.OpNot {
			break
		}
		negated, n = !negated, ir.Unwrap(not.Args[0])
	}
	switch n := n.(type) {
	case *ir.In:
		list := make([]string, len(n.List))
		for i, v := range n.List {
			list[i] = r.literal(v)
		}
		return &report.ExplainedThreshold{Expression: r.text(n.X), Value: r.shown(n.X), Needs: not(negated) + "one of " + strings.Join(list, ", ")}
	case *ir.Match:
		return &report.ExplainedThreshold{Expression: r.text(n.X), Value: r.shown(n.X), Needs: not(negated) + "a match of " + ir.Literal(ir.StringValue(n.Pattern.String()))}
	case *ir.Read:
		return &report.ExplainedThreshold{Expression: r.text(n), Value: r.shown(n), Needs: ir.Literal(ir.BoolValue(!negated))}
	case *ir.Call:
		return r.comparison(n, negated)
	}
	return nil
}

func not(negated bool) string {
	if negated {
		return "not "
	}
	return ""
}

func (r *reader) comparison(n *ir.Call, negated bool) *report.ExplainedThreshold {
	op := n.Op
	if mirror[op] == ir.NoOp {
		return nil
	}
	if negated {
		op = inverse[op]
	}
	left, right := n.Args[0], n.Args[1]
	if _, constant := ir.Unwrap(left).(*ir.Const); constant {
		left, right, op = right, left, mirror[op]
	}
	x, fault := r.eval(left)
	if fault != nil {
		return nil
	}
	bound, fault := r.eval(right)
	if fault != nil {
		return nil
	}
	t := &report.ExplainedThreshold{Expression: r.text(left), Value: r.value(x), Needs: r.value(bound)}
	if _, constant := ir.Unwrap(right).(*ir.Const); !constant {
		t.Needs += " (" + r.text(right) + ")"
	}
	switch op {
	case ir.OpNe:
		t.Needs = "other than " + t.Needs
	case ir.OpGt:
		t.Needs, t.Distance = "more than "+t.Needs, r.distance(bound, x, "short")
	case ir.OpGe:
		t.Needs, t.Distance = t.Needs+" or more", r.distance(bound, x, "short")
	case ir.OpLt:
		t.Needs, t.Distance = "less than "+t.Needs, r.distance(x, bound, "over")
	case ir.OpLe:
		t.Needs, t.Distance = t.Needs+" or less", r.distance(x, bound, "over")
	}
	return t
}

// distance is high − low for people; "" where their kind has no distance.
func (r *reader) distance(high, low ir.Value, word string) string {
	by, err := money.SubInts(high.I, low.I)
	if err != nil || high.Kind == ir.String || high.Kind == ir.Bool {
		return ""
	}
	if by == 0 {
		return "exactly there"
	}
	v := ir.Value{Kind: high.Kind, I: by}
	switch high.Kind {
	case ir.Date:
		return report.Counted(by, "day", "days") + " " + word
	case ir.Time:
		v.Kind = ir.Duration
	}
	return r.value(v) + " " + word
}
