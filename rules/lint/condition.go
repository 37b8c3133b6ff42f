package lint

import (
	"strings"

	"amends/rules/ir"
)

// conditions finds rules that never hit, or hit every row, and those whose time
// has passed.
func (l *linter) conditions() {
	for _, s := range l.sources {
		for _, r := range s.rules {
			l.reach(r)
			if l.HasDate && r.Rule.HasUntil && r.Rule.Until < l.Today {
				l.report(r.Rule.At, 0, "L027", msgPast(r.Rule.ID, r.Rule.Until, l.Today), hintPast)
			}
		}
	}
}

func (l *linter) reach(r *rule) {
	var never []string
	always := true
	for i, currency := range r.source.currencies {
		if len(r.hits[i]) == 0 {
			never = append(never, currency)
		}
		always = always && len(r.misses[i]) == 0
	}
	switch {
	case len(never) == len(r.source.currencies):
		offset, why := r.contradiction(0)
		l.report(r.When.Text, offset, "L020", msgNever(r.Rule.ID, "", why), hintNever)
	case len(never) > 0:
		l.report(r.When.Text, 0, "L020", msgNever(r.Rule.ID, " in "+strings.Join(never, ", "), ""), hintNeverCurrency)
	case always && r.Rule.Table == nil: // a table covers every row, and gives nothing in some of its own
		l.report(r.When.Text, 0, "L021", msgAlways(r.Rule.ID, r.source.Name), hintAlways)
	}
}

// contradiction finds two parts of a condition that no row can fulfil at once:
// where the later stands, and both in words.
func (r *rule) contradiction(currency int) (offset int, why string) {
	and, ok := ir.Unwrap(r.When.Node).(*ir.And)
	if !ok {
		return 0, ""
	}
	_, inDefine := r.When.Node.(*ir.Named)
	s := r.source
	regions := make([]region, len(and.Operands))
	for j, operand := range and.Operands {
		regions[j] = s.space.region(operand, false, s.currencies[currency])
		if !inDefine {
			offset = operand.Offset()
		}
		if len(regions[j]) == 0 {
			return offset, "\"" + r.words(operand) + "\" is never true"
		}
		for i := range j {
			if !regions[i].meets(regions[j]) {
				return offset, "\"" + r.words(and.Operands[i]) + "\" and \"" + r.words(operand) + "\" exclude each other"
			}
		}
	}
	return 0, ""
}

// pairs finds rules of one source that never count because of another.
func (l *linter) pairs() {
	for _, s := range l.sources {
		for j, later := range s.rules {
			if !later.live() || later.nowhere() {
				continue
			}
			for _, other := range s.rules[:j] {
				if other.live() && later.within(other) && !other.nowhere() && implies(later, other) && l.pair(later, other) {
					break
				}
			}
		}
	}
}

// nowhere reports whether the rule hits no row: that is said already.
func (r *rule) nowhere() bool {
	for _, hits := range r.hits {
		if len(hits) > 0 {
			return false
		}
	}
	return true
}

// implies reports whether each row that a hits is hit by b as well, or has no
// value there and is rejected for that.
func implies(a, b *rule) bool {
	for i := range a.hits {
		if a.hits[i].meets(b.misses[i]) {
			return false
		}
	}
	return true
}

// pair says what is wrong with a rule all of whose rows another before it hits
// too.
func (l *linter) pair(r, other *rule) bool {
	switch {
	case r.atMost(other):
		l.report(r.Rule.At, 0, "L022", msgShadowed(r.Rule.ID, other.Rule.ID, l.at(other.Rule.At)), hintShadowed)
	case other.within(r) && implies(other, r):
		l.report(r.Rule.At, 0, "L025", msgSame(r.Rule.ID, other.Rule.ID, l.at(other.Rule.At)), hintSame)
	default:
		return false
	}
	return true
}
