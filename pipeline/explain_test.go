package pipeline_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// explainRules are the rules of these tests; what a test adds begins on line 14.
const explainRules = `combine: highest
tables: {caps: {late: {JPY: 2000, USD: 20.00}}}
define: {deliveries: {days_late: "days_between(promised_at, delivered_at)"}}
terms: {short: {valid_days: 2}}
exclude:
  - {id: abuse, when: customer.abuse_flag}
rules:
  - {id: late, on: deliveries, when: days_late >= 2 and days_late < 30, amount: "min(0.10 * item_price, caps.late[currency])", reason: LATE, terms: short}
  - {id: late-short, on: deliveries, when: days_late >= 2, amount: 0.05 * item_price, reason: LATE, terms: short}
  - {id: never, on: deliveries, when: days_late >= 30, amount: 3 * item_price, reason: NEVER, terms: short}
  - {id: tryout, on: deliveries, when: days_late == 1, amount: 0.01 * item_price, reason: TRIED, terms: short, mode: shadow}
  - {id: broken, on: defects, when: kind == "damaged", amount: 0.50 * item_price, reason: DAMAGED, terms: short}
  - {id: carrier-late, on: carrier, when: delay_days >= 2, amount: 0.15 * item_price, reason: LATE, terms: short}
`

// explainNight is the first night of these tests.
const explainNight = "2026-03-05"

// explainShop is a shop with the rules and what a test adds to them.
func explainShop(t *testing.T, more string) (*shop, calendar.Date) {
	t.Helper()
	s := newShop(t, t.TempDir(), shopCustomer{id: "ann"}, shopCustomer{id: "bob"}, shopCustomer{id: "mallory", abuse: true})
	s.writeFile("rules/shop.yaml", []byte(explainRules+more))
	return s, date(t, explainNight)
}

// explainRow is a delivery of 74.20 for ann, three days late.
func explainRow(night calendar.Date, id string, change func(*shopDelivery)) shopDelivery {
	d := shopDelivery{id: id, customer: "ann", order: "o-" + id, currency: "USD", priceMinor: 7420, daysLate: 3, delivered: night, version: 1}
	if change != nil {
		change(&d)
	}
	return d
}

func explainPrice(minor int64) func(*shopDelivery) {
	return func(d *shopDelivery) { d.priceMinor = minor }
}

func explainRun(t *testing.T, s *shop, from, to calendar.Date) {
	t.Helper()
	_, err := s.run(durable.OS{}, from, to)
	mustDo(t, err)
}

func explain(t *testing.T, s *shop, r pipeline.ExplainRequest) *report.Explanation {
	t.Helper()
	x, err := pipeline.Explain(context.Background(), s.config(nil), r, time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC))
	mustDo(t, err)
	return x
}

// explainOne is the one event that an id names.
func explainOne(t *testing.T, s *shop, r pipeline.ExplainRequest) *report.ExplainedEvent {
	t.Helper()
	x := explain(t, s, r)
	if len(x.Events) != 1 {
		t.Fatalf("%q names %d events: %+v", r.ID, len(x.Events), x.Events)
	}
	return &x.Events[0]
}

// explainEffects are the steps as "limit quarter trims".
func explainEffects(e *report.ExplainedEvent) string {
	var list []string
	for _, s := range e.Steps {
		list = append(list, strings.Join(strings.Fields(s.Step+" "+s.ID+" "+s.Effect), " "))
	}
	return strings.Join(list, ", ")
}

// explainCases are what one row can come to on its first night.
var explainCases = []struct {
	name, more      string
	change          func(*shopDelivery)
	outcome, reason string
	minor           int64
	steps, sentence string
}{
	{"issued", "", nil, "issued", "LATE", 742, "",
		"$7.42 because late (rules/shop.yaml:8) gave 10 % of $74.20; late-short would have given $3.71. Not held, not limited."},
	{"at the table's cap", "", explainPrice(30000), "issued", "LATE", 2000, "",
		"$20.00 because late (rules/shop.yaml:8) gave $20.00 (caps.late[currency]), below 10 % of $300.00; late-short would have given $15.00. Not held, not limited."},
	{"rounded", "", explainPrice(1999), "issued", "LATE", 200, "",
		"$2.00 because late (rules/shop.yaml:8) gave 10 % of $19.99; late-short would have given $1.00. Not held, not limited."},
	{"capped by value", "", func(d *shopDelivery) { d.daysLate, d.priceMinor = 40, 5000 }, "issued", "NEVER", 5000, "",
		"$50.00 because never (rules/shop.yaml:10) gave 3 × $50.00, and the event's value bounds it to $50.00; late-short would have given $2.50. Not held, not limited."},
	{"yen", "", func(d *shopDelivery) { d.currency, d.priceMinor = "JPY", 7425 }, "issued", "LATE", 742, "", // 742.5 to even
		"¥742 because late (rules/shop.yaml:8) gave 10 % of ¥7,425; late-short would have given ¥371. Not held, not limited."},
	{"approval", "approval: [{id: large, when: 'amount > caps.late[currency] * 0.3'}]\n", nil, "held", "approval:large", 742, "approval large holds",
		"$7.42 waits for a person because of approval large (amount > caps.late[currency] * 0.3): late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"approval not needed", "approval: [{id: large, when: 'amount > caps.late[currency]'}]\n", nil, "issued", "LATE", 742, "approval large fits",
		"$7.42 because late (rules/shop.yaml:8) gave 10 % of $74.20; late-short would have given $3.71. Not held, not limited."},
	{"budget", "budgets: [{id: nightly, per: run, max_amount: {USD: 7.41, JPY: 1}, exceed: hold}]\n", nil, "held", "budget:nightly", 742, "budget nightly holds",
		"$7.42 waits for a person because of budget nightly (exceeds 7.41 USD of the run): late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"budget denies", "budgets: [{id: nightly, per: run, max_amount: {USD: 7.41, JPY: 1}, exceed: deny}]\n", nil, "denied", "budget:nightly", 0, "budget nightly denies",
		"Nothing, for good, because of budget nightly (rules/shop.yaml:14), since $0.00 of $7.41 spent before it: late (rules/shop.yaml:8) would have given 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"guardrail", "guardrails: {max_amount: {USD: 5.00, JPY: 1}}\n", nil, "held", "guardrail:max-amount", 742, "guardrail max-amount holds",
		"$7.42 waits for a person because of guardrail max-amount (the night's 7.42 USD exceed 5.00 USD): late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"trimmed", "limits: [{id: small, per: order, max_amount: {USD: 5.00, JPY: 1}, exceed: trim}]\n", nil, "issued", "LATE", 500, "limit small trims",
		"$5.00 because late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; limit small (rules/shop.yaml:14) lowered it to $5.00 (order o-d had $0.00 of $5.00 in 60 days, which leaves $5.00); late-short would have given $3.71. Not held."},
	{"excluded", "", func(d *shopDelivery) { d.customer = "mallory" }, "suppressed", "excluded:abuse", 0, "",
		"Nothing, because the exclusion abuse (rules/shop.yaml:6) applies: late (rules/shop.yaml:8) would have given 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"exclusion unknown", "", func(d *shopDelivery) { d.customer = "stranger" }, "held", "exclusion:abuse", 742, "exclusion abuse holds",
		"$7.42 waits for a person because of exclusion abuse (missing-row: customer.abuse_flag): late (rules/shop.yaml:8) gave 10 % of $74.20 = $7.42; late-short would have given $3.71."},
	{"shadow only", "", func(d *shopDelivery) { d.daysLate = 1 }, "suppressed", "shadow-only", 0, "",
		"Nothing, because only shadow rules hit: the shadow rule tryout would have given $0.74."},
	{"zero", "", explainPrice(4), "suppressed", "zero-amount", 0, "", // 0.004 and 0.002
		"Nothing, because what the rules give comes to zero: late (rules/shop.yaml:8) gave 10 % of $0.04, late-short (rules/shop.yaml:9) gave 5 % of $0.04."},
	{"rejected", "", func(d *shopDelivery) { d.shipped = d.delivered.AddDays(1) }, "rejected", "at-before-since", 0, "",
		"Nothing, because the row was rejected (at-before-since): at 2026-03-05T17:00:00Z is before since 2026-03-06T17:00:00Z."},
	{"not yet", "", func(d *shopDelivery) { d.delivered = d.delivered.AddDays(1) }, "not-yet", "", 0, "",
		"Nothing yet: it is final at 2026-03-06T17:00:00Z, and the night ends at 2026-03-06T05:00:00Z. A later night decides it."},
	// The 60 days that end on March 5 begin on January 5.
	{"out of window", "", func(d *shopDelivery) { d.shipped = d.delivered.AddDays(-60) }, "out-of-window", "", 0, "",
		"Nothing, because it is out of the window: it began at 2026-01-04T17:00:00Z, before the horizon of 60 days, which begins at 2026-01-05T05:00:00Z."},
	{"unmatched", "", func(d *shopDelivery) { d.daysLate = 0 }, "unmatched", "", 0, "",
		"Nothing, because no rule hits. Nearest is late (rules/shop.yaml:8), which failed only on days_late >= 2: days_late is 0, and it needs 2 or more (2 short)."},
}

// TestExplainOneNight explains each case, in a dry run and committed.
func TestExplainOneNight(t *testing.T) {
	t.Parallel()
	for _, c := range explainCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, night := explainShop(t, c.more)
			s.deliveries(night, "a", explainRow(night, "d", c.change))
			dry := explainOne(t, s, pipeline.ExplainRequest{ID: "d", Date: night, HasDate: true, DryRun: true})
			explainRun(t, s, night, night)
			e := explainOne(t, s, pipeline.ExplainRequest{ID: "d"})
			if e.Sentence != c.sentence {
				t.Errorf("sentence\n got %s\nwant %s", e.Sentence, c.sentence)
			}
			if e.Outcome != c.outcome || e.Reason != c.reason || e.AmountMinor != c.minor {
				t.Errorf("%s %s %d, want %s %s %d", e.Outcome, e.Reason, e.AmountMinor, c.outcome, c.reason, c.minor)
			}
			if got := explainEffects(e); got != c.steps {
				t.Errorf("steps %q, want %q", got, c.steps)
			}
			if dry.Sentence != e.Sentence || dry.Outcome != e.Outcome {
				t.Errorf("the dry run says %q", dry.Sentence)
			}
		})
	}
}

func TestExplainConditionsAndAmounts(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	s.deliveries(night, "a", explainRow(night, "d", explainPrice(1999)))
	explainRun(t, s, night, night)
	x := explain(t, s, pipeline.ExplainRequest{ID: "d"})
	if x.Kind != report.OfEvent || x.Basis != report.BasisReplay || x.BusinessDate != explainNight || len(x.Notes) != 0 {
		t.Errorf("%+v", x)
	}
	e := x.Events[0]
	late, never := e.Rules[0], e.Rules[2]
	if len(e.Rules) != 4 || late.ID != "late" || never.ID != "never" {
		t.Fatalf("rules %+v", e.Rules)
	}
	second := late.Conditions[1]
	if len(late.Conditions) != 2 || second.Text != "days_late < 30" || second.Outcome != report.IsTrue || second.Place != "rules/shop.yaml:8:67" {
		t.Errorf("conditions %+v", late.Conditions)
	}
	values := []report.ExplainedValue{{Name: "days_late", Value: "3"}, {Name: "promised_at", Value: "2026-03-02T17:00:00Z"}, {Name: "delivered_at", Value: "2026-03-05T17:00:00Z"}}
	if !slices.Equal(second.Values, values) {
		t.Errorf("values %+v", second.Values)
	}
	amount := []report.ExplainedValue{
		{Name: "item_price", Value: "$19.99"}, {Name: "0.1 * item_price", Value: "1.999 USD"}, {Name: "currency", Value: `"USD"`},
		{Name: "caps.late[currency]", Value: "$20.00"}, {Name: "min(0.1 * item_price, caps.late[currency])", Value: "1.999 USD"},
		{Name: "rounded to minor units, half to even", Value: "$2.00"},
	}
	if !slices.Equal(late.Amount, amount) {
		t.Errorf("amount %+v", late.Amount)
	}
	if never.NearMiss == nil || *never.NearMiss.Threshold != (report.ExplainedThreshold{Expression: "days_late", Value: "3", Needs: "30 or more", Distance: "27 short"}) {
		t.Errorf("near miss %+v", never.NearMiss)
	}
	if len(e.Exclusions) != 1 || e.Exclusions[0].Outcome != report.IsFalse || e.Exclusions[0].Place != "rules/shop.yaml:6" {
		t.Errorf("exclusions %+v", e.Exclusions)
	}
	if len(x.Postings) != 1 || x.Postings[0].Kind != "issue" || x.Postings[0].Minor != 200 {
		t.Errorf("postings %+v", x.Postings)
	}
}

// TestExplainCombined has two parcels of one order: the higher award counts.
func TestExplainCombined(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	low := explainRow(night, "low", explainPrice(5000))
	low.order = "o-high"
	s.deliveries(night, "a", explainRow(night, "high", nil), low)
	explainRun(t, s, night, night)
	x := explain(t, s, pipeline.ExplainRequest{ID: "o-high"})
	if x.Kind != report.OfOrder || len(x.Events) != 2 {
		t.Fatalf("%+v", x)
	}
	winner, loser := x.Events[0], x.Events[1]
	if winner.EventID != "high" || explainEffects(&winner) != "combine fits" || winner.Steps[0].Why != "the highest of 2 awards of order o-high" {
		t.Errorf("winner %+v", winner.Steps)
	}
	const want = "Nothing, because order o-high has a higher award tonight: $7.42 for event high by late: late (rules/shop.yaml:8) would have given 10 % of $50.00 = $5.00; late-short would have given $2.50."
	if loser.Sentence != want || loser.Reason != "combined" || explainEffects(&loser) != "combine drops" {
		t.Errorf("loser %s %s", loser.Sentence, explainEffects(&loser))
	}
}

// TestExplainHistory has awards on two nights, of which the first fills a limit.
func TestExplainHistory(t *testing.T) {
	t.Parallel()
	cases := []struct{ exceed, outcome, sentence string }{
		{"trim", "issued", "$2.58 because late (rules/shop.yaml:8) gave 10 % of $50.00 = $5.00; limit week (rules/shop.yaml:15) lowered it to $2.58 (customer ann had 1 of 9 credits and $7.42 of $10.00 in 7 days, which leaves $2.58); late-short would have given $2.50. Not held."},
		{"deny", "denied", "Nothing, for good, because of limit week (rules/shop.yaml:15), since customer ann had 1 of 9 credits and $7.42 of $10.00 in 7 days, which leaves $2.58: late (rules/shop.yaml:8) would have given 10 % of $50.00 = $5.00; late-short would have given $2.50."},
		{"hold", "held", "$5.00 waits for a person because of limit week (exceeds 10.00 USD in 7 days): late (rules/shop.yaml:8) gave 10 % of $50.00 = $5.00; late-short would have given $2.50."},
	}
	for _, c := range cases {
		t.Run(c.exceed, func(t *testing.T) {
			t.Parallel()
			s, night := explainShop(t, "limits:\n  - {id: week, per: customer, window_days: 7, max_count: 9, max_amount: {USD: 10.00, JPY: 1000}, exceed: "+c.exceed+"}\n")
			next := night.AddDays(1)
			s.deliveries(night, "a", explainRow(night, "d1", nil))
			s.deliveries(next, "a", explainRow(next, "d2", explainPrice(5000)))
			explainRun(t, s, night, next)
			e := explainOne(t, s, pipeline.ExplainRequest{ID: "d2"})
			if e.Sentence != c.sentence || e.Outcome != c.outcome {
				t.Errorf("%s\n got %s\nwant %s", e.Outcome, e.Sentence, c.sentence)
			}
			if len(e.History) != 1 || e.History[0].Date != explainNight || e.History[0].Minor != 742 || e.History[0].Kind != "credit" || !slices.Equal(e.History[0].CountedBy, []string{"limit:week"}) {
				t.Errorf("history %+v", e.History)
			}
			// The first night's row is read again, and is paid already.
			first := explainOne(t, s, pipeline.ExplainRequest{ID: "d1"})
			const paid = "Nothing more, because one incident gets one credit, and $7.42 was issued on 2026-03-05 by late: late (rules/shop.yaml:8) would now give 10 % of $74.20 = $7.42; late-short would have given $3.71."
			if first.Sentence != paid || first.Settled == nil || first.Settled.Minor != 742 {
				t.Errorf("repeat %s", first.Sentence)
			}
			// A credit is explained on the night that issued it.
			x := explain(t, s, pipeline.ExplainRequest{ID: first.CreditID})
			if x.Kind != report.OfCredit || x.BusinessDate != explainNight || x.Events[0].Outcome != "issued" {
				t.Errorf("credit %+v", x)
			}
			// A customer's events are all that the night read of them.
			x = explain(t, s, pipeline.ExplainRequest{ID: "ann", Kind: report.OfCustomer})
			if len(x.Events) != 2 || x.Events[0].EventID != "d2" || x.Events[1].EventID != "d1" {
				t.Errorf("customer %+v", x.Events)
			}
		})
	}
}

// TestExplainTonight has two awards of one night under one limit: what the
// second had left is what the first took.
func TestExplainTonight(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "limits:\n  - {id: week, per: customer, window_days: 7, max_amount: {USD: 10.00, JPY: 1000}, exceed: trim}\n")
	damaged := shopDefect{id: "f1", customer: "ann", order: "o-f1", currency: "USD", kind: "damaged", priceMinor: 1800, reported: night}
	s.deliveries(night, "a", explainRow(night, "d1", nil)) // final at noon, before the defect's 15:00
	s.defects(night, "a", damaged)
	explainRun(t, s, night, night)
	e := explainOne(t, s, pipeline.ExplainRequest{ID: "f1"})
	if e.AmountMinor != 258 || e.GrossMinor != 900 || explainEffects(e) != "limit week trims" {
		t.Fatalf("%d of %d, %s", e.AmountMinor, e.GrossMinor, explainEffects(e))
	}
	if h := e.History; len(h) != 1 || h[0].Kind != "tonight" || h[0].ID != "d1" || h[0].Minor != 742 {
		t.Errorf("history %+v", h)
	}
}

// TestExplainEverythingGiven has a rule that reads history, and a limit that is
// full: what each counted is told apart.
func TestExplainEverythingGiven(t *testing.T) {
	t.Parallel()
	const more = `  - {id: loyal, on: deliveries, when: days_late >= 2 and credits(2) < 1, amount: 0.01 * item_price, reason: LOYAL, terms: short}
approval: [{id: large, when: 'amount > caps.late[currency] * 0.5'}]
limits: [{id: two, per: customer, window_days: 10, max_count: 2, exceed: deny}]
`
	s, night := explainShop(t, more)
	d2, d3 := night.AddDays(1), night.AddDays(2)
	s.deliveries(night, "a", explainRow(night, "d1", nil))           // 7.42
	s.deliveries(d2, "a", explainRow(d2, "d2", explainPrice(15000))) // 15.00: held
	s.deliveries(d3, "a", explainRow(d3, "d3", nil))                 // the third
	explainRun(t, s, night, d3)
	e := explainOne(t, s, pipeline.ExplainRequest{ID: "d3"})
	const want = "Nothing, for good, because of limit two (rules/shop.yaml:16), since customer ann had 2 of 2 credits in 10 days, which leaves none: late (rules/shop.yaml:8) would have given 10 % of $74.20 = $7.42; late-short would have given $3.71, loyal would have given $0.74."
	if e.Sentence != want {
		t.Errorf("sentence %s", e.Sentence)
	}
	// credits(2) on March 7 counts March 6 and 7: the hold is no credit.
	loyal := e.Rules[4]
	if c := loyal.Conditions[1]; c.Text != "credits(2) < 1" || !slices.Equal(c.Values, []report.ExplainedValue{{Name: "credits(2)", Value: "0"}}) {
		t.Errorf("loyal %+v", loyal.Conditions)
	}
	var got []string
	for _, h := range e.History {
		got = append(got, h.Date+" "+h.Kind+" "+report.Amount(h.Minor, h.Currency)+" "+strings.Join(h.CountedBy, ","))
	}
	if list := []string{"2026-03-05 credit $7.42 limit:two", "2026-03-06 hold $15.00 limit:two"}; !slices.Equal(got, list) {
		t.Errorf("history %q", got)
	}
	// On the second night, credits(2) counted the first night's.
	e = explainOne(t, s, pipeline.ExplainRequest{ID: "d2", Date: d2, HasDate: true})
	if h := e.History; len(h) != 1 || !slices.Equal(h[0].CountedBy, []string{"limit:two", "credits(2)"}) {
		t.Errorf("history %+v", h)
	}
	if near := e.Rules[4].NearMiss; near == nil || *near.Threshold != (report.ExplainedThreshold{Expression: "credits(2)", Value: "1", Needs: "less than 1", Distance: "exactly there"}) {
		t.Errorf("near miss %+v", near)
	}
}

func TestExplainMerged(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	row := explainRow(night, "d", nil)
	newer := explainRow(night, "d", explainPrice(8000))
	newer.version = 2
	s.deliveries(night, "a", row)
	s.deliveries(night, "b", newer)
	s.deliveries(night, "c", newer)
	s.claims(night, "a", shopClaim{delivery: explainRow(night, "d", explainPrice(1000)), delayDays: 2, reported: night}) // 1.50, less than 8.00
	explainRun(t, s, night, night)
	x := explain(t, s, pipeline.ExplainRequest{ID: "d", Source: "deliveries"})
	if len(x.Events) != 3 {
		t.Fatalf("%+v", x.Events)
	}
	var got []string
	for _, e := range x.Events {
		got = append(got, e.Outcome+" "+e.Reason+" "+e.Detail)
	}
	want := []string{
		"issued LATE ",
		"merged superseded row 0 of data/deliveries/dt=2026-03-05/b.parquet has a higher version (2, and this has 1)",
		"merged duplicate it is the same as row 0 of data/deliveries/dt=2026-03-05/b.parquet",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	claim := explainOne(t, s, pipeline.ExplainRequest{ID: "claim-d"})
	if claim.Sentence != "Nothing of its own, because the row is merged: event d of deliveries reports the same incident with at least as high an award." {
		t.Errorf("claim %s", claim.Sentence)
	}
}
