package pipeline

import (
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
	customers, all := match.AskedCustomers(finders)
	n.history.atHand = all
	m := &n.session.memory
	if m.past == nil {
		return nil // the ledger holds all there is
	}
	digests := archive.Digests(len(customers), func(i int) string { return customers[i] }, n.config.Workers)
	places, err := m.past.Ask(archive.OfCustomer, digests, m.customersFrom, n.config.Workers)
	if err != nil {
		return err
	}
	if n.book.AsBefore() {
		n.history.past, n.history.from, n.history.asked = m.past, m.customersFrom, places
	}
	return nil
}

// orderOwners looks for the orders of incidents. Most have nothing.
func (n *night) orderOwners(incidents []*award.Incident) (match.OrderOwner, error) {
	order := func(i int) string { return incidents[i].Order() }
	m := &n.session.memory
	if m.past == nil || !n.book.AsBefore() {
		return func(i int) (string, bool) { return n.history.orderOwner(order(i)) }, nil
	}
	digests := archive.Digests(len(incidents), order, n.config.Workers)
	places, err := m.past.AskOnce(archive.OfOrder, digests, m.customersFrom, n.config.Workers)
	return func(i int) (customer string, known bool) {
		if places.At(i).Nothing() {
			customer, known = n.history.holdOwner[order(i)]
			return customer, known
		}
		return n.history.orderOwner(order(i))
	}, err
}

// prepareRedemptions looks for the credits that are redeemed.
func (n *night) prepareRedemptions() error {
	m, rows := &n.session.memory, n.redemptions.rows
	if m.past == nil {
		return nil
	}
	digests := archive.Digests(len(rows), func(i int) string { return rows[i].CreditID }, n.config.Workers)
	_, err := m.past.Ask(archive.OfCredit, digests, m.customersFrom, n.config.Workers)
	return err
}

// forget gives back what it takes to answer, and what only the report shows:
// nothing is asked any more.
func (n *night) forget() {
	n.customers, n.weighed = nil, nil
	if past := n.session.memory.past; past != nil {
		past.Forget()
	}
}
