package ledger

import (
	"cmp"
	"slices"
	"sort"

	"amends/rules/calendar"
	"amends/rules/money"
)

// Credit is value given to one customer, and what became of it. It can be used
// from EffectiveAt, and no longer at ExpiresAt.
type Credit struct {
	CreditID, IncidentID, CustomerID, OrderID, SellerID string
	Source, EventID, Currency                           string
	RuleID, Reason, Terms, Funding                      string
	Issued                                              calendar.Date // the business date
	EffectiveAt, ExpiresAt                              calendar.Instant

	// In minor units; forfeited and voided are without what was reinstated.
	GrantedMinor, RedeemedMinor, ForfeitedMinor, VoidedMinor int64

	VoidedAt calendar.Instant // of the last void; 0 for none
}

// Remaining returns the minor units that are left.
func (c Credit) Remaining() int64 {
	return c.GrantedMinor - c.RedeemedMinor - c.ForfeitedMinor - c.VoidedMinor
}

// Given returns the minor units that count as given: granted without voided.
func (c Credit) Given() int64 { return c.GrantedMinor - c.VoidedMinor }

// Given is one credit as limits see it.
type Given struct {
	Date       calendar.Date // on which it was posted
	CreditID   string
	IncidentID string
	CustomerID string
	OrderID    string
	SellerID   string
	RuleID     string
	Reason     string
	Currency   string
	Minor      int64 // granted without voided: more than 0
}

func (b *Book) credit(r *record) Credit {
	return Credit{
		CreditID: r.creditID(), IncidentID: r.incidentID(), CustomerID: r.customerID, OrderID: r.orderID(), EventID: r.eventID(),
		SellerID: b.names[r.sellerID], Source: b.names[r.source], Currency: b.names[r.currency],
		RuleID: b.names[r.ruleID], Reason: b.names[r.reason], Terms: b.names[r.terms], Funding: b.names[r.funding],
		Issued: r.issued, EffectiveAt: r.effectiveAt, ExpiresAt: r.expiresAt, VoidedAt: r.voidedAt,
		GrantedMinor: r.grantedMinor, RedeemedMinor: r.redeemedMinor,
		ForfeitedMinor: r.forfeitedMinor, VoidedMinor: r.voidedMinor,
	}
}

// Credit returns the credit of an id; false where none was issued.
func (b *Book) Credit(id string) (Credit, bool) {
	index, ok := b.credits[id]
	if !ok {
		return Credit{}, false
	}
	return b.credit(&b.records[index]), true
}

// Open returns the credits with value left, by credit id.
func (b *Book) Open() []Credit {
	return b.pick(b.records, func(r *record) bool { return r.remaining() > 0 })
}

// CreditsOfRun returns all credits issued on a business date, by credit id.
func (b *Book) CreditsOfRun(date calendar.Date) []Credit {
	from := sort.Search(len(b.records), func(i int) bool { return b.records[i].issued >= date })
	to := sort.Search(len(b.records), func(i int) bool { return b.records[i].issued > date })
	return b.pick(b.records[from:to], func(*record) bool { return true })
}

func (b *Book) pick(records []record, wanted func(*record) bool) []Credit {
	var picked []*record
	for i := range records {
		if wanted(&records[i]) {
			picked = append(picked, &records[i])
		}
	}
	slices.SortFunc(picked, func(a, b *record) int { return cmp.Compare(a.creditID(), b.creditID()) })
	credits := make([]Credit, len(picked))
	for i, r := range picked {
		credits[i] = b.credit(r)
	}
	return credits
}

// Settled returns what settled an incident: Hold where one is pending, whenever
// it was posted, or the latest issue, deny, reject or lapse that was posted on
// or after from.
func (b *Book) Settled(incidentID string, from calendar.Date) (Kind, bool) {
	last, ok := b.incidents[incidentID]
	if !ok || !last.is(Hold) && last.date < from {
		return "", false
	}
	return steps[last.step], true
}

// Pending reports whether an incident is held, and nothing has ended that.
func (b *Book) Pending(incidentID string) bool { return b.incidents[incidentID].is(Hold) }

// RedemptionSeen reports whether a redemption was applied to a credit, in whole
// or in part, however long ago.
func (b *Book) RedemptionSeen(creditID, redemptionID string) bool {
	_, ok := b.seen[seenKey(creditID, redemptionID)]
	return ok
}

// Customer visits what a customer was given, by date and credit id, until visit
// returns false. Credits voided whole are left out.
func (b *Book) Customer(customerID string, visit func(Given) bool) {
	b.visit(b.customers, customerID, func(r *record) int32 { return r.previousOfCustomer }, visit)
}

// Order visits what was given for an order, like Customer.
func (b *Book) Order(orderID string, visit func(Given) bool) {
	b.visit(b.orders, orderID, func(r *record) int32 { return r.previousOfOrder }, visit)
}

func (b *Book) visit(latest map[string]int32, key string, previous func(*record) int32, visit func(Given) bool) {
	index, ok := latest[key]
	if !ok {
		return
	}
	var given []Given
	for index >= 0 {
		r := &b.records[index]
		index = previous(r)
		if minor := r.grantedMinor - r.voidedMinor; minor > 0 {
			given = append(given, Given{
				Date: r.issued, CreditID: r.creditID(), IncidentID: r.incidentID(), CustomerID: r.customerID, OrderID: r.orderID(),
				SellerID: b.names[r.sellerID], RuleID: b.names[r.ruleID], Reason: b.names[r.reason],
				Currency: b.names[r.currency], Minor: minor,
			})
		}
	}
	slices.SortFunc(given, func(a, b Given) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.CreditID, b.CreditID))
	})
	for _, g := range given {
		if !visit(g) {
			return
		}
	}
}

// Outstanding returns what remains of all credits, per currency that has any:
// summed over the credits, not carried from posting to posting, so that a
// roll-forward has two sides.
func (b *Book) Outstanding() money.ByCurrency {
	sums := money.ByCurrency{}
	for i := range b.records {
		if remaining := b.records[i].remaining(); remaining > 0 {
			sums[b.names[b.records[i].currency]] += remaining // Apply kept the sum in range
		}
	}
	return sums
}
