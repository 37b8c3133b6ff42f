package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/durable"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// almanac is a workspace in which only instants matter: parcels of a hundred
// dollars give one for each calendar day, of the row's zone, that they came late.
type almanac struct {
	t     *testing.T
	dir   string
	rules string
}

// almanacParcel is one row. Its instants are RFC 3339; "" as zone means the
// workspace's.
type almanacParcel struct{ id, promised, delivered, zone string }

// almanacUse is a redemption of 10 cents of a parcel's credit.
type almanacUse struct{ id, parcel, at string }

const almanacRules = `
define: {parcels: {days_late: "days_between(promised_at, delivered_at)"}}
rules: [{id: late, on: parcels, when: days_late >= 1, amount: 0.01 * price * days_late, reason: LATE, message: "until {expires_on}"}]
`

func newAlmanac(t *testing.T, zone, terms string, graceDays int) *almanac {
	t.Helper()
	a := &almanac{t: t, dir: t.TempDir(), rules: "terms: {standard: {" + terms + "}}" + almanacRules}
	a.put("amends.yaml", []byte(fmt.Sprintf(`timezone: %s
state: state
rules: rules
sources:
  parcels:
    files: data/parcels/dt={date}/*.parquet
    optional: true
    lookback_days: 1
    event: {id: parcel_id, incident: [parcel_id], customer: customer_id, since: shipped_at, at: delivered_at, value: price, zone: zone}
    currency: USD
    money: {price: minor}
  uses:
    files: data/uses/dt={date}/*.parquet
    optional: true
    redemption: {id: use_id, credit: credit_id, customer: customer_id, amount: amount, at: used_at}
    currency: USD
    money: {amount: minor}
grace_days: %d
`, zone, graceDays)))
	a.put("rules/late.yaml", []byte(a.rules))
	// Columns of sources that have no file are not known: an old, empty one each.
	a.parcels("2020-01-01")
	a.uses("2020-01-01")
	return a
}

// lateUntil ends the rule with a business date.
func (a *almanac) lateUntil(day string) {
	a.t.Helper()
	a.put("rules/late.yaml", []byte(strings.Replace(a.rules, "{id: late,", "{id: late, until: "+day+",", 1)))
}

func (a *almanac) put(name string, content []byte) {
	a.t.Helper()
	file := filepath.Join(a.dir, filepath.FromSlash(name))
	mustDo(a.t, os.MkdirAll(filepath.Dir(file), 0o755))
	mustDo(a.t, os.WriteFile(file, content, 0o644))
}

func (a *almanac) table(name string, columns ...parquetio.Column) {
	a.t.Helper()
	var content strings.Builder
	mustDo(a.t, parquetio.Write(&content, columns, parquetio.WriteOptions{}))
	a.put(name, []byte(content.String()))
}

func (a *almanac) instant(text string) calendar.Instant {
	a.t.Helper()
	at, err := calendar.ParseInstant(text)
	return must(a.t, at, err)
}

// parcels writes the file of a date. They were shipped 20 days before.
func (a *almanac) parcels(day string, rows ...almanacParcel) {
	a.t.Helper()
	const shippedBefore = calendar.Instant(20 * 24 * 60 * 60 * 1_000_000)
	id := func(p almanacParcel) string { return p.id }
	a.table("data/parcels/dt="+day+"/a.parquet",
		textColumn("parcel_id", rows, id), textColumn("customer_id", rows, id),
		textColumn("zone", rows, func(p almanacParcel) string { return p.zone }),
		intColumn("price", parquetio.Int64, rows, func(almanacParcel) int64 { return 10_000 }),
		timeColumn("shipped_at", rows, func(p almanacParcel) calendar.Instant { return a.instant(p.promised) - shippedBefore }),
		timeColumn("promised_at", rows, func(p almanacParcel) calendar.Instant { return a.instant(p.promised) }),
		timeColumn("delivered_at", rows, func(p almanacParcel) calendar.Instant { return a.instant(p.delivered) }))
}

// uses writes the redemptions of a date.
func (a *almanac) uses(day string, rows ...almanacUse) {
	a.t.Helper()
	a.table("data/uses/dt="+day+"/a.parquet",
		textColumn("use_id", rows, func(u almanacUse) string { return u.id }),
		textColumn("credit_id", rows, func(u almanacUse) string { return almanacCredit(u.parcel) }),
		textColumn("customer_id", rows, func(u almanacUse) string { return u.parcel }),
		intColumn("amount", parquetio.Int64, rows, func(almanacUse) int64 { return 10 }),
		timeColumn("used_at", rows, func(u almanacUse) calendar.Instant { return a.instant(u.at) }))
}

func almanacCredit(parcel string) string {
	return award.NewKey("parcels", []ir.Value{ir.StringValue(parcel)}).CreditID()
}

// early is a parcel that came at noon of the date, UTC, one day late.
func (a *almanac) early(day string) almanacParcel {
	d := date(a.t, day)
	return almanacParcel{id: "p", promised: d.AddDays(-1).String() + "T12:00:00Z", delivered: day + "T12:00:00Z"}
}

// run runs the nights of a range; skip leaves out the dates before it.
func (a *almanac) run(from, to string, skip bool) {
	a.t.Helper()
	o := pipeline.RunOptions{From: date(a.t, from), To: date(a.t, to), SkipTo: skip}
	_, err := pipeline.Run(context.Background(), pipeline.Config{Dir: a.dir, Workers: 1}, o, nil)
	mustDo(a.t, err)
}

func (a *almanac) chain() *state.Chain {
	a.t.Helper()
	chain, err := state.Open(durable.OS{}, filepath.Join(a.dir, "state"))
	return must(a.t, chain, err)
}

// issued is the amount in minor units that each parcel got on a night.
func (a *almanac) issued(day string) map[string]int64 {
	a.t.Helper()
	got := map[string]int64{}
	for _, i := range readOutput(a.t, a.chain(), date(a.t, day), "issuance.parquet", publish.ReadIssuance) {
		got[i.EventID] = i.AmountMinor
	}
	return got
}

// nightsWith are the nights of the chain on which a file has rows.
func nightsWith[R any](a *almanac, rows func(night calendar.Date) []R) []string {
	a.t.Helper()
	var nights []string
	for _, m := range manifestsOf(a.t, a.chain()) {
		for range rows(m.Date()) {
			nights = append(nights, m.Date().String())
		}
	}
	return nights
}

func (a *almanac) forfeited() []string {
	return nightsWith(a, func(night calendar.Date) []publish.Forfeiture {
		return readOutput(a.t, a.chain(), night, "forfeiture.parquet", publish.ReadForfeiture)
	})
}

func (a *almanac) reminded() []string {
	return nightsWith(a, func(night calendar.Date) []publish.Expiring {
		return readOutput(a.t, a.chain(), night, "expiring.parquet", publish.ReadExpiring)
	})
}

// A business date ends at the midnight of the workspace's zone: what happened
// before it is tonight's, what happens at it is the next night's.
func TestBusinessDateEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, day, last, asOf string }{
		{"America/New_York", "2026-03-07", "2026-03-08T04:59:59.999999Z", "2026-03-08T05:00:00Z"},
		{"America/New_York", "2026-03-08", "2026-03-09T03:59:59.999999Z", "2026-03-09T04:00:00Z"}, // 23 hours
		{"America/New_York", "2026-10-31", "2026-11-01T03:59:59.999999Z", "2026-11-01T04:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-02T04:59:59.999999Z", "2026-11-02T05:00:00Z"}, // 25 hours
		{"America/New_York", "2026-01-31", "2026-02-01T04:59:59.999999Z", "2026-02-01T05:00:00Z"},
		{"America/New_York", "2028-02-28", "2028-02-29T04:59:59.999999Z", "2028-02-29T05:00:00Z"},
		{"America/New_York", "2028-02-29", "2028-03-01T04:59:59.999999Z", "2028-03-01T05:00:00Z"},
		{"America/New_York", "2026-12-31", "2027-01-01T04:59:59.999999Z", "2027-01-01T05:00:00Z"},
		{"Europe/London", "2026-03-29", "2026-03-29T22:59:59.999999Z", "2026-03-29T23:00:00Z"},
		{"America/Santiago", "2026-09-05", "2026-09-06T03:59:59.999999Z", "2026-09-06T04:00:00Z"}, // the next day begins at one
	} {
		t.Run(test.zone+" "+test.day, func(t *testing.T) {
			t.Parallel()
			a := newAlmanac(t, test.zone, "valid_days: 30", 0)
			d := date(t, test.day)
			promised := d.AddDays(-3).String() + "T12:00:00Z"
			a.parcels(test.day, almanacParcel{"last", promised, test.last, ""}, almanacParcel{"next", promised, test.asOf, ""})
			next := d.AddDays(1).String()
			a.run(test.day, next, false)
			if got := a.issued(test.day); len(got) != 1 || got["last"] != 300 {
				t.Errorf("the night of %s issued %v, want 300 to last", test.day, got)
			}
			if got := a.issued(next); len(got) != 1 || got["next"] != 400 {
				t.Errorf("the night after issued %v, want 400 to next", got)
			}
			m := manifestOn(a.t, a.chain(), d)
			if o := m.Outcomes["parcels"]; o["issued"] != 1 || o["not-yet"] != 1 || calendar.Instant(m.AsOf) != a.instant(test.asOf) {
				t.Errorf("outcomes %v as of %s", o, calendar.Instant(m.AsOf))
			}
		})
	}
}

// days_between counts midnights of the row's own zone, of which some nights
// have 23 or 25 hours between them.
func TestDaysOfTheRow(t *testing.T) {
	t.Parallel()
	const london, newYork = "Europe/London", "America/New_York"
	tests := []struct {
		promised, delivered, zone string
		days                      int64
	}{
		{"2026-03-28T23:59:59Z", "2026-03-29T22:59:59Z", london, 1}, // summer time since 01:00Z
		{"2026-03-28T23:59:59Z", "2026-03-29T23:00:00Z", london, 2},
		{"2026-03-28T23:59:59Z", "2026-03-29T23:00:00Z", newYork, 1},
		{"2026-03-28T23:59:59Z", "2026-03-29T23:00:00Z", "", 1},
		{"2026-10-24T22:59:59Z", "2026-10-25T23:59:59Z", london, 1}, // winter time since 01:00Z
		{"2026-10-24T23:00:00Z", "2026-10-25T23:59:59Z", london, 0},
		{"2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", london, 1},
		{"2026-03-08T04:59:59Z", "2026-03-09T03:59:59Z", newYork, 1},
		{"2026-03-08T04:59:59Z", "2026-03-09T04:00:00Z", newYork, 2},
		{"2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "", 0},
		{"2026-11-01T03:59:59Z", "2026-11-02T04:59:59Z", newYork, 1},
		{"2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", newYork, 0}, // 24 hours, 59 minutes and 59 seconds of one day
		{"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", "", 1},
		{"2026-03-08T04:59:59Z", "2026-03-09T04:00:00Z", london, 1},
		{"2026-02-28T14:59:59Z", "2026-02-28T15:00:00Z", "Asia/Tokyo", 1}, // the first of March
		{"2026-02-28T18:14:59Z", "2026-02-28T18:15:00Z", "Asia/Kathmandu", 1},
	}
	a := newAlmanac(t, newYork, "valid_days: 30", 0)
	var rows []almanacParcel
	want := map[string]int64{}
	for i, test := range tests {
		id := fmt.Sprintf("%d: %s to %s in %s", i, test.promised, test.delivered, test.zone)
		rows = append(rows, almanacParcel{id, test.promised, test.delivered, test.zone})
		if test.days > 0 {
			want[id] = 100 * test.days
		}
	}
	a.parcels("2026-11-03", rows...)
	a.run("2026-11-03", "2026-11-03", false)
	got := a.issued("2026-11-03")
	for _, r := range rows {
		if got[r.id] != want[r.id] {
			t.Errorf("%s: %d, want %d", r.id, got[r.id], want[r.id])
		}
	}
}
