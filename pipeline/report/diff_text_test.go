package report

import (
	"strings"
	"testing"

	"amends/rules/money"

	"github.com/jedib0t/go-pretty/v6/text"
)

// A comparison of millions fits a terminal, adds up in each column, and says so
// where it does not.
func TestDiffTextFitsATerminal(t *testing.T) {
	t.Parallel()
	flow := DiffFlow{AMinor: 123_456_789, GainedMinor: 11_111_111, LostMinor: 22_222_222, ChangedMinor: -33_333_333, BMinor: 79_012_345}
	line := DiffLine{Value: "a-rule-with-a-name-that-nobody-types", Currency: "USD", Gained: 1, Lost: 2, Changed: 3, Issued: flow, Held: flow}
	other := line
	other.Currency = "GBP"
	long := strings.Repeat("waits for a person because of a limit ", 8)
	d := &Diff{
		Basis: DiffSimulated, From: "2026-01-05", To: "2026-02-03", Nights: make([]string, 30), Differs: true,
		A: DiffSide{Name: "rules"}, B: DiffSide{Name: "rules-new"}, Headline: "With rules-new, 6 credits change. " + long, Notes: []string{long},
		Counts: DiffCounts{Gained: 1, Lost: 2, Changed: 3, Other: 4, Nothing: 5, Same: 6}, Totals: []DiffLine{line}, Rules: []DiffLine{line, other, {Value: "quiet"}},
		Breakdowns:  []DiffBreakdown{{Column: "seller", Lines: []DiffLine{line}, More: 12, Rest: []DiffRest{{DiffLine: line, Lines: 12}}}},
		Transitions: []DiffTransition{{Kind: DiffChanged, From: long, To: long, What: "rule, reason", Count: 1_234_567, Difference: money.ByCurrency{"USD": -123_456_789, "JPY": 5_000_000}}},
		RollForward: []DiffLedger{{Currency: "USD", A: RollForwardLine{Currency: "USD", Issued: 500, Closing: 500}, B: RollForwardLine{Currency: "USD", Issued: 400, Closing: 401}}},
		Rejects:     []DiffReject{{Source: "deliveries", Code: "division-by-zero", B: 1, OnlyB: 1, File: "data/d.parquet", Detail: "rule \x1b[31mlate", RejectBy: "b"}},
		Requests:    []DiffRequest{{Date: "2026-01-05", ID: "rq1_09ab77c26e1a4b0f9d3c5e8f7a6b1c2d", Kind: "approve", A: long, B: long}},
		Examples:    []DiffExample{{Kind: DiffLost, CreditID: "cr1_0", Source: "deliveries", EventID: "d-1", CustomerID: "c-1", A: DiffExampleSide{Sentence: long}, B: DiffExampleSide{Sentence: long}}},
	}
	d.Nights[0], d.Nights[29] = d.From, d.To
	var b strings.Builder
	if err := DiffText(&b, d, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if width := text.StringWidth(strings.TrimSuffix(l, "\n")); width > MaxWidth {
			t.Errorf("%d columns: %s", width, l)
		}
	}
	if byRule, _, _ := strings.Cut(b.String()[strings.Index(b.String(), "By rule"):], "Not listed"); strings.Count(byRule, "\n\n") != 1 || !strings.Contains(byRule, "\n\n  a-rule") {
		t.Errorf("no gap between two currencies: %q", byRule)
	}
	for _, want := range []string{
		"30 nights, 2026-01-05 to 2026-02-03", "= B          $790,123.45", "B − A       -$444,444.44", "Not listed, for nothing differs: 1 line.", "12 others",
		"= closing     $5.00  $4.01 DOES NOT ADD UP", "rejected by B alone: rule \uFFFD[31mlate",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}
