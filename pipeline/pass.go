package pipeline

import (
	"fmt"
	"maps"

	"amends/pipeline/analysis"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// openPass is what one pass over the open credits of the night before finds, as
// they are once tonight's redemptions are posted. Credits that changed since are
// in the Book, and looked at there.
type openPass struct {
	weeks  analysis.Weeks     // of those of the file, changed or not
	remind []publish.Expiring // of those that did not change before the pass
	orders []ledger.VoidOrder
	days   *calendar.Offsets
	voids  *match.Voids
}

// passOpen goes over every open credit: what void rules take, what is due for
// forfeiture, whom to remind, and the liability by week. What is taken is
// admitted to the Book.
func (n *night) passOpen(step ledger.Night) error {
	p := &openPass{days: calendar.NewOffsets(n.zone)}
	n.pass = p
	if len(n.program.Voids.Voids) > 0 {
		p.voids = match.NewVoids(n.program.Voids, n.matchNight(), n.events, n.dimensions)
	}
	changed := map[string]bool{}
	for _, c := range n.book.Changed() {
		changed[c.CreditID] = true
		if c.Remaining() > 0 {
			n.voidOrder(&c)
		}
	}
	if n.session.memory.open == nil {
		return nil
	}
	sums := money.ByCurrency{}
	err := n.session.memory.open.Each(func(rows []ledger.Credit) error {
		for i := range rows {
			c := &rows[i]
			if err := sums.Add(c.Currency, c.Remaining()); err != nil {
				return err
			}
			if !n.session.unreported {
				p.weeks.Add(c.Currency, p.days.DateOf(c.ExpiresAt-1), c.Remaining())
			}
			if changed[c.CreditID] {
				continue
			}
			if n.voidOrder(c) || step.Due(c.ExpiresAt) {
				if err := n.book.Admit(*c); err != nil {
					return err
				}
			}
			if remindTonight(n.rulebook.Terms[c.Terms], *c, n) {
				p.remind = append(p.remind, expiringRow(c))
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open credits of %s: %w", n.session.base, err)
	}
	if !maps.Equal(sums, n.session.outstanding) {
		return fmt.Errorf("open credits of %s come to %v, and the run closed with %v", n.session.base, sums, n.session.outstanding)
	}
	return nil
}

// voidOrder evaluates the void rules on an open credit.
func (n *night) voidOrder(c *ledger.Credit) bool {
	if n.pass.voids == nil {
		return false
	}
	id, faults := n.pass.voids.Holds(c.Source, match.OpenCredit{
		CreditID: c.CreditID, Customer: c.CustomerID, Order: c.OrderID, Seller: c.SellerID,
		Currency: c.Currency, GrantedMinor: c.GrantedMinor, RemainingMinor: c.Remaining(),
	})
	for _, fault := range faults {
		n.voidFaults[fault]++
	}
	if id != "" {
		n.pass.orders = append(n.pass.orders, ledger.VoidOrder{CreditID: c.CreditID, Reference: id, Why: id})
	}
	return id != ""
}

// weeks is what is left after tonight by the week of its last usable day: that
// of the night before, with what changed counted anew.
func (n *night) weeks(changed []ledger.Credit) analysis.Weeks {
	weeks := n.pass.weeks
	for i := range changed {
		c := &changed[i]
		lastDay := n.pass.days.DateOf(c.ExpiresAt - 1)
		if before := n.book.RemainedBefore(c.CreditID); before > 0 {
			weeks.Remove(c.Currency, lastDay, before)
		}
		if c.Remaining() > 0 {
			weeks.Add(c.Currency, lastDay, c.Remaining())
		}
	}
	return weeks
}

// expiring are the open credits whose terms ask for a reminder on this night:
// once, remind_days before the last usable day.
func (n *night) expiring(changed []ledger.Credit) []publish.Expiring {
	var rows []publish.Expiring
	moved := make(map[string]bool, len(changed))
	for i := range changed {
		c := &changed[i]
		moved[c.CreditID] = true
		if c.Remaining() > 0 && remindTonight(n.rulebook.Terms[c.Terms], *c, n) {
			rows = append(rows, expiringRow(c))
		}
	}
	for _, r := range n.pass.remind {
		if !moved[r.CreditID] {
			rows = append(rows, r)
		}
	}
	return rows
}

func expiringRow(c *ledger.Credit) publish.Expiring {
	return publish.Expiring{
		CreditID: c.CreditID, CustomerID: c.CustomerID, RemainingMinor: c.Remaining(), Currency: c.Currency,
		ExpiresAt: c.ExpiresAt, Terms: c.Terms,
	}
}

// remindTonight reports whether the credit's reminder falls on a business date
// since the last run: skipped nights lose no reminder.
func remindTonight(t *rules.Terms, c ledger.Credit, n *night) bool {
	if t == nil || t.RemindDays <= 0 || c.ExpiresAt <= n.asOf {
		return false
	}
	due := calendar.DateOf(c.ExpiresAt-1, n.zone).AddDays(-t.RemindDays)
	return due <= n.date && (due > n.previousDate() || c.Issued == n.date)
}
