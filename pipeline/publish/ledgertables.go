package publish

import (
	"cmp"
	"fmt"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// postingTable holds every field of a posting, and its rows stand in the order
// in which they are applied: a Book is rebuilt from these files alone.
var postingTable = table[ledger.Posting]{
	file: "postings.parquet", key: []string{"posting_id"}, unique: true, id: []string{"posting_id"},
	compare: (*ledger.Posting).Compare,
	rank:    func(p *ledger.Posting) (int64, string) { step, credit := p.Rank(); return int64(step), credit }, // of one date
	dated:   func(p *ledger.Posting) calendar.Date { return p.BusinessDate },
	columns: []column[ledger.Posting]{
		number(businessDate, parquetio.Date, func(p *ledger.Posting) *calendar.Date { return &p.BusinessDate }),
		text("posting_id", func(p *ledger.Posting) *string { return &p.ID }),
		text("kind", func(p *ledger.Posting) *ledger.Kind { return &p.Kind }),
		text("credit_id", func(p *ledger.Posting) *string { return &p.CreditID }),
		optional(text("incident_id", func(p *ledger.Posting) *string { return &p.IncidentID })),
		optional(text("customer_id", func(p *ledger.Posting) *string { return &p.CustomerID })),
		optional(text("order_id", func(p *ledger.Posting) *string { return &p.OrderID })),
		optional(text("seller_id", func(p *ledger.Posting) *string { return &p.SellerID })),
		optional(text("source", func(p *ledger.Posting) *string { return &p.Source })),
		optional(text("event_id", func(p *ledger.Posting) *string { return &p.EventID })),
		text("currency", func(p *ledger.Posting) *string { return &p.Currency }),
		minor("amount_minor", func(p *ledger.Posting) *int64 { return &p.Minor }),
		number("at", moment, func(p *ledger.Posting) *calendar.Instant { return &p.At }),
		optional(text("reference", func(p *ledger.Posting) *string { return &p.Reference })),
		optional(text("rule_id", func(p *ledger.Posting) *string { return &p.RuleID })),
		optional(text("reason", func(p *ledger.Posting) *string { return &p.Reason })),
		optional(text("terms", func(p *ledger.Posting) *string { return &p.Terms })),
		optional(text("funding", func(p *ledger.Posting) *string { return &p.Funding })),
		optional(number("effective_at", moment, func(p *ledger.Posting) *calendar.Instant { return &p.EffectiveAt })),
		optional(number("expires_at", moment, func(p *ledger.Posting) *calendar.Instant { return &p.ExpiresAt })),
		optional(text("debit_account", func(p *ledger.Posting) *string { return &p.DebitAccount })),
		optional(text("credit_account", func(p *ledger.Posting) *string { return &p.CreditAccount })),
	},
}

var openTable = table[ledger.Credit]{
	file: "open.parquet", key: []string{openIDName}, unique: true, id: []string{openIDName},
	compare: func(a, b *ledger.Credit) int {
		return cmp.Or(cmp.Compare(a.Issued, b.Issued), cmp.Compare(a.CreditID, b.CreditID))
	},
	rank: func(c *ledger.Credit) (int64, string) { return int64(c.Issued), c.CreditID },
	check: func(c *ledger.Credit) error {
		if c.Remaining() <= 0 {
			return fmt.Errorf("credit %s has nothing left and is no open one", c.CreditID)
		}
		return nil
	},
	columns: []column[ledger.Credit]{
		text("credit_id", func(c *ledger.Credit) *string { return &c.CreditID }),
		text("incident_id", func(c *ledger.Credit) *string { return &c.IncidentID }),
		text("customer_id", func(c *ledger.Credit) *string { return &c.CustomerID }),
		optional(text("order_id", func(c *ledger.Credit) *string { return &c.OrderID })),
		optional(text("seller_id", func(c *ledger.Credit) *string { return &c.SellerID })),
		text("source", func(c *ledger.Credit) *string { return &c.Source }),
		text("event_id", func(c *ledger.Credit) *string { return &c.EventID }),
		text("currency", func(c *ledger.Credit) *string { return &c.Currency }),
		text("rule_id", func(c *ledger.Credit) *string { return &c.RuleID }),
		text("reason", func(c *ledger.Credit) *string { return &c.Reason }),
		optional(text("terms", func(c *ledger.Credit) *string { return &c.Terms })),
		text("funding", func(c *ledger.Credit) *string { return &c.Funding }),
		number(openIssuedName, day, func(c *ledger.Credit) *calendar.Date { return &c.Issued }),
		number("effective_at", moment, func(c *ledger.Credit) *calendar.Instant { return &c.EffectiveAt }),
		number("expires_at", moment, func(c *ledger.Credit) *calendar.Instant { return &c.ExpiresAt }),
		minor("granted_minor", func(c *ledger.Credit) *int64 { return &c.GrantedMinor }),
		minor("redeemed_minor", func(c *ledger.Credit) *int64 { return &c.RedeemedMinor }),
		minor("forfeited_minor", func(c *ledger.Credit) *int64 { return &c.ForfeitedMinor }),
		minor("voided_minor", func(c *ledger.Credit) *int64 { return &c.VoidedMinor }),
		optional(number("voided_at", moment, func(c *ledger.Credit) *calendar.Instant { return &c.VoidedAt })),
	},
}
