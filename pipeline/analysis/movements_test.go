package analysis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/ledger"
	"amends/pipeline/report"
)

func moved(what, currency, funding string, count, minor int64) TrendMovement {
	return TrendMovement{What: what, Currency: currency, Funding: funding, Count: count, Minor: minor}
}

// Four nights: 10.00 USD issued, nothing, 3.00 and 2.01 of two fundings, and
// tonight 4.00. A median of whole counts is 0.5 → 0 and 2.5 → 2.
func TestMovementsByHand(t *testing.T) {
	t.Parallel()
	past := []TrendNight{
		{Date: "2026-01-05", Movements: []TrendMovement{moved("issued", "USD", "platform", 4, 1000)}},
		{Date: "2026-01-06"},
		{Date: "2026-01-08", Movements: []TrendMovement{moved("issued", "USD", "platform", 1, 300), moved("issued", "USD", "seller", 2, 201)}},
		{Date: "2026-01-09", Movements: []TrendMovement{moved("redeemed", "JPY", "seller", 1, 70)}},
	}
	tonight := TrendNight{Date: "2026-01-10", Movements: []TrendMovement{moved("issued", "USD", "platform", 2, 400)}}
	lines := Movements(past, tonight)
	by := map[[3]string]report.Movement{}
	for _, m := range lines {
		by[[3]string{m.Currency, m.What, m.Funding}] = m
	}
	// Of each currency six movements, and the fundings that moved.
	if len(lines) != 6+1+6+2 || len(by) != len(lines) {
		t.Fatalf("%d lines", len(lines))
	}
	all := by[[3]string{"USD", "issued", ""}]
	want := report.Movement{
		What: "issued", Currency: "USD", Count: 2, Minor: 400, Last: &report.NightFigure{Date: "2026-01-09"},
		Median: &report.NightFigure{Count: 2, Minor: 250}, // of 0 0 3 4: 1.5; of 0 0 501 1000: 250.5
		Nights: 4, Series: []report.NightFigure{
			{Date: "2026-01-05", Count: 4, Minor: 1000}, {Date: "2026-01-06"}, {Date: "2026-01-08", Count: 3, Minor: 501},
			{Date: "2026-01-09"}, {Date: "2026-01-10", Count: 2, Minor: 400},
		},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if seller := by[[3]string{"USD", "issued", "seller"}]; seller.Minor != 0 || seller.Median.Minor != 0 || seller.Series[2].Minor != 201 {
		t.Errorf("%+v", seller)
	}
	if yen := by[[3]string{"JPY", "redeemed", ""}]; yen.Last == nil || yen.Last.Minor != 70 || yen.Minor != 0 {
		t.Errorf("%+v", yen)
	}
	if first := Movements(nil, tonight)[0]; first.Last != nil || first.Median != nil || first.Nights != 0 || len(first.Series) != 1 {
		t.Errorf("the first night: %+v", first)
	}
}

// A posting counts as what it moved; those that end an incident move nothing.
func TestMovedFromPostings(t *testing.T) {
	t.Parallel()
	var m Moved
	for _, kind := range []ledger.Kind{
		ledger.Issue, ledger.Redeem, ledger.Void, ledger.Reinstate, ledger.Forfeit, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse, ledger.Issue,
	} {
		m.AddPosting(ledger.Posting{Kind: kind, Currency: "USD", Minor: 10}, "seller")
	}
	m.Add(report.MoveHeld, "EUR", "platform", 7)
	want := []TrendMovement{
		moved("held", "EUR", "platform", 1, 7), moved("issued", "USD", "seller", 2, 20), moved("forfeited", "USD", "seller", 1, 10),
		moved("redeemed", "USD", "seller", 1, 10), moved("reinstated", "USD", "seller", 1, 10), moved("voided", "USD", "seller", 1, 10),
	}
	if diff := cmp.Diff(want, m.Lines()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
