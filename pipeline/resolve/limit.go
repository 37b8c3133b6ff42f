package resolve

import (
	"fmt"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/money"
)

// scope is what one limit counts together: a customer's credits (order is ""),
// or those of one order.
type scope struct {
	limit int // index in the policy
	order string
}

// usage is what a scope holds: earlier nights within the window, and tonight so far.
type usage struct {
	count    int
	minor    money.ByCurrency
	overflow map[string]bool // by currency: the sum is not known
}

func (u *usage) add(code string, minor int64) {
	u.count++
	if u.minor.Add(code, minor) == nil {
		return
	}
	if u.overflow == nil {
		u.overflow = map[string]bool{}
	}
	u.overflow[code] = true
}

// limit takes awards, in the order in which they go before each other, through
// the limits in file order. What passes all of them counts for those after it,
// held ones too, at their amounts.
func (n *night) limit(decisions []*award.Decision) {
	usages := make([]*usage, len(n.policy.Limits))
	for _, d := range decisions {
		for i := range n.policy.Limits {
			l := &n.policy.Limits[i]
			usages[i] = n.usage(i, d.Incident)
			if !satisfied(d.Incident.Release, LimitCause, l.ID) {
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
			u.add(d.Incident.Currency, d.Minor)
		}
	}
}

// usage returns what counts for an incident in a limit. An incident without an
// order is alone in a limit per order.
func (n *night) usage(limit int, inc *award.Incident) *usage {
	l := &n.policy.Limits[limit]
	key := scope{limit: limit}
	if l.Per == rules.PerOrder {
		key.order = inc.Order
	}
	if u, ok := n.usages[key]; ok {
		return u
	}
	u := &usage{minor: money.ByCurrency{}}
	if l.Per == rules.PerOrder && inc.Order == "" {
		return u
	}
	n.usages[key] = u
	given, id := n.history.Customer, inc.Customer
	if l.Per == rules.PerOrder {
		given, id = n.order, inc.Order
	}
	for _, g := range given(id) {
		if n.policy.inWindow(g, l.WindowDays) {
			u.add(g.Currency, g.Minor)
		}
	}
	return u
}

// apply denies, trims or holds an award above a limit. A count cannot trim: it
// denies then.
func (n *night) apply(l *rules.Limit, u *usage, d *award.Decision) {
	code := d.Incident.Currency
	if l.HasCount && u.count >= l.MaxCount {
		n.exceed(l, d, 0, fmt.Sprintf("exceeds a count of %d%s", l.MaxCount, n.window(l)))
		return
	}
	if len(l.MaxAmount) == 0 {
		return
	}
	capMinor, ok := l.MaxAmount[code]
	switch {
	case !ok:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: "has no amount in " + code})
	case u.overflow[code]:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: "overflow in the sum of credits in " + code})
	case d.Minor > capMinor-u.minor[code]: // neither is negative, so no overflow
		why := fmt.Sprintf("exceeds %s%s", money.Amount{Minor: capMinor, Currency: code}, n.window(l))
		n.exceed(l, d, capMinor-u.minor[code], why)
	}
}

// exceed goes on with an award of which only leftMinor fit.
func (n *night) exceed(l *rules.Limit, d *award.Decision, leftMinor int64, why string) {
	switch {
	case l.Exceed == rules.Hold:
		hold(d, award.Cause{Kind: LimitCause, ID: l.ID, Why: why})
	case l.Exceed == rules.Trim && leftMinor >= n.policy.minAwardMinor(d.Incident.Currency):
		d.Minor = leftMinor
		d.LimitedBy = append(d.LimitedBy, LimitPrefix+l.ID)
	default:
		deny(d, LimitPrefix+l.ID)
	}
}

// window says how far back a limit counts, for people.
func (n *night) window(l *rules.Limit) string {
	days := l.WindowDays
	if days == 0 {
		days = n.policy.HorizonDays
	}
	if days == 0 {
		return ""
	}
	return fmt.Sprintf(" in %d days", days)
}
