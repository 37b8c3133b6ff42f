package pipeline

import (
	"fmt"
	"strings"
	"sync"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// history is what earlier nights did, as match and resolve ask for it: the
// ledger's credits, compensation given elsewhere, and pending holds.
type history struct {
	book        *ledger.Book
	date        calendar.Date
	horizonDays int
	external    givenIndex
	holds       givenIndex        // pending ones that go on tonight
	holdOwner   map[string]string // order → customer, of every hold that was pending
	unreadOf    map[string]string // customer or order → why an external credit of theirs is not known

	atHand bool           // the ledger answers from memory
	past   *archive.View  // that has its answers; nil where it does not
	from   calendar.Date  // how far back past was asked of customers
	asked  archive.Places // of match.AskedCustomers
	spare  sync.Pool      // of *pastReader
	mu     sync.Mutex
	given  map[string][]resolve.Given // by customer: see credits
}

// newHistory starts with what the ledger and the pending holds say.
func newHistory(book *ledger.Book, date calendar.Date, horizonDays int, holds []publish.Hold) *history {
	h := &history{
		book: book, date: date, horizonDays: horizonDays, external: newGivenIndex(), holds: newGivenIndex(),
		holdOwner: map[string]string{}, unreadOf: map[string]string{}, given: map[string][]resolve.Given{},
	}
	for i := range holds {
		if holds[i].OrderID != "" {
			h.holdOwner[holds[i].OrderID] = holds[i].CustomerID
		}
	}
	return h
}

// doubt remembers that compensation of a customer, or for an order, exists and
// cannot be counted.
func (h *history) doubt(customer, order, why string) {
	if customer != "" {
		h.unreadOf["customer "+customer] = why
	}
	if order != "" {
		h.unreadOf["order "+order] = why
	}
}

// unread says why what a customer or order was given elsewhere is not known.
func (h *history) unread(customer, order string) (why string, unread bool) {
	if len(h.unreadOf) == 0 {
		return "", false
	}
	if why, unread = h.unreadOf["customer "+customer]; unread {
		return why, true
	}
	why, unread = h.unreadOf["order "+order]
	return why, unread
}

// givenIndex finds what was given by customer and by order.
type givenIndex struct {
	customer map[string][]resolve.Given
	order    map[string][]resolve.Given
}

func newGivenIndex() givenIndex {
	return givenIndex{customer: map[string][]resolve.Given{}, order: map[string][]resolve.Given{}}
}

func (x givenIndex) add(customer string, g resolve.Given) {
	x.customer[customer] = append(x.customer[customer], g)
	if g.OrderID != "" {
		x.order[g.OrderID] = append(x.order[g.OrderID], g)
	}
}

// addHold counts a pending hold as given on the day that held it first.
func (x givenIndex) addHold(h *publish.Hold) {
	x.add(h.CustomerID, resolve.Given{Date: h.HeldSince, OrderID: h.OrderID, RuleID: h.RuleID, Currency: h.Currency, Minor: h.AmountMinor})
}

func toGiven(g ledger.Given) resolve.Given {
	return resolve.Given{Date: g.Date, OrderID: g.OrderID, RuleID: g.RuleID, Currency: g.Currency, Minor: g.Minor}
}

// Settled says how an earlier run settled an incident. An issue settles for
// good, also where a source rewrote `since` and brings the incident back into
// the window.
func (h *history) Settled(incident award.Key) (string, bool) {
	_, paid := h.book.Credit(incident.CreditID()) // loads what is known of the incident
	kind, ok := h.book.Settled(incident.IncidentID(), h.date.AddDays(1-h.horizonDays))
	if !ok && paid {
		return string(ledger.Issue), true
	}
	return string(kind), ok
}

// Customer is everything a customer was given before this run.
func (h *history) Customer(id string) []resolve.Given {
	given := append([]resolve.Given(nil), h.external.customer[id]...)
	given = append(given, h.holds.customer[id]...)
	return append(given, h.credits(id)...)
}

// Order is everything that was given for an order before this run.
func (h *history) Order(id string) []resolve.Given {
	given := append([]resolve.Given(nil), h.external.order[id]...)
	given = append(given, h.holds.order[id]...)
	h.book.Order(id, func(g ledger.Given) bool {
		given = append(given, toGiven(g))
		return true
	})
	return given
}

// each visits what a customer was given in (D-days, D], holds left out: what
// rules see as credits.
func (h *history) each(of match.Asked, days int, visit func(resolve.Given)) {
	from := h.date.AddDays(1 - days)
	see := func(g resolve.Given) {
		if g.Date >= from && g.Date <= h.date && g.Minor > 0 {
			visit(g)
		}
	}
	for _, g := range h.external.customer[of.Customer] {
		see(g)
	}
	if h.eachPast(of, see) {
		return
	}
	for _, g := range h.credits(of.Customer) {
		see(g)
	}
}

// Near is match's: what the archive has under customers is fetched before it is read.
func (h *history) Near(first, end int) {
	if h.past != nil {
		h.asked.Near(first, end)
	}
}

// pastReader reads what the archive has under a customer.
type pastReader struct {
	archive.Reader
	amounts []archive.Amount
}

// eachPast visits what credits returns where the archive knows it, and false
// where it does not: that takes no texts of credits.
func (h *history) eachPast(of match.Asked, visit func(resolve.Given)) bool {
	if h.past == nil {
		return false
	}
	r, spare := h.spare.Get().(*pastReader)
	if !spare {
		r = &pastReader{}
	}
	defer h.spare.Put(r)
	var place archive.Place
	if of.Number >= 0 {
		place = h.asked.At(of.Number)
	} else {
		place = h.past.Place(archive.OfCustomer, of.Customer, h.from)
	}
	var known bool
	if r.amounts, known = r.Amounts(r.amounts[:0], place, h.from); !known {
		return false
	}
	for _, a := range r.amounts {
		visit(resolve.Given{Date: a.Date, RuleID: a.RuleID, Currency: a.Currency, Minor: a.Minor})
	}
	return true
}

// fewCredits are found again as quickly as they are remembered.
const fewCredits = 8

// credits are a customer's of earlier runs. They are remembered where the ledger
// would have to look for them again, and where they are many: rules may ask for
// each row of a customer.
func (h *history) credits(customer string) []resolve.Given {
	h.mu.Lock()
	given, known := h.given[customer]
	h.mu.Unlock()
	if known {
		return given
	}
	h.book.Customer(customer, func(g ledger.Given) bool {
		given = append(given, toGiven(g))
		return true
	})
	if !h.atHand || len(given) > fewCredits {
		h.mu.Lock()
		h.given[strings.Clone(customer)] = given // its memory may be a batch's
		h.mu.Unlock()
	}
	return given
}

// Credits counts a customer's credits of the last days.
func (h *history) Credits(of match.Asked, days int) int64 {
	var n int64
	h.each(of, days, func(resolve.Given) { n++ })
	return n
}

// Credited sums a customer's credits of the last days in one currency.
func (h *history) Credited(of match.Asked, currency string, days int) (money.Decimal, error) {
	var minor int64
	var err error
	h.each(of, days, func(g resolve.Given) {
		if g.Currency == currency && err == nil {
			minor, err = money.AddInts(minor, g.Minor)
		}
	})
	if err != nil {
		return 0, fmt.Errorf("credits of customer %s in %d days: %w", of.Customer, days, err)
	}
	return money.FromMinor(minor, currency)
}

// orderOwner gives the customer that an order belonged to in earlier runs.
func (h *history) orderOwner(order string) (customer string, known bool) {
	h.book.Order(order, func(g ledger.Given) bool {
		customer, known = g.CustomerID, true
		return false
	})
	if !known {
		customer, known = h.holdOwner[order]
	}
	return customer, known
}

// alreadyHeld decides an event's row whose hold a person released tonight: the
// release is decided on its own, the row is a repeat.
func alreadyHeld(inc *award.Incident) *award.Decision {
	return &award.Decision{Incident: inc, Verdict: &award.Verdict{Outcome: award.Suppressed, Reason: resolve.AlreadyHeld, Repeat: true}}
}
