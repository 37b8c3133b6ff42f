package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
	"amends/rules/money"
)

// model is an oracle that knows no postings and no reinstatement. What a
// credit can pay in its term is what was granted without what was redeemed;
// whether something had taken that meanwhile changes no outcome.
type model struct {
	credits map[string]*modelCredit
	applied map[[2]string]ledger.Redemption // by credit and redemption id
}

type modelCredit struct {
	ledger.Grant
	redeemed int64
	takenAt  calendar.Instant // forfeited or voided; 0 for neither
	voided   bool
}

func (c *modelCredit) left() int64 {
	if c.takenAt != 0 {
		return 0
	}
	return c.Minor - c.redeemed
}

func (m *model) redeem(r ledger.Redemption, asOf calendar.Instant) (result ledger.RedemptionResult) {
	result.Redemption = r
	credit, ok := m.credits[r.CreditID]
	facts := r
	facts.Index = 0
	before, applied := m.applied[[2]string{r.CreditID, r.ID}]
	switch {
	case r.At >= asOf:
		result.Outcome = ledger.NotYet
	case r.Minor <= 0:
		result.Outcome = ledger.NotPositive
	case !ok:
		result.Outcome = ledger.UnknownCredit
	case applied && before == facts:
		result.Outcome = ledger.Duplicate
	case applied:
		result.Outcome = ledger.Conflicting
	case r.CustomerID != credit.CustomerID:
		result.Outcome = ledger.WrongCustomer
	case r.Currency != credit.Currency:
		result.Outcome = ledger.WrongCurrency
	case r.At < credit.EffectiveAt:
		result.Outcome = ledger.BeforeEffective
	case r.At >= credit.ExpiresAt:
		result.Outcome = ledger.Expired
	case credit.voided && r.At >= credit.takenAt:
		result.Outcome = ledger.Voided
	default:
		paid := min(r.Minor, credit.Minor-credit.redeemed)
		credit.redeemed += paid
		result.AppliedMinor, result.ExcessMinor, result.Outcome = paid, r.Minor-paid, ledger.Applied
		if credit.takenAt != 0 {
			result.ReinstatedMinor = paid
		}
		if result.ExcessMinor > 0 {
			result.Outcome = ledger.AppliedPartly
		}
		if paid == 0 {
			result.Outcome = ledger.NothingLeft
		} else {
			m.applied[[2]string{r.CreditID, r.ID}] = facts
		}
	}
	return result
}

func (m *model) take(credit *modelCredit, at calendar.Instant, void bool) int64 {
	left := credit.left()
	if left > 0 {
		credit.takenAt, credit.voided = at, void
	}
	return left
}

func (m *model) outstanding() money.ByCurrency {
	sums := money.ByCurrency{}
	for _, credit := range m.credits {
		if left := credit.left(); left > 0 {
			sums[credit.Currency] += left
		}
	}
	return sums
}

// machine runs random nights over a Book, a twin that gets the same inputs in
// another order, and the model.
type machine struct {
	book, twin *ledger.Book
	long       *ledger.Book // begins anew each night, with an archive as its past
	disk       *durabletest.FS
	nights     []archive.Night
	archived   map[int][]ledger.Posting // by night
	model      model
	night      ledger.Night
	postings   []ledger.Posting
	holds      map[string]bool // incident → pending
	incidents  map[string]bool // ever posted
	rows       []ledger.Redemption
	nightly    []ledger.Posting
}

func (m *machine) agree(t *rapid.T, what string, postings, twins []ledger.Posting, err, twinErr error) {
	t.Helper()
	if err != nil || twinErr != nil {
		t.Fatalf("%s on %s: %v; in another order: %v", what, m.night.Date, err, twinErr)
	}
	if !slices.Equal(postings, twins) {
		t.Fatalf("%s on %s: %+v\nin another order: %+v", what, m.night.Date, postings, twins)
	}
	m.nightly = append(m.nightly, postings...)
}

func (m *machine) creditIDs() []string { return slices.Sorted(maps.Keys(m.model.credits)) }

func (m *machine) redemptions(t *rapid.T) []ledger.Redemption {
	count := rapid.IntRange(0, 6).Draw(t, "redemptions")
	rows := make([]ledger.Redemption, 0, count)
	for i := range count {
		if len(m.rows) > 0 && rapid.IntRange(0, 5).Draw(t, "again") == 3 {
			row := rapid.SampledFrom(m.rows).Draw(t, "row") // a lookback, or a changed copy
			row.Index = i
			row.Minor += rapid.SampledFrom([]int64{0, 0, 0, 1}).Draw(t, "change")
			rows = append(rows, row)
			continue
		}
		// Small numbers are drawn most: they must be the usual cases.
		row := ledger.Redemption{
			ID:         fmt.Sprint("r-", rapid.IntRange(0, 30).Draw(t, "id")),
			CreditID:   rapid.SampledFrom(append(m.creditIDs(), "cr-none")).Draw(t, "credit"),
			CustomerID: "c-0", Currency: "USD", Index: i,
			Minor: 300 - rapid.Int64Range(-400, 301).Draw(t, "less than 300"),
			At:    m.night.AsOf - 1 - hour*calendar.Instant(rapid.IntRange(0, 24*12).Draw(t, "hours late")),
		}
		if credit, ok := m.model.credits[row.CreditID]; ok {
			if rapid.IntRange(0, 20).Draw(t, "dishonest") != 10 {
				row.CustomerID, row.Currency = credit.CustomerID, credit.Currency
			}
			edges := []calendar.Instant{row.At, row.At, credit.EffectiveAt, credit.ExpiresAt - 1, credit.ExpiresAt, m.night.AsOf}
			row.At = rapid.SampledFrom(append(edges, credit.takenAt, credit.takenAt-1)).Draw(t, "at")
		}
		rows = append(rows, row)
	}
	m.rows = append(m.rows, rows...)
	return rows
}

func (m *machine) redeem(t *rapid.T) {
	rows := m.redemptions(t)
	postings, results, err := m.night.Redeem(m.book, rows)
	twins, twinResults, twinErr := m.night.Redeem(m.twin, rapid.Permutation(rows).Draw(t, "order of rows"))
	m.agree(t, "redeem", postings, twins, err, twinErr)
	m.asLong(t, "redeem", postings, func(b *ledger.Book) ([]ledger.Posting, error) {
		postings, long, err := m.night.Redeem(b, rows)
		if !slices.Equal(results, long) {
			t.Fatalf("outcomes %+v\nwith a past %+v", results, long)
		}
		return postings, err
	})
	if len(results) != len(rows) || !slices.Equal(results, twinResults) {
		t.Fatalf("%d rows have the outcomes %+v\nin another order %+v", len(rows), results, twinResults)
	}
	for _, got := range results {
		if want := m.model.redeem(got.Redemption, m.night.AsOf); got != want {
			t.Fatalf("on %s %+v\nwant %+v", m.night.Date, got, want)
		}
	}
}

func (m *machine) void(t *rapid.T) {
	var orders []ledger.VoidOrder
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "voids") {
		id := rapid.SampledFrom(append(m.creditIDs(), "cr-none")).Draw(t, "void")
		orders = append(orders, ledger.VoidOrder{CreditID: id, Reference: rapid.SampledFrom([]string{"req-1", "req-2"}).Draw(t, "request")})
	}
	postings, results, err := m.night.VoidCredits(m.book, orders)
	twins, twinResults, twinErr := m.night.VoidCredits(m.twin, rapid.Permutation(orders).Draw(t, "order of voids"))
	m.agree(t, "void", postings, twins, err, twinErr)
	m.asLong(t, "void", postings, func(b *ledger.Book) ([]ledger.Posting, error) {
		postings, _, err := m.night.VoidCredits(b, orders)
		return postings, err
	})
	if !slices.Equal(results, twinResults) {
		t.Fatalf("voids have the outcomes %+v\nin another order %+v", results, twinResults)
	}
	for _, got := range results {
		want := ledger.VoidResult{VoidOrder: got.VoidOrder, Outcome: ledger.VoidUnknown}
		if credit, ok := m.model.credits[got.CreditID]; ok {
			want.VoidedMinor, want.Outcome = m.model.take(credit, m.night.AsOf, true), ledger.VoidApplied
			if want.VoidedMinor == 0 {
				want.Outcome = ledger.VoidNothingLeft
			}
		}
		if got != want {
			t.Fatalf("on %s %+v, want %+v", m.night.Date, got, want)
		}
	}
}

func (m *machine) forfeit(t *rapid.T) {
	postings, err := m.night.Forfeit(m.book)
	twins, twinErr := m.night.Forfeit(m.twin)
	m.agree(t, "forfeit", postings, twins, err, twinErr)
	m.asLong(t, "forfeit", postings, m.night.Forfeit)
	want := map[string]int64{}
	for id, credit := range m.model.credits {
		// Credits here expire at whole hours of UTC, in whose zone the nights are.
		if credit.ExpiresAt+24*hour*calendar.Instant(m.night.GraceDays) <= m.night.AsOf && credit.left() > 0 {
			want[id] = m.model.take(credit, m.night.AsOf, false)
		}
	}
	got := map[string]int64{}
	for _, p := range postings {
		got[p.CreditID] += p.Minor
	}
	if !maps.Equal(got, want) {
		t.Fatalf("on %s forfeited %v, want %v", m.night.Date, got, want)
	}
}

func (m *machine) grant(t *rapid.T, incident int) ledger.Grant {
	start := m.night.AsOf + hour*calendar.Instant(rapid.SampledFrom([]int{0, 0, 0, -12, 24}).Draw(t, "effective"))
	return ledger.Grant{
		CreditID: fmt.Sprint("cr-", incident), IncidentID: fmt.Sprint("in-", incident), CustomerID: fmt.Sprint("c-", incident%3),
		OrderID: fmt.Sprint("o-", incident%5), Currency: []string{"USD", "JPY"}[incident%2], RuleID: "late",
		Minor:       rapid.Int64Range(1, 1000).Draw(t, "granted"),
		EffectiveAt: start, ExpiresAt: start + hour*calendar.Instant(rapid.IntRange(1, 24*10).Draw(t, "hours valid")),
	}
}

// issue decides on incidents: what was paid once is tried again, and refused.
func (m *machine) issue(t *rapid.T) {
	var grants []ledger.Grant
	var settlements []ledger.Settlement
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 40), 0, 5, rapid.ID[int]).Draw(t, "incidents")
	for _, number := range numbers {
		incident, grant := fmt.Sprint("in-", number), m.grant(t, number)
		if _, paid := m.model.credits[grant.CreditID]; paid {
			for _, book := range []*ledger.Book{m.book, m.long} {
				if _, err := m.night.Issue(book, []ledger.Grant{grant}); !errors.Is(err, ledger.ErrPaidTwice) {
					t.Fatalf("%s again: %v", incident, err)
				}
			}
			continue
		}
		kinds := []ledger.Kind{ledger.Issue, ledger.Issue, ledger.Deny, ledger.Hold}
		if m.holds[incident] {
			kinds = append(kinds, ledger.Reject, ledger.Lapse)
		}
		m.incidents[incident] = true
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		if kind == ledger.Issue {
			grants = append(grants, grant)
			m.model.credits[grant.CreditID] = &modelCredit{Grant: grant}
		} else {
			settlements = append(settlements, ledger.Settlement{Kind: kind, CreditID: grant.CreditID, IncidentID: incident})
		}
		m.holds[incident] = kind == ledger.Hold
	}
	postings, err := m.night.Issue(m.book, grants)
	twins, twinErr := m.night.Issue(m.twin, rapid.Permutation(grants).Draw(t, "order of grants"))
	m.agree(t, "issue", postings, twins, err, twinErr)
	m.asLong(t, "issue", postings, func(b *ledger.Book) ([]ledger.Posting, error) { return m.issueMade(t, b, grants) })
	postings, err = m.night.Settle(m.book, settlements)
	twins, twinErr = m.night.Settle(m.twin, rapid.Permutation(settlements).Draw(t, "order of settlements"))
	m.agree(t, "settle", postings, twins, err, twinErr)
	m.asLong(t, "settle", postings, func(b *ledger.Book) ([]ledger.Posting, error) { return m.night.Settle(b, settlements) })
}

// conserved checks what holds after every night.
func (m *machine) conserved(t *rapid.T, before money.ByCurrency) {
	after := m.book.Outstanding()
	if want := m.model.outstanding(); !maps.Equal(after, want) {
		t.Fatalf("on %s %v outstanding, want %v", m.night.Date, after, want)
	}
	movements, err := ledger.RollForward(before, after, m.nightly)
	if err != nil {
		t.Fatal(err)
	}
	for currency, movement := range movements {
		if movement.Opening != before[currency] || movement.Closing != after[currency] {
			t.Fatalf("roll-forward of %s: %+v", currency, movement)
		}
	}
	if !slices.IsSortedFunc(m.nightly, ledger.Compare) {
		t.Fatalf("postings of %s are not in order: %+v", m.night.Date, m.nightly)
	}
	for id, want := range m.model.credits {
		got, ok := m.book.Credit(id)
		if !ok || got.Remaining() != want.left() || got.RedeemedMinor != want.redeemed || got.GrantedMinor != want.Minor ||
			min(got.Remaining(), got.RedeemedMinor, got.ForfeitedMinor, got.VoidedMinor) < 0 {
			t.Fatalf("on %s credit %+v, %v; want %d left and %d redeemed", m.night.Date, got, ok, want.left(), want.redeemed)
		}
		if taken := want.Minor - want.redeemed - want.left(); (got.VoidedMinor != taken || !want.voided) && got.ForfeitedMinor != taken {
			t.Fatalf("on %s credit %+v; want %d taken, by a void: %v", m.night.Date, got, taken, want.voided)
		}
	}
	for incident := range m.incidents {
		if m.book.Pending(incident) != m.holds[incident] {
			t.Fatalf("%s pending: %v", incident, m.book.Pending(incident))
		}
	}
}

// replayed checks that the postings are all there is to a Book, in any order of
// storage that Compare undoes.
func (m *machine) replayed(t *rapid.T) {
	stored := rapid.Permutation(m.postings).Draw(t, "order of postings")
	slices.SortFunc(stored, ledger.Compare)
	if !slices.Equal(stored, m.postings) {
		t.Fatal("sorted postings are not in the order of their application")
	}
	book, paid := ledger.NewBook(), map[string]bool{}
	for _, p := range stored {
		if p.Kind == ledger.Issue && paid[p.IncidentID] {
			t.Fatalf("%s was paid twice", p.IncidentID)
		}
		paid[p.IncidentID] = paid[p.IncidentID] || p.Kind == ledger.Issue
		if err := book.Apply(p); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(book, m.book) || !reflect.DeepEqual(m.twin, m.book) {
		t.Fatal("the Book of the replayed postings is another")
	}
	for _, p := range stored {
		if err := book.Apply(p); err == nil {
			t.Fatalf("applied again: %+v", p)
		}
	}
}

func TestRandomNights(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{book: ledger.NewBook(), twin: ledger.NewBook(), disk: durabletest.New(), archived: map[int][]ledger.Posting{}, holds: map[string]bool{}, incidents: map[string]bool{},
			model: model{credits: map[string]*modelCredit{}, applied: map[[2]string]ledger.Redemption{}}}
		m.night = ledger.Night{Accounts: accounts, GraceDays: rapid.IntRange(0, 3).Draw(t, "grace"), Zone: time.UTC, Date: 20_500}
		for range rapid.IntRange(1, 14).Draw(t, "nights") {
			m.night.Date += calendar.Date(rapid.SampledFrom([]int{1, 1, 1, 2, 5}).Draw(t, "days since the last night"))
			m.night.AsOf = calendar.AsOf(m.night.Date, time.UTC)
			before := m.book.Outstanding()
			m.nightly = nil
			m.evening(t)
			m.redeem(t)
			m.void(t)
			m.forfeit(t)
			m.issue(t)
			m.conserved(t, before)
			m.morning(t)
			m.postings = append(m.postings, m.nightly...)
		}
		m.replayed(t)
	})
}
