// Package scalar is what the operations of the language mean, for one value at a
// time: total functions of values to values and faults, which both evaluators
// share. It leaves nulls, the law of faults and control flow to them.
package scalar

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"amends/rules/calendar"
	"amends/rules/ir"
)

// Apply returns op on args, which are of one of its signatures and not null;
// zone is the row's, and nil is UTC. What no signature takes is OutOfDomain.
func Apply(op ir.Op, args []ir.Value, zone *time.Location) (ir.Value, ir.FaultCode) {
	var buffer [4]ir.Kind
	kinds := buffer[:0]
	for _, arg := range args {
		kinds = append(kinds, arg.Kind)
	}
	result, ok := op.Result(kinds...)
	if !ok {
		return ir.Value{}, ir.OutOfDomain
	}
	switch result {
	case ir.String:
		return ir.StringValue(text(op, args[0].S)), ir.NoFault
	case ir.Bool:
		return ir.BoolValue(holds(op, args)), ir.NoFault
	}
	i, fault := number(op, args, zone)
	if fault != ir.NoFault {
		return ir.Value{}, fault
	}
	return ir.Value{Kind: result, I: i}, ir.NoFault
}

func text(op ir.Op, s string) string {
	switch op {
	case ir.OpLower:
		return strings.ToLower(s)
	case ir.OpUpper:
		return strings.ToUpper(s)
	default:
		return strings.TrimSpace(s)
	}
}

func holds(op ir.Op, args []ir.Value) bool {
	if op == ir.OpNot {
		return args[0].I == 0
	}
	a, b := args[0], args[1]
	switch op {
	case ir.OpContains:
		return strings.Contains(a.S, b.S)
	case ir.OpStartsWith:
		return strings.HasPrefix(a.S, b.S)
	case ir.OpEndsWith:
		return strings.HasSuffix(a.S, b.S)
	}
	order := Compare(a, b)
	switch op {
	case ir.OpEq:
		return order == 0
	case ir.OpNe:
		return order != 0
	case ir.OpLt:
		return order < 0
	case ir.OpLe:
		return order <= 0
	case ir.OpGt:
		return order > 0
	default:
		return order >= 0
	}
}

// Compare returns -1, 0 or 1 as a is below, equal to or above b, two values of
// one kind that are not null. Strings compare bytewise, false is below true.
func Compare(a, b ir.Value) int {
	return cmp.Or(cmp.Compare(a.I, b.I), strings.Compare(a.S, b.S))
}

func number(op ir.Op, args []ir.Value, zone *time.Location) (int64, ir.FaultCode) {
	switch op {
	case ir.OpMin, ir.OpMax:
		best := args[0].I
		for _, arg := range args[1:] {
			if op == ir.OpMin {
				best = min(best, arg.I)
			} else {
				best = max(best, arg.I)
			}
		}
		return best, ir.NoFault
	case ir.OpClamp:
		return Clamp(args[0].I, args[1].I, args[2].I)
	}
	if len(args) == 1 {
		return unary(op, args[0], zone)
	}
	return binary(op, args[0], args[1])
}

func unary(op ir.Op, arg ir.Value, zone *time.Location) (int64, ir.FaultCode) {
	switch op {
	case ir.OpNeg:
		return Neg(arg.I)
	case ir.OpWiden:
		return Widen(arg.I)
	case ir.OpAbs:
		return Abs(arg.I)
	case ir.OpFloor:
		return Floor(arg.I)
	case ir.OpCeil:
		return Ceil(arg.I)
	case ir.OpHours:
		return Hours(arg.I)
	case ir.OpDays:
		return Days(arg.I)
	case ir.OpDate:
		return DateOf(arg.I, zone)
	case ir.OpWeekday:
		return Weekday(arg.I)
	case ir.OpLen:
		return int64(utf8.RuneCountInString(arg.S)), ir.NoFault
	default:
		return 0, ir.OutOfDomain
	}
}

func binary(op ir.Op, a, b ir.Value) (int64, ir.FaultCode) {
	switch op {
	case ir.OpAdd:
		return add(a, b)
	case ir.OpSub:
		return sub(a, b)
	case ir.OpMul:
		if a.Kind == ir.Int || b.Kind == ir.Int {
			return Mul(a.I, b.I)
		}
		return MulDecimal(a.I, b.I)
	case ir.OpDiv:
		return DivDecimal(a.I, b.I)
	case ir.OpPct:
		return Pct(a.I, b.I)
	case ir.OpRound:
		return Round(a.I, b.I)
	case ir.OpDaysBetween:
		return Sub(b.I, a.I)
	case ir.OpHoursBetween:
		return HoursBetween(a.I, b.I)
	default:
		return 0, ir.OutOfDomain
	}
}

func add(a, b ir.Value) (int64, ir.FaultCode) {
	switch {
	case a.Kind == ir.Time:
		return AddTime(a.I, b.I)
	case b.Kind == ir.Time:
		return AddTime(b.I, a.I)
	case a.Kind == ir.Date:
		return AddDate(a.I, b.I)
	case b.Kind == ir.Date:
		return AddDate(b.I, a.I)
	default:
		return Add(a.I, b.I)
	}
}

func sub(a, b ir.Value) (int64, ir.FaultCode) {
	switch {
	case a.Kind == ir.Time && b.Kind == ir.Duration:
		return SubTime(a.I, b.I)
	case a.Kind == ir.Date:
		return SubDate(a.I, b.I)
	default:
		return Sub(a.I, b.I)
	}
}

// DateOf returns the calendar day of a time in a zone, UTC where it is nil. A
// time or a day outside the years 1 to 9999 is OutOfDomain.
func DateOf(t int64, zone *time.Location) (int64, ir.FaultCode) {
	if zone == nil {
		zone = time.UTC
	}
	if !calendar.Instant(t).Valid() {
		return 0, ir.OutOfDomain
	}
	date := calendar.DateOf(calendar.Instant(t), zone)
	if !date.Valid() {
		return 0, ir.OutOfDomain
	}
	return int64(date), ir.NoFault
}

// Weekday returns the day of the week of a date: Monday is 1 and Sunday 7. A day
// outside the years 1 to 9999 is OutOfDomain.
func Weekday(date int64) (int64, ir.FaultCode) {
	if _, fault := day(date, ir.NoFault); fault != ir.NoFault {
		return 0, ir.OutOfDomain
	}
	return int64(calendar.Date(date).Weekday()), ir.NoFault
}
