package lint

import "amends/rules"

// takesAway finds limits of some rules that leave a customer with less than
// without these rules: of the rules that hit, the highest award alone goes to
// the limits, and where its own denies it, no other takes its place. A limit that
// holds is decided by a person.
func (l *linter) takesAway(limit rules.Limit) {
	if len(limit.Rules) == 0 || limit.Exceed == rules.Hold {
		return
	}
	for _, s := range l.sources {
		for _, r := range s.rules {
			if !r.live() || !limit.Rules.Has(r.Rule.ID) {
				continue
			}
			for _, other := range s.rules {
				if other.live() && !limit.Rules.Has(other.Rule.ID) && r.meets(other) && r.beats(other) {
					l.report(limit.At, 0, "L047", msgTakesAway(limit, r.Rule.ID, other.Rule.ID, l.at(other.Rule.At)), hintTakesAway)
					return
				}
			}
		}
	}
}

// beats reports whether the rule's award may win over the other's: it may be
// higher, or is always the same and stands first.
func (r *rule) beats(o *rule) bool {
	return !r.atMost(o) || o.atMost(r) && r.Index < o.Index
}

// meets reports whether both rules can hit one row, as far as their conditions
// tell.
func (r *rule) meets(o *rule) bool {
	if r.Rule.HasUntil && o.Rule.HasFrom && r.Rule.Until < o.Rule.From || o.Rule.HasUntil && r.Rule.HasFrom && o.Rule.Until < r.Rule.From {
		return false
	}
	for i := range r.hits {
		if r.hits[i].meets(o.hits[i]) {
			return true
		}
	}
	return false
}
