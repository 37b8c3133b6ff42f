package samples

import (
	"cmp"
	"fmt"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// OpenCredit is a credit that customers can still use, as the ledger has it
// after a run.
type OpenCredit struct {
	CreditID       string
	CustomerID     string
	OrderID        string // "" where it belongs to none
	Currency       string
	RemainingMinor int64 // 0: never redeemed
	EffectiveAt    calendar.Instant
	ExpiresAt      calendar.Instant
}

func compareCredits(a, b OpenCredit) int { return cmp.Compare(a.CreditID, b.CreditID) }

var redemptionFields = []field{
	{"redemption_id", parquetio.String, false},
	{"credit_id", parquetio.String, false},
	{"customer_id", parquetio.String, false},
	{"amount", parquetio.Int64, false},
	{"currency", parquetio.String, false},
	{"redeemed_at", parquetio.Timestamp, false},
}

// redemptions is what customers used on a date of the credits that were open
// the night before: most of it whole, some in part, a little too much, and a
// few rows that no ledger should accept. Credits are in order of their ids.
func (g *Generator) redemptions(date calendar.Date, open []OpenCredit) *sheet {
	s := newSheet(redemptionFields)
	for i := range open {
		g.redeem(s, date, &open[i])
	}
	g.redeemLate(s, date, open)
	g.redeemBadly(s, date, open)
	return s
}

// redeem adds the redemption of a credit on this date, if its customer makes one.
func (g *Generator) redeem(s *sheet, date calendar.Date, c *OpenCredit) {
	h := mixText(c.CreditID, g.options.Seed, streamRedemption, uint64(date))
	begin := calendar.StartOfDay(date, g.business)
	if c.RemainingMinor <= 0 || c.EffectiveAt > begin || scaleBelow(h, 1000) >= 28 {
		return
	}
	at := begin + calendar.Instant(scaleBelow(mix(h, 1), day-minute))
	if scaleBelow(mix(h, 2), 100) < 8 { // the shop's till was offline: the row comes days later
		at = max(c.EffectiveAt, at-calendar.Instant(2*day))
	}
	amount := c.RemainingMinor
	switch kind := scaleBelow(mix(h, 3), 100); {
	case kind < 33:
		amount = max(1, c.RemainingMinor*(20+scaleBelow(mix(h, 4), 60))/100)
	case kind < 36:
		amount += 1 + c.RemainingMinor/2
	}
	g.addRedemption(s, h, c.CreditID, c.CustomerID, amount, c.Currency, at)
}

func (g *Generator) addRedemption(s *sheet, h uint64, credit, customer string, amount int64, currency string, at calendar.Instant) {
	s.add(text(fmt.Sprintf("r-%016x", mix(h, 9))), text(credit), text(customer), number(amount), text(currency), instant(at))
}

// redeemLate adds redemptions of credits that were open the night before last,
// expired, and are gone: they were made in time and only arrive now.
func (g *Generator) redeemLate(s *sheet, date calendar.Date, open []OpenCredit) {
	begin := calendar.StartOfDay(date, g.business)
	next := 0
	for i := range g.before {
		c := &g.before[i]
		for next < len(open) && open[next].CreditID < c.CreditID {
			next++
		}
		gone := next == len(open) || open[next].CreditID != c.CreditID
		h := mixText(c.CreditID, g.options.Seed, streamRedemption)
		if gone && c.RemainingMinor > 0 && c.ExpiresAt < begin && scaleBelow(h, 100) < 4 {
			at := max(c.EffectiveAt, c.ExpiresAt-calendar.Instant(2*hour))
			g.addRedemption(s, h, c.CreditID, c.CustomerID, max(1, c.RemainingMinor/2), c.Currency, at)
		}
	}
}

// redeemBadly adds, on some nights, a redemption of a credit that never was,
// of another customer's, or in another currency.
func (g *Generator) redeemBadly(s *sheet, date calendar.Date, open []OpenCredit) {
	kind := int(date-g.options.First) % 15
	if len(open) == 0 || kind%5 != 4 {
		return
	}
	h := mix(g.options.Seed, streamRedemption, uint64(date))
	c := open[scaleBelow(h, int64(len(open)))]
	switch kind {
	case 4:
		c.CreditID = fmt.Sprintf("cr1_%016x%016x", mix(h, 1), mix(h, 2))
	case 9:
		c.CustomerID = customerID(g.customers) // one past the last: nobody
	default:
		c.Currency = "CHF"
	}
	at := calendar.StartOfDay(date, g.business) + calendar.Instant(12*hour)
	g.addRedemption(s, h, c.CreditID, c.CustomerID, 100, c.Currency, at)
}
