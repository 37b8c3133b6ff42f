package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/report"

	"github.com/google/go-cmp/cmp"
)

// changedRules are the changes between the demo's rulebook and another, a line
// each.
func (w *demo) changedRules(with string) (lines []string, headline string) {
	w.t.Helper()
	d := w.diff(pipeline.DiffRequest{With: with, From: demoFirst, To: demoFirst, HasRange: true, Whole: true})
	for _, c := range d.RuleChanges.Changes {
		lines = append(lines, fmt.Sprintf("%s %s: %s → %s", c.Change, c.Title(), c.A, c.B))
		for text, place := range map[string]string{c.A: c.PlaceA, c.B: c.PlaceB} {
			if text != "" && place == "" && c.Kind != "setting" {
				w.t.Errorf("%s has no place", c.Title())
			}
		}
	}
	return lines, d.RuleChanges.Headline
}

// Each change of a rulebook is named with what was and what is, and nothing else
// is.
func TestADiffSaysWhatChangedInTheRules(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	for name, c := range map[string]struct {
		changes  [][3]string
		want     []string
		headline string
	}{
		"a value of a table": {diffChanges["a lower cap"],
			[]string{"changed table caps.late.EUR: 9.50 → 4.50", "changed table caps.late.GBP: 8.00 → 4.00", "changed table caps.late.JPY: 1500 → 700", "changed table caps.late.USD: 10.00 → 5.00"},
			"changed: 4 values of tables (caps.late.EUR, caps.late.GBP, caps.late.JPY, caps.late.USD)"},
		"a mode": {diffChanges["a rule removed"], []string{"changed rule late-short, mode: live → shadow"}, "changed: 1 rule (late-short)"},
		"an amount": {diffChanges["a rule that pays more"],
			[]string{"changed rule late-short, amount: min(0.05 * item_price, caps.late[currency]) → min(0.50 * item_price, 5 * caps.late[currency])"}, "changed: 1 rule (late-short)"},
		"a setting": {diffChanges["holds that lapse"], []string{"changed setting hold_days: 3 → 1"}, "changed: 1 setting (hold_days)"},
		"a limit of some rules": {[][3]string{{"limits.yaml", "{id: per-customer-quarter, per: customer, ", "{id: per-customer-quarter, per: customer, rules: [late-week, late-short], "}},
			[]string{"changed limit per-customer-quarter, rules:  → late-short, late-week"}, "changed: 1 limit (per-customer-quarter)"},
		"a limit without an amount": {[][3]string{{"limits.yaml", "max_count: 2, max_amount: {EUR: 120.00, GBP: 100.00, JPY: 20000, USD: 130.00}", "max_count: 2"}},
			[]string{"changed limit per-order, max_amount: €120.00, £100.00, ¥20,000, $130.00 → "}, "changed: 1 limit (per-order)"},
		"a limit of no money": {[][3]string{{"limits.yaml", "EUR: 75.00, GBP: 65.00, JPY: 12000, USD: 80.00", "EUR: 75.00, GBP: 65.00, JPY: 0, USD: 80.00"}},
			[]string{"changed limit per-customer-quarter, max_amount: €75.00, £65.00, ¥12,000, $80.00 → €75.00, £65.00, ¥0, $80.00"}, "changed: 1 limit (per-customer-quarter)"},
		"a layout": {[][3]string{{"late.yaml", "min(0.05 * item_price, caps.late[currency])", "min(0.05  *  item_price,  caps.late[currency])"}, {"tables.yaml", "USD: 10.00}", "USD: 10.0}"}}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			lines, headline := w.changedRules(w.otherRules(c.changes...))
			if diff := cmp.Diff(c.want, lines); diff != "" || headline != c.headline {
				t.Errorf("%s%q", diff, headline)
			}
		})
	}
}

// What one rulebook lacks comes first, and the other way round it is added.
func TestADiffSaysWhatIsMissingInARulebook(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	with := w.otherRules()
	if err := os.Remove(filepath.Join(with, "limits.yaml")); err != nil {
		t.Fatal(err)
	}
	lines, headline := w.changedRules(with)
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "missing limit ") || !strings.HasPrefix(headline, "missing in B: ") || !strings.Contains(strings.Join(lines, "\n"), "missing approval ") {
		t.Errorf("%q\n%q", headline, lines)
	}
	d := w.diff(pipeline.DiffRequest{With: with, From: demoFirst, To: demoFirst, HasRange: true, Whole: true})
	var text strings.Builder
	if err := report.DiffText(&text, d, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if d.RuleChanges.Missing == 0 || !strings.Contains(text.String(), "\nRules missing in B: ") {
		t.Errorf("%d missing:\n%s", d.RuleChanges.Missing, &text)
	}
}
