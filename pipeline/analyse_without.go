package pipeline

import (
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/money"
)

// decideWithout decides the night without a rule's awards where a budget may
// refuse some of what is left.
func (w *weighing) decideWithout(rule int) (standings, error) {
	w.locate()
	t, sums := slices.Clone(w.before), slices.Clone(w.sums)
	var changed []resolve.Claim
	var incidents []*award.Incident
	var decisions []*award.Decision
	resolver := w.scales[0].resolving
	for _, customer := range w.byRule[rule] {
		resolver.of(int(customer))
		incidents = incidents[:0]
		for i := resolver.first; i < resolver.end; i++ {
			d := w.night.resolved[i]
			if suppressedAtOnce(d) {
				continue
			}
			w.night.stood(d).addTo(w.place(&t, d.Incident.Currency), -1)
			if at := w.at[i]; at != noClaim {
				w.gone[at] = int32(rule)
				of := w.claims.budget(at)
				addClaim(sums, &of, -1)
			}
			if inc := incidentWithout(d, rule); inc != nil {
				incidents = append(incidents, inc)
			}
		}
		if len(incidents) == 0 {
			continue
		}
		var err error
		if decisions, err = resolver.Resolve(decisions[:0], incidents); err != nil {
			return nil, err
		}
		for _, d := range decisions {
			s := decidedAgain(d)
			s.addTo(w.place(&t, d.Incident.Currency), 1)
			if s.issued {
				changed = append(changed, w.purses.Claim(d, d.Minor))
			}
		}
	}
	w.settleWithout(t, sums, changed, int32(rule))
	return t, nil
}

// settleWithout takes what was resolved again, with the claims that stay, through
// budgets and guardrails. Sums are those of the claims that stay.
func (w *weighing) settleWithout(t standings, sums []money.Wide, changed []resolve.Claim, rule int32) {
	sums = append(sums, make([]money.Wide, len(w.purses.List())-len(sums))...)
	for i := range changed {
		addClaim(sums, &changed[i], 1)
	}
	another := false
	for purse, of := range sums {
		another = another || tooSmall(w.purses, int32(purse), of.Clamped()) && !slices.Contains(w.small, int32(purse))
	}
	slices.SortFunc(changed, func(a, b resolve.Claim) int { return award.Compare(a.Decision, b.Decision) })
	if another {
		w.settle(t, w.all(), changed, rule)
	} else {
		w.settle(t, w.tight, changed, rule)
	}
}

// all is the place of every claim.
func (w *weighing) all() []int32 {
	list := make([]int32, w.claims.len())
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

// settle takes what came to the budgets through them and the guardrails. Places
// are those of the night's claims that a budget may refuse, but for those that
// are gone with a rule; added ones, in order, came in their stead.
func (w *weighing) settle(t standings, places []int32, added []resolve.Claim, rule int32) {
	if w.purses != nil && len(places)+len(added) > 0 {
		w.spend(places, added, rule, func(c *resolve.Claim, v resolve.Verdict) {
			if !v.Refused {
				return
			}
			to := w.place(&t, c.Decision.Incident.Currency)
			s := stood{minor: c.Minor, issued: true, released: c.Decision.Incident.Released() != nil}
			s.addTo(to, -1)
			if s.issued = false; !v.Deny {
				s.addTo(to, 1)
			}
		})
	}
	for currency, i := range w.index {
		if i >= len(t) || t[i].fresh.Clamped() == 0 {
			continue
		}
		if len(w.guard.Exceeded(w.policy, money.Amount{Minor: t[i].fresh.Clamped(), Currency: currency})) > 0 {
			t[i].held.AddWide(t[i].fresh)
			t[i].fresh = money.Wide{}
		}
	}
}

// spend takes claims through the budgets in order, see settle. What is visited is
// valid until visit returns, and has a Decision where it is refused.
func (w *weighing) spend(places []int32, added []resolve.Claim, rule int32, visit func(*resolve.Claim, resolve.Verdict)) {
	spending := resolve.NewSpending(w.purses)
	take := func(c *resolve.Claim) { visit(c, spending.Take(c)) }
	var of resolve.Claim
	for _, i := range places {
		if rule != nobody && w.gone[i] == rule {
			continue
		}
		for len(added) > 0 && award.Compare(added[0].Decision, w.claims.decision(i)) < 0 {
			take(&added[0])
			added = added[1:]
		}
		of = w.claims.budget(i)
		v := spending.Take(&of)
		if v.Refused {
			of.Decision = w.claims.decision(i)
		}
		visit(&of, v)
	}
	for i := range added {
		take(&added[i])
	}
}
