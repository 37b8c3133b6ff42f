package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// words shows expressions and values of one source to people.
type words struct {
	slots    []ir.Slot
	currency string // of the row: the unit of its money
}

// The precedences of operators, loosest first; an operand that binds looser
// than its operator is put in parentheses.
const (
	looseIf = iota
	looseCoalesce
	looseOr
	looseAnd
	looseCompare
	looseAdd
	looseMul
	looseUnary
	tight
)

var binding = map[ir.Op]int{
	ir.OpEq: looseCompare, ir.OpNe: looseCompare, ir.OpLt: looseCompare, ir.OpLe: looseCompare, ir.OpGt: looseCompare, ir.OpGe: looseCompare,
	ir.OpContains: looseCompare, ir.OpStartsWith: looseCompare, ir.OpEndsWith: looseCompare,
	ir.OpAdd: looseAdd, ir.OpSub: looseAdd, ir.OpMul: looseMul, ir.OpDiv: looseMul, ir.OpNot: looseUnary, ir.OpNeg: looseUnary,
}

// text is an expression as a rule writes it, definitions by their names.
func (w words) text(n ir.Node) string {
	text, _ := w.expression(n)
	return text
}

// operand is n as an operand of what binds with a precedence.
func (w words) operand(n ir.Node, binds int) string {
	text, own := w.expression(n)
	if own < binds {
		return "(" + text + ")"
	}
	return text
}

func (w words) operands(list []ir.Node, by string, binds int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = w.operand(n, binds)
	}
	return strings.Join(texts, by)
}

func (w words) expression(n ir.Node) (text string, binds int) {
	switch n := n.(type) {
	case *ir.Const:
		return w.literal(n.Value), tight
	case *ir.Read:
		return w.slots[n.Slot].Name, tight
	case *ir.Named:
		return n.Name, tight
	case *ir.NotNull:
		return w.expression(n.X)
	case *ir.And:
		return w.operands(n.Operands, " and ", looseAnd+1), looseAnd
	case *ir.Or:
		return w.operands(n.Operands, " or ", looseOr+1), looseOr
	case *ir.If:
		return w.operand(n.Cond, looseIf+1) + " ? " + w.operand(n.Then, looseIf+1) + " : " + w.operand(n.Else, looseIf+1), looseIf
	case *ir.Coalesce:
		return w.operand(n.X, tight) + " ?? " + w.operand(n.Else, tight), looseCoalesce
	case *ir.IsNull:
		return w.operand(n.X, looseAdd) + " == nil", looseCompare
	case *ir.In:
		list := make([]string, len(n.List))
		for i, v := range n.List {
			list[i] = w.literal(v)
		}
		return w.operand(n.X, looseAdd) + " in [" + strings.Join(list, ", ") + "]", looseCompare
	case *ir.Match:
		return w.operand(n.X, looseAdd) + " matches " + ir.Literal(ir.StringValue(n.Pattern.String())), looseCompare
	case *ir.Lookup:
		return w.lookup(n), tight
	case *ir.Call:
		return w.call(n)
	}
	return ir.Print(n, w.slots), looseIf // unreachable: the switch is complete
}

// literal is a constant; 20.0 is written 20, and hours(48) days(2).
func (w words) literal(v ir.Value) string {
	switch {
	case v.Kind == ir.Decimal || v.Kind == ir.Money:
		return money.Decimal(v.I).String()
	case v.Kind == ir.Duration && v.I != 0 && v.I%dayMicros == 0:
		return fmt.Sprintf("days(%d)", v.I/dayMicros)
	case v.Kind == ir.Duration:
		return strings.Replace(ir.Literal(v), ".0)", ")", 1)
	}
	return ir.Literal(v)
}

func (w words) lookup(n *ir.Lookup) string {
	var b strings.Builder
	b.WriteString(n.Name)
	for _, step := range n.Steps {
		if step.Index == nil {
			b.WriteString("." + step.Key)
			continue
		}
		b.WriteString("[" + w.text(step.Index) + "]")
	}
	return b.String()
}

func (w words) call(n *ir.Call) (text string, binds int) {
	own := binding[n.Op]
	switch {
	case n.Op == ir.OpWiden:
		return w.expression(n.Args[0])
	case n.Op == ir.OpNot:
		if null, ok := n.Args[0].(*ir.IsNull); ok {
			return w.operand(null.X, looseAdd) + " != nil", looseCompare
		}
		return "not " + w.operand(n.Args[0], tight), own
	case n.Op == ir.OpNeg:
		return "-" + w.operand(n.Args[0], tight), own
	case n.Op.Infix():
		return w.operand(n.Args[0], own) + " " + n.Op.String() + " " + w.operand(n.Args[1], own+1), own
	}
	return n.Op.String() + "(" + w.operands(n.Args, ", ", looseIf) + ")", tight
}

const (
	hourMicros = 3_600_000_000
	dayMicros  = 24 * hourMicros
)

// value is a value as people read it.
func (w words) value(v ir.Value) string {
	switch v.Kind {
	case ir.Invalid:
		if code := v.Fault(); code != ir.NoFault {
			return "unknown (" + code.String() + ")"
		}
		return "null"
	case ir.Money:
		return w.money(money.Decimal(v.I))
	case ir.Date:
		return calendar.Date(v.I).String()
	case ir.Time:
		return calendar.Instant(v.I).String()
	case ir.Duration:
		return hours(v.I)
	}
	return w.literal(v)
}

// money shows an amount; one between two minor units with all of its digits.
func (w words) money(d money.Decimal) string {
	a, err := d.ToMinor(w.currency, money.HalfEven)
	if err == nil {
		if back, err := a.Decimal(); err == nil && back == d {
			return report.Amount(a.Minor, w.currency)
		}
	}
	return d.String() + " " + w.currency
}

// hours shows a duration in days where they are whole, otherwise in hours.
func hours(micros int64) string {
	if micros != 0 && micros%dayMicros == 0 {
		return report.Counted(micros/dayMicros, "day", "days")
	}
	d, err := money.DivInts(micros, hourMicros, money.HalfEven)
	if err != nil {
		return ir.Literal(ir.Value{Kind: ir.Duration, I: micros})
	}
	return d.String() + " h"
}

// outcomeOf sorts a condition's value into true, false, unknown and fault.
func outcomeOf(v ir.Value, fault *ir.Fault) (outcome, why string) {
	switch {
	case fault == nil && v.Null():
		return report.IsUnknown, ir.UnexpectedNull.String()
	case fault == nil && v.I != 0:
		return report.IsTrue, ""
	case fault == nil:
		return report.IsFalse, ""
	case fault.Code == ir.UnexpectedNull, fault.Code == ir.MissingRow, fault.Code == ir.ConflictingRow:
		return report.IsUnknown, fault.Error()
	}
	return report.IsFault, fault.Error()
}
