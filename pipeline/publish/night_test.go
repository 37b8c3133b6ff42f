package publish

import (
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

const (
	testDate = calendar.Date(20_000)
	testAt   = calendar.Instant(1_728_000_000_000_000) // the start of that day in UTC
	hour     = calendar.Instant(3_600_000_000)
)

// sampleNight has rows in every table, out of order, with and without the
// optional columns.
func sampleNight() *Night {
	return &Night{
		Date: testDate,
		Issuance: []Issuance{
			{CreditID: "cr1_b", IncidentID: "in1_b", Source: "deliveries", EventID: "d2", CustomerID: "c2",
				AmountMinor: 1500, Currency: "JPY", ReasonCode: "DELIVERY_LATE", RuleID: "late", Funding: "platform",
				EffectiveAt: testAt, ExpiresAt: testAt + hour, RulebookSHA256: "aa"},
			{CreditID: "cr1_a", IncidentID: "in1_a", Source: "deliveries", EventID: "d1", CustomerID: "c1", OrderID: "o1",
				SellerID: "s1", AmountMinor: 250, Currency: "USD", ReasonCode: "DELIVERY_LATE", RuleID: "late", Funding: "seller",
				EffectiveAt: testAt, ExpiresAt: testAt + 2*hour, Terms: "standard", MinPurchaseMinor: 2500,
				CategoriesOnly: []string{"books"}, CategoriesExcept: []string{"gift-cards", "a,b"}, SoldBy: "first-party",
				Stackable: true, Message: "Sorry — höflich", ApprovedBy: "kim", RulebookSHA256: "aa"},
		},
		Forfeiture: []Forfeiture{{CreditID: "cr1_old", CustomerID: "c9", Currency: "USD", GrantedMinor: 500, RedeemedMinor: 200,
			ForfeitedMinor: 300, EffectiveAt: testAt - 3*hour, ExpiresAt: testAt - hour, ReasonCode: "DAMAGED"}},
		Adjustments: []Adjustment{
			{CreditID: "cr1_v", Kind: "void", AmountMinor: 7, Currency: "USD", Why: "charged-back"},
			{CreditID: "cr1_v", Kind: "reinstate", AmountMinor: 7, Currency: "USD", Why: "void"},
			{CreditID: "cr1_v", Kind: "reinstate", AmountMinor: 7, Currency: "USD", Why: "forfeit"},
		},
		Holds: []Hold{{CreditID: "cr1_h", IncidentID: "in1_h", Failure: "damage", Source: "defects", EventID: "f1",
			CustomerID: "c3", AmountMinor: 900, GrossMinor: 1000, Currency: "USD", ReasonCode: "DAMAGED", RuleID: "damaged",
			Priority: -5, Funding: "platform", Message: []award.MessagePart{{Text: "You get "}, {Fact: "amount"}},
			Since: testAt - hour, At: testAt, Facts: `{"x":1}`, HoldCauses: []award.Cause{{Kind: "approval", ID: "large", Why: "above"}},
			HeldSince: testDate - 1, RulebookSHA256: "aa"}},
		Decisions: []Decision{
			{IncidentID: "in1_b", Source: "deliveries", EventID: "d2", CustomerID: "c2", Outcome: award.Issued,
				Reason: "DELIVERY_LATE", RuleID: "late", MatchedRules: []string{"late", "later"}, Facts: "{}",
				GrossMinor: 2000, AmountMinor: 1500, Currency: "JPY", LimitedBy: []string{"per-customer"}},
			{IncidentID: "in1_a", Source: "deliveries", EventID: "d1", CustomerID: "c1", OrderID: "o1", SellerID: "s1",
				Outcome: award.Suppressed, Reason: "settled", Repeat: true, Released: true, Facts: `{"a":"é"}`, Currency: "USD"},
		},
		Rejects: []Reject{
			{Source: "redemptions", File: "data/r.parquet", RowGroup: 1, Row: 12, Code: "wrong-customer", Detail: "c1, not c2"},
			{Source: "deliveries", File: "data/d.parquet", Row: 3, Code: "null", Column: "item_price"},
		},
		Expiring: []Expiring{{CreditID: "cr1_e", CustomerID: "c4", RemainingMinor: 99, Currency: "USD", ExpiresAt: testAt + hour}},
		Redemptions: []Redemption{
			{RedemptionID: "r2", CreditID: "cr1_old", CustomerID: "c9", AmountMinor: 300, Currency: "USD", At: testAt - 2*hour,
				Outcome: "partly", AppliedMinor: 200, ExcessMinor: 100, File: "data/r.parquet", RowGroup: 2, Row: 7},
			{RedemptionID: "r1", CreditID: "cr1_x", CustomerID: "c9", AmountMinor: 1, Currency: "USD", At: testAt,
				Outcome: "unknown", ExcessMinor: 1, File: "data/r.parquet", Row: 6},
		},
		Postings: samplePostings(),
		Open: []ledger.Credit{{CreditID: "cr1_a", IncidentID: "in1_a", CustomerID: "c1", OrderID: "o1", SellerID: "s1",
			Source: "deliveries", EventID: "d1", Currency: "USD", RuleID: "late", Reason: "DELIVERY_LATE", Terms: "standard",
			Funding: "seller", Issued: testDate, EffectiveAt: testAt, ExpiresAt: testAt + 2*hour, GrantedMinor: 250,
			RedeemedMinor: 1, ForfeitedMinor: 2, VoidedMinor: 3, VoidedAt: testAt + hour}},
		Requests: []RequestOutcome{
			{ID: "rq1_b", Kind: "void", Targets: []string{"cr1_v"}, Outcome: "done"},
			{ID: "rq1_a", Kind: "reverse", Outcome: "waits", Detail: "for a second person"},
		},
		SummaryJSON: []byte(`{"issued":2}`), ReportHTML: []byte("<p>"), Workspace: []byte("timezone: UTC\n"),
		Rules: []RawFile{{"late.yaml", []byte("rules: []\n")}, {"eu/late.yaml", []byte("rules: []\n")}},
		Extra: []RawFile{{"extra.csv", []byte("credit_id\n")}},
	}
}

func samplePostings() []ledger.Posting {
	return []ledger.Posting{
		{ID: "po1_02", BusinessDate: testDate, Kind: ledger.Issue, CreditID: "cr1_a", IncidentID: "in1_a", CustomerID: "c1",
			OrderID: "o1", SellerID: "s1", Source: "deliveries", EventID: "d1", Currency: "USD", Minor: 250, At: testAt,
			Reference: "late", RuleID: "late", Reason: "DELIVERY_LATE", Terms: "standard", Funding: "seller",
			EffectiveAt: testAt, ExpiresAt: testAt + 2*hour, DebitAccount: "6100", CreditAccount: "2300"},
		{ID: "po1_03", BusinessDate: testDate, Kind: ledger.Deny, CreditID: "cr1_c", IncidentID: "in1_c", CustomerID: "c1",
			Currency: "USD", At: testAt, Reference: "late", Reason: "limit"},
		{ID: "po1_01", BusinessDate: testDate, Kind: ledger.Redeem, CreditID: "cr1_old", CustomerID: "c9", Currency: "USD",
			Minor: 200, At: testAt - 2*hour, Reference: "r2", DebitAccount: "2300", CreditAccount: "2400"},
	}
}
