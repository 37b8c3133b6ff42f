package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
)

// screen is a terminal of so many columns.
type screen struct {
	strings.Builder
	columns int
}

func (s *screen) Columns() int { return s.columns }

// A night's text fits the terminal, and for one of a hundred columns it is the text
// that files get.
func TestTextFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{70, 80, 120} {
		out, night := &screen{columns: columns}, sampleNight()
		night.Notices[0] = strings.Repeat("worth knowing ", 30)
		if err := Text(out, night, TextOptions{Dir: "state/runs/2026-01-15"}); err != nil {
			t.Fatal(err)
		}
		widest := 0
		for l := range strings.Lines(out.String()) {
			widest = max(widest, text.StringWidth(strings.TrimSuffix(l, "\n")))
		}
		if widest > columns || columns > MaxWidth && widest <= MaxWidth {
			t.Errorf("%d columns: the widest line has %d:\n%s", columns, widest, out)
		}
	}
	out := &screen{columns: MaxWidth}
	if err := Text(out, sampleNight(), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown(t, sampleNight(), TextOptions{}), out.String()); diff != "" {
		t.Error(diff)
	}
}

// In a narrow terminal the widest of the columns that wrap give way first, and what
// takes the rest gets what is left; figures stay whole.
func TestTablesGiveWay(t *testing.T) {
	t.Parallel()
	table := Table{Columns: []Column{{Name: "id"}, {Name: "says", Wrap: 30}, {Name: "amount", Figures: true}, {Name: "why", Wrap: Rest}},
		Rows: [][]string{{"cr1_0123456789", "one two three four five six seven", "12345.00 USD", "because it came four days late"}}}
	for columns, want := range map[int]string{
		100: `  id              says                                  amount  why
  ────────────────────────────────────────────────────────────────────────────────────────────
  cr1_0123456789  one two three four five six     12345.00 USD  because it came four days late
                  seven
`,
		60: `  id              says                  amount  why
  ──────────────────────────────────────────────────────────
  cr1_0123456789  one two three   12345.00 USD  because it
                  four five six                 came four
                  seven                         days late
`,
	} {
		out := &screen{columns: columns}
		if err := table.Write(out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%d columns:\n%s", columns, diff)
		}
	}
}
