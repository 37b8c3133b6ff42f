package lint

import (
	"slices"
	"strings"

	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// amounts looks at what each rule gives.
func (l *linter) amounts() {
	for _, s := range l.sources {
		for _, r := range s.rules {
			l.amountOf(r)
			if r.Rule.Table == nil { // a table's amount is a choice between its rows
				l.clock(r)
				l.parts(r)
			}
		}
	}
}

// amountOf holds the whole amount to its bounds and to the event's value.
func (l *linter) amountOf(r *rule) {
	s := r.source
	value := s.valueNode()
	var nothing, uncapped []string
	above := value != nil
	for _, currency := range s.currencies {
		b := s.space.bounds(r.Amount.Node, currency)
		if b.hasHi() && b.hi <= 0 {
			nothing = append(nothing, currency)
		}
		bounded := b.hasHi() || value != nil && r.Rule.Uncapped && s.space.atMost(r.Amount.Node, value, currency)
		if !bounded && (r.Rule.Uncapped || !l.cappedElsewhere(r)) {
			uncapped = append(uncapped, currency)
		}
		if value != nil {
			above = above && s.space.atMost(value, r.Amount.Node, currency) && !s.space.atMost(r.Amount.Node, value, currency)
		}
	}
	switch {
	case len(nothing) > 0:
		l.report(r.Amount.Text, 0, "L018", msgNothing(r.Rule.ID, inCurrencies(nothing, s.currencies)), commaOr(r.Amount.Text.Source, hintNothing))
	case above && !r.Rule.Uncapped:
		l.report(r.Amount.Text, 0, "L010", msgAbove(r.Rule.ID, s.Value), hintAbove)
	case len(uncapped) > 0 && r.Rule.Uncapped:
		l.report(r.Amount.Text, 0, "L012", msgUncapped(r.Rule.ID, s.Value, inCurrencies(uncapped, s.currencies)), hintUncapped)
	case len(uncapped) > 0:
		l.report(r.Amount.Text, 0, "L011", msgNoCap(r.Rule.ID, inCurrencies(uncapped, s.currencies)), hintNoCap)
	}
}

// inCurrencies is " in EUR, USD" where some and not all are meant.
func inCurrencies(some, all []string) string {
	if len(some) == len(all) {
		return ""
	}
	return " in " + strings.Join(some, ", ")
}

// valueNode is the column that awards are held to; nil where no expression reads
// it, so that none can be compared with it.
func (s *source) valueNode() ir.Node {
	i := slices.IndexFunc(s.program.Slots, func(slot ir.Slot) bool { return slot.Name == s.Value })
	if i < 0 {
		return nil
	}
	return &ir.Read{Slot: i, Of: ir.Type{Kind: ir.Money}}
}

// cappedElsewhere reports whether a limit bounds sums of a rule's awards, or a
// person looks at large ones.
func (l *linter) cappedElsewhere(r *rule) bool {
	s := r.source
	for _, limit := range l.book.Limits {
		if len(limit.MaxAmount) > 0 && limit.Rules.Has(r.Rule.ID) {
			return true
		}
	}
	for _, approval := range s.program.Approvals {
		for _, slot := range approval.When.Reads {
			if s.program.Slots[slot].Origin == ir.FromAward {
				return true
			}
		}
	}
	return false
}

// clock finds amounts that another night would give otherwise.
func (l *linter) clock(r *rule) {
	for _, v := range l.visit(r.source, r.Amount) {
		if read, ok := v.node.(*ir.Read); ok {
			if slot := r.source.program.Slots[read.Slot]; slot.Origin == ir.FromRun && (slot.Name == "as_of" || slot.Name == "business_date") {
				l.report(r.Amount.Text, offsetIn(r.Amount.Text, *v.at, read), "L015", msgClock(r.Rule.ID, slot.Name), hintClock)
				return
			}
		}
	}
}

// offsetIn is the offset of n where it stands in the text itself, and 0 where it
// stands in a definition.
func offsetIn(text, at diag.Text, n ir.Node) int {
	if text.Source == at.Source && len(text.Parts) > 0 && len(at.Parts) > 0 && text.Parts[0].Pos == at.Parts[0].Pos {
		return n.Offset()
	}
	return 0
}

// parts looks at single operations of amounts: factors, percentages, and floors
// above caps.
func (l *linter) parts(r *rule) {
	for _, v := range l.visit(r.source, r.Amount) {
		call, ok := v.node.(*ir.Call)
		if !ok {
			continue
		}
		switch call.Op {
		case ir.OpMul:
			l.percent(r, call, *v.at)
		case ir.OpPct:
			l.pct(r, call, *v.at)
		case ir.OpClamp, ir.OpMin, ir.OpMax:
			l.floor(r, call, *v.at)
		}
	}
}

// The factors of money that look like a percentage: a tenth is 0.10, and ten
// times the price is not meant.
const (
	leastPercentFactor = 2 * int64(money.One)
	mostPercent        = 100 * int64(money.One)
)

func (l *linter) percent(r *rule, call *ir.Call, at diag.Text) {
	if call.Kind != ir.Money {
		return
	}
	for i, arg := range call.Args {
		factor, ok := ir.Unwrap(arg).(*ir.Const)
		if !ok || factor.Value.Kind != ir.Decimal || factor.Value.I < leastPercentFactor || !readsColumn(call.Args[1-i]) {
			continue
		}
		l.report(at, factor.At, "L013", msgPercent(factor.Value, words(call.Args[1-i], r.source.program.Slots)), commaOr(at.Source, hintPercent(factor.Value)))
	}
}

// readsColumn reports whether rows decide n, more than by their currency.
func readsColumn(n ir.Node) bool {
	found := false
	ir.Walk(n, func(n ir.Node) {
		if read, ok := n.(*ir.Read); ok && read.Of.Kind == ir.Money {
			found = true
		}
	})
	return found
}

func (l *linter) pct(r *rule, call *ir.Call, at diag.Text) {
	percent, ok := ir.Unwrap(call.Args[1]).(*ir.Const)
	if !ok {
		return
	}
	of := words(call.Args[0], r.source.program.Slots)
	switch p := percent.Value; {
	case p.I > 0 && p.I < int64(money.One):
		l.report(at, percent.At, "L013", msgSmallPct(p, of), hintSmallPct(p))
	case p.I > mostPercent:
		l.report(at, percent.At, "L013", msgLargePct(p, of), "")
	}
}

// floor finds floors above their caps.
func (l *linter) floor(r *rule, call *ir.Call, at diag.Text) {
	s := r.source
	for _, currency := range s.currencies {
		b := make([]bounds, len(call.Args))
		for i, arg := range call.Args {
			b[i] = s.space.bounds(arg, currency)
		}
		var least, most bounds // the floor, and what is below it
		switch call.Op {
		case ir.OpClamp:
			least, most = b[1], b[2]
		default:
			i := slices.IndexFunc(call.Args, func(n ir.Node) bool { _, constant := s.space.constant(n, currency); return constant })
			if i < 0 || len(call.Args) != 2 {
				return
			}
			if _, op := parts(ir.Unwrap(call.Args[1-i])); op == ir.NoOp || op == call.Op {
				return
			}
			least, most = b[i], b[1-i]
			if call.Op == ir.OpMin {
				least, most = most, least
			}
		}
		if least.hasLo() && most.hasHi() && least.lo > most.hi {
			l.report(at, call.At, "L014", msgFloor(r.Rule.ID, least.lo, most.hi, currency), hintFloor)
			return
		}
	}
}
