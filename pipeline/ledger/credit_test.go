package ledger_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"amends/pipeline/ledger"
	"amends/rules/money"
)

// grant is a credit of 10.00 for an incident of the same number.
func grant(t testing.TB, number, customer, order string) ledger.Grant {
	t.Helper()
	g := march(t)
	g.CreditID, g.IncidentID, g.CustomerID, g.OrderID = "cr-"+number, "in-"+number, customer, order
	return g
}

func ids(credits []ledger.Credit) []string {
	var found []string
	for _, credit := range credits {
		found = append(found, credit.CreditID)
	}
	return found
}

func issue(t testing.TB, book *ledger.Book, night string, grants ...ledger.Grant) {
	t.Helper()
	if _, err := newYork(t, night).Issue(book, grants); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryOfCustomersAndOrders(t *testing.T) {
	t.Parallel()
	book := ledger.NewBook()
	yen := grant(t, "7", "ann", "o-2")
	yen.Currency, yen.Minor = "JPY", 1500
	issue(t, book, "2026-03-01", grant(t, "5", "ann", "o-1"), grant(t, "1", "bob", "o-3"), grant(t, "3", "ann", ""))
	issue(t, book, "2026-03-02", grant(t, "4", "ann", "o-1"), yen, grant(t, "2", "ann", ""))
	history := func(visit func(string, func(ledger.Given) bool), key string) (found []string) {
		visit(key, func(g ledger.Given) bool {
			found = append(found, g.CreditID)
			return true
		})
		return found
	}
	tests := []struct {
		customer, order string
		want            []string
	}{
		{customer: "ann", want: []string{"cr-3", "cr-5", "cr-2", "cr-4", "cr-7"}}, // by date, then id
		{customer: "bob", want: []string{"cr-1"}},
		{customer: "eve"},
		{order: "o-1", want: []string{"cr-5", "cr-4"}},
		{order: "o-9"},
		{order: ""}, // no order is not an order
	}
	for _, test := range tests {
		visit, key := book.Customer, test.customer
		if key == "" {
			visit, key = book.Order, test.order
		}
		if got := history(visit, key); !slices.Equal(got, test.want) {
			t.Errorf("customer %q, order %q: %v, want %v", test.customer, test.order, got, test.want)
		}
	}

	var stopped []ledger.Given
	book.Customer("ann", func(g ledger.Given) bool {
		stopped = append(stopped, g)
		return len(stopped) < 2
	})
	want := ledger.Given{Date: date(t, "2026-03-01"), CreditID: "cr-5", CustomerID: "ann", OrderID: "o-1", RuleID: "late", Currency: "USD", Minor: 1000}
	if len(stopped) != 2 || stopped[1] != want {
		t.Errorf("visited %+v, want two, the second %+v", stopped, want)
	}
}

// Limits count granted without voided: what was used counts, what expired
// counts, what was voided does not, and what came back from a void does.
func TestGivenIsNetOfVoids(t *testing.T) {
	t.Parallel()
	book := issued(t, march(t))
	given := func() (minor int64) {
		book.Customer("ann", func(g ledger.Given) bool { minor += g.Minor; return true })
		var ofOrder int64
		book.Order("o-1", func(g ledger.Given) bool { ofOrder += g.Minor; return true })
		if credit, _ := book.Credit("cr-1"); credit.Given() != minor || ofOrder != minor {
			t.Errorf("given: %d of the credit, %d of the order, %d of the customer", credit.Given(), ofOrder, minor)
		}
		return minor
	}
	check := func(when string, want int64) {
		t.Helper()
		if got := given(); got != want {
			t.Errorf("%s: %d, want %d", when, got, want)
		}
	}
	check("issued", 1000)
	voidAll(t, book, newYork(t, "2026-03-05"))
	check("voided whole", 0)
	redeem(t, book, newYork(t, "2026-03-06"), redemption("r-1", 40, march(t).EffectiveAt))
	check("40 of it came back", 40)

	book = issued(t, march(t))
	redeem(t, book, newYork(t, "2026-03-06"), redemption("r-1", 40, march(t).EffectiveAt))
	forfeitAll(t, book, newYork(t, "2026-04-02"))
	check("used and expired", 1000)
}

func TestOpenAndCreditsOfRun(t *testing.T) {
	t.Parallel()
	book := ledger.NewBook()
	issue(t, book, "2026-03-01", grant(t, "9", "ann", ""), grant(t, "1", "ann", ""))
	issue(t, book, "2026-03-03", grant(t, "5", "ann", ""))
	redeem(t, book, newYork(t, "2026-03-04"), redemption("r-1", 1000, march(t).EffectiveAt))
	if got, want := ids(book.Open()), []string{"cr-5", "cr-9"}; !slices.Equal(got, want) {
		t.Errorf("open %v, want %v", got, want)
	}
	for night, want := range map[string][]string{
		"2026-02-28": nil, "2026-03-01": {"cr-1", "cr-9"}, "2026-03-02": nil, "2026-03-03": {"cr-5"}, "2026-03-04": nil,
	} {
		if got := ids(book.CreditsOfRun(date(t, night))); !slices.Equal(got, want) {
			t.Errorf("credits of %s: %v, want %v", night, got, want)
		}
	}
	if credit, ok := book.Credit("cr-0"); ok || credit != (ledger.Credit{}) {
		t.Errorf("a credit that is not: %+v", credit)
	}
	if got := ledger.NewBook(); len(got.Open()) != 0 || len(got.CreditsOfRun(0)) != 0 || len(got.Outstanding()) != 0 {
		t.Errorf("an empty book has %+v", got)
	}
}

func TestSettledAndPending(t *testing.T) {
	t.Parallel()
	type step struct {
		night string
		kind  ledger.Kind
	}
	type state struct {
		kind    ledger.Kind // at any time
		since   string      // the last date from which kind still counts
		pending bool
	}
	tests := []struct {
		name  string
		steps []step
		want  state
	}{
		{"nothing", nil, state{}},
		{"issued", []step{{"2026-03-05", ledger.Issue}}, state{ledger.Issue, "2026-03-05", false}},
		{"denied", []step{{"2026-03-05", ledger.Deny}}, state{ledger.Deny, "2026-03-05", false}},
		{"held", []step{{"2026-03-05", ledger.Hold}}, state{ledger.Hold, "2999-01-01", true}},
		{"held, then issued", []step{{"2026-03-05", ledger.Hold}, {"2026-03-09", ledger.Issue}}, state{ledger.Issue, "2026-03-09", false}},
		{"held, then denied", []step{{"2026-03-05", ledger.Hold}, {"2026-03-09", ledger.Deny}}, state{ledger.Deny, "2026-03-09", false}},
		{"held, then rejected", []step{{"2026-03-05", ledger.Hold}, {"2026-03-09", ledger.Reject}}, state{ledger.Reject, "2026-03-09", false}},
		{"held, then lapsed", []step{{"2026-03-05", ledger.Hold}, {"2026-03-19", ledger.Lapse}}, state{ledger.Lapse, "2026-03-19", false}},
		{"held again", []step{{"2026-03-05", ledger.Hold}, {"2026-03-06", ledger.Hold}}, state{ledger.Hold, "2999-01-01", true}},
		{"held again, then lapsed", []step{{"2026-03-05", ledger.Hold}, {"2026-03-06", ledger.Hold}, {"2026-03-20", ledger.Lapse}},
			state{ledger.Lapse, "2026-03-20", false}},
		{"denied, long after held", []step{{"2026-03-05", ledger.Deny}, {"2027-06-01", ledger.Hold}}, state{ledger.Hold, "2999-01-01", true}},
		{"denied twice", []step{{"2026-03-05", ledger.Deny}, {"2027-06-01", ledger.Deny}}, state{ledger.Deny, "2027-06-01", false}},
	}
	for _, test := range tests {
		book := ledger.NewBook()
		for _, s := range test.steps {
			night, err := newYork(t, s.night), error(nil)
			if s.kind == ledger.Issue {
				_, err = night.Issue(book, []ledger.Grant{march(t)})
			} else {
				_, err = night.Settle(book, []ledger.Settlement{{Kind: s.kind, CreditID: "cr-1", IncidentID: "in-1"}})
			}
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
		}
		if got := book.Pending("in-1"); got != test.want.pending {
			t.Errorf("%s: pending %v", test.name, got)
		}
		kind, ok := book.Settled("in-1", math.MinInt32)
		if kind != test.want.kind || ok != (test.want.kind != "") {
			t.Errorf("%s: settled %q, %v; want %q", test.name, kind, ok, test.want.kind)
		}
		if test.want.since == "" {
			continue
		}
		since := date(t, test.want.since)
		if kind, ok := book.Settled("in-1", since); kind != test.want.kind || !ok {
			t.Errorf("%s: from %s it is %q, %v", test.name, since, kind, ok)
		}
		if kind, ok := book.Settled("in-1", since+1); ok != test.want.pending {
			t.Errorf("%s: from the day after %s it is %q, %v", test.name, since, kind, ok)
		}
		if kind, ok := book.Settled("in-2", math.MinInt32); ok || book.Pending("in-2") {
			t.Errorf("%s: another incident is %q", test.name, kind)
		}
	}
}

func TestSettlePosts(t *testing.T) {
	t.Parallel()
	book, night := ledger.NewBook(), newYork(t, "2026-03-05")
	deny := ledger.Settlement{Kind: ledger.Deny, CreditID: "cr-2", IncidentID: "in-2", CustomerID: "ann", OrderID: "o-1", SellerID: "shop",
		Source: "deliveries", EventID: "d-2", Currency: "USD", RuleID: "late", Reason: "limit", Reference: "per-customer"}
	hold := deny
	hold.Kind, hold.CreditID, hold.IncidentID = ledger.Hold, "cr-1", "in-1"
	postings, err := night.Settle(book, []ledger.Settlement{hold, deny})
	if err != nil || len(postings) != 2 || !slices.IsSortedFunc(postings, ledger.Compare) {
		t.Fatalf("posted %+v, %v", postings, err)
	}
	want := ledger.Posting{ID: postings[0].ID, BusinessDate: night.Date, Kind: ledger.Deny, CreditID: "cr-2", IncidentID: "in-2",
		CustomerID: "ann", OrderID: "o-1", SellerID: "shop", Source: "deliveries", EventID: "d-2", Currency: "USD", At: night.AsOf,
		Reference: "per-customer", RuleID: "late", Reason: "limit"}
	if postings[0] != want {
		t.Errorf("posted %+v\nwant   %+v", postings[0], want)
	}
	if len(book.Outstanding()) != 0 || postings[1].Kind != ledger.Hold || postings[1].ID == postings[0].ID {
		t.Errorf("outstanding %v, second posting %+v", book.Outstanding(), postings[1])
	}
	if _, err := night.Settle(book, []ledger.Settlement{deny}); !errors.Is(err, ledger.ErrRepeatedPosting) {
		t.Errorf("the same denial in one night: %v", err)
	}
	for _, kind := range []ledger.Kind{ledger.Issue, ledger.Redeem, ledger.Void, ledger.Reinstate, ledger.Forfeit, ""} {
		s := deny
		s.Kind = kind
		if _, err := night.Settle(book, []ledger.Settlement{s}); !errors.Is(err, ledger.ErrMalformed) {
			t.Errorf("settle with %q: %v", kind, err)
		}
	}
}

func TestRollForward(t *testing.T) {
	t.Parallel()
	usd := func(kind ledger.Kind, minor int64) ledger.Posting {
		return ledger.Posting{Kind: kind, Currency: "USD", Minor: minor}
	}
	all := []ledger.Posting{
		usd(ledger.Issue, 100), usd(ledger.Issue, 20), usd(ledger.Reinstate, 7), usd(ledger.Redeem, 30), usd(ledger.Forfeit, 11),
		usd(ledger.Void, 5), usd(ledger.Deny, 0), {Kind: ledger.Issue, Currency: "JPY", Minor: 1500}, {Kind: ledger.Hold, Currency: "KWD"},
	}
	want := map[string]ledger.Movement{
		"USD": {Opening: 50, Issued: 120, Reinstated: 7, Redeemed: 30, Forfeited: 11, Voided: 5, Closing: 131},
		"JPY": {Issued: 1500, Closing: 1500},
		"EUR": {Opening: 9, Closing: 9},
	}
	before, after := money.ByCurrency{"USD": 50, "EUR": 9, "GBP": 0}, money.ByCurrency{"USD": 131, "EUR": 9, "JPY": 1500}
	got, err := ledger.RollForward(before, after, all)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	if got, err := ledger.RollForward(nil, nil, nil); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %+v, %v", got, err)
	}

	tests := []struct {
		name          string
		before, after money.ByCurrency
		postings      []ledger.Posting
		want          error
	}{
		{"one unit appeared", before, money.ByCurrency{"USD": 132, "EUR": 9, "JPY": 1500}, all, ledger.ErrNotConserved},
		{"one unit disappeared", before, money.ByCurrency{"USD": 130, "EUR": 9, "JPY": 1500}, all, ledger.ErrNotConserved},
		{"a posting is missing", before, after, all[1:], ledger.ErrNotConserved},
		{"a posting is there twice", before, after, append(slices.Clone(all), all[2]), ledger.ErrNotConserved},
		{"a currency disappeared", before, money.ByCurrency{"USD": 131, "JPY": 1500}, all, ledger.ErrNotConserved},
		{"a currency appeared", nil, money.ByCurrency{"USD": 1}, nil, ledger.ErrNotConserved},
		{"currencies exchanged", money.ByCurrency{"USD": 1}, money.ByCurrency{"EUR": 1}, nil, ledger.ErrNotConserved},
		{"issues overflow", nil, nil, []ledger.Posting{usd(ledger.Issue, math.MaxInt64), usd(ledger.Issue, 1)}, money.ErrOverflow},
		{"one side overflows", money.ByCurrency{"USD": math.MaxInt64}, nil, []ledger.Posting{usd(ledger.Issue, 1)}, money.ErrOverflow},
		{"the other side overflows", nil, money.ByCurrency{"USD": math.MaxInt64}, []ledger.Posting{usd(ledger.Void, 1)}, money.ErrOverflow},
	}
	for _, test := range tests {
		if got, err := ledger.RollForward(test.before, test.after, test.postings); !errors.Is(err, test.want) || got != nil {
			t.Errorf("%s: %+v, %v; want %v", test.name, got, err, test.want)
		}
	}
}
