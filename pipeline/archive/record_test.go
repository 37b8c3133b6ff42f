package archive

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// An entry says of its posting what customers, orders and events are asked for.
func TestEntriesOfPostings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return rapid.OneOf(rapid.Just(""), rapid.StringN(0, 300, 600), rapid.Just("cr1_"+strings.Repeat("0a", 16)), rapid.Just("cr1_"+strings.Repeat("0A", 16))).Draw(t, name)
		}
		kinds := []ledger.Kind{ledger.Issue, ledger.Redeem, ledger.Forfeit, ledger.Void, ledger.Reinstate, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse}
		p := ledger.Posting{
			BusinessDate: calendar.Date(rapid.Int32().Draw(t, "date")), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			ID: text("id"), CreditID: text("credit"), IncidentID: text("incident"), CustomerID: text("customer"), OrderID: text("order"),
			SellerID: text("seller"), Source: text("source"), EventID: text("event"), Currency: text("currency"), RuleID: text("rule"),
			Reason: text("reason"), Minor: rapid.Int64Range(-1<<60, 1<<60).Draw(t, "minor"), Reference: text("reference"), Terms: text("terms"), Funding: text("funding"),
			DebitAccount: text("debit"), CreditAccount: text("credit account"), At: calendar.Instant(rapid.Int64().Draw(t, "at")),
			EffectiveAt: calendar.Instant(rapid.Int64().Draw(t, "from")), ExpiresAt: calendar.Instant(rapid.Int64().Draw(t, "until")),
		}
		var waiting packed
		waiting.add(&ledger.Posting{Kind: ledger.Deny, CreditID: text("another credit")})
		at := waiting.add(&p)
		waiting.add(&ledger.Posting{Kind: ledger.Deny, Reason: text("another reason")})
		if got, err := decodePosting(waiting.appendPosting(nil, at)); err != nil || got != p {
			t.Fatalf("%+v, %v; want %+v", got, err, p)
		}
		for s, other := range map[space]string{byCustomer: p.OrderID, byOrder: p.CustomerID, byEvent: ""} {
			want := entry{date: p.BusinessDate, kind: p.Kind, creditID: p.CreditID, other: other, currency: p.Currency}
			switch p.Kind {
			case ledger.Issue:
				want.minor, want.rule = p.Minor, p.RuleID
			case ledger.Reinstate:
				want.minor = p.Minor
			case ledger.Void:
				want.minor = -p.Minor
			}
			got, err := decodeEntry(waiting.appendEntry(nil, s, at))
			if err != nil || got != want {
				t.Fatalf("%c: %+v, %v; want %+v", s, got, err, want)
			}
		}
	})
}
