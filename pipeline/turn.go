package pipeline

import (
	"cmp"
	"slices"

	"github.com/zeebo/xxh3"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
)

// people are the customers of the incidents that a night decides, in the order
// in which it decides of them, with where the archive's answers about each are:
// several stages ask for them.
type people struct {
	incidents []*award.Incident // by id
	order     []int32           // of the incidents, by customer
	starts    []int32           // by customer: where its incidents begin in order, and the end

	// What was found of them, where the archive knows all that the ledger does.
	from      calendar.Date   // how far back customers were asked
	customers []archive.Place // by customer; nil where nothing was found
	credits   []archive.Place // in order
	orders    []bool          // in order: whether nothing was ever given
}

// newPeople parts incidents that are sorted by id: customers stand in the order
// of a hash of their ids, which is quicker to compare.
func newPeople(incidents []*award.Incident) *people {
	type owned struct {
		hash     uint64
		customer string
		incident int32
	}
	list := make([]owned, len(incidents))
	for i, inc := range incidents {
		list[i] = owned{xxh3.HashString(inc.Customer), inc.Customer, int32(i)}
	}
	slices.SortFunc(list, func(a, b owned) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.customer, b.customer), cmp.Compare(a.incident, b.incident))
	})
	p := &people{incidents: incidents, order: make([]int32, len(list))}
	for i := range list {
		p.order[i] = list[i].incident
		if i == 0 || list[i].customer != list[i-1].customer {
			p.starts = append(p.starts, int32(i))
		}
	}
	p.starts = append(p.starts, int32(len(list)))
	return p
}

// len is how many customers there are.
func (p *people) len() int { return len(p.starts) - 1 }

// of returns where a customer's incidents begin and end in order.
func (p *people) of(customer string) (first, end int) {
	hash := xxh3.HashString(customer)
	at, found := slices.BinarySearchFunc(p.starts[:p.len()], customer, func(start int32, customer string) int {
		other := p.incident(int(start)).Customer
		return cmp.Or(cmp.Compare(xxh3.HashString(other), hash), cmp.Compare(other, customer))
	})
	if !found {
		return 0, 0
	}
	return int(p.starts[at]), int(p.starts[at+1])
}

func (p *people) incident(i int) *award.Incident { return p.incidents[p.order[i]] }

// place finds where the answers are, once they are prepared.
func (p *people) place(n *night) {
	m := &n.session.memory
	if m.past == nil || !n.book.AsBefore() {
		return
	}
	p.from = m.customersFrom
	find := func(kind archive.Kind, count int, id func(i int) string) []archive.Place {
		return m.past.Places(kind, count, id, p.from, n.config.Workers)
	}
	p.customers = find(archive.OfCustomer, p.len(), func(i int) string { return p.incident(int(p.starts[i])).Customer })
	p.credits = find(archive.OfCredit, len(p.order), func(i int) string { return p.incident(i).CreditID })
	p.orders = make([]bool, len(p.order))
	for i, place := range find(archive.OfOrder, len(p.order), func(i int) string { return p.incident(i).Order }) {
		p.orders[i] = place.Nothing()
	}
}

// turn is history as one customer after the other has its turn. It is one
// goroutine's, and gives what history does, from what was found for all.
type turn struct {
	*history
	people *people
	reader archive.Reader

	customer   int // whose turn it is
	first, end int // of its incidents in people's order
	next       int // the incident that is likely asked for
	amounts    []archive.Amount
	given      []resolve.Given // of all of the customer, once it was asked for
	asked      bool
}

// turns makes a turn of nobody.
func (p *people) turns(h *history) *turn { return &turn{history: h, people: p, customer: -1} }

// of gives a customer its turn.
func (t *turn) of(customer int) {
	t.customer, t.asked = customer, false
	t.first, t.end = int(t.people.starts[customer]), int(t.people.starts[customer+1])
	t.next = t.first
}

// manyIncidents are more than are looked through for one.
const manyIncidents = 16

// find returns the place of the first of the customer's incidents that is
// wanted; -1 where there is none, or it is not worth to look.
func (t *turn) find(wanted func(inc *award.Incident) bool) int {
	if t.next < t.end && wanted(t.people.incident(t.next)) {
		t.next++
		return t.next - 1
	}
	if t.end-t.first > manyIncidents {
		return -1
	}
	for i := t.first; i < t.end; i++ {
		if wanted(t.people.incident(i)) {
			return i
		}
	}
	return -1
}

// Settled is history's.
func (t *turn) Settled(incidentID string) (string, bool) {
	if t.people.credits == nil {
		return t.history.Settled(incidentID)
	}
	if i := t.find(func(inc *award.Incident) bool { return inc.ID == incidentID }); i >= 0 {
		kind, date, known := t.people.credits[i].Settlement()
		switch {
		case !known:
		case kind == ledger.Issue, kind == ledger.Hold, kind != "" && date >= t.date.AddDays(1-t.horizonDays):
			return string(kind), true
		default:
			return "", false
		}
	}
	return t.history.Settled(incidentID)
}

// Customer is history's. The list is the turn's, until the next customer's.
func (t *turn) Customer(id string) []resolve.Given {
	if t.asked {
		return t.given
	}
	t.given, t.asked = append(t.given[:0], t.external.customer[id]...), true
	t.given = append(t.given, t.holds.customer[id]...)
	amounts, known := t.credits()
	if !known {
		t.given = append(t.given, t.history.credits(id)...)
		return t.given
	}
	for _, a := range amounts {
		t.given = append(t.given, resolve.Given{Date: a.Date, RuleID: a.RuleID, Currency: a.Currency, Minor: a.Minor})
	}
	return t.given
}

// credits are those of the customer in earlier runs, if they are known.
func (t *turn) credits() ([]archive.Amount, bool) {
	known := t.people.customers != nil
	if !known {
		return nil, false
	}
	t.amounts, known = t.reader.Amounts(t.amounts[:0], t.people.customers[t.customer], t.people.from)
	return t.amounts, known
}

// Order is history's.
func (t *turn) Order(id string) []resolve.Given {
	if t.people.orders != nil && len(t.external.order) == 0 && len(t.holds.order) == 0 {
		if i := t.find(func(inc *award.Incident) bool { return inc.Order == id }); i >= 0 && t.people.orders[i] {
			return nil
		}
	}
	return t.history.Order(id)
}

var _ resolve.History = (*turn)(nil)
