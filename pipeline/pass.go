package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/analysis"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/rules/calendar"
	"amends/rules/money"
)

// openPass is what a pass over the open credits of the night before finds, as they
// are once tonight's redemptions are posted. Credits that changed since are in the
// Book, and looked at there.
type openPass struct {
	left   []*openLeft        // of those of the file, changed or not; few, so a list
	remind []publish.Expiring // of those that did not change before the pass
	orders []ledger.VoidOrder
	taken  []string // credit ids that the Book is to hold: those to be voided, and those due
	days   *calendar.Offsets
	voids  *match.Voids

	tonight *issuedIDs // what is issued after the pass: none of the file
}

// of is what is left in a currency.
func (p *openPass) of(currency string) *openLeft {
	for _, left := range p.left {
		if left.currency == currency {
			return left
		}
	}
	left := &openLeft{currency: strings.Clone(currency)}
	p.left = append(p.left, left)
	return left
}

// join adds what another found of other credits.
func (p *openPass) join(other *openPass) error {
	for _, from := range other.left {
		to := p.of(from.currency)
		for i, d := range from.days {
			if err := to.add(from.first.AddDays(i), d); err != nil {
				return err
			}
		}
	}
	p.remind, p.orders, p.taken = append(p.remind, other.remind...), append(p.orders, other.orders...), append(p.taken, other.taken...)
	return nil
}

// openLeft is what is left in one currency, by the last usable day.
type openLeft struct {
	currency string
	first    calendar.Date // of days
	days     []openDay
	minor    int64
}

type openDay struct{ credits, minor int64 }

// add counts credits of a day. Ledgers have few days, so they are a list.
func (l *openLeft) add(day calendar.Date, more openDay) error {
	if more.credits == 0 {
		return nil
	}
	if len(l.days) == 0 {
		l.first = day
	}
	if day < l.first {
		l.days = slices.Concat(make([]openDay, l.first-day), l.days)
		l.first = day
	}
	for int(day-l.first) >= len(l.days) {
		l.days = append(l.days, openDay{})
	}
	d := &l.days[day-l.first]
	var err error
	if l.minor, err = money.AddInts(l.minor, more.minor); err != nil {
		return err
	}
	d.credits, d.minor = d.credits+more.credits, d.minor+more.minor // within the sum
	return nil
}

// passColumns are what the pass reads of every credit; what void rules and reminders
// need beside, it reads where there are such.
var (
	passColumns       = []string{"currency", "expires_at", "granted_minor", "redeemed_minor", "forfeited_minor", "voided_minor"}
	passRemindColumns = []string{"terms", "issued", "customer_id"}
	passVoidColumns   = []string{"source", "customer_id", "order_id", "seller_id"}
)

// passOpen goes over every open credit: what void rules take, what is due for
// forfeiture, whom to remind, and the liability by day. What is taken, the Book
// holds after it.
func (n *night) passOpen(step ledger.Night) error {
	workers := make([]*openPass, max(n.config.Workers, 1))
	if len(n.program.Voids.Voids) > 0 { // which are evaluated one after the other
		workers = workers[:1]
	}
	tonight := newIssuedIDs(n.issued)
	for i := range workers {
		workers[i] = &openPass{days: calendar.NewOffsets(n.zone), tonight: tonight}
	}
	p := workers[0]
	n.pass = p
	columns := passColumns
	reminds := n.reminds()
	if reminds {
		columns = slices.Concat(columns, passRemindColumns)
	}
	if len(n.program.Voids.Voids) > 0 {
		p.voids = match.NewVoids(n.program.Voids, n.matchNight(), n.events, n.dimensions)
		columns = slices.Concat(columns, passVoidColumns)
	}
	changed := map[string]bool{}
	for _, c := range n.book.Changed() {
		changed[c.CreditID] = true
		if c.Remaining() > 0 {
			n.voidOrder(&c)
		}
	}
	open := n.session.memory.open
	if open == nil {
		return nil
	}
	err := inParts(open.Groups(), 1, workers, func(p *openPass, group, _ int) error {
		return open.Each(group, columns, func(rows []ledger.Credit) error { return n.passRows(p, rows, changed, reminds, step) })
	})
	for _, other := range workers[1:] {
		if err == nil {
			err = p.join(other)
		}
	}
	if err != nil {
		return fmt.Errorf("runs/%s/%w", n.session.base, err)
	}
	sums := money.ByCurrency{}
	for _, left := range p.left {
		sums[left.currency] = left.minor
	}
	if !maps.Equal(sums, n.session.outstanding) {
		return fmt.Errorf("open credits of %s come to %v, and the run closed with %v", n.session.base, sums, n.session.outstanding)
	}
	for _, id := range p.taken {
		n.book.Credit(id)
	}
	return nil
}

// passRows goes over some credits of the file, and keeps no text of them.
func (n *night) passRows(p *openPass, rows []ledger.Credit, changed map[string]bool, reminds bool, step ledger.Night) error {
	var left *openLeft
	for i := range rows {
		c := &rows[i]
		if p.tonight.has(c.CreditID) {
			return issuedBefore(c)
		}
		if left == nil || left.currency != c.Currency {
			left = p.of(c.Currency)
		}
		lastDay := p.days.DateOf(c.ExpiresAt - 1)
		if err := left.add(lastDay, openDay{1, c.Remaining()}); err != nil {
			return err
		}
		if len(changed) > 0 && changed[c.CreditID] {
			continue
		}
		if p.voids != nil && n.voidOrder(c) || step.Due(c.ExpiresAt) {
			p.taken = append(p.taken, strings.Clone(c.CreditID))
		}
		if reminds && n.remindTonight(c, lastDay) {
			row := expiringRow(c)
			row.CreditID, row.CustomerID = strings.Clone(row.CreditID), strings.Clone(row.CustomerID)
			row.Currency, row.Terms = strings.Clone(row.Currency), strings.Clone(row.Terms)
			p.remind = append(p.remind, row)
		}
	}
	return nil
}

// voidOrder evaluates the void rules on an open credit, and keeps no text of it.
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
		n.pass.orders = append(n.pass.orders, ledger.VoidOrder{CreditID: strings.Clone(c.CreditID), Reference: id, Why: id})
	}
	return id != ""
}

// weeks is what is left after tonight by the week of its last usable day: that
// of the night before, with what changed counted anew, and what is issued.
func (n *night) weeks(changed []ledger.Credit) analysis.Weeks {
	var weeks analysis.Weeks
	for _, left := range n.pass.left {
		for i, d := range left.days {
			if d.credits > 0 {
				weeks.AddMany(left.currency, left.first.AddDays(i), d.credits, d.minor)
			}
		}
	}
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
	f := n.figures()
	for rule, r := range f.rules {
		_, until := n.term(rule.Terms)
		for currency, s := range r.issued.lines(f) {
			weeks.AddMany(currency, n.pass.days.DateOf(until-1), s.count, s.minor.Clamped())
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
		if c.Remaining() > 0 && n.remindTonight(c, n.pass.days.DateOf(c.ExpiresAt-1)) {
			rows = append(rows, expiringRow(c))
		}
	}
	if n.reminds() {
		rows = n.expiringIssued(rows)
	}
	for _, r := range n.pass.remind {
		if !moved[r.CreditID] {
			rows = append(rows, r)
		}
	}
	return rows
}

// expiringIssued appends those of the credits that tonight issues.
func (n *night) expiringIssued(rows []publish.Expiring) []publish.Expiring {
	made := n.madeOpen()
	for i, d := range n.issued {
		if t := n.rulebook.Terms[d.Award.Terms]; t == nil || t.RemindDays <= 0 {
			continue
		}
		var c ledger.Credit
		if made.Row(i, &c); n.remindTonight(&c, n.pass.days.DateOf(c.ExpiresAt-1)) {
			rows = append(rows, expiringRow(&c))
		}
	}
	return rows
}

// reminds reports whether any terms ask for a reminder.
func (n *night) reminds() bool {
	for _, t := range n.rulebook.Terms {
		if t.RemindDays > 0 {
			return true
		}
	}
	return false
}

func expiringRow(c *ledger.Credit) publish.Expiring {
	return publish.Expiring{
		CreditID: c.CreditID, CustomerID: c.CustomerID, RemainingMinor: c.Remaining(), Currency: c.Currency,
		ExpiresAt: c.ExpiresAt, Terms: c.Terms,
	}
}

// remindTonight reports whether the credit's reminder falls on a business date
// since the last run: skipped nights lose no reminder.
func (n *night) remindTonight(c *ledger.Credit, lastDay calendar.Date) bool {
	t := n.rulebook.Terms[c.Terms]
	if t == nil || t.RemindDays <= 0 || c.ExpiresAt <= n.asOf {
		return false
	}
	due := lastDay.AddDays(-t.RemindDays)
	return due <= n.date && (due > n.previousDate() || c.Issued == n.date)
}
