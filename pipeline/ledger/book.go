package ledger

import (
	"fmt"
	"math"
	"strings"

	"amends/rules/calendar"
	"amends/rules/money"
)

// maxCredits bounds a Book, whose credits are numbered with 32 bits.
const maxCredits = math.MaxInt32

// maxTextBytes bounds a credit's ids, whose places are numbered with 32 bits.
const maxTextBytes = math.MaxUint32

// Book is what postings add up to. Its only mutation is Apply, and the state
// after it depends on nothing but the postings applied. Between two of them any
// number of goroutines may read. It keeps no string of a credit's ids but its
// own copy, so that a posting may point into a large buffer.
type Book struct {
	records   []record         // in the order of issue, so by date
	credits   map[string]int32 // credit id → index of records
	customers map[string]int32 // customer → its latest record
	orders    map[string]int32 // order → its latest record
	incidents map[string]incident
	ids       map[digest]struct{} // of all postings
	seen      map[digest]struct{} // of all redemptions, see seenKey
	names     []string            // texts that many records share
	codes     map[string]uint32   // name → index of names
	totals    money.ByCurrency    // what remains of all credits
	date      calendar.Date       // of the last posting
	lazy      *lazy               // nil where all postings were applied
	moved     bool                // something was posted since the Book began
	made      *made               // issues that have no record yet, or nil
}

// record is a credit as a Book keeps it, by the million: its ids are one text,
// names that repeat are codes, and the credits of a customer and of an order
// are lists through the records.
type record struct {
	text                                                       string // credit, incident, order and event id
	incidentAt, orderAt, eventAt                               uint32 // where in text they start
	customerID                                                 string // shared by the customer's records
	sellerID, source, currency, ruleID, reason, terms, funding uint32
	issued                                                     calendar.Date
	previousOfCustomer, previousOfOrder                        int32 // -1: none
	effectiveAt, expiresAt, voidedAt                           calendar.Instant
	grantedMinor, redeemedMinor, forfeitedMinor, voidedMinor   int64
	beforeMinor                                                int64 // what remained when the Book began
	changed                                                    bool  // since the Book began
}

func (r *record) creditID() string   { return r.text[:r.incidentAt] }
func (r *record) incidentID() string { return r.text[r.incidentAt:r.orderAt] }
func (r *record) orderID() string    { return r.text[r.orderAt:r.eventAt] }
func (r *record) eventID() string    { return r.text[r.eventAt:] }

func (r *record) remaining() int64 {
	return r.grantedMinor - r.redeemedMinor - r.forfeitedMinor - r.voidedMinor
}

// incident is what last became of one: Issue, Deny, Hold, Reject or Lapse. A
// hold that is the last is pending.
type incident struct {
	date calendar.Date
	step int8 // of the kind, in the order of a night
}

func (i incident) is(kind Kind) bool { return i.step == kind.step() }

// NewBook returns a Book without postings.
func NewBook() *Book {
	return &Book{
		credits:   map[string]int32{},
		customers: map[string]int32{},
		orders:    map[string]int32{},
		incidents: map[string]incident{},
		ids:       map[digest]struct{}{},
		seen:      map[digest]struct{}{},
		codes:     map[string]uint32{},
		totals:    money.ByCurrency{},
		date:      noDate,
	}
}

// Apply adds a posting. Where it breaks a rule the error is one of this
// package's, or money.ErrOverflow, and the Book is as it was. Postings come in
// the order of Compare.
func (b *Book) Apply(p Posting) error {
	defer b.hold()()
	return b.add(&p)
}

// add is Apply in a Book that is locked.
func (b *Book) add(p *Posting) error {
	b.load(p.CreditID)
	if err := b.apply(p); err != nil {
		return fmt.Errorf("posting %.40q on %s: %.20s of credit %.60q, incident %.60q: %w",
			p.ID, p.BusinessDate, string(p.Kind), p.CreditID, p.IncidentID, err)
	}
	return nil
}

func (b *Book) apply(p *Posting) error {
	id, err := parseID(p.ID)
	if err != nil {
		return err
	}
	past := b.lazy != nil && b.lazy.recalling
	if !past && p.BusinessDate < b.date {
		return fmt.Errorf("%w: %s", ErrDateOrder, b.date)
	}
	if !past {
		if err := b.need(p.CreditID, p.IncidentID); err != nil {
			return err
		}
	}
	_, repeated := b.ids[id]
	switch p.Kind {
	case Issue: // says more than that its id is repeated
		err = b.issue(p, repeated)
	case Redeem, Void, Reinstate, Forfeit:
		err = b.move(p, repeated)
	case Deny, Hold, Reject, Lapse:
		err = b.settle(p, repeated)
	default:
		err = fmt.Errorf("%w kind", ErrMalformed)
	}
	if err != nil {
		return err
	}
	b.ids[id] = struct{}{}
	if !past {
		b.date, b.moved = p.BusinessDate, true
	}
	return nil
}

// count changes what remains of all credits, in which the past is counted.
func (b *Book) count(currency string, minor int64) error {
	if b.lazy != nil && b.lazy.recalling {
		return nil
	}
	return b.totals.Add(currency, minor)
}

// mark remembers what remained of a credit when the Book began, and whether it
// was posted to since. It comes after a posting that moved by minor.
func (b *Book) mark(r *record, minor int64) {
	if b.lazy == nil || !b.lazy.recalling {
		r.changed = true
		return
	}
	r.beforeMinor += minor
}

// issue adds a credit.
func (b *Book) issue(p *Posting, repeated bool) error {
	if _, ok := b.credits[p.CreditID]; ok {
		return fmt.Errorf("credit %w", ErrPaidTwice)
	}
	if b.incidents[p.IncidentID].is(Issue) {
		return fmt.Errorf("incident %w", ErrPaidTwice)
	}
	switch {
	case repeated:
		return ErrRepeatedPosting
	case p.CreditID == "" || p.IncidentID == "":
		return fmt.Errorf("%w: no id", ErrMalformed)
	case p.Minor <= 0:
		return fmt.Errorf("%w amount %d", ErrMalformed, p.Minor)
	case p.ExpiresAt <= p.EffectiveAt:
		return fmt.Errorf("%w: expires at %s, effective at %s", ErrMalformed, p.ExpiresAt, p.EffectiveAt)
	case len(b.records) == maxCredits || int64(len(p.CreditID)+len(p.IncidentID)+len(p.OrderID)) > maxTextBytes:
		return fmt.Errorf("%w: more than a book holds", ErrMalformed)
	}
	if _, ok := money.Digits(p.Currency); !ok {
		return fmt.Errorf("%w %w %.40q", ErrMalformed, money.ErrCurrency, p.Currency)
	}
	if err := b.count(p.Currency, p.Minor); err != nil {
		return err
	}
	r := b.recordOf(p)
	b.mark(&r, p.Minor)
	b.insert(r)
	b.incidents[r.incidentID()] = incident{date: p.BusinessDate, step: p.Kind.step()}
	return nil
}

// expect makes room for so many credits, exactly: of millions, what is made
// beyond them is a large part.
func (b *Book) expect(credits int) {
	if need := len(b.records) + credits; need > cap(b.records) {
		b.records = append(make([]record, 0, need), b.records...)
	}
}

func (b *Book) insert(r record) {
	index := int32(len(b.records))
	b.records = append(b.records, r)
	b.credits[r.creditID()] = index
	b.customers[r.customerID] = index
	if r.orderID() != "" {
		b.orders[r.orderID()] = index
	}
}

func (b *Book) recordOf(p *Posting) record {
	r := record{
		text:       p.CreditID + p.IncidentID + p.OrderID + p.EventID,
		incidentAt: uint32(len(p.CreditID)),
		orderAt:    uint32(len(p.CreditID) + len(p.IncidentID)),
		eventAt:    uint32(len(p.CreditID) + len(p.IncidentID) + len(p.OrderID)),
		sellerID:   b.code(p.SellerID), source: b.code(p.Source), currency: b.code(p.Currency), ruleID: b.code(p.RuleID),
		reason: b.code(p.Reason), terms: b.code(p.Terms), funding: b.code(p.Funding),
		issued: p.BusinessDate, effectiveAt: p.EffectiveAt, expiresAt: p.ExpiresAt, grantedMinor: p.Minor,
		previousOfCustomer: -1, previousOfOrder: -1,
	}
	if previous, ok := b.customers[p.CustomerID]; ok {
		r.previousOfCustomer, r.customerID = previous, b.records[previous].customerID
	} else {
		r.customerID = strings.Clone(p.CustomerID)
	}
	if previous, ok := b.orders[p.OrderID]; ok {
		r.previousOfOrder = previous
	}
	return r
}

func (b *Book) code(name string) uint32 {
	code, ok := b.codes[name]
	if !ok {
		code, name = uint32(len(b.names)), strings.Clone(name)
		b.names = append(b.names, name)
		b.codes[name] = code
	}
	return code
}

// move changes the value of a credit.
func (b *Book) move(p *Posting, repeated bool) error {
	index, ok := b.credits[p.CreditID]
	if !ok {
		return ErrUnknownCredit
	}
	r := &b.records[index]
	key := digest{}
	if p.Kind == Redeem {
		key = seenKey(p.CreditID, p.Reference)
		if _, ok := b.seen[key]; ok {
			return fmt.Errorf("%w: %.60q", ErrRepeatedRedemption, p.Reference)
		}
	}
	switch {
	case repeated:
		return ErrRepeatedPosting
	case p.CustomerID != r.customerID:
		return fmt.Errorf("%w: %.60q, not %.60q", ErrWrongCustomer, r.customerID, p.CustomerID)
	case p.Currency != b.names[r.currency]:
		return fmt.Errorf("%w: %.60q, not %.60q", ErrWrongCurrency, b.names[r.currency], p.Currency)
	case p.IncidentID != r.incidentID():
		return fmt.Errorf("%w: %.60q", ErrWrongIncident, r.incidentID())
	case p.Minor <= 0:
		return fmt.Errorf("%w amount %d", ErrMalformed, p.Minor)
	}
	if err := r.admits(p); err != nil {
		return err
	}
	delta := -p.Minor
	if p.Kind == Reinstate {
		delta = p.Minor
	}
	if err := b.count(p.Currency, delta); err != nil {
		return err
	}
	r.take(p)
	b.mark(r, delta)
	if p.Kind == Redeem {
		b.seen[key] = struct{}{}
	}
	return nil
}

// admits returns why a posting does not suit a credit's value and term, or nil.
func (r *record) admits(p *Posting) error {
	available := r.remaining()
	switch p.Kind {
	case Redeem, Reinstate: // At is when it was redeemed
		if p.At < r.effectiveAt || p.At >= r.expiresAt {
			return fmt.Errorf("%w: redeemed at %s, usable from %s until %s", ErrTerm, p.At, r.effectiveAt, r.expiresAt)
		}
		if r.voidedAt != 0 && p.At >= r.voidedAt {
			return fmt.Errorf("%w: redeemed at %s, voided at %s", ErrVoided, p.At, r.voidedAt)
		}
	case Forfeit:
		if p.At < r.expiresAt {
			return fmt.Errorf("%w: forfeited at %s, usable until %s", ErrTerm, p.At, r.expiresAt)
		}
	}
	if p.Kind == Reinstate {
		switch Kind(p.Reason) {
		case Forfeit:
			available = r.forfeitedMinor
		case Void:
			available = r.voidedMinor
		default:
			return fmt.Errorf("%w reason %.40q: want what had taken the value", ErrMalformed, p.Reason)
		}
	}
	if p.Minor > available {
		return fmt.Errorf("%w: %d of %d", ErrOverdrawn, p.Minor, available)
	}
	if p.Minor < available && (p.Kind == Void || p.Kind == Forfeit) {
		return fmt.Errorf("%w: %d of %d", ErrPartial, p.Minor, available)
	}
	return nil
}

// take moves value that admits found there.
func (r *record) take(p *Posting) {
	switch p.Kind {
	case Redeem:
		r.redeemedMinor += p.Minor
	case Forfeit:
		r.forfeitedMinor += p.Minor
	case Void:
		r.voidedMinor += p.Minor
		r.voidedAt = p.At
	case Reinstate:
		if Kind(p.Reason) == Forfeit {
			r.forfeitedMinor -= p.Minor
		} else {
			r.voidedMinor -= p.Minor
		}
	}
}

// settle records what became of an incident without an issue.
func (b *Book) settle(p *Posting, repeated bool) error {
	state := b.incidents[p.IncidentID]
	switch {
	case repeated:
		return ErrRepeatedPosting
	case p.IncidentID == "":
		return fmt.Errorf("%w: no incident", ErrMalformed)
	case p.Minor != 0:
		return fmt.Errorf("%w amount %d: it has none", ErrMalformed, p.Minor)
	case state.is(Issue):
		return fmt.Errorf("%w on %s", ErrSettled, state.date)
	case (p.Kind == Reject || p.Kind == Lapse) && !state.is(Hold):
		return ErrNotHeld
	}
	b.incidents[strings.Clone(p.IncidentID)] = incident{date: p.BusinessDate, step: p.Kind.step()}
	return nil
}
