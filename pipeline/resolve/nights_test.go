package resolve_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// books are what the nights of one customer left: the smallest ledger that can
// be a History.
type books struct {
	issued  []posting
	pending map[string]posting // by incident
	settled map[string]string  // issue, deny
}

type posting struct {
	decision *award.Decision
	date     calendar.Date
}

func (p posting) given() resolve.Given {
	inc := p.decision.Incident
	return resolve.Given{Date: p.date, OrderID: inc.Order(), Currency: inc.Currency, Minor: p.decision.Minor}
}

func (b *books) Settled(incident award.Key) (string, bool) {
	id := "in-" + named(incident)
	if _, held := b.pending[id]; held {
		return "hold", true
	}
	kind, ok := b.settled[id]
	return kind, ok
}

func (b *books) Customer(string) []resolve.Given {
	var all []resolve.Given
	for _, p := range b.issued {
		all = append(all, p.given())
	}
	for _, p := range b.pending { // in any order: History allows it
		all = append(all, p.given())
	}
	return all
}

func (b *books) Order(id string) []resolve.Given { return past{given: b.Customer("")}.Order(id) }

// release takes some pending holds out of the books, as incidents whose every
// cause is approved, perhaps with a lower amount.
func (b *books) release(t *rapid.T) []*award.Incident {
	var all []*award.Incident
	for i := range 12 {
		p, ok := b.pending[fmt.Sprintf("in-%02d", i)]
		if !ok || rapid.Bool().Draw(t, "wait") {
			continue
		}
		delete(b.pending, "in-"+nameOf(p.decision.Incident))
		inc := *p.decision.Incident
		frozen := *p.decision.Award
		frozen.Minor = p.decision.Minor
		if rapid.Bool().Draw(t, "lower") {
			frozen.Minor = rapid.Int64Range(1, frozen.Minor).Draw(t, "to")
		}
		inc.SetAwards([]award.Award{frozen})
		special := *inc.Special
		special.Release = &award.Release{Causes: p.decision.Causes(), GrossMinor: p.decision.GrossMinor, HeldSince: p.date}
		inc.Special = &special
		all = append(all, &inc)
	}
	return all
}

func (b *books) post(t *rapid.T, decisions []*award.Decision, date calendar.Date) {
	for _, d := range decisions {
		id := "in-" + nameOf(d.Incident)
		if _, before := b.Settled(d.Incident.Key); before && d.Outcome != award.Suppressed {
			t.Fatalf("%s on %s: settled before", show(d), date)
		}
		switch d.Outcome {
		case award.Issued:
			b.issued, b.settled[id] = append(b.issued, posting{d, date}), "issue"
		case award.Held:
			b.pending[id] = posting{d, date}
		case award.Denied:
			b.settled[id] = "deny"
		}
	}
}

// Over twenty nights that see the same incidents again and again, each is paid at
// most once and never above its highest award, an order never gets more than the
// highest award of its incidents, and no window of 7 days has more than its limit.
func TestNightsNeverPayTwice(t *testing.T) {
	t.Parallel()
	const nights = 20
	rapid.Check(t, func(t *rapid.T) {
		const windowDays = 7
		policy := &resolve.Policy{HorizonDays: 400, MinAward: usd(3), Limits: []rules.Limit{
			{ID: "week", Per: rules.PerCustomer, WindowDays: windowDays, MaxAmount: usd(100), Exceed: rapid.SampledFrom([]rules.Exceed{rules.Trim, rules.Deny}).Draw(t, "exceed")},
			{ID: "three", Per: rules.PerCustomer, WindowDays: windowDays, HasCount: true, MaxCount: 3, Exceed: rules.Hold},
		}}
		var failures []failure
		highest := money.ByCurrency{} // by order
		for i := range 12 {
			f := failure{id: fmt.Sprintf("%02d", i), order: orders.Draw(t, "order"), minor: rapid.Int64Range(1, 90).Draw(t, "minor")}
			failures = append(failures, f)
			highest[f.order] = max(highest[f.order], f.minor)
		}
		b := &books{pending: map[string]posting{}, settled: map[string]string{}}
		for night := range nights {
			policy.Date = tonight.AddDays(night)
			all := b.release(t)
			seen := map[string]bool{}
			for _, inc := range all {
				seen[inc.ID()] = true
			}
			for _, inc := range incidents(failures) {
				if !seen[inc.ID()] && rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
					all = append(all, inc)
				}
			}
			decisions, err := resolve.Resolve(all, b, policy, large)
			if err != nil {
				t.Fatal(err)
			}
			b.post(t, decisions, policy.Date)
			checkBooks(t, b, highest, policy.Date, windowDays)
		}
	})
}

func checkBooks(t *rapid.T, b *books, highest money.ByCurrency, date calendar.Date, windowDays int) {
	paid, perOrder, week := map[string]bool{}, money.ByCurrency{}, int64(0)
	for _, p := range b.issued {
		d := p.decision
		if paid[d.Incident.ID()] || d.Minor > d.GrossMinor {
			t.Fatalf("%s: paid twice, or above its award", show(d))
		}
		paid[d.Incident.ID()] = true
		perOrder[d.Incident.Order()] += d.Minor
		if p.date > date.AddDays(-windowDays) {
			week += d.Minor
		}
	}
	for order, minor := range perOrder {
		if order != "" && minor > highest[order] {
			t.Fatalf("order %s got %d, its highest award is %d", order, minor, highest[order])
		}
	}
	if week > 100 {
		t.Fatalf("%d in the %d days to %s", week, windowDays, date)
	}
}
