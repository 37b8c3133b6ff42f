package pipeline

import (
	"slices"
	"sync"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/match"
)

// What a night asks of earlier nights it knows before it asks: of the rows that
// may be hits the customers, of incidents their orders and credits too (see
// people.ask), and of redemptions theirs. They are looked for together, and single
// questions find the answers in memory. Which of them were asked together changes
// no answer.

// prepareCustomers looks for the customers of rows that wait.
func (n *night) prepareCustomers(finders []*match.Finder) error {
	of, all := make([]archive.Questions, len(finders)), make([]bool, len(finders))
	var wait sync.WaitGroup
	for i, f := range finders {
		wait.Go(func() { all[i] = f.Customers(of[i].Customer) })
	}
	wait.Wait()
	n.history.atHand = !slices.Contains(all, false)
	var q archive.Questions
	for i := range of {
		q.Join(&of[i])
	}
	if err := n.prepare(&q); err != nil {
		return err
	}
	if n.book.AsBefore() {
		m := &n.session.memory
		n.history.past, n.history.from = m.past, m.customersFrom
	}
	return nil
}

// orderOwners looks for the orders of incidents. Most have nothing.
func (n *night) orderOwners(incidents []*award.Incident) (match.OrderOwner, error) {
	order := func(i int) string { return incidents[i].Order }
	m := &n.session.memory
	if m.past == nil || !n.book.AsBefore() {
		return func(i int) (string, bool) { return n.history.orderOwner(order(i)) }, nil
	}
	digests := archive.Digests(len(incidents), order, n.config.Workers)
	places, err := m.past.Ask(archive.OfOrder, digests, m.customersFrom, n.config.Workers)
	return func(i int) (customer string, known bool) {
		if places[i].Nothing() {
			customer, known = n.history.holdOwner[order(i)]
			return customer, known
		}
		return n.history.orderOwner(order(i))
	}, err
}

// prepareRedemptions looks for the credits that are redeemed.
func (n *night) prepareRedemptions() error {
	var q archive.Questions
	for i := range n.redemptions.rows {
		q.Credit(n.redemptions.rows[i].CreditID)
	}
	return n.prepare(&q)
}

func (n *night) prepare(q *archive.Questions) error {
	m := &n.session.memory
	if m.past == nil {
		return nil // the ledger holds all there is
	}
	return m.past.Prepare(q, m.customersFrom, n.config.Workers)
}

// forget gives back what it takes to answer, and what only the report shows:
// nothing is asked any more.
func (n *night) forget() {
	n.customers, n.weighed = nil, nil
	if past := n.session.memory.past; past != nil {
		past.Forget()
	}
}
