package pipeline_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// account is one credit as the accountant knows it, in minor units.
type account struct {
	customer, currency, order                    string
	issued                                       calendar.Date
	effective, expires                           calendar.Instant
	granted, redeemed, forfeited, voided, before int64 // before: voided when the night began
	terms                                        string
}

func (a *account) remaining() int64 { return a.granted - a.redeemed - a.forfeited - a.voided }

// accountant keeps the books of a chain a second time, from nothing but what
// the runs publish, with a calendar and arithmetic of its own.
type accountant struct {
	t        failer
	shop     *shop
	credits  map[string]*account
	paid     map[string]string         // what failed → the credit that it got
	holds    map[string]publish.Hold   // pending
	closing  map[string]int64          // by currency
	released map[string][]publish.Hold // by night: what ended as an issue
	tonight  map[ledger.Kind][]posting // of the night that is being checked
	chain    *state.Chain
	night    calendar.Date
	asOf     calendar.Instant
	moved    map[string]map[string]int64 // currency → kind → minor units
}

type posting = ledger.Posting

func newAccountant(s *shop) *accountant {
	return &accountant{t: s.t, shop: s, credits: map[string]*account{}, paid: map[string]string{}, holds: map[string]publish.Hold{}, closing: map[string]int64{}}
}

// failed is the key of what went wrong in the world: no hash, no source.
func failed(source, event string) string {
	if source == "defects" {
		return "defect " + event
	}
	return "late " + strings.TrimPrefix(event, "claim-")
}

// check goes through a night that was just committed.
func (a *accountant) check(fsys durable.FS, night calendar.Date) {
	a.t.Helper()
	a.chain, a.night, a.asOf = a.shop.chain(fsys), night, a.shop.instant(night.AddDays(1), 0)
	a.tonight, a.moved = map[ledger.Kind][]posting{}, map[string]map[string]int64{}
	for _, c := range a.credits {
		c.before = c.voided
	}
	for _, p := range readOutput(a.t, a.chain, night, state.PostingsFile, publish.ReadPostings) {
		a.post(p)
	}
	a.rollForward()
	a.open()
	a.issuance()
	a.forfeiture()
	a.pending()
	a.limits()
}

func (a *accountant) post(p posting) {
	a.t.Helper()
	a.tonight[p.Kind] = append(a.tonight[p.Kind], p)
	if p.Minor > 0 && a.moved[p.Currency] == nil {
		a.moved[p.Currency] = map[string]int64{}
	}
	if p.Minor > 0 {
		a.moved[p.Currency][string(p.Kind)] += p.Minor
	}
	if p.Kind == ledger.Issue {
		a.issue(p)
		return
	}
	if p.Minor == 0 {
		return // deny, hold, reject, lapse
	}
	c := a.credits[p.CreditID]
	if c == nil {
		a.t.Fatalf("%s of the unknown credit %s", p.Kind, p.CreditID)
	}
	left := c.remaining()
	switch p.Kind {
	case ledger.Redeem:
		if p.Minor > left || p.At < c.effective || p.At >= c.expires || p.CustomerID != c.customer {
			a.t.Errorf("redeemed %d of %d at %s: %+v", p.Minor, left, p.At, c)
		}
		c.redeemed += p.Minor
	case ledger.Reinstate:
		if p.Reason == "void" {
			c.voided -= p.Minor
		} else {
			c.forfeited -= p.Minor
		}
	case ledger.Void:
		if p.Minor != left {
			a.t.Errorf("voided %d of %d: %+v", p.Minor, left, c)
		}
		c.voided += p.Minor
	case ledger.Forfeit:
		if p.Minor != left || a.asOf < a.forfeitFrom(c) {
			a.t.Errorf("forfeited %d of %d on %s: %+v", p.Minor, left, a.night, c)
		}
		c.forfeited += p.Minor
	}
	if c.remaining() < 0 || c.voided < 0 || c.forfeited < 0 {
		a.t.Errorf("%s of %d leaves %+v", p.Kind, p.Minor, c)
	}
}

// forfeitFrom is the midnight that ends the grace after a credit's expiry.
func (a *accountant) forfeitFrom(c *account) calendar.Instant {
	year, month, day := time.UnixMicro(int64(c.expires)).In(a.shop.zone).Date()
	return calendar.Instant(time.Date(year, month, day+shopGraceDays, 0, 0, 0, 0, a.shop.zone).UnixMicro())
}

func (a *accountant) issue(p posting) {
	a.t.Helper()
	what := failed(p.Source, p.EventID)
	if credit, twice := a.paid[what]; twice {
		a.t.Errorf("%s was paid twice: %s and %s", what, credit, p.CreditID)
	}
	if a.credits[p.CreditID] != nil {
		a.t.Errorf("credit %s was issued twice", p.CreditID)
	}
	effective := a.shop.instant(a.night.AddDays(1), 0)
	expires := a.shop.instant(a.night.AddDays(2+shopValidDays[p.Terms]), 0) // midnight after the last day
	if p.Minor <= 0 || p.EffectiveAt != effective || p.ExpiresAt != expires {
		a.t.Errorf("issued %d, %s to %s; want %s to %s", p.Minor, p.EffectiveAt, p.ExpiresAt, effective, expires)
	}
	a.paid[what] = p.CreditID
	a.credits[p.CreditID] = &account{
		customer: p.CustomerID, currency: p.Currency, order: p.OrderID, issued: a.night, effective: effective, expires: expires,
		granted: p.Minor, terms: p.Terms,
	}
}

// rollForward holds the manifest's lines to the postings, the first to the
// night before, and the last to what is left of each credit.
func (a *accountant) rollForward() {
	a.t.Helper()
	outstanding := map[string]int64{}
	for _, c := range a.credits {
		outstanding[c.currency] += c.remaining()
	}
	lines := a.chain.Last().RollForward
	for currency := range a.closing {
		if _, there := lines[currency]; !there && (a.closing[currency] != 0 || a.moved[currency] != nil) {
			a.t.Errorf("%s has no roll-forward", currency)
		}
	}
	for currency, line := range lines {
		m := a.moved[currency]
		want := state.Moved{
			Opening: a.closing[currency], Issued: m["issue"], Reinstated: m["reinstate"], Redeemed: m["redeem"],
			Forfeited: m["forfeit"], Voided: m["void"], Closing: outstanding[currency],
		}
		if line != want || want.Opening+want.Issued+want.Reinstated-want.Redeemed-want.Forfeited-want.Voided != want.Closing {
			a.t.Errorf("%s: %s %+v, the books say %+v", a.night, currency, line, want)
		}
	}
	a.closing = outstanding
}

// open holds the open credits to the books; none may be overdue.
func (a *accountant) open() {
	a.t.Helper()
	left := map[string]int64{}
	for id, c := range a.credits {
		if c.remaining() == 0 {
			continue
		}
		left[id] = c.remaining()
		if a.forfeitFrom(c) <= a.asOf {
			a.t.Errorf("%s: credit %s should be forfeited: %+v", a.night, id, c)
		}
	}
	for _, row := range readOutput(a.t, a.chain, a.night, "open.parquet", publish.ReadOpen) {
		if left[row.CreditID] != row.Remaining() {
			a.t.Errorf("open credit %s has %d, the books say %d", row.CreditID, row.Remaining(), left[row.CreditID])
		}
		delete(left, row.CreditID)
	}
	if len(left) > 0 {
		a.t.Errorf("not among the open credits: %v", left)
	}
}

func (a *accountant) issuance() {
	a.t.Helper()
	rows := a.shop.issuance(a.chain, a.night)
	if len(rows) != len(a.tonight[ledger.Issue]) {
		a.t.Errorf("%d credits in the batch, %d postings", len(rows), len(a.tonight[ledger.Issue]))
	}
	for _, r := range rows {
		c := a.credits[r.CreditID]
		if c == nil || c.issued != a.night || r.AmountMinor != c.granted || r.CustomerID != c.customer || r.ExpiresAt != c.expires {
			a.t.Errorf("credit %s in the batch %+v, in the books %+v", r.CreditID, r, c)
		}
	}
}

func (a *accountant) forfeiture() {
	a.t.Helper()
	rows := readOutput(a.t, a.chain, a.night, "forfeiture.parquet", publish.ReadForfeiture)
	sums, want := map[string]int64{}, map[string]int64{}
	for _, r := range rows {
		sums[r.CreditID] += r.ForfeitedMinor
	}
	for _, p := range a.tonight[ledger.Forfeit] {
		want[p.CreditID] += p.Minor
	}
	if !maps.Equal(sums, want) {
		a.t.Errorf("the forfeiture batch %v, the postings %v", sums, want)
	}
}

// pending holds the waiting awards to the postings that began and ended them.
func (a *accountant) pending() {
	a.t.Helper()
	before := maps.Clone(a.holds)
	want := map[string]bool{}
	for id := range a.holds {
		want[id] = true
	}
	for _, kind := range []ledger.Kind{ledger.Issue, ledger.Deny, ledger.Reject, ledger.Lapse} {
		for _, p := range a.tonight[kind] {
			if want[p.CreditID] && kind == ledger.Lapse && before[p.CreditID].HeldSince.AddDays(shopHoldDays) > a.night {
				a.t.Errorf("the hold %s of %s lapsed on %s", p.CreditID, before[p.CreditID].HeldSince, a.night)
			}
			delete(want, p.CreditID)
		}
	}
	for _, p := range a.tonight[ledger.Hold] {
		want[p.CreditID] = true
	}
	a.released = map[string][]publish.Hold{}
	a.holds = map[string]publish.Hold{}
	for _, h := range readOutput(a.t, a.chain, a.night, "held.parquet", publish.ReadHolds) {
		a.holds[h.CreditID] = h
		if !want[h.CreditID] {
			a.t.Errorf("%s waits, and no posting says so", h.CreditID)
		}
		delete(want, h.CreditID)
	}
	if len(want) > 0 {
		a.t.Errorf("%s: holds are gone: %v", a.night, want)
	}
	for _, p := range a.tonight[ledger.Issue] {
		if h, held := before[p.CreditID]; held {
			a.released[p.CreditID] = append(a.released[p.CreditID], h)
		}
	}
}

// satisfied says whether a person released tonight's credit from a cause.
func (a *accountant) satisfied(creditID, kind string) bool {
	for _, h := range a.released[creditID] {
		for _, cause := range h.HoldCauses {
			if cause.Kind == kind {
				return true
			}
		}
	}
	return false
}

var (
	tenDaysCapMinor  = map[string]int64{"JPY": 9000, "USD": 9000}
	nightlyCapMinor  = map[string]int64{"JPY": 6000, "USD": 6000}
	fiveDaysMaxCount = 2
)

// limits looks at each customer who got something tonight.
func (a *accountant) limits() {
	a.t.Helper()
	nightly := map[string]int64{}
	counted := map[string]int{} // tonight's, but for those that a person let pass
	for _, p := range a.tonight[ledger.Issue] {
		if !a.satisfied(p.CreditID, "budget") {
			nightly[p.Currency] += p.Minor
		}
		if !a.satisfied(p.CreditID, "limit") {
			counted[p.CustomerID]++
		}
	}
	for currency, minor := range nightly {
		if minor > nightlyCapMinor[currency] {
			a.t.Errorf("%s: %d %s in one night", a.night, minor, currency)
		}
	}
	for _, customer := range slices.Sorted(maps.Keys(counted)) {
		earlier, sums := 0, map[string]int64{}
		for _, c := range a.credits {
			if c.customer != customer {
				continue
			}
			if given := c.granted - c.before; given > 0 {
				if c.issued > a.night.AddDays(-10) {
					sums[c.currency] += given
				}
				if c.issued > a.night.AddDays(-5) && c.issued < a.night {
					earlier++
				}
			}
		}
		if earlier+counted[customer] > fiveDaysMaxCount {
			a.t.Errorf("%s: %s got %d credits in five days before, and %d tonight", a.night, customer, earlier, counted[customer])
		}
		for currency, minor := range sums {
			if minor > tenDaysCapMinor[currency] {
				a.t.Errorf("%s: %s got %d %s in ten days", a.night, customer, minor, currency)
			}
		}
	}
}
