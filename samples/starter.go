package samples

import (
	"fmt"
	"path/filepath"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// The starter's data: enough that a night shows something, little enough to
// read.
const (
	starterDays      = 7
	starterPerDay    = 60
	starterCustomers = 150
	starterSeed      = 20260105
)

// WriteStarter writes what `amends init` leaves in an empty folder: a workspace
// with comments, first rules, and a week of made-up deliveries whose last day
// is date. The same date gives the same bytes.
func WriteStarter(dir string, date calendar.Date) error {
	zone, err := calendar.Load(businessZone)
	if err != nil {
		return fmt.Errorf("starter: %w", err)
	}
	if !date.AddDays(-60).Valid() || !date.AddDays(60).Valid() {
		return fmt.Errorf("starter: date %d: %w", date, calendar.ErrRange)
	}
	if err := copyWorkspace("starter", dir); err != nil {
		return err
	}
	if err := starterCustomerSheet().write(filepath.Join(dir, "data", "customers.parquet")); err != nil {
		return err
	}
	at := func(d calendar.Date, sinceMidnight int64) calendar.Instant {
		return calendar.FromLocal(localAt(d, sinceMidnight), zone)
	}
	return starterDeliverySheet(date, at).write(filepath.Join(dir, "data", "deliveries.parquet"))
}

func starterCustomerSheet() *sheet {
	s := newSheet([]field{
		{"customer_id", parquetio.String, false},
		{"tier", parquetio.String, false},
		{"abuse_flag", parquetio.Bool, false},
	})
	for i := range int64(starterCustomers) {
		tier := "standard"
		if i%3 == 0 {
			tier = "prime"
		}
		s.add(text(customerID(i)), text(tier), truth(i%40 == 13))
	}
	return s
}

func starterDeliverySheet(last calendar.Date, at func(calendar.Date, int64) calendar.Instant) *sheet {
	s := newSheet([]field{
		{"delivery_id", parquetio.String, false},
		{"order_id", parquetio.String, false},
		{"customer_id", parquetio.String, false},
		{"item_price", parquetio.Int64, false},
		{"shipped_at", parquetio.Timestamp, false},
		{"promised_at", parquetio.Timestamp, false},
		{"delivered_at", parquetio.Timestamp, true},
		{"updated_at", parquetio.Timestamp, false},
	})
	d := newDraw(starterSeed, streamOrders, 0)
	home := &marketplaces[0]
	count := 0
	for back := starterDays - 1; back >= 0; back-- {
		settled := last.AddDays(-back)
		for range starterPerDay {
			count++
			promised, delivered := settled, at(settled, d.between(8*hour, 20*hour))
			switch d.pick(88, 7, 3, 2) {
			case 1:
				promised = settled.AddDays(-int(d.between(1, 3)))
			case 2:
				promised = settled.AddDays(-int(d.between(4, 9)))
			case 3: // a week after the promise it has not come
				promised, delivered = settled.AddDays(-7), 0
			}
			promisedAt, shippedAt := at(promised, 21*hour), at(promised.AddDays(-3), d.between(8*hour, 18*hour))
			updated := delivered
			if updated == 0 {
				updated = at(settled, 22*hour)
			}
			s.add(text(fmt.Sprintf("d-%05d", count)), text(fmt.Sprintf("o-%05d", count)), text(customerID(d.below(starterCustomers))),
				number(home.price(quantile(d.source.Uint64(), itemPrices))), instant(shippedAt), instant(promisedAt),
				instantOrNull(delivered), instant(updated))
		}
	}
	return s
}
