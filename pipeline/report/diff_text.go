package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// DiffText writes a comparison for people, as wide as widthOf says as far
// as figures let it, its headline first. Sections with nothing in them are left out. The error is the
// writer's.
func DiffText(w io.Writer, d *Diff, o TextOptions) error {
	out := buffer(w)
	p := &printer{out: out, colour: o.Colour}
	p.diffHead(d)
	p.diffRules(d)
	if d.Differs {
		p.diffMoney(d)
		p.diffWhy(d)
		p.diffTerms(d)
		p.diffBounds(d)
		p.diffLedger(d)
		p.diffRest(d)
	}
	p.nearMisses(d)
	if d.Differs {
		p.diffExamples(d)
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// DiffNightsSentence names the nights of a comparison.
func DiffNightsSentence(d *Diff) string {
	return NightsSentence(len(d.Nights), d.From, d.To)
}

// NightsSentence names so many nights.
func NightsSentence(nights int, from, to string) string {
	if nights == 1 {
		return "Night of " + from + "."
	}
	return fmt.Sprintf("%s, %s to %s.", Counted(int64(nights), "night", "nights"), from, to)
}

func (p *printer) diffHead(d *Diff) {
	p.line("%s", oneLine(d.Headline))
	p.line("A is %s.", oneLine(d.A.What))
	p.line("B is %s.", oneLine(d.B.What))
	p.line("%s", DiffNightsSentence(d))
	if d.Basis == DiffSimulated {
		p.line("Nothing was written: both ran in memory, each on a ledger of its own that begins alike.")
	}
	if d.RuleChanges.Headline != "" {
		p.line("Rules %s.", oneLine(d.RuleChanges.Headline))
	}
	for _, note := range d.Notes {
		p.line("Note: %s", oneLine(note))
	}
}

// DiffKindText says what a kind of difference is, in the words of its heading.
func DiffKindText(kind string) string {
	return map[string]string{
		DiffGained: "gained: nothing in A, issued or held in B", DiffLost: "lost: issued or held in A, nothing in B",
		DiffChanged: "changed: another amount, or issued against held", DiffOther: "same money, other rule, reason or terms",
		DiffNothing: "nothing in both, for other reasons",
	}[kind]
}

// diffMoney leads from A's sums to B's.
func (p *printer) diffMoney(d *Diff) {
	p.section("Incidents", "")
	t := Table{Columns: []Column{{Name: "kind", Wrap: 60}, {Name: "incidents", Figures: true}}}
	for _, l := range []struct {
		kind  string
		count int64
	}{{DiffGained, d.Counts.Gained}, {DiffLost, d.Counts.Lost}, {DiffChanged, d.Counts.Changed}, {DiffOther, d.Counts.Other}, {DiffNothing, d.Counts.Nothing}} {
		if l.count > 0 {
			t.Rows = append(t.Rows, []string{DiffKindText(l.kind), Count(l.count)})
		}
	}
	t.Rows = append(t.Rows, []string{"the same in both", Count(d.Counts.Same)})
	p.table(t)
	p.diffFlow("Issued", d.Totals, func(l *DiffLine) DiffFlow { return l.Issued })
	if d.HeldDiffers() {
		p.diffFlow("Held for a person when the last night is over", d.Totals, func(l *DiffLine) DiffFlow { return l.Held })
	}
	p.diffLines(&DiffBreakdown{Column: "rule", Lines: d.Rules}, "By rule", len(d.Rules))
	for i := range d.Breakdowns {
		p.diffLines(&d.Breakdowns[i], "By "+d.Breakdowns[i].Column, d.LinesShown())
	}
}

// diffFlow shows per currency the addition from A to B.
func (p *printer) diffFlow(name string, lines []DiffLine, of func(*DiffLine) DiffFlow) {
	labels := []string{"A", "+ gained", "− lost", "± changed", "= B", "B − A"}
	var names, percents []string
	var cells [][]string
	for i := range lines {
		f := of(&lines[i])
		if f == (DiffFlow{}) {
			continue
		}
		shown := make([]string, 0, len(labels))
		for _, minor := range []int64{f.AMinor, f.GainedMinor, f.LostMinor, f.ChangedMinor, f.BMinor, f.Difference()} {
			shown = append(shown, Amount(minor, lines[i].Currency))
		}
		if percent := Percent(f.Difference(), f.AMinor); percent != "" && f.Difference() != 0 {
			percents = append(percents, lines[i].Currency+" "+percent)
		}
		shown[4] += mismatch(f.AMinor+f.GainedMinor-f.LostMinor+f.ChangedMinor, f.BMinor)
		names, cells = append(names, lines[i].Currency), append(cells, shown)
	}
	if len(names) == 0 {
		return
	}
	p.section(name, "")
	if p.err == nil {
		p.err = packed(p.out, labels, names, cells)
	}
	if len(percents) > 0 {
		p.wrapped("B − A in percent of A: " + strings.Join(percents, ", ") + ".")
	}
}

// diffLines shows the lines in which something differs: issued money, and where
// any is held, held money below it. Columns without a figure are left out.
func (p *printer) diffLines(b *DiffBreakdown, name string, most int) {
	lines, rest, quiet := b.Shown(most)
	names := []string{b.Column, "A", "gained", "lost", "changed", "B", "B − A", "%", "incidents"}
	var rows [][]string
	shown := ""
	for i := range lines {
		l := &lines[i]
		if l.Issued.MovedMinor != 0 || l.Held.MovedMinor != 0 {
			names[4] = "changed, moved"
		}
		these := diffRows(l, valueCell(l.Value))
		if len(these) > 0 && l.Currency != shown {
			if shown != "" {
				rows = append(rows, make([]string, len(names))) // a gap
			}
			shown = l.Currency
		}
		rows = append(rows, these...)
	}
	if len(rows) == 0 {
		return
	}
	for i := range rest {
		rows = append(rows, diffRows(&rest[i].DiffLine, Counted(int64(rest[i].Lines), "other", "others"))...)
	}
	p.section(name, "what is issued, and held where it says so")
	p.table(usedColumns(widthOf(p.out), names, rows))
	if len(rest) > 0 {
		p.wrapped(fmt.Sprintf("The largest differences first, %d of each currency: --lines N shows more, --csv FILE and --json have all.", most))
	}
	if quiet > 0 {
		p.wrapped("Not listed, for nothing differs: " + Counted(int64(quiet), "line", "lines") + ".")
	}
}

// diffRows are a line's rows: issued, held, or both. The incidents stand beside
// the first. Where changes cancel each other, that is a figure too.
func diffRows(l *DiffLine, value string) (rows [][]string) {
	for _, part := range []struct {
		name string
		flow DiffFlow
	}{{"", l.Issued}, {", held", l.Held}} {
		f := part.flow
		if f.AMinor == 0 && f.BMinor == 0 && f.GainedMinor == 0 && f.LostMinor == 0 {
			continue
		}
		row := []string{value + part.name}
		for _, minor := range []int64{f.AMinor, f.GainedMinor, -f.LostMinor, f.ChangedMinor + f.MovedMinor, f.BMinor} {
			row = append(row, amountOrNone(minor, l.Currency))
		}
		row = append(row, Amount(f.Difference(), l.Currency), Percent(f.Difference(), f.AMinor), "")
		if len(rows) == 0 {
			row[len(row)-1] = countOrNone(l.Differing())
		}
		rows = append(rows, row)
	}
	return rows
}

// The bounds of a column of values, in columns of a terminal: the figures beside
// it may need the room.
const (
	leastValue = 14
	mostValue  = 30
)

// usedColumns is a table without the columns that no row has a figure in. Its
// first column takes what the figures leave of the width; where they leave too
// little, the last of them, which say least, are left out.
func usedColumns(width int, names []string, rows [][]string) Table {
	const dispensable = 2
	for last := range dispensable + 1 {
		t, left := columnsOf(width, names[:len(names)-last], rows)
		if left >= leastValue || last == dispensable {
			t.Columns[0].Wrap = min(max(left, leastValue), mostValue)
			return t
		}
	}
	return Table{}
}

func columnsOf(width int, names []string, rows [][]string) (t Table, left int) {
	t = Table{Rows: make([][]string, len(rows))}
	left = width - text.StringWidth(indent)
	for i, name := range names {
		width := text.StringWidth(name)
		used := false
		for _, row := range rows {
			width = max(width, text.StringWidth(row[i]))
			used = used || row[i] != ""
		}
		if !used {
			continue
		}
		if i > 0 {
			left -= width + text.StringWidth(indent)
		}
		t.Columns = append(t.Columns, Column{Name: name, Figures: i > 0})
		for k, row := range rows {
			t.Rows[k] = append(t.Rows[k], row[i])
		}
	}
	return t, left
}

// amountOrNone leaves a zero out, so that what is there is seen.
func amountOrNone(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return Amount(minor, currency)
}

// diffWhy is how incidents came out on both sides, and by how much they differ.
func (p *printer) diffWhy(d *Diff) {
	if len(d.Transitions) > 0 {
		p.section("What became of them", "how they came out in A, and how in B")
		t := Table{Columns: []Column{{Name: "in A", Wrap: 30}, {Name: "in B", Wrap: 32}, {Name: "incidents", Figures: true}, {Name: "B − A", Figures: true}}}
		for _, l := range d.Transitions {
			to := l.To
			if l.What != "" {
				to += "; other: " + l.What
			}
			t.Rows = append(t.Rows, []string{l.From, to, Count(l.Count), amountCell(l.Difference)})
		}
		p.table(t)
		if d.MoreTransitions > 0 {
			p.wrapped(fmt.Sprintf("And %s with fewer incidents.", Counted(int64(d.MoreTransitions), "other way", "other ways")))
		}
	}
	if len(d.Amounts) > 0 {
		p.section("By how much an incident differs", "")
		t := Table{Columns: []Column{{Name: "from"}, {Name: "to below"}, {Name: "less in B", Figures: true}, {Name: "more in B", Figures: true}}}
		for _, b := range d.Amounts {
			t.Rows = append(t.Rows, []string{Amount(b.FromMinor, b.Currency), Amount(b.ToMinor, b.Currency), countOrNone(b.Less), countOrNone(b.More)})
		}
		p.table(t)
	}
}

func countOrNone(n int64) string {
	if n == 0 {
		return ""
	}
	return Count(n)
}

// diffLedger sets the roll-forwards of both sides side by side, where they
// differ.
func (p *printer) diffLedger(d *Diff) {
	var names []string
	var cells [][]string
	labels := []string{"opening", "+ issued", "+ reinstated", "− redeemed", "− forfeited", "− voided", "= closing"}
	for _, l := range d.RollForward {
		if l.A == l.B {
			continue
		}
		a, b := l.A, l.B
		of := func(l RollForwardLine) []int64 {
			return []int64{l.Opening, l.Issued, l.Reinstated, l.Redeemed, l.Forfeited, l.Voided, l.Closing}
		}
		columns := [3][]string{}
		for i := range labels {
			minorA, minorB := of(a)[i], of(b)[i]
			columns[0] = append(columns[0], Amount(minorA, l.Currency))
			columns[1] = append(columns[1], Amount(minorB, l.Currency))
			columns[2] = append(columns[2], amountOrNone(minorB-minorA, l.Currency))
		}
		for side, line := range []RollForwardLine{a, b} {
			columns[side][6] += mismatch(line.Opening+line.Issued+line.Reinstated-line.Redeemed-line.Forfeited-line.Voided, line.Closing)
		}
		names = append(names, l.Currency+" A", l.Currency+" B", "B − A")
		cells = append(cells, columns[:]...)
	}
	if len(names) > 0 {
		p.section("What customers can still use", "")
		for from := 0; from < len(names) && p.err == nil; from += 3 { // one currency's columns stay together
			p.err = packed(p.out, labels, names[from:from+3], cells[from:from+3])
		}
	}
	if len(d.Redemptions) > 0 {
		p.section("Redemptions", "outcomes of rows that differ")
		t := Table{Columns: []Column{{Name: "outcome", Wrap: 30}, {Name: "rows in A", Figures: true}, {Name: "in B", Figures: true},
			{Name: "applied in A", Figures: true}, {Name: "in B", Figures: true}}}
		for _, r := range d.Redemptions {
			t.Rows = append(t.Rows, []string{r.Outcome, Count(r.A), Count(r.B), redeemedCell(r.AMinor, r.Currency), redeemedCell(r.BMinor, r.Currency)})
		}
		p.table(t)
	}
}

func redeemedCell(minor int64, currency string) string {
	if currency == "" {
		return ""
	}
	return Amount(minor, currency)
}

// diffRest is what is no money: rejected rows and people's requests.
func (p *printer) diffRest(d *Diff) {
	if len(d.Rejects) > 0 {
		p.section("Rejected rows", "codes that differ")
		t := Table{Columns: []Column{{Name: "source", Wrap: 16}, {Name: "code", Wrap: 24}, {Name: "A", Figures: true}, {Name: "B", Figures: true},
			{Name: "only A", Figures: true}, {Name: "only B", Figures: true}}}
		for _, r := range d.Rejects {
			t.Rows = append(t.Rows, []string{r.Source, r.Code, Count(r.A), Count(r.B), countOrNone(r.OnlyA), countOrNone(r.OnlyB)})
		}
		p.table(t)
		for _, r := range d.Rejects {
			p.wrapped(fmt.Sprintf("For instance row %d of %s, rejected by %s alone: %s", r.Row, r.File, strings.ToUpper(r.RejectBy), r.Detail))
		}
	}
	if len(d.Requests) > 0 {
		p.section("Requests of people", "outcomes that differ")
		t := Table{Columns: []Column{{Name: "night", Wrap: 10}, {Name: "id", Wrap: 24}, {Name: "kind", Wrap: 8}, {Name: "in A", Wrap: 22}, {Name: "in B", Wrap: Rest}}}
		for _, r := range d.Requests {
			t.Rows = append(t.Rows, []string{r.Date, r.ID, r.Kind, valueCell(r.A), valueCell(r.B)})
		}
		p.table(t)
	}
}

// diffExamples are single incidents, with a sentence a side.
func (p *printer) diffExamples(d *Diff) {
	if len(d.Examples) == 0 {
		return
	}
	p.section("Examples", "the largest differences of each kind and currency")
	for i := range d.Examples {
		e := &d.Examples[i]
		what := []string{e.Source + " " + e.EventID, "customer " + e.CustomerID}
		if e.OrderID != "" {
			what = append(what, "order "+e.OrderID)
		}
		difference := e.Kind
		if e.What != "" {
			difference += " (" + e.What + ")"
		}
		if minor := e.Difference(); minor != 0 {
			difference += " " + signed(minor, e.Currency)
		}
		p.wrapped(difference + ": " + e.CreditID + ", " + strings.Join(what, ", "))
		p.diffSentence("A", &e.A)
		p.diffSentence("B", &e.B)
	}
	if d.MoreExamples > 0 {
		p.wrapped(Counted(d.MoreExamples, "more incident differs", "more incidents differ") + ".")
	}
}

func signed(minor int64, currency string) string {
	if minor > 0 {
		return "+" + Amount(minor, currency)
	}
	return Amount(minor, currency)
}

func (p *printer) diffSentence(side string, e *DiffExampleSide) {
	if e.Date != "" {
		side += ", " + e.Date
	}
	p.under(side + ": " + e.Sentence)
}
