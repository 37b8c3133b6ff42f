package samples

import (
	"cmp"
	"fmt"
	"slices"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// customerSheet is every customer there is: lifetime values are decimals of the
// home currency, comparable across marketplaces.
func (g *Generator) customerSheet() *sheet {
	s := newSheet([]field{
		{"customer_id", parquetio.String, false},
		{"marketplace", parquetio.String, false},
		{"tier", parquetio.String, false},
		{"lifetime_value", parquetio.Decimal64, false},
		{"abuse_flag", parquetio.Bool, false},
		{"joined_on", parquetio.Date, false},
	})
	for i := range g.customers {
		c := g.customer(i)
		tier := "standard"
		if c.prime {
			tier = "prime"
		}
		s.add(text(customerID(i)), text(g.markets[c.market].code), text(tier), number(c.lifetimeCents), truth(c.abuse), number(int64(c.joined)))
	}
	return s
}

// orderKey names an order: the day of its purchase and its number there.
type orderKey struct {
	date   calendar.Date
	number int32
}

func compareOrderKeys(a, b orderKey) int {
	return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.number, b.number))
}

// orderSheet is the orders that tonight's run can ask for, as they stand
// tonight: those of every row that it reads and of every open credit. One file
// a night keeps earlier nights replayable, though refunds go on.
func (g *Generator) orderSheet(date calendar.Date, open []OpenCredit) (*sheet, error) {
	var keys []orderKey
	for back := range lookbackDays + 1 {
		earlier := date.AddDays(-back)
		if _, known := g.orders[earlier]; !known && earlier >= g.options.First {
			g.orders[earlier] = g.night(earlier).named
		}
		keys = append(keys, g.orders[earlier]...)
	}
	for i := range open {
		if open[i].OrderID == "" {
			continue
		}
		bought, n, ok := parseOrderID(open[i].OrderID)
		if !ok || n >= len(g.plan(bought).orders) {
			return nil, fmt.Errorf("open credit %s: order %q is none of this generator's", open[i].CreditID, open[i].OrderID)
		}
		keys = append(keys, orderKey{bought, int32(n)})
	}
	slices.SortFunc(keys, compareOrderKeys)
	keys = slices.Compact(keys)

	s := newSheet([]field{
		{"order_id", parquetio.String, false},
		{"customer_id", parquetio.String, false},
		{"total", parquetio.Int64, false},
		{"currency", parquetio.String, false},
		{"refund_status", parquetio.String, false},
	})
	for _, key := range keys {
		order := &g.plan(key.date).orders[key.number]
		s.add(text(orderID(key.date, int(key.number))), text(customerID(order.customer)), number(order.total),
			text(g.markets[order.market].currency), text(g.refundStatus(key, order, date)))
	}
	return s, nil
}

// refundStatus is where the money of an order stands at the end of a date. An
// order that went wrong is three times as likely to be refunded or disputed.
func (g *Generator) refundStatus(key orderKey, order *purchase, date calendar.Date) string {
	h := mix(g.options.Seed, streamRefund, uint64(key.date), uint64(key.number))
	fate := scaleBelow(h, 1000)
	if order.troubled {
		fate /= 3
	}
	age := int64(date - key.date)
	begins := 4 + scaleBelow(mix(h, 1), 12)
	switch {
	case fate < 20 && age >= begins:
		return "refunded"
	case fate >= 20 && fate < 30 && age >= begins+10 && fate%2 == 0:
		return "refunded"
	case fate >= 20 && fate < 30 && age >= begins && age < begins+10:
		return "claim-pending"
	case fate >= 30 && fate < 40 && age >= begins+11 && fate%3 != 0:
		return "chargeback"
	case fate >= 30 && fate < 40 && age >= begins+3 && age < begins+11:
		return "chargeback-pending"
	default:
		return "none"
	}
}
