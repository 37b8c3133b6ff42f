package ledger

import (
	"cmp"
	"maps"
	"slices"

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
	CustomerID string
	OrderID    string
	RuleID     string
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
	defer b.hold()()
	index, ok := b.credits[id]
	if !ok {
		_ = b.need(id, "") // an error is kept
		b.load(id)
		if index, ok = b.credits[id]; !ok {
			return Credit{}, false
		}
	}
	return b.credit(&b.records[index]), true
}

// Open returns the credits with value left, by credit id.
func (b *Book) Open() []Credit {
	defer b.hold()()
	_ = b.whole() // an error is kept
	return b.pick(b.records, func(r *record) bool { return r.remaining() > 0 })
}

// CountOpen returns how many credits have value left.
func (b *Book) CountOpen() (count int) {
	defer b.hold()()
	_ = b.whole() // an error is kept
	for i := range b.records {
		if b.records[i].remaining() > 0 {
			count++
		}
	}
	return count
}

// CreditsOfRun returns all credits issued on a business date, by credit id.
func (b *Book) CreditsOfRun(date calendar.Date) []Credit {
	defer b.hold()()
	_ = b.whole() // an error is kept
	return b.pick(b.records, func(r *record) bool { return r.issued == date })
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
// or after from. A Book with a past must have been asked for the incident's
// Credit before.
func (b *Book) Settled(incidentID string, from calendar.Date) (Kind, bool) {
	defer b.hold()()
	_ = b.need("", incidentID) // an error is kept
	last, ok := b.incidents[incidentID]
	if !ok || !last.is(Hold) && last.date < from {
		return "", false
	}
	return steps[last.step], true
}

// Pending reports whether an incident is held, and nothing has ended that.
func (b *Book) Pending(incidentID string) bool {
	defer b.hold()()
	_ = b.need("", incidentID) // an error is kept
	return b.incidents[incidentID].is(Hold)
}

// RedemptionSeen reports whether a redemption was applied to a credit, in whole
// or in part, however long ago.
func (b *Book) RedemptionSeen(creditID, redemptionID string) bool {
	defer b.hold()()
	b.load(creditID)
	_, ok := b.seen[seenKey(creditID, redemptionID)]
	return ok
}

// posted reports whether there is a posting of an id, of a credit whose postings
// are loaded.
func (b *Book) posted(id digest) bool {
	defer b.hold()()
	_, ok := b.ids[id]
	return ok
}

// Customer visits what a customer was given, by date and credit id, until visit
// returns false. Credits voided whole are left out.
func (b *Book) Customer(customerID string, visit func(Given) bool) {
	var past []Given
	var err error
	if b.lazy != nil { // before the lock: several may ask the past at once
		past, err = b.lazy.Past.Customer(customerID, b.lazy.CustomersFrom)
	}
	release := b.hold()
	_ = b.whole() // an error is kept
	given := b.held(b.customers, customerID, func(r *record) int32 { return r.previousOfCustomer })
	if b.lazy != nil {
		b.fail(err)
		given = b.given(past, given)
	}
	release()
	each(given, visit)
}

// Order visits what was given for an order, like Customer.
func (b *Book) Order(orderID string, visit func(Given) bool) {
	var past []Given
	var err error
	if b.lazy != nil { // before the lock: several may ask the past at once
		past, err = b.lazy.Past.Order(orderID)
	}
	release := b.hold()
	_ = b.whole() // an error is kept
	given := b.held(b.orders, orderID, func(r *record) int32 { return r.previousOfOrder })
	if b.lazy != nil {
		b.fail(err)
		given = b.given(past, given)
	}
	release()
	each(given, visit)
}

// held are the credits of a list that the Book holds, by date and credit id.
func (b *Book) held(latest map[string]int32, key string, previous func(*record) int32) []Given {
	index, ok := latest[key]
	if !ok {
		return nil
	}
	var given []Given
	for index >= 0 {
		r := &b.records[index]
		index = previous(r)
		if minor := r.grantedMinor - r.voidedMinor; minor > 0 {
			given = append(given, Given{
				Date: r.issued, CreditID: r.creditID(), CustomerID: r.customerID, OrderID: r.orderID(),
				RuleID: b.names[r.ruleID], Currency: b.names[r.currency], Minor: minor,
			})
		}
	}
	slices.SortFunc(given, compareGiven)
	return given
}

func each(given []Given, visit func(Given) bool) {
	for _, g := range given {
		if !visit(g) {
			return
		}
	}
}

// Outstanding returns what remains of all credits, per currency that has any:
// summed over the credits, not carried from posting to posting, so that a
// roll-forward has two sides. With a past, the credits that did not change are
// counted as they were, and those that were issued without a record as they were made.
func (b *Book) Outstanding() money.ByCurrency {
	defer b.hold()()
	sums := money.ByCurrency{}
	if b.lazy != nil {
		maps.Copy(sums, b.lazy.Outstanding)
	}
	for i := range b.records {
		r := &b.records[i]
		if remaining := r.remaining() - r.beforeMinor; remaining != 0 {
			sums[b.names[r.currency]] += remaining // Apply kept the sum in range
		}
	}
	if b.made != nil {
		for currency, minor := range b.made.sums {
			sums[currency] += minor // as above
		}
	}
	maps.DeleteFunc(sums, func(_ string, minor int64) bool { return minor == 0 })
	return sums
}
