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
			Reason: text("reason"), Minor: rapid.Int64Range(-1<<60, 1<<60).Draw(t, "minor"),
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
			got, err := decodeEntry(appendEntryOf(nil, s, appendPosting(nil, &p)))
			if err != nil || got != want {
				t.Fatalf("%c: %+v, %v; want %+v", s, got, err, want)
			}
		}
	})
}
