package check

import (
	"amends/rules/ir"
)

// refuse reports operands that no signature of op takes, with what would do.
func (c *checker) refuse(op ir.Op, at int, args []ir.Node) {
	if len(args) == 2 && op.Infix() {
		c.report(at, mismatch, op.String(), c.describe(args[0]), c.describe(args[1]), c.infixHint(op, args[0], args[1]))
		return
	}
	hint := ""
	if f := functions[op.String()]; f != nil {
		hint = "write " + f.usage
	}
	bad := args[0]
	for i, arg := range args {
		if !takesAt(op, i, arg.Type().Kind) {
			bad = arg
			break
		}
	}
	switch {
	case op == ir.OpHoursBetween && bad.Type().Kind == ir.Date:
		hint = "for dates there is days_between"
	case op == ir.OpPct && bad.Type().Kind == ir.Money:
		hint = "write pct(amount, percent)"
	}
	name := op.String()
	if op == ir.OpNeg {
		c.report(at, badOperand, name, c.describe(bad), "only numbers, money and durations have a sign")
		return
	}
	c.report(at, badArgument, name, c.describe(bad), hint)
}

// takesAt reports whether some signature of op has a kind at a position.
func takesAt(op ir.Op, i int, kind ir.Kind) bool {
	for _, s := range op.Signatures() {
		if j := min(i, len(s.Args)-1); s.Args[j] == kind {
			return true
		}
	}
	return false
}

func (c *checker) infixHint(op ir.Op, left, right ir.Node) string {
	l, r := left.Type().Kind, right.Type().Kind
	either := func(a, b ir.Kind) bool { return (l == a && r == b) || (l == b && r == a) }
	switch {
	case op == ir.OpMul && l == ir.Money && r == ir.Money:
		return "multiply money by a number, such as 0.10"
	case op == ir.OpAdd && l == ir.String && r == ir.String:
		return "texts are not joined; a message has placeholders"
	case op == ir.OpDiv && r == ir.Money:
		return "only money is divided by money"
	case op == ir.OpSub && l == ir.Date && r == ir.Date:
		return "write days_between(earlier, later)"
	case either(ir.Int, ir.Duration), either(ir.Decimal, ir.Duration):
		return "make the number a duration: hours(n) or days(n)"
	case either(ir.Time, ir.Int), either(ir.Date, ir.Int), either(ir.Time, ir.Decimal), either(ir.Date, ir.Decimal):
		if op == ir.OpAdd || op == ir.OpSub {
			return "add days(n) or hours(n)"
		}
		return `a written date has quotes: "2026-01-31"; a number of days is days_between(earlier, later)`
	default:
		return c.meetHint(left, right)
	}
}

// meetHint says how two kinds could meet, or nothing.
func (c *checker) meetHint(left, right ir.Node) string {
	l, r := left.Type().Kind, right.Type().Kind
	either := func(a, b ir.Kind) bool { return (l == a && r == b) || (l == b && r == a) }
	switch {
	case either(ir.Time, ir.Date):
		return "make the time a date: date(t)"
	case either(ir.Time, ir.String):
		return `compare its date: date(t) == "2026-01-31"`
	case either(ir.Date, ir.String):
		return `write a date as "2026-01-31"`
	case either(ir.Money, ir.Int), either(ir.Money, ir.Decimal):
		return "a number is not an amount of money: multiply money by it, or use a table per currency: " + c.tableHint()
	case either(ir.String, ir.Int), either(ir.String, ir.Decimal), either(ir.String, ir.Money):
		return "a text is quoted and a number is not"
	case either(ir.Bool, ir.String), either(ir.Bool, ir.Int):
		return "a condition is true or false, without quotes"
	default:
		return ""
	}
}
