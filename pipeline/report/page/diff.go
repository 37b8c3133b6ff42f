package page

import (
	"cmp"
	"slices"
	"strings"

	"amends/pipeline/report"
)

// DiffLabel is what kind of page a comparison is.
const DiffLabel = "Comparison: nothing was moved"

// Diff returns the page of a comparison of two rulebooks.
func Diff(d *report.Diff) ([]byte, error) { return diffDocument(d).HTML() }

// diffDocument is the page, in the order in which people ask: how much, by
// which rules, where, why, and who.
func diffDocument(d *report.Diff) *Document {
	page := &Document{
		Title:    diffTitle(d),
		Heading:  diffTitle(d),
		Label:    DiffLabel,
		Subtitle: "A is " + d.A.What + ". B is " + d.B.What + ". " + report.DiffNightsSentence(d),
		Footer:   diffFooter(d),
	}
	page.Sections = append(page.Sections, diffSummary(d))
	if len(d.RuleChanges.Changes) > 0 {
		page.Sections = append(page.Sections, diffRuleChanges(d))
	}
	if !d.Differs {
		return withSections(page, diffNearMisses(d))
	}
	withSections(page, diffMoney(d), diffRules(d))
	for i := range d.Breakdowns {
		withSections(page, diffBreakdown(i, &d.Breakdowns[i], d.LinesShown()))
	}
	return withSections(page, diffAmounts(d), diffTransitions(d), diffTerms(d), diffBounds(d), diffLedgers(d), diffRows(d), diffNearMisses(d), diffExamples(d))
}

// withSections adds sections that have something in them.
func withSections(page *Document, sections ...Section) *Document {
	for _, s := range sections {
		if len(s.Blocks) > 0 {
			page.Sections = append(page.Sections, s)
		}
	}
	return page
}

func diffTitle(d *report.Diff) string {
	if d.Basis == report.DiffPublished {
		return "What differs between " + d.A.Name + " and " + d.B.Name
	}
	return "What would change with " + d.B.Name
}

func diffFooter(d *report.Diff) string {
	if d.Basis == report.DiffPublished {
		return "Every figure here can be counted again in the Parquet files of both folders. A difference is B less A."
	}
	return "Both rulebooks were run in memory on the same files, each on a ledger of its own that begins alike. A difference is B less A."
}

func diffSummary(d *report.Diff) Section {
	s := Section{ID: "summary", Title: "Summary", Blocks: []Block{Text(d.Headline)}}
	if d.Differs {
		s.Blocks = append(s.Blocks, diffTiles(d))
	}
	alerts := &Alerts{}
	if r := &d.RuleChanges; r.Headline != "" {
		level := LevelKnow
		if r.Missing > 0 {
			level = LevelWatch
		}
		alerts.Alerts = append(alerts.Alerts, Alert{Level: level, What: "Rules", Text: r.Headline + ".", Href: "#changed-rules"})
	}
	for _, note := range d.Notes {
		alerts.Alerts = append(alerts.Alerts, Alert{Level: LevelKnow, What: "Note", Text: note})
	}
	if len(alerts.Alerts) > 0 {
		s.Blocks = append(s.Blocks, alerts)
	}
	return s
}

// diffTiles are incidents by how they differ, and the money of each kind.
func diffTiles(d *report.Diff) *Tiles {
	t := &Tiles{}
	for _, k := range []struct {
		tone  Tone
		name  string
		count int64
		of    func(report.DiffFlow) int64
	}{
		{toneGained, "Gained", d.Counts.Gained, func(f report.DiffFlow) int64 { return f.GainedMinor }},
		{toneLost, "Lost", d.Counts.Lost, func(f report.DiffFlow) int64 { return -f.LostMinor }},
		{toneChanged, "Changed", d.Counts.Changed, func(f report.DiffFlow) int64 { return f.ChangedMinor }},
		{ToneNeutral, "Same money, other terms", d.Counts.Other, nil},
		{ToneSuppressed, "Nothing in both, other reasons", d.Counts.Nothing, nil},
	} {
		if k.count == 0 {
			continue
		}
		tile := Tile{Tone: k.tone, Name: k.name, Count: Count(k.count)}
		for i := range d.Totals {
			l := &d.Totals[i]
			if k.of == nil {
				break
			}
			if minor := k.of(l.Issued); minor != 0 {
				tile.Lines = append(tile.Lines, SignedMoney(minor, l.Currency)+" issued")
			}
			if minor := k.of(l.Held); minor != 0 {
				tile.Lines = append(tile.Lines, SignedMoney(minor, l.Currency)+" held")
			}
		}
		t.Tiles = append(t.Tiles, tile)
	}
	return t
}

// What the kinds of differences look like.
const (
	toneGained  = ToneRedeemed
	toneLost    = ToneRejected
	toneChanged = ToneHeld
)

var diffTones = map[string]Tone{
	report.DiffGained: toneGained, report.DiffLost: toneLost, report.DiffChanged: toneChanged, report.DiffOther: ToneNeutral, report.DiffNothing: ToneSuppressed,
}

// diffMoney leads from A's sums to B's, a currency at a time.
func diffMoney(d *report.Diff) Section {
	s := Section{ID: "money", Title: "From A to B", Lead: "What both issue on all nights, and what waits for a person when the last one is over."}
	charts := &Grid{}
	for i := range d.Totals {
		l := &d.Totals[i]
		if l.Issued.AMinor != l.Issued.BMinor || l.Gained+l.Lost+l.Changed > 0 {
			charts.Blocks = append(charts.Blocks, diffWaterfall(l))
		}
	}
	if len(charts.Blocks) > 0 {
		s.Blocks = append(s.Blocks, charts)
	}
	if d.HeldDiffers() {
		s.Blocks = append(s.Blocks, diffFlowTable("Held", "", d.Totals, func(l *report.DiffLine) report.DiffFlow { return l.Held }))
	}
	return s
}

func diffWaterfall(l *report.DiffLine) *Chart {
	f := l.Issued
	at := f.AMinor
	steps := []Step{{Name: "A", Tone: ToneBefore, To: at, Text: Money(at, l.Currency)}}
	for _, part := range []struct {
		name  string
		tone  Tone
		minor int64
	}{{"gained", toneGained, f.GainedMinor}, {"lost", toneLost, -f.LostMinor}, {"changed", toneChanged, f.ChangedMinor}} {
		steps = append(steps, Step{Name: part.name, Tone: part.tone, From: at, To: at + part.minor, Text: SignedMoney(part.minor, l.Currency)})
		at += part.minor
	}
	steps = append(steps, Step{Name: "B", Tone: ToneIssued, To: at, Text: Money(at, l.Currency)})
	table := diffFlowTable("Issued in "+l.Currency, "", []report.DiffLine{*l}, func(l *report.DiffLine) report.DiffFlow { return l.Issued })
	return &Chart{
		Title: "Issued in " + l.Currency, Label: "Issued in A, what is gained, lost and changed, and issued in B, in " + l.Currency + ".",
		Data: &Waterfall{Unit: UnitOf(l.Currency), Steps: steps}, Tables: []*Table{table},
	}
}

// diffFlowTable shows lines as additions from A to B; what they move between
// lines counts as changed.
func diffFlowTable(caption, name string, lines []report.DiffLine, of func(*report.DiffLine) report.DiffFlow) *Table {
	t := &Table{Caption: caption, Head: 1}
	if name != "" {
		t.Columns, t.Head = Names(name), 1
	} else {
		t.Columns = Names("Currency")
	}
	changed := "± changed"
	for i := range lines {
		if of(&lines[i]).MovedMinor != 0 {
			changed = "± changed, moved"
		}
	}
	t.Columns = append(t.Columns, Figures("A", "+ gained", "− lost", changed, "= B", "B − A", "% of A")...)
	for i := range lines {
		l := &lines[i]
		f := of(l)
		if f.AMinor == 0 && f.BMinor == 0 && f.GainedMinor == 0 && f.LostMinor == 0 {
			continue
		}
		row := Row(l.Currency)
		if name != "" {
			row = Row(diffValue(l.Value))
		}
		for _, minor := range []int64{f.AMinor, f.GainedMinor, f.LostMinor} {
			row = append(row, Cell{Text: Money(minor, l.Currency), Muted: minor == 0})
		}
		minor := f.ChangedMinor + f.MovedMinor
		row = append(row, Cell{Text: SignedMoney(minor, l.Currency), Muted: minor == 0}, Cell{Text: Money(f.BMinor, l.Currency)},
			Cell{Text: SignedMoney(f.Difference(), l.Currency), Muted: f.Difference() == 0}, Cell{Text: cmp.Or(report.Percent(f.Difference(), f.AMinor), none)})
		t.Rows = append(t.Rows, row)
	}
	return t
}

func diffValue(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

// diffRules are bars of what each rule gains, loses and changes.
func diffRules(d *report.Diff) Section {
	s := Section{ID: "rules", Title: "By rule", Lead: "Rules with a difference. What another rule of the other side gives for the same incident is moved."}
	s.Blocks = diffLinesBlocks("Rule", d.Rules)
	return s
}

// diffBreakdown is one column's section.
func diffBreakdown(i int, b *report.DiffBreakdown, lines int) Section {
	s := Section{ID: "by-" + Count(int64(i+1)), Title: "By " + b.Column, Lead: "Values with a difference, the largest of each currency first, issued and held."}
	shown, rest, _ := b.Shown(lines)
	s.Blocks = diffLinesBlocks(b.Column, shown)
	if len(s.Blocks) > 0 && len(rest) > 0 {
		more, together := int64(0), make([]report.DiffLine, len(rest))
		for i := range rest {
			more, together[i] = more+int64(rest[i].Lines), rest[i].DiffLine
		}
		table := diffFlowTable("Issued for other values", "", together, func(l *report.DiffLine) report.DiffFlow { return l.Issued })
		s.Blocks = append(s.Blocks, Note(report.Counted(more, "more line", "more lines")+" with a difference, together (amends diff --lines N shows more, --csv FILE and --json have all):"), table)
	}
	return s
}

// diffLinesBlocks are a chart with its table for each currency, and a table of
// what is held.
func diffLinesBlocks(name string, lines []report.DiffLine) []Block {
	var currencies []string
	by := map[string][]report.DiffLine{}
	for i := range lines {
		if l := lines[i]; l.Moves() {
			if by[l.Currency] == nil {
				currencies = append(currencies, l.Currency)
			}
			by[l.Currency] = append(by[l.Currency], l)
		}
	}
	charts := &Grid{}
	var held []report.DiffLine
	slices.Sort(currencies)
	for _, currency := range currencies {
		if chart := diffBars(name, currency, by[currency]); chart != nil {
			charts.Blocks = append(charts.Blocks, chart)
		}
		for _, l := range by[currency] {
			if l.Held.AMinor != l.Held.BMinor {
				held = append(held, l)
			}
		}
	}
	var blocks []Block
	if len(charts.Blocks) > 0 {
		blocks = append(blocks, charts)
	}
	if len(held) > 0 {
		blocks = append(blocks, diffFlowTable("Held, where it differs", name, held, func(l *report.DiffLine) report.DiffFlow { return l.Held }))
	}
	return blocks
}

// maxDrawnLines is how many lines a chart draws; its table has all that are
// shown.
const maxDrawnLines = 40

// diffBars draws the issued money of one currency's lines.
func diffBars(name, currency string, lines []report.DiffLine) *Chart {
	bars := &Bars{Unit: UnitOf(currency), Across: true, Stacked: true}
	series := []Series{{Name: "gained", Tone: toneGained}, {Name: "lost", Tone: toneLost}, {Name: "changed", Tone: toneChanged}}
	for i := range lines {
		f := lines[i].Issued
		if f.GainedMinor == 0 && f.LostMinor == 0 && f.ChangedMinor+f.MovedMinor == 0 || len(bars.Categories) == maxDrawnLines {
			continue
		}
		bars.Categories = append(bars.Categories, diffValue(lines[i].Value))
		for k, minor := range []int64{f.GainedMinor, -f.LostMinor, f.ChangedMinor + f.MovedMinor} {
			series[k].Values = append(series[k].Values, Value{Value: minor, Text: SignedMoney(minor, currency)})
		}
	}
	table := diffFlowTable("Issued in "+currency, name, lines, func(l *report.DiffLine) report.DiffFlow { return l.Issued })
	if len(table.Rows) == 0 || len(bars.Categories) == 0 {
		return nil
	}
	bars.Series = series
	return &Chart{
		Note:  drawnOf(len(table.Rows), maxDrawnLines, "Only the first %s are drawn; the table has all."),
		Title: "Issued in " + currency, Label: "What is gained, lost and changed in " + currency + ", by " + strings.ToLower(name) + ".",
		Legend: []Legend{{toneGained, "gained", false}, {toneLost, "lost", false}, {toneChanged, "changed or moved", false}},
		Data:   bars, Tables: []*Table{table},
	}
}
