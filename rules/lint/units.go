package lint

import (
	"strings"

	"amends/rules/diag"
	"amends/rules/ir"
)

// unit is what a number counts; "" where it cannot be told.
type unit string

var unitWords = map[string]unit{
	"day": "days", "days": "days", "hour": "hours", "hours": "hours", "hrs": "hours",
	"minute": "minutes", "minutes": "minutes", "mins": "minutes", "week": "weeks", "weeks": "weeks",
}

func notLetter(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

// unitOfName tells the unit of days_late or hours_open; of a name with two it
// tells none.
func unitOfName(name string, kind ir.Kind) unit {
	if kind != ir.Int && kind != ir.Decimal {
		return ""
	}
	found := unit("")
	for _, word := range strings.FieldsFunc(name, notLetter) {
		if u, ok := unitWords[word]; ok {
			if found != "" && found != u {
				return ""
			}
			found = u
		}
	}
	return found
}

func unitOf(n ir.Node, slots []ir.Slot) unit {
	switch n := n.(type) {
	case *ir.Named:
		if u := unitOf(n.X, slots); u != "" {
			return u
		}
		return unitOfName(n.Name, n.Type().Kind)
	case *ir.NotNull:
		return unitOf(n.X, slots)
	case *ir.Read:
		return unitOfName(slots[n.Slot].Column, n.Of.Kind)
	case *ir.Coalesce:
		return unitOf(n.X, slots)
	case *ir.If:
		return unitOf(n.Then, slots)
	case *ir.Call:
		switch n.Op {
		case ir.OpHoursBetween:
			return "hours"
		case ir.OpDaysBetween:
			return "days"
		case ir.OpWiden, ir.OpAbs, ir.OpRound, ir.OpFloor, ir.OpCeil, ir.OpNeg, ir.OpAdd, ir.OpSub, ir.OpMin, ir.OpMax, ir.OpClamp:
			for _, arg := range n.Args {
				if u := unitOf(arg, slots); u != "" {
					return u
				}
			}
		}
	}
	return ""
}

// units finds hours that are compared with days, and definitions whose names
// say another unit than they give.
func (l *linter) units() {
	for _, p := range l.places {
		for _, v := range p.visits {
			switch n := v.node.(type) {
			case *ir.Call:
				l.mixedUnits(n, v.at, p.slots)
			case *ir.Named:
				l.wrongName(n, p)
			}
		}
	}
}

func (l *linter) mixedUnits(n *ir.Call, at *diag.Text, slots []ir.Slot) {
	switch n.Op {
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe, ir.OpAdd, ir.OpSub, ir.OpMin, ir.OpMax, ir.OpClamp:
	default:
		return
	}
	first := n.Args[0]
	for _, arg := range n.Args[1:] {
		a, b := unitOf(first, slots), unitOf(arg, slots)
		if a != "" && b != "" && a != b {
			l.report(*at, n.At, "L026", msgUnits(words(first, slots), a, words(arg, slots), b), hintUnits)
			return
		}
		if a == "" {
			first = arg
		}
	}
}

func (l *linter) wrongName(n *ir.Named, p place) {
	says, gives := unitOfName(n.Name, n.Type().Kind), unitOf(n.X, p.slots)
	if says == "" || gives == "" || says == gives || p.source == nil {
		return
	}
	for _, d := range l.book.Defines[p.source.Name] {
		if d.Name == n.Name {
			l.report(d.At, 0, "L026", msgUnitName(n.Name, says, gives), hintUnits)
		}
	}
}
