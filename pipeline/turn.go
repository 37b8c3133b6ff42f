package pipeline

import (
	"slices"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
)

// people are the customers of the incidents that a night decides, in the order
// in which it decides of them, with where the archive's answers about each are:
// several stages ask for them. Customers stand as their first incidents do: most
// have one, so that whoever goes over customers goes over memory as it lies.
type people struct {
	incidents []*award.Incident // by id
	order     []int32           // of the incidents, by customer
	starts    []int32           // by customer: where its incidents begin in order, and the end

	digests []archive.Digest // ascending, of a customer each
	numbers []int32          // of the customers, by digest

	// What was found of them, where the archive knows all that the ledger does.
	from      calendar.Date  // how far back customers were asked
	customers archive.Places // by customer; none where nobody was asked for
	credits   archive.Places // by incident
}

// newPeople parts incidents that are sorted by id. The archive is asked for customers
// in the order of the digests of their ids.
func newPeople(incidents []*award.Incident, workers int) *people {
	digests := archive.Digests(len(incidents), func(i int) string { return incidents[i].Customer() }, workers)
	p := &people{incidents: incidents}
	byDigest := archive.InOrder(digests, workers)
	var starts []int32                          // of a customer's incidents in byDigest
	customerOf := make([]int32, len(incidents)) // by a customer's first incident: its place in starts
	for i, incident := range byDigest {
		if d := digests[incident]; i == 0 || d != p.digests[len(p.digests)-1] {
			customerOf[incident] = int32(len(starts))
			starts, p.digests = append(starts, int32(i)), append(p.digests, d)
		} else {
			customerOf[incident] = -1
		}
	}
	starts = append(starts, int32(len(byDigest)))
	p.order, p.starts, p.numbers = make([]int32, 0, len(incidents)), make([]int32, 0, len(starts)), make([]int32, len(p.digests))
	for _, at := range customerOf {
		if at >= 0 {
			p.numbers[at] = int32(len(p.starts))
			p.starts = append(p.starts, int32(len(p.order)))
			p.order = append(p.order, byDigest[starts[at]:starts[at+1]]...)
		}
	}
	p.starts = append(p.starts, int32(len(p.order)))
	return p
}

// len is how many customers there are.
func (p *people) len() int { return len(p.starts) - 1 }

// of returns where a customer's incidents begin and end in order.
func (p *people) of(customer string) (first, end int) {
	at, found := slices.BinarySearchFunc(p.digests, archive.DigestOf(customer), archive.Digest.Compare)
	if !found {
		return 0, 0
	}
	number := p.numbers[at]
	return int(p.starts[number]), int(p.starts[number+1])
}

func (p *people) incident(i int) *award.Incident { return p.incidents[p.order[i]] }

// ask looks for all that the incidents name, as far as it was not looked for when
// they were rows.
func (p *people) ask(n *night) error {
	m, workers := &n.session.memory, n.config.Workers
	if m.past == nil {
		return nil // the ledger holds all there is
	}
	found, err := m.past.Ask(archive.OfCustomer, p.digests, m.customersFrom, workers)
	if err != nil {
		return err
	}
	customers := found.Put(p.numbers)
	ids := archive.AppendedDigests(len(p.incidents), func(i int, to []byte) []byte { return p.incidents[i].Key.AppendCreditID(to) }, workers)
	credits, err := m.past.AskOnce(archive.OfCredit, ids, m.customersFrom, workers)
	if err != nil || !n.book.AsBefore() { // then the ledger knows more
		return err
	}
	p.from, p.customers, p.credits = m.customersFrom, customers, credits
	return nil
}

// turn is history as one customer after the other has its turn. It is one
// goroutine's, and gives what history does, from what was found for all.
type turn struct {
	*history
	people *people
	reader archive.Reader

	customer   int              // whose turn it is
	first, end int              // of its incidents in people's order
	next       int              // the incident that is likely asked for
	newOrders  map[string]bool  // of its orders whether they are new; nil until they are asked for, and of few
	amounts    []archive.Amount // once read
	read       bool
	known      bool            // whether the archive has the amounts
	given      []resolve.Given // of all of the customer, once it was asked for
	asked      bool
}

// turns makes a turn of nobody.
func (p *people) turns(h *history) *turn { return &turn{history: h, people: p, customer: -1} }

// of gives a customer its turn.
func (t *turn) of(customer int) {
	t.customer, t.asked, t.read = customer, false, false
	t.first, t.end = int(t.people.starts[customer]), int(t.people.starts[customer+1])
	t.next, t.newOrders = t.first, nil
}

// near fetches what was found of some customers whose turns are next.
func (t *turn) near(first, end int) {
	if t.people.customers.Any() {
		t.people.customers.Near(first, end)
	}
}

// find returns the place of the customer's incident of a key; -1 where there is none.
func (t *turn) find(key award.Key) int {
	if t.next < t.end && t.people.incident(t.next).Key == key {
		t.next++
		return t.next - 1
	}
	own := t.people.order[t.first:t.end] // by key, as incidents are
	i, found := slices.BinarySearchFunc(own, key, func(at int32, key award.Key) int { return t.people.incidents[at].Key.Compare(key) })
	if !found {
		return -1
	}
	return t.first + i
}

// manyIncidents are more than are looked through for an order.
const manyIncidents = 16

// isNew reports whether an order is one of the customer's incidents for which no
// earlier run gave anything.
func (t *turn) isNew(order string) bool {
	if t.end-t.first <= manyIncidents {
		for i := t.first; i < t.end; i++ {
			if inc := t.people.incident(i); inc.Order() == order {
				return inc.NewOrder
			}
		}
		return false
	}
	if t.newOrders == nil {
		t.newOrders = make(map[string]bool, t.end-t.first)
		for i := t.end - 1; i >= t.first; i-- { // the first says, as above
			inc := t.people.incident(i)
			t.newOrders[inc.Order()] = inc.NewOrder
		}
	}
	return t.newOrders[order]
}

// Settled is history's.
func (t *turn) Settled(incident award.Key) (string, bool) {
	if !t.people.credits.Any() {
		return t.history.Settled(incident)
	}
	if i := t.find(incident); i >= 0 {
		kind, date, known := t.people.credits.At(int(t.people.order[i])).Settlement()
		switch {
		case !known:
		case kind == ledger.Issue, kind == ledger.Hold, kind != "" && date >= t.date.AddDays(1-t.horizonDays):
			return string(kind), true
		default:
			return "", false
		}
	}
	return t.history.Settled(incident)
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
	if !t.people.customers.Any() {
		return nil, false
	}
	if !t.read {
		t.amounts, t.known = t.reader.Amounts(t.amounts[:0], t.people.customers.At(t.customer), t.people.from)
		t.read = true
	}
	return t.amounts, t.known
}

// Order is history's.
func (t *turn) Order(id string) []resolve.Given {
	if len(t.external.order) == 0 && len(t.holds.order) == 0 && t.isNew(id) {
		return nil
	}
	return t.history.Order(id)
}

var _ resolve.History = (*turn)(nil)
