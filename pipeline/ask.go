package pipeline

import (
	"slices"
	"sync"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/match"
)

// What a night asks of earlier nights it knows before it asks: of the rows that
// may be hits the customers and orders, of incidents their credits too (see
// people.ask), and of redemptions theirs. They are looked for together, and single
// questions find the answers in memory. Which of them were asked together changes
// no answer.

// prepareParties looks for the customers and orders of rows that wait.
func (n *night) prepareParties(finders []*match.Finder) error {
	of, all := make([]archive.Questions, len(finders)), make([]bool, len(finders))
	var wait sync.WaitGroup
	for i, f := range finders {
		wait.Go(func() {
			all[i] = f.Parties(func(customer, order string) { askParties(&of[i], customer, order) })
		})
	}
	wait.Wait()
	n.partiesAsked = !slices.Contains(all, false)
	n.history.atHand = n.partiesAsked
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

// orderOwners looks for the orders of incidents, as far as it was not looked for
// when they were rows.
func (n *night) orderOwners(incidents []*award.Incident) (match.OrderOwner, error) {
	var q archive.Questions
	for _, inc := range incidents {
		if !n.partiesAsked && inc.Order != "" {
			q.Order(inc.Order)
		}
	}
	return n.history.orderOwner, n.prepare(&q)
}

// prepareRedemptions looks for the credits that are redeemed.
func (n *night) prepareRedemptions() error {
	var q archive.Questions
	for i := range n.redemptions.rows {
		q.Credit(n.redemptions.rows[i].CreditID)
	}
	return n.prepare(&q)
}

func askParties(q *archive.Questions, customer, order string) {
	q.Customer(customer)
	if order != "" {
		q.Order(order)
	}
}

func (n *night) prepare(q *archive.Questions) error {
	m := &n.session.memory
	if m.past == nil {
		return nil // the ledger holds all there is
	}
	return m.past.Prepare(q, m.customersFrom, n.config.Workers)
}

// forget gives back what it takes to answer: nothing is asked any more.
func (n *night) forget() {
	if past := n.session.memory.past; past != nil {
		past.Forget()
	}
}
