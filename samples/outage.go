package samples

import (
	"fmt"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

var subscriptions = []struct {
	name     string
	feeCents int64 // a month, of the home currency
}{{"prime", 1499}, {"music", 1099}, {"storage", 299}}

// outages is the customers whose subscription did not work on a date: a few
// every day, and most of a service on two days.
func (g *Generator) outages(date calendar.Date) *sheet {
	s := newSheet([]field{
		{"outage_id", parquetio.String, false},
		{"customer_id", parquetio.String, false},
		{"subscription", parquetio.String, false},
		{"monthly_fee", parquetio.Int64, false},
		{"currency", parquetio.String, false},
		{"zone", parquetio.String, false},
		{"started_at", parquetio.Timestamp, false},
		{"ended_at", parquetio.Timestamp, false},
		{"minutes_out", parquetio.Int32, false},
	})
	d := newDraw(g.options.Seed, streamOutage, uint64(date))
	perNight := int64(g.options.Deliveries) / int64(g.options.Nights)
	customers, length := perNight/400+d.below(3), d.between(10, 90)
	if index := int(date - g.options.First); index == 9 || index == 30 {
		customers, length = max(3, perNight/30), d.between(4*60, 9*60)
	}
	subscription := subscriptions[d.below(int64(len(subscriptions)))]
	ended := localAt(date, d.between(10*hour, 22*hour))
	// One customer after another from a place of chance, so that none comes twice.
	first := d.below(g.customers)
	for i := range min(customers, g.customers) {
		who := (first + i*7919) % g.customers
		if i > 0 && who == first {
			break
		}
		m := &g.markets[g.customer(who).market]
		end := calendar.FromLocal(ended, g.business)
		s.add(text(fmt.Sprintf("out-%s-%s", date, subscription.name)), text(customerID(who)), text(subscription.name),
			number(m.price(subscription.feeCents)), text(m.currency), text(m.zone),
			instant(end-calendar.Instant(length*minute)), instant(end), number(length))
	}
	return s
}
