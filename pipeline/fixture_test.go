package pipeline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// failer is what tests and properties have in common.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func must[V any](t failer, v V, err error) V {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return v
}

func mustDo(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// shopZone has a clock change within the nights of the tests: 2026-03-08 has 23
// hours.
const shopZone = "America/New_York"

// shopWorkspace has two sources of one failure, so that a late parcel that both
// report is one incident; sources that may have no file; and orders whose
// chargebacks void what was given for them.
const shopWorkspace = `timezone: America/New_York
state: state
rules: rules
horizon_days: 60
currencies: [JPY, USD]
sources:
  deliveries:
    files: data/deliveries/dt={date}/*.parquet
    lookback_days: 2
    event: {failure: late-parcel, id: delivery_id, version: updated_at, incident: [delivery_id], order: order_id, customer: customer_id,
      since: shipped_at, at: delivered_at, value: item_price}
    currency: currency
    money: {item_price: minor}
  carrier:
    files: data/carrier/dt={date}/*.parquet
    lookback_days: 1
    optional: true
    event: {failure: late-parcel, id: claim_id, incident: [delivery_id], order: order_id, customer: customer_id,
      since: shipped_at, at: reported_at, value: item_price}
    currency: currency
    money: {item_price: minor}
  defects:
    files: data/defects/dt={date}/*.parquet
    lookback_days: 1
    optional: true
    event: {id: defect_id, incident: [defect_id], order: order_id, customer: customer_id, since: shipped_at, at: reported_at, value: item_price}
    currency: currency
    money: {item_price: minor}
  customers:
    files: data/customers.parquet
    dimension: {as: customer, key: customer_id, on: customer_id}
  orders:
    files: data/orders/dt={date}/*.parquet
    optional: true
    dimension: {as: order, key: order_id, on: order_id, required: false}
  redemptions:
    files: data/redemptions/dt={date}/*.parquet
    lookback_days: 1
    optional: true
    redemption: {id: redemption_id, credit: credit_id, customer: customer_id, amount: amount, at: redeemed_at}
    currency: currency
    money: {amount: minor}
grace_days: 2
`

// shopRules hold, trim and deny: a big award waits for a person, and so does the
// third in five days and what the night's budget has no room for.
const shopRules = `combine: highest
tables:
  caps: {late: {JPY: 2000, USD: 20.00}, review: {JPY: 4000, USD: 40.00}}
define:
  deliveries: {days_late: "days_between(promised_at, delivered_at)"}
terms:
  short: {valid_days: 2, remind_days: 1}
  long: {valid_days: 6}
exclude:
  - {id: abuse, when: customer.abuse_flag}
rules:
  - {id: late, on: deliveries, when: days_late >= 1, amount: "min(0.10 * item_price * days_late, caps.late[currency])", reason: DELIVERY_LATE, terms: short}
  - {id: carrier-late, on: carrier, when: delay_days >= 1, amount: 0.15 * item_price, reason: DELIVERY_LATE, terms: short}
  - {id: damaged, on: defects, when: kind == "damaged", amount: 0.50 * item_price, reason: ITEM_DAMAGED, terms: long, priority: 50}
limits:
  - {id: ten-days, per: customer, window_days: 10, max_amount: {JPY: 9000, USD: 90.00}, exceed: trim}
  - {id: five-days, per: customer, window_days: 5, max_count: 2, exceed: hold}
approval:
  - {id: large, when: "amount > caps.review[currency]"}
budgets:
  - {id: nightly, per: run, max_amount: {JPY: 6000, USD: 60.00}, exceed: hold}
hold_days: 3
min_award: {JPY: 50, USD: 0.50}
void:
  - {id: charged-back, when: '(order.refund_status ?? "") == "chargeback"'}
`

const (
	shopHorizonDays, shopGraceDays, shopHoldDays    = 60, 2, 3
	shopDeliveryLookbackDays, shopOtherLookbackDays = 2, 1
)

var shopValidDays = map[string]int{"short": 2, "long": 6}

// shop is the workspace in a folder, and the files of its nights.
type shop struct {
	t    failer
	dir  string
	zone *time.Location
}

type shopCustomer struct {
	id    string
	abuse bool
}

// shopDelivery is one row of deliveries. It was shipped ten days before it was
// delivered, unless shipped says otherwise.
type shopDelivery struct {
	id, customer, order, currency string
	priceMinor                    int64
	daysLate                      int
	delivered                     calendar.Date
	shipped                       calendar.Date // 0: ten days before delivered
	version                       int64
}

// shopClaim is the carrier's word that a delivery was late.
type shopClaim struct {
	delivery  shopDelivery
	delayDays int64
	reported  calendar.Date
}

type shopDefect struct {
	id, customer, order, currency, kind string
	priceMinor                          int64
	reported                            calendar.Date
}

type shopOrder struct{ id, refundStatus string }

type shopRedemption struct {
	id, credit, customer, currency string
	minor                          int64
	at                             calendar.Instant
}

// newShop writes the workspace, its rules and its customers into a folder.
func newShop(t failer, dir string, customers ...shopCustomer) *shop {
	t.Helper()
	zone, err := time.LoadLocation(shopZone)
	mustDo(t, err)
	s := &shop{t: t, dir: dir, zone: zone}
	s.writeFile("amends.yaml", []byte(shopWorkspace))
	s.writeFile("rules/shop.yaml", []byte(shopRules))
	s.writeTable("data/customers.parquet",
		textColumn("customer_id", customers, func(c shopCustomer) string { return c.id }),
		intColumn("abuse_flag", parquetio.Bool, customers, func(c shopCustomer) int64 {
			if c.abuse {
				return 1
			}
			return 0
		}))
	return s
}

func (s *shop) writeFile(name string, content []byte) {
	s.t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	mustDo(s.t, os.MkdirAll(filepath.Dir(file), 0o755))
	mustDo(s.t, os.WriteFile(file, content, 0o644))
}

func (s *shop) writeTable(name string, columns ...parquetio.Column) {
	s.t.Helper()
	var content bytes.Buffer
	mustDo(s.t, parquetio.Write(&content, columns, parquetio.WriteOptions{}))
	s.writeFile(name, content.Bytes())
}

// instant is a time of day in the shop's zone, by the machine's own calendar.
func (s *shop) instant(date calendar.Date, hour int) calendar.Instant {
	year, month, day := date.YMD()
	return calendar.Instant(time.Date(year, time.Month(month), day, hour, 0, 0, 0, s.zone).UnixMicro())
}

// deliveries writes one file of a night; so do the others. part tells files of
// one night apart.
func (s *shop) deliveries(date calendar.Date, part string, rows ...shopDelivery) {
	s.t.Helper()
	at := func(name string, of func(shopDelivery) calendar.Date) parquetio.Column {
		return timeColumn(name, rows, func(d shopDelivery) calendar.Instant { return s.instant(of(d), 12) })
	}
	s.writeTable(dated("deliveries", date, part),
		textColumn("delivery_id", rows, func(d shopDelivery) string { return d.id }),
		textColumn("order_id", rows, func(d shopDelivery) string { return d.order }),
		textColumn("customer_id", rows, func(d shopDelivery) string { return d.customer }),
		textColumn("currency", rows, func(d shopDelivery) string { return d.currency }),
		intColumn("item_price", parquetio.Int64, rows, func(d shopDelivery) int64 { return d.priceMinor }),
		intColumn("updated_at", parquetio.Int64, rows, func(d shopDelivery) int64 { return d.version }),
		at("shipped_at", shopDelivery.shippedOn),
		at("promised_at", func(d shopDelivery) calendar.Date { return d.delivered.AddDays(-d.daysLate) }),
		at("delivered_at", func(d shopDelivery) calendar.Date { return d.delivered }))
}

func (d shopDelivery) shippedOn() calendar.Date {
	if d.shipped != 0 {
		return d.shipped
	}
	return d.delivered.AddDays(-10)
}

func (s *shop) claims(date calendar.Date, part string, rows ...shopClaim) {
	s.t.Helper()
	s.writeTable(dated("carrier", date, part),
		textColumn("claim_id", rows, func(c shopClaim) string { return "claim-" + c.delivery.id }),
		textColumn("delivery_id", rows, func(c shopClaim) string { return c.delivery.id }),
		textColumn("order_id", rows, func(c shopClaim) string { return c.delivery.order }),
		textColumn("customer_id", rows, func(c shopClaim) string { return c.delivery.customer }),
		textColumn("currency", rows, func(c shopClaim) string { return c.delivery.currency }),
		intColumn("item_price", parquetio.Int64, rows, func(c shopClaim) int64 { return c.delivery.priceMinor }),
		intColumn("delay_days", parquetio.Int64, rows, func(c shopClaim) int64 { return c.delayDays }),
		timeColumn("shipped_at", rows, func(c shopClaim) calendar.Instant { return s.instant(c.delivery.shippedOn(), 12) }),
		timeColumn("reported_at", rows, func(c shopClaim) calendar.Instant { return s.instant(c.reported, 15) }))
}

func (s *shop) defects(date calendar.Date, part string, rows ...shopDefect) {
	s.t.Helper()
	s.writeTable(dated("defects", date, part),
		textColumn("defect_id", rows, func(d shopDefect) string { return d.id }),
		textColumn("order_id", rows, func(d shopDefect) string { return d.order }),
		textColumn("customer_id", rows, func(d shopDefect) string { return d.customer }),
		textColumn("currency", rows, func(d shopDefect) string { return d.currency }),
		textColumn("kind", rows, func(d shopDefect) string { return d.kind }),
		intColumn("item_price", parquetio.Int64, rows, func(d shopDefect) int64 { return d.priceMinor }),
		timeColumn("shipped_at", rows, func(d shopDefect) calendar.Instant { return s.instant(d.reported.AddDays(-10), 12) }),
		timeColumn("reported_at", rows, func(d shopDefect) calendar.Instant { return s.instant(d.reported, 15) }))
}

func (s *shop) orders(date calendar.Date, rows ...shopOrder) {
	s.t.Helper()
	s.writeTable(dated("orders", date, "all"),
		textColumn("order_id", rows, func(o shopOrder) string { return o.id }),
		textColumn("refund_status", rows, func(o shopOrder) string { return o.refundStatus }))
}

func (s *shop) redemptions(date calendar.Date, part string, rows ...shopRedemption) {
	s.t.Helper()
	s.writeTable(dated("redemptions", date, part),
		textColumn("redemption_id", rows, func(r shopRedemption) string { return r.id }),
		textColumn("credit_id", rows, func(r shopRedemption) string { return r.credit }),
		textColumn("customer_id", rows, func(r shopRedemption) string { return r.customer }),
		textColumn("currency", rows, func(r shopRedemption) string { return r.currency }),
		intColumn("amount", parquetio.Int64, rows, func(r shopRedemption) int64 { return r.minor }),
		timeColumn("redeemed_at", rows, func(r shopRedemption) calendar.Instant { return r.at }))
}

func dated(source string, date calendar.Date, part string) string {
	return "data/" + source + "/dt=" + date.String() + "/" + part + ".parquet"
}

func textColumn[R any](name string, rows []R, of func(R) string) parquetio.Column {
	c := parquetio.Column{Name: name, Type: parquetio.String}
	for _, r := range rows {
		c.Strings = append(c.Strings, of(r))
	}
	return c
}

func intColumn[R any](name string, kind parquetio.ColumnType, rows []R, of func(R) int64) parquetio.Column {
	c := parquetio.Column{Name: name, Type: kind}
	for _, r := range rows {
		c.Ints = append(c.Ints, of(r))
	}
	return c
}

func timeColumn[R any](name string, rows []R, of func(R) calendar.Instant) parquetio.Column {
	return intColumn(name, parquetio.Timestamp, rows, func(r R) int64 { return int64(of(r)) })
}

// config runs the shop's nights on one core, so that the operations on the file
// system come in one order. A nil file system is the machine's.
func (s *shop) config(fsys durable.FS) pipeline.Config {
	return pipeline.Config{Dir: s.dir, FS: fsys, Workers: 1}
}

// disk is a simulated file system on which the shop's folder is, durable and
// empty.
func (s *shop) disk() *durabletest.FS {
	s.t.Helper()
	fsys := durabletest.New()
	mustDo(s.t, fsys.MkdirAll(s.dir))
	return fsys.Crash(durabletest.Nothing, 0)
}

func (s *shop) stateDir() string { return filepath.Join(s.dir, "state") }

func (s *shop) run(fsys durable.FS, from, to calendar.Date) ([]*pipeline.NightResult, error) {
	return pipeline.Run(context.Background(), s.config(fsys), pipeline.RunOptions{From: from, To: to}, nil)
}
