package samples

import (
	"fmt"
	"time"

	"amends/rules/calendar"
)

// market is one of the four marketplaces: a currency, a zone, a price level.
type market struct {
	code, currency, zone string
	weight               int64 // share of customers, in percent
	// minor units of this currency for 100 of the home currency (US cents)
	perHundred int64
	roundTo    int64 // prices end on a multiple of this, less roundLess
	roundLess  int64
	location   *time.Location
}

var marketplaces = [...]market{
	{code: "US", currency: "USD", zone: "America/New_York", weight: 45, perHundred: 100, roundTo: 50, roundLess: 1},
	{code: "UK", currency: "GBP", zone: "Europe/London", weight: 20, perHundred: 80, roundTo: 50, roundLess: 1},
	{code: "DE", currency: "EUR", zone: "Europe/Berlin", weight: 20, perHundred: 95, roundTo: 50, roundLess: 1},
	{code: "JP", currency: "JPY", zone: "Asia/Tokyo", weight: 15, perHundred: 150, roundTo: 10, roundLess: 0},
}

const businessZone = "America/New_York"

// loadMarkets returns the marketplaces with their zones, and the business zone.
func loadMarkets() ([]market, *time.Location, error) {
	markets := make([]market, len(marketplaces))
	for i, m := range marketplaces {
		location, err := calendar.Load(m.zone)
		if err != nil {
			return nil, nil, fmt.Errorf("marketplace %s: %w", m.code, err)
		}
		m.location = location
		markets[i] = m
	}
	business, err := calendar.Load(businessZone)
	if err != nil {
		return nil, nil, fmt.Errorf("business zone: %w", err)
	}
	return markets, business, nil
}

// price turns home cents into a price as shops write it.
func (m *market) price(homeCents int64) int64 {
	minor := homeCents * m.perHundred / 100
	return max((minor+m.roundTo/2)/m.roundTo*m.roundTo-m.roundLess, m.roundTo-m.roundLess)
}

// Prices of items and lifetime values of customers in home cents, at each
// twentieth of probability: roughly log-normal.
var (
	itemPrices     = []int64{349, 599, 799, 999, 1199, 1399, 1650, 1900, 2200, 2500, 2800, 3200, 3650, 4200, 4900, 5800, 7000, 8900, 12000, 18000, 65000}
	lifetimeValues = []int64{0, 1500, 3200, 5200, 7500, 10000, 13000, 16500, 20500, 25000, 30500, 37000, 45000, 55000, 68000, 85000, 110000, 150000, 220000, 380000, 2500000}
)

var (
	categories = []string{"home", "electronics", "toys", "books", "garden", "fashion", "grocery", "gift-cards"}
	exceptions = []string{"", "weather", "carrier-delay", "address", "lost"}
	services   = []string{"standard", "two-day", "same-day"}
)

// Indexes into exceptions and services.
const (
	exceptionNone = iota
	exceptionWeather
	exceptionCarrier
	exceptionAddress
	exceptionLost
)

const (
	serviceStandard = iota
	serviceTwoDay
	serviceSameDay
)

// customer is one person; everything follows from the number and the seed.
type customer struct {
	market        int
	prime         bool
	abuse         bool
	lifetimeCents int64
	joined        calendar.Date
}

// customer gives the person of a number. Low numbers buy most, see pickCustomer.
func (g *Generator) customer(number int64) customer {
	h := mix(g.options.Seed, streamCustomer, uint64(number))
	c := customer{}
	for at := scaleBelow(mix(h, 1), 100); at >= g.markets[c.market].weight; c.market++ {
		at -= g.markets[c.market].weight
	}
	frequent := number < g.customers/200
	c.prime = scaleBelow(mix(h, 2), 100) < 35 || frequent
	c.abuse = scaleBelow(mix(h, 3), 1000) < 7
	c.lifetimeCents = quantile(mix(h, 4), lifetimeValues)
	if frequent {
		c.lifetimeCents += 150_000
	}
	c.joined = g.options.First.AddDays(-90 - int(scaleBelow(mix(h, 5), 2500)))
	return c
}

// pickCustomer draws a buyer: three in four anybody, the fourth mostly one of
// a few, so that some customers meet several failures in a quarter.
func (g *Generator) pickCustomer(d draw) int64 {
	if d.chance(750) {
		return d.below(g.customers)
	}
	u := d.below(1 << 31)
	return scaleBelow(uint64(u*u)<<2, g.customers)
}

func customerID(number int64) string { return fmt.Sprintf("c-%07d", number) }

// A few sellers are bad: late and careless.
func badSeller(number int64) bool { return number%80 == 7 }

func sellerID(number int64) string { return fmt.Sprintf("s-%04d", number) }
