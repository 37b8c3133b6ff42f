package samples

import (
	"fmt"
	"strconv"

	"amends/rules/calendar"
)

// spanDays is how long after its purchase an order can still have rows: a
// standard delivery, two weeks late, and a claim five weeks after it.
const spanDays = 75

// warmUpDays of purchases before the first night make it an ordinary night.
const warmUpDays = 35

// parcel is one delivery. Instants of zero are absent.
type parcel struct {
	order       int32 // in its day's orders
	leg         uint8 // 1-based within the order
	category    uint8
	service     uint8
	exception   uint8
	corrected   uint8 // the exception of a restated row
	bySeller    bool  // the seller ships it
	transitRow  bool  // a row was also written while it was under way
	restated    bool  // a corrected row follows a day later
	twiceInFile bool  // the same row stands in both files of its night
	twiceLater  bool  // the same row stands in the next night's file, too
	goodwill    bool  // an agent gave something for it
	seller      int64 // -1: first party
	price       int64 // minor
	shipped     calendar.Instant
	promised    calendar.Instant
	delivered   calendar.Instant
	night       calendar.Date // whose file has it
}

// defect is one claim about a delivered parcel.
type defect struct {
	parcel     int32
	kind       uint8
	severity   uint8
	evidence   int64
	returnCost int64 // minor
	reported   calendar.Instant
	night      calendar.Date
	decided    int  // nights later in which the case is decided; 0 at once
	confirmed  bool // what is decided
	repeated   bool // the customer reports it again under another id
}

// purchase is one order.
type purchase struct {
	customer int64
	market   int
	total    int64 // minor, with shipping
	troubled bool  // something went wrong, so that a refund is likelier
}

// dayPlan is everything that comes of one day's purchases.
type dayPlan struct {
	date    calendar.Date
	orders  []purchase
	parcels []parcel
	defects []defect
}

// weekdayPerMille are the shares of purchases from Monday to Sunday.
var weekdayPerMille = [...]int64{1180, 1060, 980, 950, 920, 880, 1030}

func orderID(date calendar.Date, number int) string {
	year, month, dayOfMonth := date.YMD()
	return fmt.Sprintf("o-%04d%02d%02d-%06d", year, month, dayOfMonth, number)
}

// parseOrderID undoes orderID. Ids that are not this generator's are not ok.
func parseOrderID(id string) (date calendar.Date, number int, ok bool) {
	const prefix = len("o-20260105-")
	if len(id) <= prefix {
		return 0, 0, false
	}
	date, err := calendar.ParseDate(id[2:6] + "-" + id[6:8] + "-" + id[8:10])
	if err != nil {
		return 0, 0, false
	}
	number, err = strconv.Atoi(id[prefix:])
	return date, number, err == nil && number >= 0 && orderID(date, number) == id
}

// plan returns what comes of one day's purchases, from the seed alone.
func (g *Generator) plan(date calendar.Date) *dayPlan {
	if p, ok := g.plans[date]; ok {
		return p
	}
	p := &dayPlan{date: date}
	if date >= g.options.First.AddDays(-warmUpDays) {
		g.fill(p)
	}
	for oldest := range g.plans { // plans are derived: dropping one costs time only
		if oldest < date.AddDays(-2*spanDays) {
			delete(g.plans, oldest)
		}
	}
	g.plans[date] = p
	return p
}

func (g *Generator) fill(p *dayPlan) {
	d := newDraw(g.options.Seed, streamOrders, uint64(p.date))
	share := int64(g.options.Nights) * 1000
	wanted := int64(g.options.Deliveries) * weekdayPerMille[p.date.Weekday()-1]
	count := int(wanted / share)
	if d.below(share) < wanted%share {
		count++
	}
	for len(p.parcels) < count {
		buyer := g.pickCustomer(d)
		person := g.customer(buyer)
		order := purchase{customer: buyer, market: person.market}
		bought := localAt(p.date, d.between(6*hour, 23*hour))
		for leg := 1 + d.pick(70, 22, 8); leg > 0 && len(p.parcels) < count; leg-- {
			parcel := g.parcel(d, p.date, bought, &person)
			parcel.order, parcel.leg = int32(len(p.orders)), uint8(leg)
			order.total += parcel.price
			late := parcel.delivered == 0 || parcel.delivered > parcel.promised
			order.troubled = order.troubled || late
			p.parcels = append(p.parcels, parcel)
			if claim, ok := g.defect(d, &parcel, person.market); ok {
				claim.parcel = int32(len(p.parcels) - 1)
				p.defects = append(p.defects, claim)
				order.troubled = true
			}
		}
		if !person.prime {
			order.total += g.markets[person.market].price(599)
		}
		p.orders = append(p.orders, order)
	}
}

// parcel draws one delivery of an order bought at a local time.
func (g *Generator) parcel(d draw, date calendar.Date, bought int64, person *customer) parcel {
	m := &g.markets[person.market]
	p := parcel{seller: -1, category: uint8(d.pick(22, 18, 14, 14, 10, 14, 6, 2))}
	p.price = m.price(quantile(d.source.Uint64(), itemPrices))
	switch d.pick(55, 30, 15) {
	case 1:
		p.seller = d.below(g.sellers)
	case 2:
		p.seller, p.bySeller = d.below(g.sellers), true
	}
	promisedDay := date.AddDays(int(d.between(3, 6)))
	promised := localAt(promisedDay, 21*hour)
	shipped := bought + d.between(2*hour, 30*hour)
	switch {
	case !p.bySeller && d.chance(80):
		p.service, promisedDay = serviceSameDay, date
		promised, shipped = localAt(date, 17*hour), localAt(date, d.between(7*hour, 12*hour))
	case person.prime && d.chance(700):
		p.service, promisedDay = serviceTwoDay, date.AddDays(2)
		promised = localAt(promisedDay, 21*hour)
	}
	delivered := g.journey(d, &p, person.market, promisedDay, promised)
	if delivered != 0 {
		delivered = max(delivered, shipped+hour)
		p.delivered = calendar.FromLocal(delivered, m.location)
	}
	p.shipped = calendar.FromLocal(shipped, m.location)
	p.promised = calendar.FromLocal(promised, m.location)
	p.night = calendar.DateOf(p.at(), g.business)
	p.draws(d)
	return p
}

// draws sets how the parcel's rows come: late, twice, corrected.
func (p *parcel) draws(d draw) {
	if d.chance(20) {
		p.night = p.night.AddDays(int(d.between(1, 2)))
	}
	p.transitRow = d.chance(30)
	p.restated = p.delivered != 0 && d.chance(10)
	p.corrected = uint8(d.pick(3, 1, 1))
	p.twiceInFile = d.chance(3)
	p.twiceLater = d.chance(2)
	late := p.delivered == 0 || p.delivered > p.promised
	p.goodwill = late && d.chance(40) || d.below(10_000) < 5
}

// at is when the severity of the parcel is final, as amends.yaml says.
func (p *parcel) at() calendar.Instant {
	if p.delivered != 0 {
		return p.delivered
	}
	return p.promised + calendar.Instant(168*hour)
}

// journey draws what the carrier did: the local time of delivery, or 0 where
// the parcel never came.
func (g *Generator) journey(d draw, p *parcel, marketIndex int, promisedDay calendar.Date, promised int64) int64 {
	if d.below(10_000) < 30 {
		if d.chance(600) {
			p.exception = exceptionLost
		}
		return 0
	}
	perMille := int64(46)
	if p.seller >= 0 && badSeller(p.seller) {
		perMille += 130
	}
	storm := marketIndex == 0 && g.storm(promisedDay)
	switch {
	case storm && d.chance(160):
		p.exception = exceptionWeather
	case d.chance(perMille):
		p.exception = uint8([...]int{exceptionNone, exceptionWeather, exceptionCarrier, exceptionAddress}[d.pick(47, 8, 40, 5)])
	default:
		early := promisedDay.AddDays(-d.pickEarly(p.service))
		return min(localAt(early, d.between(8*hour, 20*hour)), promised-minute)
	}
	if p.service == serviceSameDay && d.chance(500) {
		return promised + d.between(1*hour, 6*hour)
	}
	days := [...]int64{1, 2, 3, 4, 6, 8, 11, 14, 17}[d.pick(46, 18, 10, 9, 7, 4, 3, 2, 1)]
	return localAt(promisedDay.AddDays(int(days)), d.between(8*hour, 21*hour))
}

// pickEarly draws by how many days a punctual parcel beats its promise.
func (d draw) pickEarly(service uint8) int {
	if service == serviceStandard {
		return d.pick(60, 30, 10)
	}
	return 0
}

// storm reports whether a day lies in the week of the storm in the US.
func (g *Generator) storm(date calendar.Date) bool {
	return date >= g.options.First.AddDays(14) && date < g.options.First.AddDays(21)
}

var (
	defectKinds = []string{"damaged", "wrong-item", "missing", "not-as-described"}
	severities  = []string{"minor", "major", "total"}
)

// defect draws a claim about a parcel, if there is one.
func (g *Generator) defect(d draw, p *parcel, marketIndex int) (defect, bool) {
	perMille := int64(14)
	if p.seller >= 0 && badSeller(p.seller) {
		perMille = 110
	}
	if p.delivered == 0 || !d.chance(perMille) {
		return defect{}, false
	}
	m := &g.markets[marketIndex]
	c := defect{
		kind:     uint8(d.pick(38, 20, 17, 25)),
		severity: uint8(d.pick(50, 35, 15)),
		evidence: int64(d.pick(15, 30, 35, 15, 5)),
	}
	c.returnCost = m.price(d.between(350, 1500))
	delay := d.between(2*hour, 9*day)
	if d.chance(30) {
		delay = d.between(31*day, 36*day)
	}
	c.reported = p.delivered + calendar.Instant(delay)
	c.night = calendar.DateOf(c.reported, g.business)
	c.decided = d.pick(40, 40, 20)
	c.confirmed = d.chance(880)
	c.repeated = d.chance(30)
	return c, true
}
