package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/rules/calendar"
)

// corner is the shop on one night or a few, bent by a test before they run.
type corner struct {
	*shop
	t     *testing.T
	night calendar.Date
}

func newCorner(t *testing.T) *corner {
	return &corner{newShop(t, t.TempDir(), shopCustomer{id: "c"}), t, date(t, "2026-03-04")}
}

func (c *corner) replace(file, old, new string) {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, file))
	mustDo(c.t, err)
	if !strings.Contains(string(content), old) {
		c.t.Fatalf("%s has no %q", file, old)
	}
	c.writeFile(file, []byte(strings.ReplaceAll(string(content), old, new)))
}

// late is a delivery of customer c, a day late on a date.
func (c *corner) late(on calendar.Date, id string) shopDelivery {
	return shopDelivery{id: id, customer: "c", order: "o" + id, currency: "USD", priceMinor: 5000, daysLate: 1, delivered: on, version: 1}
}

// quiet writes a night's other files, with order o1.
func (c *corner) quiet(on calendar.Date) {
	c.orders(on, shopOrder{"o1", "none"})
	c.claims(on, "a")
	c.defects(on, "a")
}

func (c *corner) settle(from, to calendar.Date) []*pipeline.NightResult {
	c.t.Helper()
	results, err := c.run(durable.OS{}, from, to)
	mustDo(c.t, err)
	return results
}

func (c *corner) held(on calendar.Date) []publish.Hold {
	return readOutput(c.t, c.chain(durable.OS{}), on, "held.parquet", publish.ReadHolds)
}

// findings replays every night.
func (c *corner) findings() []pipeline.Finding {
	c.t.Helper()
	r, err := pipeline.Verify(c.t.Context(), c.config(durable.OS{}), pipeline.VerifyOptions{ReplayAll: true})
	mustDo(c.t, err)
	return r.Findings
}

// A night knows the columns of a source without a file tonight from an older
// one. What comes to an older date's folder later changes no replay, and where
// the file that it looked at is gone, the replay says so by name.
func TestReplayLooksAtTheColumnsThatTheNightLookedAt(t *testing.T) {
	t.Parallel()
	c := newCorner(t)
	c.deliveries(c.night, "a", c.late(c.night, "1"))
	c.orders(c.night.AddDays(-5), shopOrder{"o1", "none"})
	c.claims(c.night, "a")
	c.settle(c.night, c.night)
	c.defects(c.night.AddDays(-5), "late")
	if found := c.findings(); len(found) > 0 {
		t.Errorf("after a backfill: %v", found)
	}
	mustDo(t, os.RemoveAll(filepath.Join(c.dir, "data/orders")))
	if found := c.findings(); len(found) != 1 || !strings.Contains(found[0].Problem, "cannot be replayed") || !strings.Contains(found[0].Problem, "data/orders") {
		t.Errorf("without the file it looked at: %v", found)
	}
}

// Old rejects of a growing table must not stop every night to come.
func TestRejectCheckOfAGrowingTable(t *testing.T) {
	t.Parallel()
	for percent, stops := range map[string]bool{"5": false, "1": true} { // 2 of 50
		c := newCorner(t)
		c.replace("amends.yaml", "data/deliveries/dt={date}/*.parquet", "data/deliveries/dt=*/*.parquet")
		c.replace("amends.yaml", "grace_days: 2\n", "grace_days: 2\nchecks: {deliveries: {min_rows: 1, max_reject_percent: "+percent+"}}\n")
		long := c.night.AddDays(-30)
		var old []shopDelivery
		for i := range 38 {
			d := c.late(long, "old"+string(rune('A'+i)))
			if i < 5 {
				d.customer = "" // out of the window, whatever else is wrong with it
			}
			old = append(old, d)
		}
		c.deliveries(long, "a", old...)
		var fresh []shopDelivery
		for i := range 12 {
			d := c.late(c.night, "new"+string(rune('A'+i)))
			if i < 2 {
				d.customer = ""
			}
			fresh = append(fresh, d)
		}
		c.deliveries(c.night, "a", fresh...)
		c.quiet(c.night)
		if _, err := c.run(durable.OS{}, c.night, c.night); (err != nil) != stops {
			t.Errorf("at %s %%: %v", percent, err)
		}
	}
}

// Terms without a minimum purchase in the award's currency hold it; those of an
// award that lost hold nothing.
func TestOnlyTheChosenAwardAnswersForItsTerms(t *testing.T) {
	t.Parallel()
	for terms, held := range map[string]int{"short": 0, "usd": 1} {
		c := newCorner(t)
		c.replace("amends.yaml", "currencies: [JPY, USD]\n", "")
		c.writeFile("rules/shop.yaml", []byte(`define:
  deliveries: {days_late: "days_between(promised_at, delivered_at)"}
terms:
  short: {valid_days: 2}
  usd: {valid_days: 6, min_purchase: {USD: 25.00}}
rules:
  - {id: late, on: deliveries, when: days_late >= 1, amount: 0.10 * item_price, reason: L, terms: `+terms+`}
  - {id: small, on: deliveries, when: days_late >= 1, amount: 0.01 * item_price, reason: S, terms: usd}
`))
		d := c.late(c.night, "1")
		d.currency = "GBP"
		c.deliveries(c.night, "a", d)
		c.quiet(c.night)
		c.settle(c.night, c.night)
		if got, issued := len(c.held(c.night)), len(c.issuance(c.chain(durable.OS{}), c.night)); got != held || issued != 1-held {
			t.Errorf("terms %s: %d held, %d issued", terms, got, issued)
		}
	}
}

// The order that another source names is the credit's: its chargeback voids it.
func TestVoidOfAnOrderThatAnotherSourceNamed(t *testing.T) {
	t.Parallel()
	c := newCorner(t)
	c.replace("amends.yaml", "id: claim_id, incident: [delivery_id], order: order_id, customer", "id: claim_id, incident: [delivery_id], customer")
	d := c.late(c.night, "1")
	c.deliveries(c.night, "a", d)
	c.claims(c.night, "a", shopClaim{delivery: d, delayDays: 1, reported: c.night})
	c.deliveries(c.night+1, "a")
	c.claims(c.night+1, "a")
	c.orders(c.night, shopOrder{"o1", "none"})
	c.orders(c.night+1, shopOrder{"o1", "chargeback"})
	c.defects(c.night, "a")
	c.defects(c.night+1, "a")
	results := c.settle(c.night, c.night+1)
	credits := c.issuance(c.chain(durable.OS{}), c.night)
	if len(credits) != 1 || credits[0].OrderID != "o1" {
		t.Fatalf("%+v", credits)
	}
	if lines := results[1].Summary.RollForward; len(lines) != 1 || lines[0].Voided != credits[0].AmountMinor {
		t.Errorf("%+v; want %d voided", lines, credits[0].AmountMinor)
	}
}

// An external credit that is told in two ways holds what its customer would get,
// for as long as it would count.
func TestDoubtAboutAnExternalCredit(t *testing.T) {
	t.Parallel()
	for daysAgo, held := range map[int]int{3: 1, 2000: 0} {
		c := newCorner(t)
		c.replace("amends.yaml", "grace_days: 2\n", "  goodwill:\n    files: data/goodwill.parquet\n"+
			"    external_credit: {id: id, customer: customer_id, amount: amount, at: given_at}\n    currency: USD\n    money: {amount: minor}\ngrace_days: 2\n")
		two := []int{0, 1}
		c.writeTable("data/goodwill.parquet",
			textColumn("id", two, func(int) string { return "g1" }),
			textColumn("customer_id", two, func(int) string { return "c" }),
			intColumn("amount", parquetio.Int64, two, func(i int) int64 { return int64(100 + i) }),
			timeColumn("given_at", two, func(int) calendar.Instant { return c.instant(c.night.AddDays(-daysAgo), 12) }))
		c.deliveries(c.night, "a", c.late(c.night, "1"))
		c.quiet(c.night)
		c.settle(c.night, c.night)
		if got := c.held(c.night); len(got) != held || held == 1 && got[0].HoldCauses[0].Kind != "history" {
			t.Errorf("%d days ago: %+v", daysAgo, got)
		}
	}
}

// credits(500) in a message is no look at history.
func TestAMessageThatSpeaksOfCredits(t *testing.T) {
	t.Parallel()
	c := newCorner(t)
	c.replace("rules/shop.yaml", "reason: ITEM_DAMAGED,", `reason: ITEM_DAMAGED, message: "We never take back credits (500 a year).",`)
	c.deliveries(c.night, "a", c.late(c.night, "1"))
	c.quiet(c.night)
	c.settle(c.night, c.night)
}

// A refused redemption of a growing table is told while its day is looked at,
// not on every night for ever; one that came late and was never applied counts.
func TestOldRowsOfAGrowingRedemptionTable(t *testing.T) {
	t.Parallel()
	c := newCorner(t)
	c.replace("amends.yaml", "data/redemptions/dt={date}/*.parquet", "data/redemptions/*/*.parquet")
	c.replace("rules/shop.yaml", "short: {valid_days: 2, remind_days: 1}", "short: {valid_days: 20}")
	c.deliveries(c.night, "a", c.late(c.night, "1"))
	c.quiet(c.night)
	for n := c.night + 1; n <= c.night+7; n++ {
		c.deliveries(n, "a")
		c.quiet(n)
	}
	c.settle(c.night, c.night)
	id := c.issuance(c.chain(durable.OS{}), c.night)[0].CreditID
	c.redemptions(c.night+1, "a", shopRedemption{"r1", id, "somebody else", "USD", 100, c.instant(c.night+1, 12)})
	c.settle(c.night+1, c.night+6)
	c.redemptions(c.night+1, "late", shopRedemption{"r2", id, "c", "USD", 7, c.instant(c.night+1, 13)})
	c.settle(c.night+7, c.night+7)
	told := map[string]int{}
	for n := c.night + 1; n <= c.night+7; n++ {
		for _, r := range readOutput(t, c.chain(durable.OS{}), n, "redemptions.parquet", publish.ReadRedemptions) {
			told[r.RedemptionID+" "+r.Outcome]++
		}
	}
	if n := told["r1 wrong-customer"]; n < 1 || n > 3 || told["r2 applied"] != 1 {
		t.Errorf("%v", told)
	}
}
