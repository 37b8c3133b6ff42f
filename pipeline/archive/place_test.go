package archive_test

import (
	"slices"

	"pgregory.net/rapid"

	"amends/pipeline/archive"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// sameSettlement holds what is read at a place to the postings under a credit.
func sameSettlement(t *rapid.T, view *archive.View, credit string, postings []ledger.Posting) {
	place := view.Place(archive.OfCredit, credit, 0)
	kind, date, known := place.Settlement()
	if known != place.Known() {
		t.Fatalf("%s is asked for: %t, and known: %t", credit, place.Known(), known)
	}
	var want ledger.Posting
	for _, p := range postings {
		switch p.Kind {
		case ledger.Issue, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse:
			want = p
		}
	}
	if known && (kind != want.Kind || date != want.BusinessDate) {
		t.Fatalf("%s: %q on %s, want %q on %s", credit, kind, date, want.Kind, want.BusinessDate)
	}
}

// sameAmounts holds what is read at a place to what a customer was given.
func sameAmounts(t *rapid.T, view *archive.View, customer string, from calendar.Date, given []ledger.Given) {
	var reader archive.Reader
	place := view.Place(archive.OfCustomer, customer, from)
	got, known := reader.Amounts(nil, place, from)
	if known != place.Known() {
		t.Fatalf("%s is asked for: %t, and known: %t", customer, place.Known(), known)
	}
	var want []archive.Amount
	for _, g := range given {
		if g.Minor > 0 {
			want = append(want, archive.Amount{Date: g.Date, RuleID: g.RuleID, Currency: g.Currency, Minor: g.Minor})
		}
	}
	if known && !slices.Equal(got, want) {
		t.Fatalf("%s on or after %s: %+v, want %+v", customer, from, got, want)
	}
}
