package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// TestExplainBudget has two awards of one night: the second finds what the first
// left. A delivery is final at noon, a defect at three.
func TestExplainBudget(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "budgets: [{id: nightly, per: run, max_amount: {USD: 10.00, JPY: 1}, exceed: hold}]\n")
	s.deliveries(night, "a", explainRow(night, "d1", nil))
	s.defects(night, "a", shopDefect{id: "f1", customer: "bob", order: "o-f1", currency: "USD", kind: "damaged", priceMinor: 1800, reported: night})
	explainRun(t, s, night, night)
	for id, want := range map[string]string{
		"d1": "fits: $0.00 of $10.00 spent before it",
		"f1": "holds: exceeds 10.00 USD of the run; $7.42 of $10.00 spent before it",
	} {
		e := explainOne(t, s, pipeline.ExplainRequest{ID: id})
		if len(e.Steps) != 1 || e.Steps[0].Effect+": "+e.Steps[0].Why != want {
			t.Errorf("%s: %+v, want %s", id, e.Steps, want)
		}
	}
}

// TestExplainUnmatchedRows has two versions of a row, of which no rule hits
// either: they merge with nothing, and each is unmatched.
func TestExplainUnmatchedRows(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	inTime := func(version int64) shopDelivery {
		return explainRow(night, "d", func(d *shopDelivery) { d.daysLate, d.version = 0, version })
	}
	s.deliveries(night, "a", inTime(1), inTime(2))
	explainRun(t, s, night, night)
	x := explain(t, s, pipeline.ExplainRequest{ID: "d"})
	if len(x.Events) != 2 || x.Events[0].Outcome != "unmatched" || x.Events[1].Outcome != "unmatched" {
		t.Errorf("%+v", x.Events)
	}
}

// TestExplainConflict has rows of one version that differ: all are rejected.
func TestExplainConflict(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	s.deliveries(night, "a", explainRow(night, "d", nil), explainRow(night, "d", explainPrice(1)))
	explainRun(t, s, night, night)
	x := explain(t, s, pipeline.ExplainRequest{ID: "d"})
	if len(x.Events) != 2 {
		t.Fatalf("%+v", x.Events)
	}
	for _, e := range x.Events {
		if e.Outcome != "rejected" || e.Reason != "conflicting-rows" || !strings.HasPrefix(e.Sentence, "Nothing, because the row was rejected (conflicting-rows): 2 rows of incident ") {
			t.Errorf("%s", e.Sentence)
		}
	}
}

// TestExplainGivenElsewhere has a support agent's credit for the same order: it
// is netted, and counts in the limit.
func TestExplainGivenElsewhere(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "limits: [{id: week, per: customer, window_days: 7, max_amount: {USD: 10.00, JPY: 1}, exceed: deny}]\n")
	const goodwill = `  goodwill:
    files: data/goodwill.parquet
    external_credit: {id: id, customer: customer_id, order: order_id, amount: amount, at: given_at}
    currency: USD
    money: {amount: minor}
`
	s.writeFile("amends.yaml", []byte(strings.Replace(shopWorkspace, "grace_days:", goodwill+"grace_days:", 1)))
	one := []calendar.Date{night.AddDays(-1)}
	text := func(name, value string) parquetio.Column {
		return textColumn(name, one, func(calendar.Date) string { return value })
	}
	s.writeTable("data/goodwill.parquet", text("id", "g1"), text("customer_id", "ann"), text("order_id", "o-d"),
		intColumn("amount", parquetio.Int64, one, func(calendar.Date) int64 { return 500 }),
		timeColumn("given_at", one, func(d calendar.Date) calendar.Instant { return s.instant(d, 9) }))
	s.deliveries(night, "a", explainRow(night, "d", nil))
	explainRun(t, s, night, night)
	e := explainOne(t, s, pipeline.ExplainRequest{ID: "d"})
	const want = "$2.42 because late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; combine lowered it to $2.42 (order o-d was given $5.00 before); late-short would have given $3.71. Not held."
	if e.Sentence != want || explainEffects(e) != "combine trims, limit week fits" {
		t.Errorf("%s: %s", explainEffects(e), e.Sentence)
	}
	if e.Steps[1].Why != "customer ann had $5.00 of $10.00 in 7 days, which leaves $5.00" {
		t.Errorf("limit: %s", e.Steps[1].Why)
	}
	if h := e.History; len(h) != 1 || h[0].Kind != "elsewhere" || h[0].Date != "2026-03-04" || h[0].Minor != 500 || !slices.Equal(h[0].CountedBy, []string{"combine", "limit:week"}) {
		t.Errorf("history %+v", h)
	}
}

// TestExplainPublishesNothing explains a night before and after it is settled.
func TestExplainPublishesNothing(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	s.deliveries(night, "a", explainRow(night, "d", nil))
	x := explain(t, s, pipeline.ExplainRequest{ID: "d", Date: night, HasDate: true})
	if x.Basis != "dry-run" || len(x.Notes) != 1 || x.Notes[0] != "The night of 2026-03-05 is not committed: this is what it would do with the rules and files as they are now." {
		t.Errorf("%s %q", x.Basis, x.Notes)
	}
	if len(s.chain(durable.OS{}).Nights()) != 0 {
		t.Error("a night was committed")
	}
}
