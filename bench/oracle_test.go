package main

import (
	"strings"
	"testing"

	"amends/pipeline"
	"amends/rules/calendar"
	"amends/samples"
)

// change is one edit of a rulebook, and the same edit of the oracle's tables.
// With no SQL the oracle goes on with the rulebook as it was.
type change struct {
	file, old, new string
	sql            string
}

// scarce makes money short, so that every limit, budget and approval decides
// something on a small demo.
var scarce = []change{
	{
		file: "rules/limits.yaml",
		old:  "max_count: 2, max_amount: {EUR: 120.00, GBP: 100.00, JPY: 20000, USD: 130.00}",
		new:  "max_count: 1, max_amount: {EUR: 12.00, GBP: 10.00, JPY: 2000, USD: 13.00}",
		sql:  "UPDATE order_limit SET max_count = 1, max_minor = max_minor / 10",
	},
	{
		file: "rules/limits.yaml",
		old:  "max_count: 5, max_amount: {EUR: 75.00, GBP: 65.00, JPY: 12000, USD: 80.00}",
		new:  "max_count: 2, max_amount: {EUR: 7.50, GBP: 6.50, JPY: 1200, USD: 8.00}",
		sql:  "UPDATE customer_limit SET max_count = 2, max_minor = max_minor / 10",
	},
	{
		file: "rules/limits.yaml",
		old:  "min_award: {EUR: 0.25, GBP: 0.20, JPY: 30, USD: 0.25}",
		new:  "min_award: {EUR: 1.25, GBP: 1.20, JPY: 130, USD: 1.25}",
		sql:  "UPDATE min_award SET min_minor = min_minor + 100",
	},
	{
		file: "rules/limits.yaml",
		old:  "max_amount: {EUR: 700.00, GBP: 600.00, JPY: 90000, USD: 1500.00}, exceed: hold",
		new:  "max_amount: {EUR: 14.00, GBP: 12.00, JPY: 1800, USD: 30.00}, exceed: hold",
		sql:  "UPDATE run_budget SET max_minor = max_minor / 50",
	},
	{
		file: "rules/limits.yaml",
		old:  "max_amount: {EUR: 120.00, GBP: 100.00, JPY: 20000, USD: 130.00}, exceed: deny}\n\n",
		new:  "max_amount: {EUR: 2.40, GBP: 2.00, JPY: 400, USD: 2.60}, exceed: deny}\n\n",
		sql:  "UPDATE seller_budget SET max_minor = max_minor / 50",
	},
	{
		file: "rules/limits.yaml",
		old:  "max_amount: {EUR: 20000.00, GBP: 18000.00, JPY: 3000000, USD: 25000.00}",
		new:  "max_amount: {EUR: 20000.00, GBP: 18000.00, JPY: 3000000, USD: 25.00}",
		sql:  "UPDATE guardrail SET max_minor = 2500 WHERE currency = 'USD'",
	},
	{
		file: "rules/limits.yaml",
		old:  "limits:\n",
		new:  "limits:\n  - {id: late-once, per: customer, rules: [late-prime, late-short], window_days: 21, max_count: 1, exceed: deny}\n",
		sql:  "INSERT INTO rule_limit VALUES ('late-prime', 21, 1), ('late-short', 21, 1)",
	},
	{
		file: "rules/tables.yaml",
		old:  "{EUR: 55.00, GBP: 48.00, JPY: 9000, USD: 60.00}",
		new:  "{EUR: 5.50, GBP: 4.80, JPY: 900, USD: 6.00}",
		sql:  "UPDATE money_tables SET caps_review_above = caps_review_above // 10",
	},
}

func TestMarketplace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options samples.Options
		changes []change
		happens []string // reasons that the nights must have decided by
	}{
		{
			name:    "seed 1",
			options: samples.Options{Deliveries: 20_000, Nights: 45, Seed: 1},
			happens: []string{
				"combined", "already-issued", "already-held", "excluded:compensated", "excluded:abuse",
				"excluded:late-claim", "excluded:wrong-address", "approval:large", "guardrail:vs-median", "shadow-only",
			},
		},
		{
			name:    "seed 2, with broken rows",
			options: samples.Options{Deliveries: 24_000, Nights: 30, Seed: 2},
			happens: []string{"combined", "already-issued", "excluded:compensated", "excluded:wrong-address"},
		},
		{
			name:    "seed 3, money is short",
			options: samples.Options{Deliveries: 12_000, Nights: 30, Seed: 3},
			changes: scarce,
			happens: []string{
				"limit:late-once", "limit:per-order", "limit:per-customer-quarter", "approval:large", "budget:nightly", "budget:per-seller",
				"guardrail:max-amount", "already-denied", "combined",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.Dir = t.TempDir()
			n := runMarketplace(t, test.options, test.changes)
			o := openOracle(t, n, "marketplace", test.changes)
			o.wantNoDifference()
			o.wantReasons(test.happens)
		})
	}
}

// The oracle can fail: a rule that pays more than the rulebook which the oracle
// knows is seen in issuance, by its rule.
func TestOneChangedAmountIsSeen(t *testing.T) {
	t.Parallel()
	changed := []change{{file: "rules/late.yaml", old: "min(0.05 * item_price, caps.late[currency])", new: "min(0.06 * item_price, caps.late[currency])"}}
	n := runMarketplace(t, samples.Options{Dir: t.TempDir(), Deliveries: 2_000, Nights: 4, Seed: 1}, changed)
	o := openOracle(t, n, "marketplace", changed)
	onlyOracle, onlyAmends := o.differences("issuance")
	if len(onlyOracle) == 0 || len(onlyAmends) == 0 {
		t.Fatalf("late-short pays 6 %% instead of 5 %%, and %d rows of the oracle and %d of amends differ", len(onlyOracle), len(onlyAmends))
	}
	for _, row := range onlyAmends {
		if !strings.Contains(row, "late-short") {
			t.Errorf("another rule's row differs: %s", row)
		}
	}
}

// Real orders: every night, and the facts of lateness that were counted apart
// from this project.
func TestOlist(t *testing.T) {
	t.Parallel()
	first, last := mustDate(t, "2016-10-13"), mustDate(t, "2018-12-31")
	n := nights{dir: copyOlist(t), first: first, last: last}
	if _, err := pipeline.Run(t.Context(), pipeline.Config{Dir: n.dir}, pipeline.RunOptions{From: first, To: last}, nil); err != nil {
		t.Fatal(err)
	}
	o := openOracle(t, n, "olist", nil)
	o.wantNoDifference()
	o.wantReasons([]string{"combined", "already-issued", "already-denied", "limit:per-customer"})
	o.exec("olist_bands.sql")
	want := []string{
		"late-1-3 100 12343.10",
		"late-4-7 87 14572.24",
		"late-8-14 79 11207.01",
		"late-over-14 76 11257.93",
	}
	for _, view := range []string{"oracle_bands", "amends_bands"} {
		if got := o.rows("SELECT concat_ws(' ', rule_id, orders, worth) FROM " + view + " ORDER BY rule_id"); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant:\n%s", view, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	o := newOracle(t)
	o.exec("arithmetic.sql")
	for _, test := range []struct{ expression, want string }{
		{"half_even(5::HUGEINT, 2::HUGEINT)", "2"},
		{"half_even(7::HUGEINT, 2::HUGEINT)", "4"},
		{"half_even(8::HUGEINT, 3::HUGEINT)", "3"},
		{"millionths(0.05)", "50000"},
		{"times(millionths(0.000001), millionths(0.5))", "0"}, // 0.0000005: a tie, to even
		{"times(millionths(0.000003), millionths(0.5))", "2"}, // 0.0000015: a tie, to even
		{"divided(61::HUGEINT, 1440::HUGEINT)", "42361"},      // 0.0423611…
		{"to_minor(millionths(1.005), 'USD')", "100"},         // a tie
		{"to_minor(millionths(1.015), 'USD')", "102"},         // a tie
		{"to_minor(millionths(1.005001), 'USD')", "101"},      // above it
		{"to_minor(millionths(2262.5), 'JPY')", "2262"},       // no minor digits
		{"to_minor(millionths(2263.5), 'JPY')", "2264"},       //
		{"midnight(DATE '2026-01-06', 'America/New_York')", "2026-01-06 05:00:00+00"},
		{"midnight(DATE '2026-04-07', 'America/New_York')", "2026-04-07 04:00:00+00"},
		// 2017-10-15 began at one o'clock in São Paulo: midnight and all of that
		// hour are the first instant after the gap
		{"midnight(DATE '2017-10-15', 'America/Sao_Paulo')", "2017-10-15 03:00:00+00"},
		{"instant_of(TIMESTAMP '2017-10-15 00:40:00', 'America/Sao_Paulo')", "2017-10-15 03:00:00+00"},
		{"instant_of(TIMESTAMP '2017-10-15 01:00:00', 'America/Sao_Paulo')", "2017-10-15 03:00:00+00"},
		// 2018-02-17 had 23 o'clock twice: the earlier
		{"instant_of(TIMESTAMP '2018-02-17 23:30:00', 'America/Sao_Paulo')", "2018-02-18 01:30:00+00"},
		{"midnight(DATE '2018-02-18', 'America/Sao_Paulo')", "2018-02-18 03:00:00+00"},
		{"day_of(TIMESTAMPTZ '2026-01-06 04:59:59+00', 'America/New_York')", "2026-01-05"},
	} {
		if got := o.rows("SELECT CAST(" + test.expression + " AS VARCHAR)"); got[0] != test.want {
			t.Errorf("%s = %s, want %s", test.expression, got[0], test.want)
		}
	}
}

func mustDate(t *testing.T, text string) calendar.Date {
	t.Helper()
	date, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return date
}
