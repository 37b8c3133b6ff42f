package resolve

import (
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/money"
)

// scope is what a limit per order counts together.
type scope struct {
	limit int // index in the policy
	order string
}

// Usage is what a scope of a limit holds: what earlier nights gave within the
// window, and tonight so far.
type Usage struct {
	count int
	sums  []sum // one per currency; few, so a list
}

// Used is what a limit counts of what its customer or order was given.
func (p *Policy) Used(l *rules.Limit, given []Given) *Usage {
	u := &Usage{}
	p.use(u, l, given)
	return u
}

// Use makes of a Usage what Used returns, in its memory.
func (p *Policy) Use(u *Usage, l *rules.Limit, given []Given) {
	*u = Usage{sums: u.sums[:0]}
	p.use(u, l, given)
}

func (p *Policy) use(u *Usage, l *rules.Limit, given []Given) {
	for _, g := range given {
		if l.Rules.Has(g.RuleID) && p.inWindow(g, l.WindowDays) {
			u.Add(g.Currency, g.Minor)
		}
	}
}

// Count is how many things were given, in all currencies.
func (u *Usage) Count() int { return u.count }

type sum struct {
	currency string
	minor    int64
	overflow bool // minor is not the sum
}

// Add counts one thing given.
func (u *Usage) Add(code string, minor int64) {
	u.count++
	i := slices.IndexFunc(u.sums, func(s sum) bool { return s.currency == code })
	if i < 0 {
		u.sums = append(u.sums, sum{currency: code, minor: minor})
		return
	}
	total, err := money.AddInts(u.sums[i].minor, minor)
	u.sums[i].minor, u.sums[i].overflow = total, u.sums[i].overflow || err != nil
}

// Sum is what they come to in a currency; with overflow it is not known.
func (u *Usage) Sum(code string) (minor int64, overflow bool) {
	for _, s := range u.sums {
		if s.currency == code {
			return s.minor, s.overflow
		}
	}
	return 0, false
}

// limit takes awards, in the order in which they go before each other, through
// the limits of their rules in file order. What passes all of them counts for those after it,
// held ones too, at their amounts.
func (n *Resolver) limit(decisions []*award.Decision) {
	usages := n.limits
	for _, d := range decisions {
		for i := range n.policy.Limits {
			l := &n.policy.Limits[i]
			if usages[i] = nil; !l.Rules.Has(d.Award.RuleID) {
				continue
			}
			usages[i] = n.usage(i, d.Incident)
			if !satisfied(d.Incident.Released(), LimitCause, l.ID) {
				n.apply(l, usages[i], d)
			}
			if d.Outcome == award.Denied {
				break
			}
		}
		if d.Outcome == award.Denied {
			continue
		}
		for _, u := range usages {
			if u != nil {
				u.Add(d.Incident.Currency, d.Minor)
			}
		}
	}
}

// usage returns what counts for an incident in a limit. An incident without an
// order is alone in a limit per order.
func (n *Resolver) usage(limit int, inc *award.Incident) *Usage {
	l := &n.policy.Limits[limit]
	if l.Per != rules.PerOrder {
		if n.customer[limit] == nil {
			n.customer[limit] = n.used(l, n.history.Customer(inc.Customer()))
		}
		return n.customer[limit]
	}
	if inc.Order() == "" {
		return n.used(l, nil)
	}
	key := scope{limit: limit, order: inc.Order()}
	u, ok := n.perOrder[key]
	if !ok {
		u = n.used(l, n.order(inc.Order()))
		n.perOrder[key] = u
	}
	return u
}

// used is Policy.Used in memory of the resolver's own.
func (n *Resolver) used(l *rules.Limit, given []Given) *Usage {
	var u *Usage
	if last := len(n.spare) - 1; last >= 0 {
		u, n.spare = n.spare[last], n.spare[:last]
	} else {
		u = &Usage{}
	}
	n.inUse = append(n.inUse, u)
	n.policy.Use(u, l, given)
	return u
}

// apply denies, trims or holds an award above a limit. A count cannot trim: it
// denies then.
func (n *Resolver) apply(l *rules.Limit, u *Usage, d *award.Decision) {
	code := d.Incident.Currency
	if l.HasCount && u.count >= l.MaxCount {
		n.exceed(l, d, 0, func() string { return fmt.Sprintf("exceeds a count of %d%s%s", l.MaxCount, l.Rules.Of(), n.window(l)) })
		return
	}
	if len(l.MaxAmount) == 0 {
		return
	}
	capMinor, ok := l.MaxAmount[code]
	usedMinor, overflow := u.Sum(code)
	switch {
	case !ok:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: "has no amount in " + code})
	case overflow:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: "overflow in the sum of credits in " + code})
	case d.Minor > capMinor-usedMinor: // neither is negative, so no overflow
		n.exceed(l, d, capMinor-usedMinor, func() string {
			return fmt.Sprintf("exceeds %s%s%s", money.Amount{Minor: capMinor, Currency: code}, l.Rules.Of(), n.window(l))
		})
	}
}

// exceed goes on with an award of which only leftMinor fit. Only a hold says why.
func (n *Resolver) exceed(l *rules.Limit, d *award.Decision, leftMinor int64, why func() string) {
	switch {
	case l.Exceed == rules.Hold:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: why()})
	case l.Exceed == rules.Trim && leftMinor >= n.policy.minAwardMinor(d.Incident.Currency):
		d.Minor = leftMinor
		n.lower(d, l)
	default:
		d.Verdict, d.Minor = n.verdict(award.Verdict{Outcome: award.Denied, Reason: n.only(l).By[0], Repeat: d.Repeat}), 0
		d.Free()
		n.lower(d, l)
	}
}

// lower says that a limit lowered an award. Most are lowered by one alone, and
// share what says so.
func (n *Resolver) lower(d *award.Decision, l *rules.Limit) {
	if only := n.only(l); d.Limits == nil {
		d.Limits = only
	} else {
		d.Limit(only.By[0])
	}
}

// only is what an award has that a limit lowered, and nothing else.
func (n *Resolver) only(l *rules.Limit) *award.Limits {
	if n.lowered[l] == nil {
		n.lowered[l] = &award.Limits{By: []string{LimitPrefix + l.ID}}
	}
	return n.lowered[l]
}

// window says how far back a limit counts, for people.
func (n *Resolver) window(l *rules.Limit) string {
	days := l.WindowDays
	if days == 0 {
		days = n.policy.HorizonDays
	}
	if days == 0 {
		return ""
	}
	return fmt.Sprintf(" in %d days", days)
}
