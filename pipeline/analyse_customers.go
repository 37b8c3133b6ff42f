package pipeline

import (
	"slices"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// customerNights are the customers who got a credit tonight, in any order, with all that
// they were given as far as it is remembered, elsewhere too; those with few
// credits in all may be left out. The ledger holds tonight's credits by now.
func (n *night) customerNights() []analysis.CustomerNight {
	changed := func(p ledger.Posting) bool { return p.Kind == ledger.Void || p.Kind == ledger.Reinstate }
	if n.customersKnown && !slices.ContainsFunc(n.postings, changed) {
		return n.customers
	}
	ids := make([]string, len(n.issued))
	for i, d := range n.issued {
		ids[i] = d.Incident.Customer()
	}
	slices.Sort(ids)
	var customers []analysis.CustomerNight
	from := n.remembersFrom()
	for _, id := range slices.Compact(ids) {
		c := analysis.CustomerNight{ID: id}
		n.book.Customer(id, func(g ledger.Given) bool {
			if g.Date >= from {
				c.Credits = append(c.Credits, analysis.Dated{Date: g.Date, Currency: g.Currency, Minor: g.Minor})
			}
			return true
		})
		c.Credits = n.elsewhere(c.Credits, id, from)
		customers = append(customers, c)
	}
	return customers
}

// remembersFrom is from when on credits count for what is unlike other nights: a
// range remembers from its first night on, and each of its nights looks as far
// back as it would by itself.
func (n *night) remembersFrom() calendar.Date {
	return n.date.AddDays(-max(historyDays(n.rulebook, n.work.HorizonDays), n.work.HorizonDays))
}

// elsewhere appends what others gave a customer since a date.
func (n *night) elsewhere(to []analysis.Dated, customer string, from calendar.Date) []analysis.Dated {
	for _, g := range n.history.external.customer[customer] {
		if from <= g.Date && g.Date <= n.date {
			to = append(to, analysis.Dated{Date: g.Date, Currency: g.Currency, Minor: g.Minor})
		}
	}
	return to
}

// gets remembers the customer at hand if it gets a credit tonight and has so many
// that it may be unlike others.
func (s *scale) gets() {
	s.dated = s.dated[:0]
	for _, d := range s.list {
		if d.Outcome == award.Issued {
			s.dated = append(s.dated, analysis.Dated{Date: s.weighing.night.date, Currency: d.Incident.Currency, Minor: d.Minor})
		}
	}
	if len(s.dated) == 0 {
		return
	}
	amounts, known := s.credits()
	if !known {
		s.customersUnknown = true
		return
	}
	for _, a := range amounts {
		if a.Date >= s.remembers {
			s.dated = append(s.dated, analysis.Dated{Date: a.Date, Currency: a.Currency, Minor: a.Minor})
		}
	}
	id := s.list[0].Incident.Customer()
	if s.dated = s.weighing.night.elsewhere(s.dated, id, s.remembers); len(s.dated) >= analysis.MinCustomerCredits {
		s.customers = append(s.customers, analysis.CustomerNight{ID: id, Credits: slices.Clone(s.dated)})
	}
}

// keepCustomers leaves to the night whom the workers remember.
func (w *weighing) keepCustomers() {
	n := w.night
	n.customers, n.customersKnown = nil, true
	for _, s := range w.scales {
		n.customersKnown = n.customersKnown && !s.customersUnknown
		n.customers = append(n.customers, s.customers...)
	}
}
