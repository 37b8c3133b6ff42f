package lint

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"amends/rules/ir"
)

// band is a rule as an interval of one subject, under a condition that other
// rules have too.
type band struct {
	rule   *rule
	domain domain
}

// bandKinds are what bands are made of. Dates are not: between two storms there
// is a time without.
var bandKinds = map[ir.Kind]bool{ir.Int: true, ir.Decimal: true, ir.Money: true, ir.Duration: true}

// bands finds gaps and overlaps between rules that differ only in the ends of
// one value.
func (l *linter) bands() {
	for _, s := range l.sources {
		groups := map[string][]band{}
		subjects := map[string]int{}
		var keys []string // in the order of the rules
		for _, r := range s.rules {
			if !r.live() || len(r.hits) == 0 || len(r.hits[0]) != 1 || s.space.byCurrency(r.When.Node) {
				continue
			}
			for _, c := range r.hits[0][0] {
				n := s.space.nodes[c.subject]
				if n == nil || !c.domain.bounded() || !bandKinds[n.Type().Kind] {
					continue
				}
				key := r.rest(c.subject)
				if groups[key] == nil {
					keys = append(keys, key)
				}
				groups[key] = append(groups[key], band{r, c.domain})
				subjects[key] = c.subject
			}
		}
		for _, key := range keys {
			l.compareBands(s, subjects[key], groups[key])
		}
	}
}

// rest writes the condition of a rule but for one subject, and its dates: rules
// of one rest differ in that subject alone.
func (r *rule) rest(subject int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %d %v %d", subject, r.Rule.HasFrom, r.Rule.From, r.Rule.HasUntil, r.Rule.Until)
	for _, c := range r.hits[0][0] {
		if c.subject != subject {
			fmt.Fprintf(&b, " %d%+v", c.subject, c.domain)
		}
	}
	return b.String()
}

func (l *linter) compareBands(s *source, subject int, bands []band) {
	slices.SortStableFunc(bands, func(a, b band) int {
		return cmp.Or(cmp.Compare(a.domain.lo, b.domain.lo), cmp.Compare(a.domain.hi, b.domain.hi))
	})
	name := words(l.nameOf(s, s.space.nodes[subject]), s.program.Slots)
	kind := s.space.nodes[subject].Type().Kind
	for i := 1; i < len(bands); i++ {
		below, above := bands[i-1], bands[i]
		if below.domain.hi == math.MaxInt64 || above.domain.lo == math.MinInt64 {
			continue
		}
		gap := between(below.domain.hi+1, above.domain.lo-1)
		switch {
		case gap.lo <= gap.hi:
			if !s.covered(below.rule, subject, gap) {
				l.report(above.rule.When.Text, 0, "L023", msgGap(below.rule.Rule.ID, above.rule.Rule.ID, interval(name, kind, gap)), hintGap)
			}
		case below.domain.lo < above.domain.lo && below.domain.hi >= above.domain.lo && below.domain.hi < above.domain.hi:
			both := between(above.domain.lo, below.domain.hi)
			l.report(above.rule.When.Text, 0, "L024", msgOverlap(below.rule.Rule.ID, above.rule.Rule.ID, interval(name, kind, both)), hintOverlap)
		}
	}
}

// covered reports whether some rule hits every row of a gap.
func (s *source) covered(like *rule, subject int, gap domain) bool {
	rows := slices.Clone(like.hits[0][0])
	for i := range rows {
		if rows[i].subject == subject {
			rows[i].domain = gap
		}
	}
	for _, r := range s.rules {
		if r.live() && like.within(r) && !region(region{rows}).meets(r.misses[0]) {
			return true
		}
	}
	return false
}

// nameOf returns a use of the definition that gives n, or n.
func (l *linter) nameOf(s *source, n ir.Node) ir.Node {
	found := n
	for _, r := range s.rules {
		ir.Walk(r.When.Node, func(other ir.Node) {
			if named, ok := other.(*ir.Named); ok && found == n && ir.Unwrap(named) == n {
				found = named
			}
		})
	}
	return found
}
