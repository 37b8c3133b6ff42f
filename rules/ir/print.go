package ir

import (
	"strconv"
	"strings"

	"amends/rules/calendar"
	"amends/rules/money"
)

// Print returns n as a rule would write it, with every operation in
// parentheses and defines written out. Where the kinds that constants take from
// their context are the same again, checking the text gives an expression with
// the same values and faults; offsets differ.
func Print(n Node, slots []Slot) string {
	var p printer
	p.slots = slots
	p.node(n)
	return p.b.String()
}

type printer struct {
	b     strings.Builder
	slots []Slot
}

func (p *printer) node(n Node) {
	switch n := n.(type) {
	case *Const:
		p.b.WriteString(Literal(n.Value))
	case *Read:
		p.b.WriteString(p.slots[n.Slot].Name)
	case *Named:
		p.node(n.X)
	case *NotNull:
		p.node(n.X)
	case *And:
		p.infix(" and ", n.Operands...)
	case *Or:
		p.infix(" or ", n.Operands...)
	case *If:
		p.b.WriteByte('(')
		p.node(n.Cond)
		p.b.WriteString(" ? ")
		p.node(n.Then)
		p.b.WriteString(" : ")
		p.node(n.Else)
		p.b.WriteByte(')')
	case *Coalesce:
		p.infix(" ?? ", n.X, n.Else)
	case *IsNull:
		p.b.WriteByte('(')
		p.node(n.X)
		p.b.WriteString(" == nil)")
	case *In:
		p.b.WriteByte('(')
		p.node(n.X)
		p.b.WriteString(" in [")
		for i, v := range n.List {
			if i > 0 {
				p.b.WriteString(", ")
			}
			p.b.WriteString(Literal(v))
		}
		p.b.WriteString("])")
	case *Match:
		p.b.WriteByte('(')
		p.node(n.X)
		p.b.WriteString(" matches " + quote(n.Pattern.String()) + ")")
	case *Lookup:
		p.lookup(n)
	case *Call:
		p.call(n)
	}
}

func (p *printer) infix(operator string, operands ...Node) {
	p.b.WriteByte('(')
	for i, operand := range operands {
		if i > 0 {
			p.b.WriteString(operator)
		}
		p.node(operand)
	}
	p.b.WriteByte(')')
}

func (p *printer) lookup(n *Lookup) {
	p.b.WriteString(n.Name)
	for _, step := range n.Steps {
		p.b.WriteByte('[')
		if step.Index == nil {
			p.b.WriteString(quote(step.Key))
		} else {
			p.node(step.Index)
		}
		p.b.WriteByte(']')
	}
}

func (p *printer) call(n *Call) {
	switch {
	case n.Op == OpWiden:
		p.b.WriteByte('(')
		p.node(n.Args[0])
		p.b.WriteString(" * 1.0)")
	case n.Op == OpNot, n.Op == OpNeg:
		p.b.WriteString("(" + n.Op.String() + " ")
		p.node(n.Args[0])
		p.b.WriteByte(')')
	case n.Op.Infix():
		p.infix(" "+n.Op.String()+" ", n.Args...)
	default:
		p.b.WriteString(n.Op.String() + "(")
		for i, arg := range n.Args {
			if i > 0 {
				p.b.WriteString(", ")
			}
			p.node(arg)
		}
		p.b.WriteByte(')')
	}
}

// microsPerMicroHour is how many microseconds a millionth of an hour has.
const microsPerMicroHour = 3600

// Literal returns a constant as a rule writes it: 10, 0.1, "prime", true,
// date("2026-01-31"), hours(168), nil. A decimal or an amount of money always
// has a point. A time has no literal and is shown as its text.
func Literal(v Value) string {
	switch v.Kind {
	case Invalid:
		return "nil"
	case Bool:
		return strconv.FormatBool(v.I != 0)
	case Int:
		return signed(strconv.FormatInt(v.I, 10))
	case Decimal, Money:
		return signed(decimalText(v.I))
	case Date:
		return "date(" + strconv.Quote(calendar.Date(v.I).String()) + ")"
	case Time:
		return strconv.Quote(calendar.Instant(v.I).String())
	case Duration:
		if v.I%microsPerMicroHour != 0 {
			return strconv.FormatInt(v.I, 10) + "µs"
		}
		return "hours(" + decimalText(v.I/microsPerMicroHour) + ")"
	default:
		return quote(v.S)
	}
}

func decimalText(millionths int64) string {
	text := money.Decimal(millionths).String()
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// signed puts a negative number in parentheses, so that it can stand anywhere.
func signed(number string) string {
	if strings.HasPrefix(number, "-") {
		return "(" + number + ")"
	}
	return number
}

// quote returns s as a string literal that expr reads: it has no escape that Go
// has and expr lacks, and no byte that is not UTF-8.
func quote(s string) string { return strconv.Quote(strings.ToValidUTF8(s, "\uFFFD")) }
