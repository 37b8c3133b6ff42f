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

// openPass is what one pass over the open credits of the night before finds, as
// they are once tonight's redemptions are posted. Credits that changed since are
// in the Book, and looked at there.
type openPass struct {
	left   map[string]*openLeft // by currency: of those of the file, changed or not
	remind []publish.Expiring   // of those that did not change before the pass
	orders []ledger.VoidOrder
	days   *calendar.Offsets
	voids  *match.Voids
}

// openLeft is what is left in one currency, by the last usable day.
type openLeft struct {
	first calendar.Date // of days
	days  []openDay
	minor int64
}

type openDay struct{ credits, minor int64 }

// add counts a credit. Ledgers have few days, so they are a list.
func (l *openLeft) add(day calendar.Date, minor int64) error {
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
	if l.minor, err = money.AddInts(l.minor, minor); err != nil {
		return err
	}
	d.credits, d.minor = d.credits+1, d.minor+minor // within the sum
	return nil
}

// passColumns are what the pass reads of every credit, and passVoidColumns what
// void rules need beside.
var (
	passColumns     = []string{"currency", "terms", "issued", "expires_at", "granted_minor", "redeemed_minor", "forfeited_minor", "voided_minor", "customer_id"}
	passVoidColumns = []string{"source", "order_id", "seller_id"}
)

// passOpen goes over every open credit: what void rules take, what is due for
// forfeiture, whom to remind, and the liability by day. What is taken, the Book
// holds after it.
func (n *night) passOpen(step ledger.Night) error {
	p := &openPass{days: calendar.NewOffsets(n.zone), left: map[string]*openLeft{}}
	n.pass = p
	columns := passColumns
	if len(n.program.Voids.Voids) > 0 {
		p.voids = match.NewVoids(n.program.Voids, n.matchNight(), n.events, n.dimensions)
		columns = slices.Concat(passColumns, passVoidColumns)
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
	err := n.session.memory.open.Each(columns, func(rows []ledger.Credit) error {
		for i := range rows {
			c := &rows[i]
			left := p.left[c.Currency]
			if left == nil {
				left = &openLeft{}
				p.left[strings.Clone(c.Currency)] = left
			}
			lastDay := p.days.DateOf(c.ExpiresAt - 1)
			if err := left.add(lastDay, c.Remaining()); err != nil {
				return err
			}
			if changed[c.CreditID] {
				continue
			}
			if n.voidOrder(c) || step.Due(c.ExpiresAt) {
				n.book.Credit(strings.Clone(c.CreditID))
			}
			if n.remindTonight(c, lastDay) {
				row := expiringRow(c)
				row.CreditID, row.CustomerID = strings.Clone(row.CreditID), strings.Clone(row.CustomerID)
				row.Currency, row.Terms = strings.Clone(row.Currency), strings.Clone(row.Terms)
				p.remind = append(p.remind, row)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("runs/%s/%w", n.session.base, err)
	}
	sums := money.ByCurrency{}
	for currency, left := range p.left {
		sums[currency] = left.minor
	}
	if !maps.Equal(sums, n.session.outstanding) {
		return fmt.Errorf("open credits of %s come to %v, and the run closed with %v", n.session.base, sums, n.session.outstanding)
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
	for currency, left := range n.pass.left {
		for i, d := range left.days {
			if d.credits > 0 {
				weeks.AddMany(currency, left.first.AddDays(i), d.credits, d.minor)
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
