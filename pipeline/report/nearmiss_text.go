package report

import (
	"maps"
	"slices"
	"strings"

	"amends/rules/money"

	"github.com/jedib0t/go-pretty/v6/text"
)

// nearMisses shows what the neighbours of cut-offs would do.
func (p *printer) nearMisses(d *Diff) {
	if len(d.NearMisses) == 0 {
		return
	}
	p.section("Near misses", "what other numbers in B would bring in or lose, on all nights")
	for i := range d.NearMisses {
		n := &d.NearMisses[i]
		p.wrapped(n.Title())
		p.under("now " + n.Now.sums(len(n.Rules) > 0))
		if fates := n.Now.HitFates.Sentence(); fates != "" {
			p.under(fates)
		}
		p.table(n.table(widthOf(p.out)))
	}
	if d.MoreNearMisses > 0 {
		p.wrapped("And " + Counted(int64(d.MoreNearMisses), "more cut-off", "more cut-offs") + ", which were not tried.")
	}
}

// under prints a line below another, further in.
func (p *printer) under(s string) {
	width := widthOf(p.out) - 2*len(indent)
	for l := range strings.Lines(text.WrapText(text.WrapSoft(oneLine(s), width), width)) {
		p.write(indent + indent + strings.TrimRight(l, " \n") + "\n")
	}
}

// Title names the cut-off and where it stands, and what side A has there where
// it changed.
func (n *NearMiss) Title() string {
	if n.Before == "" || n.Before == n.Value {
		return n.CutOff.Title()
	}
	return n.CutOff.Title() + ", in A " + n.Before
}

// Title names a cut-off: "rule late: days_late >= 20 (rules/late.yaml:12)".
func (c *CutOff) Title() string {
	kind, name, _ := strings.Cut(c.Of, " ")
	title := c.Of
	switch {
	case kind != "table":
		title += ": " + c.Text
	case c.Text == "" || len(c.Rules) == 0: // others read it too
		title += ": " + c.Value
	default:
		title += ": " + c.Value + ", in " + c.Text
	}
	if len(c.Rules) > 0 && (len(c.Rules) > 1 || c.Rules[0] != name) {
		title += ", for " + strings.Join(c.Rules, ", ")
	}
	return title + " (" + c.Place + ")"
}

// sums are what a step gives in numbers: "120 hits, 98 credits of all rules".
func (s *CutOffStep) sums(hits bool) string {
	credits := Counted(s.Credits, "credit", "credits") + " of all rules"
	if hits {
		return Counted(s.Hits, "hit", "hits") + ", " + credits
	}
	return credits
}

// table is a line for each neighbour: how much more or less of everything.
func (n *NearMiss) table(width int) Table {
	t := Table{Columns: []Column{{Name: "instead of " + n.Value, Figures: true}}}
	for i := range n.Steps {
		t.Rows = append(t.Rows, []string{n.Steps[i].Value})
	}
	return t.against(width, &n.Now, n.Steps, len(n.Rules) > 0)
}

// against adds columns of what steps give more or less than another number: hits
// where they are asked for, credits, and each currency issued and held. Columns
// of money without a difference are left out; where they are too many for the
// width, the currencies share a cell.
func (t Table) against(width int, now *CutOffStep, steps []CutOffStep, hits bool) Table {
	add := func(t *Table, name string, cell func(*CutOffStep) string) {
		t.Columns = append(t.Columns, Column{Name: name, Figures: true})
		for i := range t.Rows {
			shown := ""
			if steps[i].Refused == "" {
				shown = cell(&steps[i])
			}
			t.Rows[i] = append(slices.Clip(t.Rows[i]), shown)
		}
	}
	if hits {
		add(&t, "hits", func(s *CutOffStep) string { return signedCount(s.Hits - now.Hits) })
	}
	add(&t, "credits", func(s *CutOffStep) string { return signedCount(s.Credits - now.Credits) })
	apart, together := t.clone(), t.clone()
	for _, part := range []struct {
		name string
		more func(*CutOffStep) money.ByCurrency
	}{
		{"issued", func(s *CutOffStep) money.ByCurrency { return more(now.Issued, s.Issued) }},
		{"held", func(s *CutOffStep) money.ByCurrency { return more(now.Held, s.Held) }},
	} {
		all := money.ByCurrency{}
		for i := range steps {
			if steps[i].Refused == "" {
				maps.Copy(all, part.more(&steps[i]))
			}
		}
		for _, currency := range all.Currencies() {
			add(&apart, currency+" "+part.name, func(s *CutOffStep) string { return signedOrNone(part.more(s)[currency], currency) })
		}
		if len(all) > 0 {
			add(&together, part.name, func(s *CutOffStep) string {
				var cells []string
				amounts := part.more(s)
				for _, currency := range amounts.Currencies() {
					cells = append(cells, signed(amounts[currency], currency))
				}
				return text.WrapSoft(strings.Join(cells, ", "), amountWidth*3/2)
			})
		}
	}
	t = apart
	if apart.width() > width {
		t = together
	}
	if slices.ContainsFunc(steps, func(s CutOffStep) bool { return s.Refused != "" }) {
		t.Columns = append(t.Columns, Column{Name: "check says", Wrap: Rest})
		for i := range t.Rows {
			t.Rows[i] = append(t.Rows[i], steps[i].Refused)
		}
	}
	return t
}

func (t *Table) clone() Table {
	c := Table{Columns: slices.Clone(t.Columns), Rows: make([][]string, len(t.Rows))}
	for i := range t.Rows {
		c.Rows[i] = slices.Clone(t.Rows[i])
	}
	return c
}

// width is how wide the table is where nothing wraps.
func (t *Table) width() int {
	width := 0
	for i, c := range t.Columns {
		column := text.StringWidth(c.Name)
		for _, row := range t.Rows {
			column = max(column, text.StringWidth(row[i]))
		}
		width += text.StringWidth(indent) + column
	}
	return width
}

func signedCount(n int64) string {
	if n > 0 {
		return "+" + Count(n)
	}
	return Count(n)
}
