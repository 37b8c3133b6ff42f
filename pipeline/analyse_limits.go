package pipeline

import (
	"math"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/rules"
)

// limited counts what limits did to an award. One that several of them lowered counts
// for the last of these, as in the summary.
func (s *scale) limited(d *award.Decision) {
	limit := func(id string) int {
		return slices.IndexFunc(s.policy.Limits, func(l rules.Limit) bool { return l.ID == id })
	}
	switch d.Outcome {
	case award.Denied:
		if id, by := strings.CutPrefix(d.Reason, resolve.LimitPrefix); by {
			s.limits.Denied(limit(id), d.Incident.Currency, d.GrossMinor)
		}
		return
	case award.Issued, award.Held:
	default:
		return
	}
	if lowered := d.LimitedBy(); len(lowered) > 0 && d.Minor < d.GrossMinor {
		if id, by := strings.CutPrefix(lowered[len(lowered)-1], resolve.LimitPrefix); by {
			s.limits.Trimmed(limit(id), d.Incident.Currency, d.GrossMinor-d.Minor)
		}
	}
	for _, cause := range d.Causes() {
		if cause.Kind == resolve.LimitCause {
			s.limits.Held(limit(cause.ID), d.Incident.Currency)
		}
	}
}

// stands says where the customer at hand and its orders, where they get something
// tonight, stand in limits after it: what earlier nights gave within a limit's
// window, as limits count it, and tonight's awards that are issued or held in the end.
func (s *scale) stands() {
	if len(s.policy.Limits) == 0 {
		return
	}
	list := s.getting[:0]
	for _, d := range s.list {
		if d.Outcome == award.Issued || d.Outcome == award.Held {
			list = append(list, d)
		}
	}
	if s.getting = list; len(list) == 0 {
		return
	}
	id := list[0].Incident.Customer()
	for i := range s.policy.Limits {
		if s.policy.Limits[i].Per == rules.PerCustomer {
			s.stand(i, id, s.Customer(id), list)
		}
	}
	s.orders(list)
}

// orders does the same for each order among a customer's awards.
func (s *scale) orders(list []*award.Decision) {
	perOrder := func(l rules.Limit) bool { return l.Per == rules.PerOrder }
	if !slices.ContainsFunc(s.policy.Limits, perOrder) {
		return
	}
	slices.SortStableFunc(list, func(a, b *award.Decision) int { return strings.Compare(a.Incident.Order(), b.Incident.Order()) })
	for len(list) > 0 {
		order, end := list[0].Incident.Order(), 1
		for end < len(list) && list[end].Incident.Order() == order {
			end++
		}
		if order != "" { // one that stands alone is in no limit with anything
			history := s.Order(order)
			for i := range s.policy.Limits {
				if perOrder(s.policy.Limits[i]) {
					s.stand(i, order, history, list[:end])
				}
			}
		}
		list = list[end:]
	}
}

// stand says where one customer or order stands, in each currency of tonight.
func (s *scale) stand(limit int, id string, history []resolve.Given, tonight []*award.Decision) {
	l := &s.policy.Limits[limit]
	counts := func(d *award.Decision) bool { return l.Rules.Has(d.Award.RuleID) }
	used := &s.used
	s.policy.Use(used, l, history)
	for _, d := range tonight {
		if !counts(d) {
			continue
		}
		used.Add(d.Incident.Currency, d.Minor)
	}
	for i, d := range tonight {
		currency := d.Incident.Currency
		same := func(o *award.Decision) bool { return counts(o) && o.Incident.Currency == currency }
		if !counts(d) || slices.ContainsFunc(tonight[:i], same) {
			continue // it had its turn
		}
		near := report.NearLimit{ID: id, UsedCount: int64(used.Count())}
		var overflow bool
		if near.UsedMinor, overflow = used.Sum(currency); overflow {
			near.UsedMinor = math.MaxInt64
		}
		for _, o := range tonight[i:] {
			if same(o) {
				near.TonightMin = sum(near.TonightMin, o.Minor)
			}
		}
		s.limits.Stand(limit, currency, near)
	}
}
