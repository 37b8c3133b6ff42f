package samples

import (
	"fmt"
	"slices"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// lookbackDays is that of deliveries and defects in amends.yaml: the file of
// orders names every order of the files that a night reads.
const lookbackDays = 3

// night is the rows of one business date, before they are files.
type night struct {
	date           calendar.Date
	deliveries     *sheet
	moreDeliveries *sheet // the same source's second file
	defects        *sheet
	outages        *sheet
	goodwill       *sheet
	redemptions    *sheet
	named          []orderKey // of the rows of deliveries and defects
	bad            bool       // a broken row is among them
}

var deliveryFields = []field{
	{"delivery_id", parquetio.String, false},
	{"order_id", parquetio.String, false},
	{"customer_id", parquetio.String, true}, // never null in good data
	{"seller_id", parquetio.String, true},
	{"marketplace", parquetio.String, false},
	{"currency", parquetio.String, false},
	{"zone", parquetio.String, false},
	{"category", parquetio.String, false},
	{"item_price", parquetio.Int64, false},
	{"service_level", parquetio.String, false},
	{"fulfilled_by", parquetio.String, false},
	{"shipped_at", parquetio.Timestamp, false},
	{"promised_at", parquetio.Timestamp, false},
	{"delivered_at", parquetio.Timestamp, true},
	{"exception_code", parquetio.String, true},
	{"updated_at", parquetio.Timestamp, false},
}

var defectFields = []field{
	{"defect_id", parquetio.String, false},
	{"delivery_id", parquetio.String, false},
	{"order_id", parquetio.String, false},
	{"customer_id", parquetio.String, false},
	{"seller_id", parquetio.String, true},
	{"marketplace", parquetio.String, false},
	{"currency", parquetio.String, false},
	{"zone", parquetio.String, false},
	{"category", parquetio.String, false},
	{"item_price", parquetio.Int64, false},
	{"return_cost", parquetio.Int64, false},
	{"fulfilled_by", parquetio.String, false},
	{"kind", parquetio.String, false},
	{"severity", parquetio.String, false},
	{"evidence_count", parquetio.Int32, false},
	{"case_status", parquetio.String, false},
	{"delivered_at", parquetio.Timestamp, false},
	{"reported_at", parquetio.Timestamp, false},
	{"updated_at", parquetio.Timestamp, false},
}

var goodwillFields = []field{
	{"credit_ref", parquetio.String, false},
	{"customer_id", parquetio.String, false},
	{"order_id", parquetio.String, false},
	{"amount", parquetio.Int64, false},
	{"currency", parquetio.String, false},
	{"given_at", parquetio.Timestamp, false},
	{"agent", parquetio.String, false},
}

// night makes the rows of one date but for the redemptions.
func (g *Generator) night(date calendar.Date) *night {
	n := &night{
		date:           date,
		deliveries:     newSheet(deliveryFields),
		moreDeliveries: newSheet(deliveryFields),
		defects:        newSheet(defectFields),
		goodwill:       newSheet(goodwillFields),
		outages:        g.outages(date),
	}
	for bought := date.AddDays(-spanDays); bought <= date; bought++ {
		p := g.plan(bought)
		for i := range p.parcels {
			if g.parcelRows(n, p, &p.parcels[i]) {
				n.named = append(n.named, orderKey{bought, p.parcels[i].order})
			}
		}
		for i := range p.defects {
			if g.defectRows(n, p, &p.defects[i]) {
				n.named = append(n.named, orderKey{bought, p.parcels[p.defects[i].parcel].order})
			}
		}
	}
	return n
}

// parcelRows adds what a parcel contributes to a night, and reports whether
// that is anything.
func (g *Generator) parcelRows(n *night, p *dayPlan, c *parcel) bool {
	part := n.deliveries
	if c.leg > 1 {
		part = n.moreDeliveries
	}
	switch {
	case c.night == n.date:
		row := g.deliveryRow(p, c)
		part.add(row...)
		if c.twiceInFile {
			n.deliveries.add(row...)
			n.moreDeliveries.add(row...)
		}
		if c.goodwill {
			g.goodwillRow(n, p, c)
		}
		g.badRow(n, row)
	case c.night.AddDays(1) == n.date && c.restated:
		part.add(g.restatedRow(p, c)...)
	case c.night.AddDays(1) == n.date && c.twiceLater:
		part.add(g.deliveryRow(p, c)...)
	case c.transitRow && n.date < c.night && n.date == calendar.DateOf(c.shipped, g.business):
		part.add(g.transitRow(p, c)...)
	default:
		return false
	}
	return true
}

// Indexes into deliveryFields of what the special rows change.
const (
	columnDelivery  = 0
	columnCustomer  = 2
	columnCurrency  = 5
	columnShipped   = 11
	columnDelivered = 13
	columnException = 14
	columnUpdated   = 15
)

func deliveryID(p *dayPlan, c *parcel) string {
	return fmt.Sprintf("d%s-%d", orderID(p.date, int(c.order))[1:], c.leg)
}

func fulfilledBy(c *parcel) cell {
	if c.bySeller {
		return text("seller")
	}
	return text("platform")
}

func sellerOf(c *parcel) cell {
	if c.seller < 0 {
		return cell{null: true}
	}
	return text(sellerID(c.seller))
}

func (g *Generator) deliveryRow(p *dayPlan, c *parcel) []cell {
	order := &p.orders[c.order]
	m := &g.markets[order.market]
	return []cell{
		text(deliveryID(p, c)), text(orderID(p.date, int(c.order))), text(customerID(order.customer)), sellerOf(c),
		text(m.code), text(m.currency), text(m.zone), text(categories[c.category]), number(c.price),
		text(services[c.service]), fulfilledBy(c), instant(c.shipped), instant(c.promised), instantOrNull(c.delivered),
		textOrNull(exceptions[c.exception]), instant(c.at() + calendar.Instant(10*minute)),
	}
}

// transitRow is the parcel as the carrier showed it on the day it was shipped.
func (g *Generator) transitRow(p *dayPlan, c *parcel) []cell {
	row := g.deliveryRow(p, c)
	row[columnDelivered], row[columnException] = cell{null: true}, cell{null: true}
	row[columnUpdated] = instant(c.shipped + calendar.Instant(10*minute))
	return row
}

// restatedRow is what the carrier corrected a day later: another exception, or
// a delivery that was scanned too late.
func (g *Generator) restatedRow(p *dayPlan, c *parcel) []cell {
	row := g.deliveryRow(p, c)
	row[columnUpdated] = instant(c.at() + calendar.Instant(20*hour))
	switch c.corrected {
	case 0:
		row[columnException] = text(exceptions[exceptionWeather])
	case 1:
		row[columnDelivered] = instant(max(c.delivered-calendar.Instant(20*hour), c.shipped+calendar.Instant(hour)))
	default:
		row[columnException] = text(exceptions[exceptionCarrier])
	}
	return row
}

// badRowsFrom is how many rows a night has before some of them are bad: the
// workspace stops at one percent.
const badRowsFrom = 400

// badRow adds, once a night, a copy of a row as a broken export writes it.
func (g *Generator) badRow(n *night, row []cell) {
	if n.bad || n.deliveries.rows() < badRowsFrom {
		return
	}
	n.bad = true
	bad := slices.Clone(row)
	bad[columnDelivery] = text(row[columnDelivery].text + "-bad")
	switch (n.date - g.options.First) % 3 {
	case 0:
		bad[columnCustomer] = cell{null: true}
	case 1:
		bad[columnCurrency] = text("ZZZ")
	default: // delivered before it was shipped
		bad[columnDelivered] = number(row[columnShipped].number - hour)
	}
	n.deliveries.add(bad...)
}

// defectRows adds what a claim contributes to a night.
func (g *Generator) defectRows(n *night, p *dayPlan, c *defect) bool {
	outcome := "rejected"
	if c.confirmed {
		outcome = "confirmed"
	}
	decided := c.reported + calendar.Instant(int64(c.decided)*day)
	switch {
	case n.date == c.night && c.decided == 0:
		g.defectRow(n, p, c, "", outcome, decided)
	case n.date == c.night:
		g.defectRow(n, p, c, "", "open", c.reported)
	case n.date == c.night.AddDays(c.decided):
		g.defectRow(n, p, c, "", outcome, decided)
	case n.date == c.night.AddDays(3) && c.repeated:
		g.defectRow(n, p, c, "-again", outcome, decided+calendar.Instant(hour))
	default:
		return false
	}
	return true
}

func (g *Generator) defectRow(n *night, p *dayPlan, c *defect, suffix, status string, updated calendar.Instant) {
	box := &p.parcels[c.parcel]
	order := &p.orders[box.order]
	m := &g.markets[order.market]
	delivery := deliveryID(p, box)
	n.defects.add(
		text("f"+delivery[1:]+suffix), text(delivery), text(orderID(p.date, int(box.order))), text(customerID(order.customer)),
		sellerOf(box), text(m.code), text(m.currency), text(m.zone), text(categories[box.category]), number(box.price),
		number(c.returnCost), fulfilledBy(box), text(defectKinds[c.kind]), text(severities[c.severity]), number(c.evidence),
		text(status), instant(box.delivered), instant(c.reported), instant(updated+calendar.Instant(minute)),
	)
}

// goodwillRow is what a support agent gave, at noon of the day before the run.
func (g *Generator) goodwillRow(n *night, p *dayPlan, c *parcel) {
	order := &p.orders[c.order]
	m := &g.markets[order.market]
	h := mixText(deliveryID(p, c), g.options.Seed)
	n.goodwill.add(
		text("g"+deliveryID(p, c)[1:]), text(customerID(order.customer)), text(orderID(p.date, int(c.order))),
		number((1+scaleBelow(h, 3))*5*m.perHundred), text(m.currency),
		instant(calendar.FromLocal(localAt(n.date, 12*hour), g.business)), text(fmt.Sprintf("agent-%02d", h%24)),
	)
}
