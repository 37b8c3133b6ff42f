package report

import "amends/rules/money"

// sampleNight is a night made up by hand, with something in each section. Its
// figures add up: 1000 rows are 2+10+5+940+3+15+4+21, and for USD
// 50000 + 12345 + 250 − 3000 − 700 − 100 = 58795.
func sampleNight() *Summary {
	return &Summary{
		Version: Version, BusinessDate: "2026-01-15", EffectiveDate: "2026-01-16",
		AsOf: "2026-01-16T05:00:00Z", Timezone: "America/New_York",
		Sources: []SourceFlow{{Source: "deliveries", Files: 4, Read: 1000, Rejected: 2, OutOfWindow: 10, NotYet: 5,
			Unmatched: 940, Merged: 3, Suppressed: 15, Held: 4, Issued: 21}},
		Rules: []RuleLine{
			{Rule: "late", Mode: "live", Hits: 40, Wins: 21, Gross: money.ByCurrency{"USD": 20000, "JPY": 3000}, Issued: money.ByCurrency{"USD": 12345, "JPY": 1500}},
			{Rule: "late-flat-trial", Mode: "shadow", Hits: 38, Gross: money.ByCurrency{"USD": 19000}},
		},
		Issued: []MoneyLine{
			{Rule: "late", Reason: "DELIVERY_LATE", Funding: "platform", Currency: "JPY", Count: 1, Minor: 1500},
			{Rule: "late", Reason: "DELIVERY_LATE", Funding: "platform", Currency: "USD", Count: 20, Minor: 12345},
		},
		Held:         []MoneyLine{{Rule: "late", Reason: "DELIVERY_LATE", Funding: "platform", Currency: "USD", Count: 4, Minor: 40000}},
		Forfeited:    []MoneyLine{{Reason: "DELIVERY_LATE", Currency: "USD", Count: 2, Minor: 700}},
		Suppressions: []ReasonLine{{Reason: "abuse", Count: 10, Repeat: 1, Gross: money.ByCurrency{"USD": 5000}}},
		Denials:      []ReasonLine{{Reason: "limit:per-customer-quarter", Count: 5, Gross: money.ByCurrency{"USD": 2500}}},
		HoldCauses:   []CauseLine{{Kind: "approval", ID: "large", Count: 4, Amount: money.ByCurrency{"USD": 40000}}},
		Trims:        []TrimLine{{By: "limit:per-customer-quarter", Count: 3, Amount: money.ByCurrency{"USD": 450}}},
		Rejects:      []RejectLine{{Source: "deliveries", Code: "null", Count: 2}},
		Redemptions: []RedemptionLine{
			{Outcome: "applied", Currency: "USD", Count: 7, Minor: 3100, AppliedMinor: 3000},
			{Outcome: "unknown_credit", Currency: "USD", Count: 1, Minor: 100},
		},
		Adjustments: []AdjustmentLine{
			{Kind: "reinstate", Why: "redeemed-before-expiry", Currency: "USD", Count: 1, Minor: 250},
			{Kind: "void", Why: "charged-back", Currency: "USD", Count: 1, Minor: 100},
		},
		HoldFlow: HoldFlow{Opening: 6, New: 4, Released: 2, Rejected: 1, Lapsed: 1, Closing: 6},
		RollForward: []RollForwardLine{
			{Currency: "JPY", Issued: 1500, Closing: 1500},
			{Currency: "USD", Opening: 50000, Issued: 12345, Reinstated: 250, Redeemed: 3000, Forfeited: 700, Voided: 100, Closing: 58795},
		},
		Issuable:     money.ByCurrency{"USD": 12345, "JPY": 1500},
		Guardrails:   []BreachLine{{Guardrail: "max_amount", Currency: "EUR", Minor: 99, Bound: "at most 0.50 EUR a night"}},
		Requests:     []RequestLine{{ID: "r-1", Kind: "approve", By: "ana", Why: "checked", Asked: money.ByCurrency{"USD": 500}, Done: money.ByCurrency{}, Outcome: "refused", Detail: "no such hold"}},
		ShadowFaults: []CountLine{{Name: "late-flat-trial", Count: 2}},
		VoidFaults:   []CountLine{{Name: "charged-back: null", Count: 1}},
		Expiring:     []MoneyLine{{Terms: "standard", Currency: "USD", Count: 3, Minor: 1500}},
		Notices:      []string{"data/reviews.parquet"},
	}
}
