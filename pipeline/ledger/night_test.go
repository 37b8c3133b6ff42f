package ledger_test

import (
	"testing"
	"time"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// The credit of most tests: 10.00 USD, issued on 1 March 2026, usable from 2
// March until the midnight that ends 31 March, in New York.
const (
	minute = calendar.Instant(60_000_000)
	hour   = 60 * minute
)

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
		// sha256 of the length-prefixed version, "issue" and "cr-1", by hand in Python.
		ID:           "po1_d21a60a939de741c90065e19217cadb5",
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
