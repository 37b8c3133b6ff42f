package publish

import (
	"fmt"

	"amends/pipeline/award"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

const (
	moment = parquetio.Timestamp
	day    = parquetio.Date
)

var issuanceTable = table[Issuance]{
	file: "issuance.parquet", key: []string{"credit_id"}, unique: true, id: []string{"credit_id"},
	check: func(r *Issuance) error {
		if r.AmountMinor <= 0 {
			return fmt.Errorf("credit %s of %d minor units", r.CreditID, r.AmountMinor)
		}
		if r.ExpiresAt <= r.EffectiveAt {
			return fmt.Errorf("credit %s expires at %s, before it is usable at %s", r.CreditID, r.ExpiresAt, r.EffectiveAt)
		}
		return nil
	},
	columns: []column[Issuance]{
		text("credit_id", func(r *Issuance) *string { return &r.CreditID }),
		text("incident_id", func(r *Issuance) *string { return &r.IncidentID }),
		text("source", func(r *Issuance) *string { return &r.Source }),
		text("event_id", func(r *Issuance) *string { return &r.EventID }),
		text("customer_id", func(r *Issuance) *string { return &r.CustomerID }),
		optional(text("order_id", func(r *Issuance) *string { return &r.OrderID })),
		optional(text("seller_id", func(r *Issuance) *string { return &r.SellerID })),
		minor("amount_minor", func(r *Issuance) *int64 { return &r.AmountMinor }),
		text("currency", func(r *Issuance) *string { return &r.Currency }),
		text("reason_code", func(r *Issuance) *string { return &r.ReasonCode }),
		text("rule_id", func(r *Issuance) *string { return &r.RuleID }),
		text("funding", func(r *Issuance) *string { return &r.Funding }),
		number("effective_at", moment, func(r *Issuance) *calendar.Instant { return &r.EffectiveAt }),
		number("expires_at", moment, func(r *Issuance) *calendar.Instant { return &r.ExpiresAt }),
		optional(text("terms", func(r *Issuance) *string { return &r.Terms })),
		optional(unsummed(minor("min_purchase_minor", func(r *Issuance) *int64 { return &r.MinPurchaseMinor }))),
		optional(few("categories_only", func(r *Issuance) *[]string { return &r.CategoriesOnly })),
		optional(few("categories_except", func(r *Issuance) *[]string { return &r.CategoriesExcept })),
		optional(text("sold_by", func(r *Issuance) *string { return &r.SoldBy })),
		flag("stackable", func(r *Issuance) *bool { return &r.Stackable }),
		flag("transferable", func(r *Issuance) *bool { return &r.Transferable }),
		optional(text("message", func(r *Issuance) *string { return &r.Message })),
		optional(text("approved_by", func(r *Issuance) *string { return &r.ApprovedBy })),
		text("rulebook_sha256", func(r *Issuance) *string { return &r.RulebookSHA256 }),
	},
}

var forfeitureTable = table[Forfeiture]{
	file: "forfeiture.parquet", key: []string{"credit_id"}, unique: true, id: []string{"credit_id"},
	columns: []column[Forfeiture]{
		text("credit_id", func(r *Forfeiture) *string { return &r.CreditID }),
		text("customer_id", func(r *Forfeiture) *string { return &r.CustomerID }),
		optional(text("order_id", func(r *Forfeiture) *string { return &r.OrderID })),
		text("currency", func(r *Forfeiture) *string { return &r.Currency }),
		minor("granted_minor", func(r *Forfeiture) *int64 { return &r.GrantedMinor }),
		minor("redeemed_minor", func(r *Forfeiture) *int64 { return &r.RedeemedMinor }),
		minor("forfeited_minor", func(r *Forfeiture) *int64 { return &r.ForfeitedMinor }),
		number("effective_at", moment, func(r *Forfeiture) *calendar.Instant { return &r.EffectiveAt }),
		number("expires_at", moment, func(r *Forfeiture) *calendar.Instant { return &r.ExpiresAt }),
		text("reason_code", func(r *Forfeiture) *string { return &r.ReasonCode }),
	},
}

var adjustmentTable = table[Adjustment]{
	file: "adjustments.parquet", key: []string{"credit_id", "kind"}, id: []string{"credit_id", "kind"},
	columns: []column[Adjustment]{
		text("credit_id", func(r *Adjustment) *string { return &r.CreditID }),
		text("kind", func(r *Adjustment) *string { return &r.Kind }),
		minor("amount_minor", func(r *Adjustment) *int64 { return &r.AmountMinor }),
		text("currency", func(r *Adjustment) *string { return &r.Currency }),
		text("why", func(r *Adjustment) *string { return &r.Why }),
	},
}

var holdTable = table[Hold]{
	file: "held.parquet", key: []string{"credit_id"}, unique: true, id: []string{"credit_id"},
	columns: []column[Hold]{
		text("credit_id", func(r *Hold) *string { return &r.CreditID }),
		text("incident_id", func(r *Hold) *string { return &r.IncidentID }),
		text("failure", func(r *Hold) *string { return &r.Failure }),
		text("source", func(r *Hold) *string { return &r.Source }),
		text("event_id", func(r *Hold) *string { return &r.EventID }),
		text("customer_id", func(r *Hold) *string { return &r.CustomerID }),
		optional(text("order_id", func(r *Hold) *string { return &r.OrderID })),
		optional(text("seller_id", func(r *Hold) *string { return &r.SellerID })),
		minor("amount_minor", func(r *Hold) *int64 { return &r.AmountMinor }),
		minor("gross_minor", func(r *Hold) *int64 { return &r.GrossMinor }),
		text("currency", func(r *Hold) *string { return &r.Currency }),
		text("reason_code", func(r *Hold) *string { return &r.ReasonCode }),
		text("rule_id", func(r *Hold) *string { return &r.RuleID }),
		number("priority", parquetio.Int64, func(r *Hold) *int { return &r.Priority }),
		text("funding", func(r *Hold) *string { return &r.Funding }),
		optional(text("terms", func(r *Hold) *string { return &r.Terms })),
		optional(encoded("message", func(r *Hold) *[]award.MessagePart { return &r.Message })),
		number("since", moment, func(r *Hold) *calendar.Instant { return &r.Since }),
		number("at", moment, func(r *Hold) *calendar.Instant { return &r.At }),
		optional(text("zone", func(r *Hold) *string { return &r.Zone })),
		text("facts", func(r *Hold) *string { return &r.Facts }),
		encoded("hold_causes", func(r *Hold) *[]award.Cause { return &r.HoldCauses }),
		number("held_since", day, func(r *Hold) *calendar.Date { return &r.HeldSince }),
		text("rulebook_sha256", func(r *Hold) *string { return &r.RulebookSHA256 }),
	},
}

var decisionTable = table[Decision]{
	// A hold that is released on a night whose files still hold its row is
	// decided twice: the row, a repeat, and the release.
	file: "decisions.parquet", key: []string{"incident_id", "released"}, unique: true, id: []string{"incident_id"},
	columns: []column[Decision]{
		text("incident_id", func(r *Decision) *string { return &r.IncidentID }),
		text("source", func(r *Decision) *string { return &r.Source }),
		text("event_id", func(r *Decision) *string { return &r.EventID }),
		text("customer_id", func(r *Decision) *string { return &r.CustomerID }),
		optional(text("order_id", func(r *Decision) *string { return &r.OrderID })),
		optional(text("seller_id", func(r *Decision) *string { return &r.SellerID })),
		text("outcome", func(r *Decision) *award.Outcome { return &r.Outcome }),
		text("reason", func(r *Decision) *string { return &r.Reason }),
		flag("repeat", func(r *Decision) *bool { return &r.Repeat }),
		flag("released", func(r *Decision) *bool { return &r.Released }),
		optional(text("rule_id", func(r *Decision) *string { return &r.RuleID })),
		few("matched_rules", func(r *Decision) *[]string { return &r.MatchedRules }),
		text("facts", func(r *Decision) *string { return &r.Facts }),
		minor("gross_minor", func(r *Decision) *int64 { return &r.GrossMinor }),
		minor("amount_minor", func(r *Decision) *int64 { return &r.AmountMinor }),
		text("currency", func(r *Decision) *string { return &r.Currency }),
		optional(few("limited_by", func(r *Decision) *[]string { return &r.LimitedBy })),
	},
}

var rejectTable = table[Reject]{
	file: "rejects.parquet", key: []string{"source", "file", "row", "row_group", "code"},
	id: []string{"source", "file", "row"},
	columns: []column[Reject]{
		text("source", func(r *Reject) *string { return &r.Source }),
		text("file", func(r *Reject) *string { return &r.File }),
		number("row_group", parquetio.Int32, func(r *Reject) *int { return &r.RowGroup }),
		number("row", parquetio.Int64, func(r *Reject) *int64 { return &r.Row }),
		text("code", func(r *Reject) *string { return &r.Code }),
		optional(text("column", func(r *Reject) *string { return &r.Column })),
		optional(text("detail", func(r *Reject) *string { return &r.Detail })),
	},
}

var expiringTable = table[Expiring]{
	file: "expiring.parquet", key: []string{"credit_id"}, unique: true, id: []string{"credit_id"},
	columns: []column[Expiring]{
		text("credit_id", func(r *Expiring) *string { return &r.CreditID }),
		text("customer_id", func(r *Expiring) *string { return &r.CustomerID }),
		minor("remaining_minor", func(r *Expiring) *int64 { return &r.RemainingMinor }),
		text("currency", func(r *Expiring) *string { return &r.Currency }),
		number("expires_at", moment, func(r *Expiring) *calendar.Instant { return &r.ExpiresAt }),
		optional(text("terms", func(r *Expiring) *string { return &r.Terms })),
	},
}

var redemptionTable = table[Redemption]{
	file: "redemptions.parquet", key: []string{"credit_id", "redemption_id", "file", "row"},
	id: []string{"credit_id", "redemption_id"},
	columns: []column[Redemption]{
		text("redemption_id", func(r *Redemption) *string { return &r.RedemptionID }),
		text("credit_id", func(r *Redemption) *string { return &r.CreditID }),
		text("customer_id", func(r *Redemption) *string { return &r.CustomerID }),
		minor("amount_minor", func(r *Redemption) *int64 { return &r.AmountMinor }),
		text("currency", func(r *Redemption) *string { return &r.Currency }),
		number("at", moment, func(r *Redemption) *calendar.Instant { return &r.At }),
		text("outcome", func(r *Redemption) *string { return &r.Outcome }),
		minor("applied_minor", func(r *Redemption) *int64 { return &r.AppliedMinor }),
		minor("excess_minor", func(r *Redemption) *int64 { return &r.ExcessMinor }),
		text("file", func(r *Redemption) *string { return &r.File }),
		number("row_group", parquetio.Int32, func(r *Redemption) *int { return &r.RowGroup }),
		number("row", parquetio.Int64, func(r *Redemption) *int64 { return &r.Row }),
	},
}
