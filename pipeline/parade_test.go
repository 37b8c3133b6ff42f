package pipeline_test

import (
	"fmt"

	"amends/rules/calendar"
)

// paradeFrom is the first of the nights that parade writes.
const paradeFrom = "2026-03-05"

// paradeNights is how many nights parade writes.
const paradeNights = 8

// parade writes nights in which everything happens once: issues in two
// currencies, a hold, a duplicate, a restatement after the payment, a conflict,
// a redemption, a chargeback, an expiry and a forfeiture.
func (s *shop) parade() (first, last calendar.Date) {
	s.t.Helper()
	first = date(s.t, paradeFrom)
	s.defects(first, "none") // rules on a source need its columns, so it has had a file
	for i := range paradeNights {
		d := first.AddDays(i)
		row := func(n int, customer string, daysLate int) shopDelivery {
			id := fmt.Sprintf("d%d-%d", i, n)
			return shopDelivery{id: id, customer: customer, order: "o-" + id, currency: "USD", priceMinor: 10_000 + int64(n), daysLate: daysLate, delivered: d, version: 1}
		}
		late, onTime, yen := row(1, "ann", 1), row(2, "bob", 0), row(3, "cleo", 2)
		yen.currency = "JPY"
		s.deliveries(d, "a", late, onTime, yen)
		restated := late
		restated.daysLate, restated.version = 3, 2
		if i%2 == 0 {
			s.deliveries(d, "b", late, row(4, "mallory", 2))
			s.claims(d, "a", shopClaim{delivery: late, delayDays: 2, reported: d})
		} else {
			s.defects(d, "a", shopDefect{id: fmt.Sprintf("big%d", i), customer: "bob", order: "o-big", currency: "USD", kind: "damaged", priceMinor: 9_900, reported: d},
				shopDefect{id: "twice", customer: "bob", order: "o-twice", currency: "USD", kind: "damaged", priceMinor: int64(1000 + i), reported: d})
		}
		s.deliveries(d.AddDays(1), "restated", restated)
		refunded := shopOrder{id: fmt.Sprintf("o-d%d-3", i-2), refundStatus: "chargeback"}
		s.orders(d, refunded, shopOrder{id: "o-other", refundStatus: "none"})
	}
	return first, first.AddDays(paradeNights - 1)
}

func paradeCustomers() []shopCustomer {
	return []shopCustomer{{id: "ann"}, {id: "bob"}, {id: "cleo"}, {id: "mallory", abuse: true}}
}

// spend runs nights on a file system of its own to learn what they issue, and
// writes redemptions of it: the day after each issue a part, twice in two
// files; three days after it more than there is; and as late as that, on the
// night that forfeited the rest of a short credit, what was spent in time.
func (s *shop) spend(first, last calendar.Date) {
	s.t.Helper()
	fsys := s.disk()
	results, err := s.run(fsys, first, last)
	mustDo(s.t, err)
	chain := s.chain(fsys)
	rows := map[calendar.Date][]shopRedemption{}
	for _, night := range results {
		for i, credit := range s.issuance(chain, night.Date) {
			r := shopRedemption{id: "r-" + credit.CreditID, credit: credit.CreditID, customer: credit.CustomerID, currency: credit.Currency,
				minor: credit.AmountMinor / 3, at: credit.EffectiveAt}
			next := night.Date.AddDays(1)
			rows[next] = append(rows[next], r)
			r.id, r.minor, r.at = "s-"+r.credit, credit.AmountMinor, credit.ExpiresAt-1
			if later := night.Date.AddDays(3 + 3*(i%2)); later <= last {
				rows[later] = append(rows[later], r)
			}
		}
	}
	for night, list := range rows {
		s.redemptions(night, "a", list...)
		s.redemptions(night, "b", list[0])
	}
}
