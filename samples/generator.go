package samples

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"amends/rules/calendar"
)

// Options say how much data to make, and where.
type Options struct {
	Dir        string        // the folder of the workspace
	Deliveries int           // about how many, over all nights; 0 means DefaultDeliveries
	Nights     int           // 0 means DefaultNights
	Seed       uint64        // another seed gives other data of the same kind
	First      calendar.Date // the first night; 0 means DefaultFirst, for which the rules' dates are written
}

// The size of the demo, and its first night: Monday 2026-01-05.
const (
	DefaultDeliveries               = 200_000
	DefaultNights                   = 45
	DefaultFirst      calendar.Date = 20458
)

// Limits keep a mistyped option from filling a disk.
const (
	maxDeliveries = 100_000_000
	maxNights     = 3660 // ten years
)

// Generator makes the data of the marketplace workspace, night by night. It is
// not safe for concurrent use.
type Generator struct {
	options   Options
	markets   []market
	business  *time.Location
	customers int64
	sellers   int64
	plans     map[calendar.Date]*dayPlan
	orders    map[calendar.Date][]orderKey // that the rows of a night name
	before    []OpenCredit                 // what was open on the night before
}

// New returns a generator, or an error where an option is out of its range.
func New(options Options) (*Generator, error) {
	if options.Deliveries == 0 {
		options.Deliveries = DefaultDeliveries
	}
	if options.Nights == 0 {
		options.Nights = DefaultNights
	}
	if options.First == 0 {
		options.First = DefaultFirst
	}
	if options.Deliveries < 1 || options.Deliveries > maxDeliveries {
		return nil, fmt.Errorf("deliveries %d: want 1 to %d", options.Deliveries, maxDeliveries)
	}
	if options.Nights < 1 || options.Nights > maxNights {
		return nil, fmt.Errorf("nights %d: want 1 to %d", options.Nights, maxNights)
	}
	if last := options.First.AddDays(options.Nights + 2*spanDays); !options.First.AddDays(-10*365).Valid() || !last.Valid() {
		return nil, fmt.Errorf("first night %d: %w", options.First, calendar.ErrRange)
	}
	markets, business, err := loadMarkets()
	if err != nil {
		return nil, err
	}
	return &Generator{
		options: options, markets: markets, business: business,
		customers: max(20, int64(options.Deliveries)*3/10),
		sellers:   min(max(20, int64(options.Deliveries)/500), 10_000),
		plans:     make(map[calendar.Date]*dayPlan),
		orders:    make(map[calendar.Date][]orderKey),
	}, nil
}

// Nights returns the business dates that there is data for, in order.
func (g *Generator) Nights() []calendar.Date {
	nights := make([]calendar.Date, g.options.Nights)
	for i := range nights {
		nights[i] = g.options.First.AddDays(i)
	}
	return nights
}

// WriteWorkspace writes amends.yaml, the rules, and what no night changes: the
// customers.
func (g *Generator) WriteWorkspace() error {
	if err := copyWorkspace("marketplace", g.options.Dir); err != nil {
		return err
	}
	return g.customerSheet().write(filepath.Join(g.options.Dir, "data", "customers.parquet"))
}

// WriteNight writes the files of one business date. Customers redeem of the
// credits that are open after the night before, in any order; a credit of the
// list with nothing remaining is never redeemed, but its order is in the file
// of orders, which is how a hold that waits for a person is passed.
//
// Nights are written in order. What is written depends on the options, the
// date, the open credits, and those of the call before.
func (g *Generator) WriteNight(date calendar.Date, open []OpenCredit) error {
	if date < g.options.First || date >= g.options.First.AddDays(g.options.Nights) {
		return fmt.Errorf("night %s: not one of the %d nights from %s", date, g.options.Nights, g.options.First)
	}
	open = slices.Clone(open)
	slices.SortFunc(open, compareCredits)
	n := g.night(date)
	n.redemptions = g.redemptions(date, open)
	g.before = open

	g.orders[date] = n.named
	delete(g.orders, date.AddDays(-lookbackDays-1))
	orders, err := g.orderSheet(date, open)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		source, name string
		rows         *sheet
	}{
		{"deliveries", "part-0.parquet", n.deliveries},
		{"deliveries", "part-1.parquet", n.moreDeliveries},
		{"defects", "defects.parquet", n.defects},
		{"service", "service.parquet", n.outages},
		{"goodwill", "goodwill.parquet", n.goodwill},
		{"redemptions", "redemptions.parquet", n.redemptions},
		{"orders", "orders.parquet", orders},
	} {
		path := filepath.Join(g.options.Dir, "data", file.source, "dt="+date.String(), file.name)
		if err := file.rows.write(path); err != nil {
			return err
		}
	}
	return nil
}
