package ledger_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
	"amends/rules/money"
)

// The credit of most tests: 10.00 USD, issued on 1 March 2026, usable from 2
// March until the midnight that ends 31 March, in New York.
const (
	minute = calendar.Instant(60_000_000)
	hour   = 60 * minute
)

// issueID is the posting id of the issue of cr-1: by Python's hashlib, sha256 of
// "amends-posting-v1", "issue" and "cr-1", each after its length in 8 bytes.
const issueID = "po1_d21a60a939de741c90065e19217cadb5"

var accounts = ledger.Accounts{Expense: "6100", Liability: "2300", Breakage: "4900", Clearing: "1000"}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := calendar.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t testing.TB, s string) calendar.Instant {
	t.Helper()
	at, err := calendar.ParseInstant(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// newYork is the night of a date with two days of grace.
func newYork(t testing.TB, s string) ledger.Night {
	t.Helper()
	loc := zone(t, "America/New_York")
	d := date(t, s)
	return ledger.Night{Date: d, AsOf: calendar.AsOf(d, loc), Accounts: accounts, GraceDays: 2, Zone: loc}
}

func march(t testing.TB) ledger.Grant {
	t.Helper()
	return ledger.Grant{
		CreditID: "cr-1", IncidentID: "in-1", CustomerID: "ann", OrderID: "o-1", SellerID: "shop", Source: "deliveries", EventID: "d-1",
		Currency: "USD", Minor: 1000, RuleID: "late", Reason: "DELIVERY_LATE", Terms: "standard", Funding: "platform",
		EffectiveAt: instant(t, "2026-03-02T05:00:00Z"), ExpiresAt: instant(t, "2026-04-01T04:00:00Z"),
	}
}

// issued returns a Book in which the credits of grants were issued on 1 March.
func issued(t testing.TB, grants ...ledger.Grant) *ledger.Book {
	t.Helper()
	book := ledger.NewBook()
	if _, err := newYork(t, "2026-03-01").Issue(book, grants); err != nil {
		t.Fatal(err)
	}
	return book
}

func TestIssuePostsTheGrant(t *testing.T) {
	t.Parallel()
	book := ledger.NewBook()
	postings, err := newYork(t, "2026-03-01").Issue(book, []ledger.Grant{march(t)})
	if err != nil || len(postings) != 1 {
		t.Fatalf("%d postings, %v", len(postings), err)
	}
	want := ledger.Posting{
		ID:           issueID,
		BusinessDate: date(t, "2026-03-01"), Kind: ledger.Issue, CreditID: "cr-1", IncidentID: "in-1", CustomerID: "ann",
		OrderID: "o-1", SellerID: "shop", Source: "deliveries", EventID: "d-1", Currency: "USD", Minor: 1000,
		At: instant(t, "2026-03-02T05:00:00Z"), Reference: "late", RuleID: "late", Reason: "DELIVERY_LATE", Terms: "standard",
		Funding: "platform", EffectiveAt: instant(t, "2026-03-02T05:00:00Z"), ExpiresAt: instant(t, "2026-04-01T04:00:00Z"),
		DebitAccount: "6100", CreditAccount: "2300",
	}
	if postings[0] != want {
		t.Errorf("posted %+v\nwant   %+v", postings[0], want)
	}
	credit, ok := book.Credit("cr-1")
	wantCredit := ledger.Credit{
		CreditID: "cr-1", IncidentID: "in-1", CustomerID: "ann", OrderID: "o-1", SellerID: "shop", Source: "deliveries", EventID: "d-1",
		Currency: "USD", RuleID: "late", Reason: "DELIVERY_LATE", Terms: "standard", Funding: "platform",
		Issued: want.BusinessDate, EffectiveAt: want.EffectiveAt, ExpiresAt: want.ExpiresAt, GrantedMinor: 1000,
	}
	if !ok || credit != wantCredit {
		t.Errorf("credit %+v, %v\nwant   %+v", credit, ok, wantCredit)
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*ledger.Grant)
		want   error
	}{
		{"the credit again", func(g *ledger.Grant) { g.IncidentID = "in-2" }, ledger.ErrPaidTwice},
		{"the incident again", func(g *ledger.Grant) { g.CreditID = "cr-2" }, ledger.ErrPaidTwice},
		{"both again", func(*ledger.Grant) {}, ledger.ErrPaidTwice},
		{"for another customer", func(g *ledger.Grant) { g.CustomerID, g.RuleID, g.Minor = "bob", "lost", 1 }, ledger.ErrPaidTwice},
		{"nothing", func(g *ledger.Grant) { g.CreditID, g.IncidentID, g.Minor = "cr-2", "in-2", 0 }, ledger.ErrMalformed},
		{"less than nothing", func(g *ledger.Grant) { g.CreditID, g.IncidentID, g.Minor = "cr-2", "in-2", -5 }, ledger.ErrMalformed},
		{"no credit id", func(g *ledger.Grant) { g.CreditID, g.IncidentID = "", "in-2" }, ledger.ErrMalformed},
		{"no incident", func(g *ledger.Grant) { g.CreditID, g.IncidentID = "cr-2", "" }, ledger.ErrMalformed},
		{"no currency", func(g *ledger.Grant) { g.CreditID, g.IncidentID, g.Currency = "cr-2", "in-2", "" }, money.ErrCurrency},
		{"never usable", func(g *ledger.Grant) { g.CreditID, g.IncidentID, g.ExpiresAt = "cr-2", "in-2", g.EffectiveAt }, ledger.ErrMalformed},
		{"beyond what totals hold", func(g *ledger.Grant) { g.CreditID, g.IncidentID, g.Minor = "cr-2", "in-2", math.MaxInt64 }, money.ErrOverflow},
	}
	for _, test := range tests {
		book, grant := issued(t, march(t)), march(t)
		test.change(&grant)
		for _, night := range []string{"2026-03-01", "2026-03-02"} {
			if _, err := newYork(t, night).Issue(book, []ledger.Grant{grant}); !errors.Is(err, test.want) {
				t.Errorf("%s, on %s: %v, want %v", test.name, night, err, test.want)
			}
		}
		if open := book.Open(); len(open) != 1 || open[0].Remaining() != 1000 || book.Outstanding()["USD"] != 1000 {
			t.Errorf("%s: left %+v", test.name, open)
		}
	}
	// Twice in one night's list, whichever comes first.
	other := march(t)
	other.CreditID = "cr-0"
	for _, grants := range [][]ledger.Grant{{march(t), other}, {other, march(t)}, {march(t), march(t)}} {
		if _, err := newYork(t, "2026-03-01").Issue(ledger.NewBook(), grants); !errors.Is(err, ledger.ErrPaidTwice) {
			t.Errorf("one incident twice in a night: %v", err)
		}
	}
}

func TestIssueReference(t *testing.T) {
	t.Parallel()
	grant := march(t)
	grant.Reference = "req-7" // the approval
	postings, err := newYork(t, "2026-03-01").Issue(ledger.NewBook(), []ledger.Grant{grant})
	if err != nil || postings[0].Reference != "req-7" || postings[0].RuleID != "late" {
		t.Errorf("posted %+v, %v", postings, err)
	}
}

func TestGraceEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, zone, expires string
		days                int
		want                string
	}{
		{"two days", "America/New_York", "2026-04-01T04:00:00Z", 2, "2026-04-03T04:00:00Z"},
		{"none", "America/New_York", "2026-04-01T04:00:00Z", 0, "2026-04-01T04:00:00Z"},
		{"over the night that is short", "America/New_York", "2026-03-07T05:00:00Z", 2, "2026-03-09T04:00:00Z"},
		{"over the night that is long", "America/New_York", "2026-10-31T04:00:00Z", 2, "2026-11-02T05:00:00Z"},
		{"to the start of the short day", "America/New_York", "2026-03-07T05:00:00Z", 1, "2026-03-08T05:00:00Z"},
		{"from noon", "America/New_York", "2026-03-07T17:00:00Z", 2, "2026-03-09T16:00:00Z"},
		{"from 2:30 to a day without one", "America/New_York", "2026-03-07T07:30:00Z", 1, "2026-03-08T07:00:00Z"},
		{"from 1:30 to a day with two", "America/New_York", "2026-10-31T05:30:00Z", 1, "2026-11-01T05:30:00Z"},
		{"from the second 1:30, none", "America/New_York", "2026-11-01T06:30:00Z", 0, "2026-11-01T06:30:00Z"},
		{"from the second 1:30", "America/New_York", "2026-11-01T06:30:00Z", 1, "2026-11-02T06:30:00Z"},
		{"to a day without midnight", "America/Sao_Paulo", "2018-11-03T03:00:00Z", 1, "2018-11-04T03:00:00Z"},
		{"from a day without midnight", "America/Sao_Paulo", "2018-11-04T03:00:00Z", 1, "2018-11-05T02:00:00Z"},
		{"over a day that was skipped", "Pacific/Apia", "2011-12-29T10:00:00Z", 2, "2011-12-30T10:00:00Z"},
		{"over leap day", "UTC", "2028-02-28T00:00:00Z", 2, "2028-03-01T00:00:00Z"},
		{"over the end of a year", "Asia/Kolkata", "2026-12-30T18:30:00Z", 2, "2027-01-01T18:30:00Z"},
	}
	for _, test := range tests {
		if got := ledger.GraceEnd(instant(t, test.expires), test.days, zone(t, test.zone)); got != instant(t, test.want) {
			t.Errorf("%s: %s and %d days is %s, want %s", test.name, test.expires, test.days, got, test.want)
		}
	}
}

// The night that forfeits is the first whose end is not before expiry and
// grace, which fall on midnights here.
func TestForfeitOnTheNightThatEndsTheGrace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		expires string
		days    int
		last    string // keeps it
		first   string // forfeits it
	}{
		{"2026-04-01T04:00:00Z", 2, "2026-04-01", "2026-04-02"},
		{"2026-04-01T04:00:00Z", 0, "2026-03-30", "2026-03-31"},
		{"2026-04-01T04:00:00Z", 1, "2026-03-31", "2026-04-01"},
		{"2026-04-01T04:00:00.000001Z", 0, "2026-03-31", "2026-04-01"}, // a microsecond into the next day
		{"2026-03-07T05:00:00Z", 2, "2026-03-07", "2026-03-08"},        // clocks go forward on the 8th
		{"2026-10-31T04:00:00Z", 2, "2026-10-31", "2026-11-01"},        // and back on 1 November
	}
	for _, test := range tests {
		grant := march(t)
		grant.ExpiresAt = instant(t, test.expires)
		book := issued(t, grant)
		last, first := newYork(t, test.last), newYork(t, test.first)
		last.GraceDays, first.GraceDays = test.days, test.days
		if postings, err := last.Forfeit(book); err != nil || len(postings) != 0 {
			t.Errorf("%+v: too early: %+v, %v", test, postings, err)
		}
		postings, err := first.Forfeit(book)
		if err != nil || len(postings) != 1 {
			t.Errorf("%+v: %+v, %v", test, postings, err)
			continue
		}
		p := postings[0]
		if p.Kind != ledger.Forfeit || p.Minor != 1000 || p.At != first.AsOf || p.BusinessDate != first.Date || p.EffectiveAt != 0 ||
			p.ExpiresAt != 0 || p.Reference != test.expires || p.DebitAccount != "2300" || p.CreditAccount != "4900" {
			t.Errorf("%+v: posted %+v", test, p)
		}
		if again, err := first.Forfeit(book); err != nil || len(again) != 0 {
			t.Errorf("%+v: again %+v, %v", test, again, err)
		}
	}
}

func TestForfeitTakesOnlyWhatIsLeft(t *testing.T) {
	t.Parallel()
	spent, partly, open, valid := march(t), march(t), march(t), march(t)
	spent.CreditID, spent.IncidentID = "cr-4", "in-4"
	partly.CreditID, partly.IncidentID = "cr-3", "in-3"
	open.CreditID, open.IncidentID = "cr-2", "in-2"
	valid.ExpiresAt += 24 * hour
	book := issued(t, spent, partly, open, valid)
	use := func(credit string, minor int64) ledger.Redemption {
		r := redemption("r-1", minor, march(t).EffectiveAt)
		r.CreditID = credit
		return r
	}
	redeem(t, book, newYork(t, "2026-03-10"), use("cr-4", 1000))
	redeem(t, book, newYork(t, "2026-03-10"), use("cr-3", 999))
	postings, err := newYork(t, "2026-04-02").Forfeit(book)
	if err != nil || len(postings) != 2 || postings[0].CreditID != "cr-2" || postings[0].Minor != 1000 ||
		postings[1].CreditID != "cr-3" || postings[1].Minor != 1 {
		t.Errorf("posted %+v, %v", postings, err)
	}
}

func TestVoidCredits(t *testing.T) {
	t.Parallel()
	second, spent := march(t), march(t)
	second.CreditID, second.IncidentID = "cr-2", "in-2"
	spent.CreditID, spent.IncidentID = "cr-3", "in-3"
	book := issued(t, march(t), second, spent)
	use := redemption("r-1", 1000, march(t).EffectiveAt)
	use.CreditID = "cr-3"
	redeem(t, book, newYork(t, "2026-03-10"), use)
	redeem(t, book, newYork(t, "2026-03-10"), redemption("r-1", 250, march(t).EffectiveAt))

	night := newYork(t, "2026-03-12")
	postings, results, err := night.VoidCredits(book, []ledger.VoidOrder{
		{CreditID: "cr-9", Reference: "req-1"},
		{CreditID: "cr-3", Reference: "req-1"},
		{CreditID: "cr-1", Reference: "req-2", Why: "reversed"},
		{CreditID: "cr-2", Reference: "charged-back", Why: "charged back"},
		{CreditID: "cr-1", Reference: "req-1", Why: "by mistake"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.VoidResult{
		{ledger.VoidOrder{CreditID: "cr-1", Reference: "req-1", Why: "by mistake"}, ledger.VoidApplied, 750},
		{ledger.VoidOrder{CreditID: "cr-1", Reference: "req-2", Why: "reversed"}, ledger.VoidNothingLeft, 0},
		{ledger.VoidOrder{CreditID: "cr-2", Reference: "charged-back", Why: "charged back"}, ledger.VoidApplied, 1000},
		{ledger.VoidOrder{CreditID: "cr-3", Reference: "req-1"}, ledger.VoidNothingLeft, 0},
		{ledger.VoidOrder{CreditID: "cr-9", Reference: "req-1"}, ledger.VoidUnknown, 0},
	}
	if !slices.Equal(results, want) {
		t.Errorf("results %+v\nwant    %+v", results, want)
	}
	if len(postings) != 2 {
		t.Fatalf("posted %+v", postings)
	}
	if p := postings[0]; p.Kind != ledger.Void || p.CreditID != "cr-1" || p.Minor != 750 || p.At != night.AsOf || p.Reference != "req-1" ||
		p.Reason != "by mistake" || p.RuleID != "late" || p.DebitAccount != "2300" || p.CreditAccount != "6100" {
		t.Errorf("posted %+v", p)
	}
	// A void leaves nothing to forfeit, and the incident stays settled.
	if forfeited, err := newYork(t, "2026-04-02").Forfeit(book); err != nil || len(forfeited) != 0 {
		t.Errorf("forfeited %+v, %v", forfeited, err)
	}
	if kind, ok := book.Settled("in-1", date(t, "2026-03-01")); kind != ledger.Issue || !ok {
		t.Errorf("the incident of a voided credit is %q, %v", kind, ok)
	}
}

// Expired, but in its grace: a void takes it, and no forfeiture comes after it.
func TestVoidWithinGrace(t *testing.T) {
	t.Parallel()
	book := issued(t, march(t))
	voidAll(t, book, newYork(t, "2026-04-02"))
	if postings, err := newYork(t, "2026-04-02").Forfeit(book); err != nil || len(postings) != 0 {
		t.Errorf("forfeited %+v, %v", postings, err)
	}
	got, postings := redeem(t, book, newYork(t, "2026-04-03"), redemption("r-1", 100, march(t).ExpiresAt-1))
	if got.Outcome != ledger.Applied || got.ReinstatedMinor != 100 || postings[0].Reason != "void" {
		t.Errorf("a late row: %+v, posted %+v", got, postings)
	}
	if got, _ := redeem(t, book, newYork(t, "2026-04-03"), redemption("r-2", 100, march(t).ExpiresAt)); got.Outcome != ledger.Expired {
		t.Errorf("a use between expiry and void: %+v", got)
	}
}

// issuesOf are issues of grants that are there.
func issuesOf(grants []ledger.Grant) ledger.Issues {
	return ledger.Issues{
		Count: len(grants), Workers: 2,
		Grant:    func(i int) ledger.Grant { return grants[i] },
		Incident: func(i int) string { return grants[i].IncidentID },
	}
}

// Grants made one by one come to the postings and the Book of Issue, in any
// order, and one that is refused leaves those before it.
func TestIssueMade(t *testing.T) {
	t.Parallel()
	night := newYork(t, "2026-03-01")
	other := march(t)
	other.CreditID, other.IncidentID, other.Minor, other.Reference = "cr-0", "in-0", 250, "rq-1"
	grants := []ledger.Grant{march(t), other}
	want := ledger.NewBook()
	postings, err := night.Issue(want, grants)
	if err != nil {
		t.Fatal(err)
	}
	book := ledger.NewBook()
	if err := night.IssueMade(book, issuesOf(grants)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(book.Open(), want.Open()) {
		t.Errorf("made %v, issued %v", book.Open(), want.Open())
	}
	if made := []ledger.Posting{night.Issued(&grants[1]), night.Issued(&grants[0])}; !slices.Equal(made, postings) {
		t.Errorf("postings made %v, issued %v", made, postings)
	}
	for i := range postings {
		if err := book.Apply(postings[i]); !errors.Is(err, ledger.ErrPaidTwice) {
			t.Errorf("%s once more: %v", postings[i].CreditID, err)
		}
	}
	if err := night.IssueMade(book, issuesOf(grants[:1])); !errors.Is(err, ledger.ErrPaidTwice) {
		t.Errorf("a grant once more: %v", err)
	}
}
