package page

import (
	"bytes"
	"html"
	"strings"
	"testing"

	"amends/pipeline/report"
	"amends/rules/money"
)

// hostile is a value that would be more than text where it is not escaped.
const hostile = `</script><b onclick="x()">s-1 & co`

// fullDiff has something in every part of a comparison.
func fullDiff() *report.Diff {
	line := func(value, currency string, scale int64) report.DiffLine {
		return report.DiffLine{
			Value: value, Currency: currency, Gained: 1, Lost: 2, Changed: 3, Other: 1,
			Issued: report.DiffFlow{AMinor: 10001 * scale, GainedMinor: 211 * scale, LostMinor: 507 * scale, ChangedMinor: -1309 * scale, BMinor: 8396 * scale},
			Held:   report.DiffFlow{AMinor: 401 * scale, ChangedMinor: 202 * scale, BMinor: 603 * scale},
		}
	}
	d := &report.Diff{
		Version: 1, Basis: report.DiffSimulated, From: "2026-01-05", To: "2026-01-06", Nights: []string{"2026-01-05", "2026-01-06"},
		A: report.DiffSide{Name: "rules", What: "the rules as they are"}, B: report.DiffSide{Name: "rules-new", What: "the rulebook in rules-new"}, Differs: true,
		Headline: "With rules-new, 6 credits change.", Notes: []string{"1 request of people for these nights is carried out on both sides."},
		RuleChanges: report.DiffRules{Headline: "missing in B: 1 rule (gone); changed: 1 rule (late)", Missing: 1, More: 3, Changes: []report.DiffRuleChange{
			{Change: report.RuleMissing, Kind: "rule", Name: "gone", A: "on: deliveries", PlaceA: "rules/late.yaml:17"},
			{Change: report.RuleChanged, Kind: "rule", Name: "late", Part: "amount", A: "0.10 * item_price", B: hostile, PlaceA: "rules/late.yaml:4", PlaceB: "rules-new/late.yaml:5"},
		}},
		Counts: report.DiffCounts{Gained: 1, Lost: 2, Changed: 3, Other: 1, Nothing: 1, Same: 40},
		Totals: []report.DiffLine{line("", "JPY", 1), line("", "USD", 3)},
		Rules:  []report.DiffLine{line("late", "JPY", 1), line("late", "USD", 2), line("damaged-in-transit", "USD", 1), {Value: "quiet", Currency: "USD"}},
		Breakdowns: []report.DiffBreakdown{
			{Column: "seller", Lines: []report.DiffLine{line(hostile, "USD", 3), line("", "JPY", 1)}, More: 2, Rest: []report.DiffRest{{DiffLine: line("", "USD", 5), Lines: 2}}},
		},
		Transitions: []report.DiffTransition{
			{Kind: report.DiffChanged, From: "issued by late", To: "issued by late", Count: 3, Difference: money.ByCurrency{"USD": -1234, "JPY": 55}},
			{Kind: report.DiffOther, From: "issued by late", To: "issued by later", What: "rule, message", Count: 1},
		},
		MoreTransitions: 4,
		Terms:           []report.DiffTerms{{A: "standard", B: "short", SaysA: "valid_days: 30", SaysB: "valid_days: 14", Count: 1717}},
		Amounts:         []report.DiffBin{{Currency: "USD", FromMinor: 100, ToMinor: 200, Less: 7, More: 2}, {Currency: "JPY", FromMinor: 10, ToMinor: 20, More: 1}},
		Bounds: []report.DiffBound{
			{Kind: "limit", ID: hostile, Currency: "USD", A: report.DiffBoundDid{Lowered: 31, TakenMinor: 4711}, B: report.DiffBoundDid{Lowered: 29, Denied: 37, TakenMinor: 5813}},
			{Kind: "budget", ID: "nightly", Currency: "JPY"},
		},
		RollForward: []report.DiffLedger{{Currency: "USD", A: report.RollForwardLine{Currency: "USD", Issued: 30003, Redeemed: 4404, Closing: 25599},
			B: report.RollForwardLine{Currency: "USD", Issued: 25188, Redeemed: 4303, Closing: 20885}}},
		Redemptions: []report.DiffRedemption{{Outcome: "applied-partly", Currency: "USD", A: 11, B: 13, AMinor: 1777, BMinor: 1888}, {Outcome: "unknown-credit", A: 1, B: 2}},
		Rejects:     []report.DiffReject{{Source: "deliveries", Code: "division-by-zero", B: 1, OnlyB: 1, File: "data/d.parquet", Row: 17, Detail: hostile, RejectBy: "b"}},
		Requests:    []report.DiffRequest{{Date: "2026-01-06", ID: "rq1_0", Kind: "approve", A: "done", B: "no-target: cr1_0 is not held"}},
		Examples: []report.DiffExample{{
			Kind: report.DiffLost, CreditID: "cr1_0", Source: "deliveries", EventID: hostile, CustomerID: "c-1", OrderID: "o-1", Currency: "USD",
			A: report.DiffExampleSide{Date: "2026-01-05", Outcome: "issued", Minor: 1999, Sentence: "$19.99 because late gave $19.99."},
			B: report.DiffExampleSide{Outcome: "none", Sentence: "Nothing, because no rule hits."},
		}},
		MoreExamples: 6,
		NearMisses: []report.NearMiss{{
			CutOff: report.CutOff{Of: "rule late", Rules: []string{"late"}, Text: "days_late >= 20", Value: "20", Place: "rules-new/late.yaml:5"}, Before: "25",
			Now: report.CutOffStep{Value: "20", Hits: 907, Credits: 803, Issued: money.ByCurrency{"USD": 25188}, Held: money.ByCurrency{},
				HitFates: report.HitFates{Issued: 803, Better: 104}},
			Steps: []report.CutOffStep{
				{Value: "19", Hits: 1234, Credits: 1115, Issued: money.ByCurrency{"USD": 443188, "JPY": 77}, Held: money.ByCurrency{"USD": 606}},
				{Value: "21", Refused: hostile},
			},
		}},
		MoreNearMisses: 3,
	}
	return d
}

func mustDiff(t *testing.T, d *report.Diff) []byte {
	t.Helper()
	content, err := Diff(d)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Every figure of the comparison stands in the page as text, and what files say
// is never more than text.
func TestADiffPageHasEveryFigureAsText(t *testing.T) {
	t.Parallel()
	content := mustDiff(t, fullDiff())
	if !bytes.Equal(content, mustDiff(t, fullDiff())) {
		t.Error("the same comparison gives two pages")
	}
	page := string(content)
	if strings.Contains(page, hostile) || strings.Contains(page, "<b onclick") {
		t.Error("a value is more than text")
	}
	for _, want := range []string{
		"What would change with rules-new", "A is the rules as they are. B is the rulebook in rules-new.", "-16.0%", "With rules-new, 6 credits change.", "2 nights, 2026-01-05 to 2026-01-06", "missing in B: 1 rule (gone); changed: 1 rule (late).", "rule gone", "rule late, amount", "0.10 * item_price",
		"rules-new/late.yaml:5", "And 3 more changes.", "1 request of people",
		"$300.03", "$6.33", "$15.21", "-$39.27", "$251.88", "-$48.15", "$12.03", "$18.09", "¥10,001", "¥8,396", // totals
		"$200.02", "$167.92", "damaged-in-transit", // rules
		hostile, "2 more lines with a difference, together", "$500.05", // seller
		"31 → 29", "0 → 37", "$47.11 → $58.13", "The same on both sides: 1 other.", "$1.00 to below $2.00", "¥10 to below ¥20", "+¥55, -$12.34", "other: rule, message", "And 4 other ways with fewer incidents.",
		"valid_days: 30", "valid_days: 14", "1,717", "As it is: Of 907 hits 803 issued, 104 where a better award wins.",
		"$255.99", "$208.85", "-$47.14", "applied-partly", "$17.77", "$18.88", "division-by-zero", "row 17 of data/d.parquet, rejected by B alone",
		"no-target: cr1_0 is not held", "$19.99 less in B.", "Nothing, because no rule hits.", "6 more incidents differ.",
		"amends explain --dry-run --date 2026-01-05 --credit cr1_0",
	} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page, ">quiet<") {
		t.Error("a rule without a difference is listed")
	}
}

// Two rulebooks that give the same have a page that says so, and no charts.
func TestADiffPageOfNoDifference(t *testing.T) {
	t.Parallel()
	page := string(mustDiff(t, &report.Diff{Basis: report.DiffPublished, From: "2026-01-05", To: "2026-01-05", Nights: []string{"2026-01-05"},
		A: report.DiffSide{Name: "a"}, B: report.DiffSide{Name: "b"}, Headline: "No difference: b gives every incident the same as a."}))
	for want, there := range map[string]bool{"No difference: b gives": true, "Night of 2026-01-05": true, "What differs between a and b": true, `id="chart-library"`: false, "<table": false} {
		if strings.Contains(page[strings.Index(page, "<body>"):], want) != there {
			t.Errorf("%q in the page: %t", want, !there)
		}
	}
}

// In a browser the page draws its charts, asks for nothing, says nothing, and
// fits a telephone.
func TestADiffPageInABrowser(t *testing.T) {
	content := mustDiff(t, fullDiff())
	for _, v := range views {
		p := open(t, content, v)
		if wide := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s: %d pixels too wide", v, wide)
		}
		if drawn, charts := ask[int](p, `document.querySelectorAll(".canvas svg").length`), strings.Count(string(content), `class="canvas`); drawn != charts || charts < 6 {
			t.Errorf("%s: %d of %d charts are drawn", v, drawn, charts)
		}
		p.quiet()
	}
}
