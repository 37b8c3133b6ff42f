package archive_test

import (
	"slices"

	"pgregory.net/rapid"

	"amends/pipeline/archive"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// sameAmounts holds what is read at a place to what a customer was given.
func sameAmounts(t *rapid.T, view *archive.View, customer string, from calendar.Date, given []ledger.Given) {
	var reader archive.Reader
	places := view.Places(archive.OfCustomer, 1, func(int) string { return customer }, from, 1)
	got, known := reader.Amounts(nil, places[0], from)
	if known != places[0].Known() {
		t.Fatalf("%s is asked for: %t, and known: %t", customer, places[0].Known(), known)
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
