package resolve

import (
	"cmp"
	"slices"

	"amends/pipeline/award"
	"amends/rules/money"
)

// combine gives each order its highest award, less what the order already got.
// Incidents without an order stand alone.
func (n *Resolver) combine(decisions []*award.Decision) {
	slices.SortFunc(decisions, func(a, b *award.Decision) int {
		return cmp.Or(
			cmp.Compare(a.Incident.Order(), b.Incident.Order()),
			cmp.Compare(a.Incident.Currency, b.Incident.Currency),
			award.Compare(a, b),
		)
	})
	for len(decisions) > 0 {
		order := decisions[0].Incident.Order()
		end := slices.IndexFunc(decisions, func(d *award.Decision) bool { return d.Incident.Order() != order })
		if end < 0 {
			end = len(decisions)
		}
		if order != "" {
			n.combineOrder(decisions[:end])
		}
		decisions = decisions[end:]
	}
}

// combineOrder takes the awards of one order, sorted by currency. Amounts of two
// currencies, tonight's or given, cannot be compared: the highest of each is held.
func (n *Resolver) combineOrder(decisions []*award.Decision) {
	given := n.order(decisions[0].Incident.Order())
	several := decisions[0].Incident.Currency != decisions[len(decisions)-1].Incident.Currency
	for len(decisions) > 0 {
		code := decisions[0].Incident.Currency
		end := slices.IndexFunc(decisions, func(d *award.Decision) bool { return d.Incident.Currency != code })
		if end < 0 {
			end = len(decisions)
		}
		gotMinor, others, err := n.got(given, code)
		if err != nil {
			gotMinor = 0 // not known: the winner is held with all of its amount
		}
		winner := n.combineCurrency(decisions[:end], gotMinor)
		switch {
		case winner == nil:
		case err != nil:
			hold(winner, award.Cause{Kind: CombineCause, ID: CombineID, Why: err.Error() + " in what the order got"})
		case several || others:
			hold(winner, award.Cause{Kind: CombineCause, ID: CombineID, Why: "the order has amounts in other currencies than " + code})
		}
		decisions = decisions[end:]
	}
}

// got sums what an order was given in a currency within the horizon, and says
// whether it was given anything in another.
func (n *Resolver) got(given []Given, code string) (minor int64, others bool, err error) {
	for _, g := range given {
		switch {
		case !n.policy.inWindow(g, 0):
		case g.Currency != code:
			others = true
		case err == nil:
			minor, err = money.AddInts(minor, g.Minor)
		}
	}
	return minor, others, err
}

// combineCurrency suppresses all awards of one order and currency but the one
// that leaves most after what the order got, ties to the first in order. It
// returns that one, or nil where nothing is left.
func (n *Resolver) combineCurrency(decisions []*award.Decision, gotMinor int64) *award.Decision {
	winner := decisions[0]
	for _, d := range decisions[1:] {
		if netMinor(d, gotMinor) > netMinor(winner, gotMinor) {
			winner = d
		}
	}
	for _, d := range decisions {
		if d != winner {
			n.suppress(d, Combined)
		}
	}
	left := netMinor(winner, gotMinor)
	if left == winner.Minor {
		return winner
	}
	winner.Limit(LimitedByCombine)
	if left < n.policy.minAwardMinor(winner.Incident.Currency) {
		n.suppress(winner, Combined)
		return nil
	}
	winner.Minor = left
	return winner
}

// netMinor is what an award leaves for its order. What the order got counts
// against the whole award: a released amount was netted when it was held, and
// must not be netted again for the same earlier credit.
func netMinor(d *award.Decision, gotMinor int64) int64 {
	return min(d.Minor, max(d.GrossMinor-gotMinor, 0)) // neither is negative
}
