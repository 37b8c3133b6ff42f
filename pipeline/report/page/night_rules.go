package page

import (
	"cmp"
	"slices"

	"amends/pipeline/report"
)

// Bounds of what is drawn: a rulebook may have hundreds of rules, of which the
// tables have all.
const (
	drawnRules      = 20 // bars of one currency
	drawnHistograms = 24
	drawnOverlaps   = 24 // rules of the matrix
	overlapLines    = 300
	leastHistogram  = 5 // credits: fewer make no shape
)

// liveRules are those that give, or those on trial.
func rulesOf(a *report.Analysis, shadow bool) []report.RuleAnalysis {
	return slices.DeleteFunc(slices.Clone(a.Rules), func(r report.RuleAnalysis) bool { return (r.Mode == "shadow") != shadow })
}

func rulesSection(a *report.Analysis) Section {
	section := Section{ID: "rules", Title: "Rules", Lead: "Of each live rule: how many incidents it hits, on how many its award wins, and what the night would not have cost without it."}
	live := rulesOf(a, false)
	gone := goneRules(a, live)
	if len(live) == 0 {
		section.Blocks = append([]Block{Text("There is no figure of any live rule tonight.")}, gone...)
		return section
	}
	charts := &Grid{}
	for _, code := range ruleCurrencies(live) {
		if c := rulesChart(live, code); c != nil {
			charts.Blocks = append(charts.Blocks, c)
		}
	}
	if len(charts.Blocks) == 0 {
		section.Blocks = append(section.Blocks, Text("No live rule gave anything tonight."))
	} else {
		section.Blocks = append(section.Blocks, charts)
	}
	section.Blocks = append(append(section.Blocks, gone...), rulesTable("Live rules", live),
		Note("Only because of it: the night is resolved again without the rule; where another rule would have paid instead, only the difference counts. It is below zero where the rule kept others out."))
	section.Blocks = append(section.Blocks, histograms(live)...)
	section.Blocks = append(section.Blocks, overlaps(a.Overlaps, a.OverlapsMore)...)
	return section
}

// goneRules is what was issued by rules that are live no more: of holds that
// people released. With it the rules add up to what was issued.
func goneRules(a *report.Analysis, live []report.RuleAnalysis) []Block {
	var blocks []Block
	for _, l := range a.Summary.Issued {
		if !slices.ContainsFunc(live, func(r report.RuleAnalysis) bool { return r.Rule == l.Rule }) {
			blocks = append(blocks, Text("Beside these, "+l.Rule+", which is no live rule any more, has "+report.Counted(l.Count, "credit", "credits")+" of "+
				Money(l.Minor, l.Currency)+" of released holds, paid by "+l.Funding+"."))
		}
	}
	return blocks
}

func ruleCurrencies(list []report.RuleAnalysis) []string {
	var codes []string
	for i := range list {
		codes = append(codes, currencies(list[i].Money, func(m *report.RuleMoney) string { return m.Currency })...)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// ruleMoney is a rule in one currency.
type ruleMoney struct {
	rule  *report.RuleAnalysis
	money *report.RuleMoney
}

// inCurrency are the rules that gave or would have changed anything in a
// currency, most issued first.
func inCurrency(list []report.RuleAnalysis, code string) []ruleMoney {
	var found []ruleMoney
	for i := range list {
		for j := range list[i].Money {
			if m := &list[i].Money[j]; m.Currency == code && (m.Minor != 0 || m.MarginalMinor != 0) {
				found = append(found, ruleMoney{&list[i], m})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ruleMoney) int { return cmp.Compare(b.money.Minor, a.money.Minor) })
	return found
}

func rulesChart(list []report.RuleAnalysis, code string) *Chart {
	found := inCurrency(list, code)
	if len(found) == 0 {
		return nil
	}
	bars := &Bars{Across: true, Unit: UnitOf(code), Series: []Series{{Name: "issued", Tone: ToneIssued}, {Name: "only because of it", Tone: ToneBefore}}}
	figures := &Table{Caption: "Rules in " + code, Columns: append(Names("rule"), Figures("issued", "only because of it")...), Head: 1}
	c := &Chart{Title: "Issued by rule, " + code, Data: bars, Tables: []*Table{figures}, Label: "Bars of what each rule issued in " + code + ", and of what would not have been issued without it",
		Legend: []Legend{{Tone: ToneIssued, Name: "issued"}, {Tone: ToneBefore, Name: "only because of it"}}}
	for i, f := range found {
		figures.Rows = append(figures.Rows, Row(f.rule.Rule, Money(f.money.Minor, code), Money(f.money.MarginalMinor, code)))
		if i >= drawnRules {
			c.Note = "The " + Count(drawnRules) + " that issued most; all are in the table."
			continue
		}
		bars.Categories = append(bars.Categories, f.rule.Rule)
		bars.Series[0].Values = append(bars.Series[0].Values, moneyValue(f.money.Minor, code))
		bars.Series[1].Values = append(bars.Series[1].Values, moneyValue(f.money.MarginalMinor, code))
	}
	return c
}

func rulesTable(caption string, list []report.RuleAnalysis) *Table {
	t := &Table{Caption: caption, Head: 1,
		Columns: append(Names("rule"), Figures("in", "issued", "would give", "only because of it", "of holds", "hits", "wins", "credits", "mean", "share")...),
		From: "Hits: decisions.parquet where matched_rules has the rule and released is false; would give: the gross of them. Settled: of them, where repeat is true: what an earlier night gave, denied or held, so that nothing of it could be given tonight. " +
			"Wins, credits and issued: issuance.parquet by rule_id and currency, sum of amount_minor. Only because of it: decided again without the rule."}
	for i := range list {
		r := &list[i]
		head, hits := Cell{Text: r.Rule, Small: r.Place}, Cell{Text: Count(r.Hits), Small: settled(r.SettledHits, Count(r.SettledHits))}
		if len(r.Money) == 0 {
			t.Rows = append(t.Rows, []Cell{head, {}, {}, {}, {}, {}, hits, {Text: Count(r.Wins)}, {}, {}, {}})
		}
		for j := range r.Money {
			m := &r.Money[j]
			gross := Cell{Text: Money(m.GrossMinor, m.Currency), Small: settled(m.SettledMinor, Money(m.SettledMinor, m.Currency))}
			row := []Cell{head, {Text: m.Currency}, {Text: Money(m.Minor, m.Currency)}, gross, {Text: Money(m.MarginalMinor, m.Currency)}, {Text: Money(m.MarginalHeldMinor, m.Currency), Muted: m.MarginalHeldMinor == 0},
				hits, {Text: Count(r.Wins)}, {Text: Count(m.Wins)}, {Text: none}, {Text: Share(m.ShareBasis)}}
			if m.Wins > 0 {
				row[9].Text = Money(m.MeanMinor, m.Currency)
			}
			if j > 0 {
				row[0], row[6], row[7].Muted = Cell{Text: r.Rule, Muted: true}, Cell{Text: Count(r.Hits), Muted: true}, true
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// settled says how much of a figure an earlier night settled.
func settled(n int64, text string) string {
	if n == 0 {
		return ""
	}
	return text + "\u00a0settled" // one word, or it breaks into three lines below a narrow count
}

// histograms are the amounts of the rules with most credits.
func histograms(list []report.RuleAnalysis) []Block {
	var found []ruleMoney
	few := 0
	for i := range list {
		for j := range list[i].Money {
			switch m := &list[i].Money[j]; {
			case m.Wins >= leastHistogram && len(m.Amounts) > 0:
				found = append(found, ruleMoney{&list[i], m})
			case m.Wins > 0:
				few++
			}
		}
	}
	if len(found)+few == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b ruleMoney) int { return cmp.Compare(b.money.Wins, a.money.Wins) })
	left := few + max(len(found)-drawnHistograms, 0)
	grid := &Grid{Narrow: true}
	for _, f := range found[:min(len(found), drawnHistograms)] {
		grid.Blocks = append(grid.Blocks, histogram(f))
	}
	blocks := []Block{Heading("How much each rule gives")}
	if len(found) > 0 {
		blocks = append(blocks, grid)
	}
	note := "Each bar counts the credits from its amount up to the next one's: issuance.parquet by rule_id and currency."
	if left > 0 {
		note += " Of " + report.Counted(int64(left), "other rule and currency", "other rules and currencies") + " there are fewer credits, and no drawing."
	}
	return append(blocks, Note(note))
}

func histogram(f ruleMoney) *Chart {
	code := f.money.Currency
	title := f.rule.Rule + ", " + code
	bars := &Bars{Touching: true, Series: []Series{{Name: "credits", Tone: ToneIssued}}}
	figures := &Table{Caption: "Amounts of " + title, Columns: append(Figures("from"), Figures("up to, not with", "credits")...)}
	for _, b := range f.money.Amounts {
		bars.Categories = append(bars.Categories, Money(b.FromMinor, code))
		bars.Series[0].Values = append(bars.Series[0].Values, countValue(b.Count, "credit", "credits"))
		figures.Rows = append(figures.Rows, Row(Money(b.FromMinor, code), Money(b.ToMinor, code), Count(b.Count)))
	}
	return &Chart{Title: title, Height: 130, Data: bars, Tables: []*Table{figures},
		Label: "Histogram of the " + report.Counted(f.money.Wins, "credit", "credits") + " of rule " + f.rule.Rule + " in " + code + " by amount"}
}

// overlaps is on how many incidents two rules both hit.
func overlaps(list []report.Overlap, more int64) []Block {
	if len(list) == 0 {
		return []Block{Heading("Where rules overlap"), Text("No rule hits any incident tonight, so none overlap.")}
	}
	own := map[string]int64{}
	var names []string
	for _, o := range list {
		if o.A == o.B {
			own[o.A] = o.Count
			names = append(names, o.A)
		}
	}
	pairs := &Table{Caption: "Pairs of rules", Empty: "No two rules hit one incident.", Columns: append(Names("rule", "and rule"), Figures("incidents", "of the first", "of the second")...), Head: 2,
		From: "decisions.parquet where matched_rules has both and released is false."}
	for _, o := range list {
		switch {
		case o.A == o.B || o.Count == 0:
		case len(pairs.Rows) == overlapLines:
			more++
		default:
			pairs.Rows = append(pairs.Rows, Row(o.A, o.B, Count(o.Count), part(o.Count, own[o.A]), part(o.Count, own[o.B])))
		}
	}
	if more > 0 {
		pairs.From += " " + report.Counted(more, "other pair is", "other pairs are") + " left out."
	}
	matrix := overlapMatrix(list, names, own)
	return []Block{Heading("Where rules overlap"), &Chart{Title: "Incidents that two rules hit", Data: matrix, Tables: []*Table{overlapOwn(names, own), pairs},
		Label: "Matrix of " + Count(int64(len(matrix.X))) + " rules: on how many incidents each two of them both hit",
		Note:  "On the diagonal, in grey: all incidents that the rule hits." + drawnOf(len(names), drawnOverlaps, " Only the %s rules that hit most are drawn; the table has all.")}}
}

func overlapOwn(names []string, own map[string]int64) *Table {
	t := &Table{Caption: "Incidents by rule", Columns: append(Names("rule"), Figures("incidents")...), Head: 1}
	for _, n := range names {
		t.Rows = append(t.Rows, Row(n, Count(own[n])))
	}
	return t
}

func overlapMatrix(list []report.Overlap, names []string, own map[string]int64) *Heatmap {
	drawn := slices.Clone(names)
	if len(drawn) > drawnOverlaps {
		slices.SortStableFunc(drawn, func(a, b string) int { return cmp.Compare(own[b], own[a]) })
		kept := drawn[:drawnOverlaps]
		drawn = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(kept, n) })
	}
	at := map[string]int{}
	for i, n := range drawn {
		at[n] = i
	}
	m := &Heatmap{X: drawn, Y: drawn}
	for _, o := range list {
		x, okX := at[o.A]
		y, okY := at[o.B]
		if !okX || !okY || o.Count == 0 {
			continue
		}
		value := countValue(o.Count, "incident", "incidents")
		m.Cells = append(m.Cells, HeatCell{X: x, Y: y, Value: value.Value, Text: value.Text})
		if x != y {
			m.Cells = append(m.Cells, HeatCell{X: y, Y: x, Value: value.Value, Text: value.Text})
		}
	}
	return m
}
