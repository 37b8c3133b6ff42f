package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// diffAmounts are histograms of by how much incidents differ.
func diffAmounts(d *report.Diff) Section {
	s := Section{ID: "amounts", Title: "By how much", Lead: "Incidents by how much more or less they get in B, issued and held together. The amount below a bar is where its step begins."}
	charts := &Grid{}
	by := map[string][]report.DiffBin{}
	for _, b := range d.Amounts {
		by[b.Currency] = append(by[b.Currency], b)
	}
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		less, more := Series{Name: "less", Tone: toneLost}, Series{Name: "more", Tone: toneGained}
		table := &Table{Caption: "Differences in " + currency, Head: 1, Columns: append(Names("Difference"), Figures("Less in B", "More in B")...)}
		bars := &Bars{}
		for _, b := range by[currency] {
			step := Money(b.FromMinor, currency) + " to below " + Money(b.ToMinor, currency)
			bars.Categories = append(bars.Categories, Money(b.FromMinor, currency))
			less.Values = append(less.Values, countValue(b.Less, "incident", "incidents"))
			more.Values = append(more.Values, countValue(b.More, "incident", "incidents"))
			table.Rows = append(table.Rows, Row(step, Count(b.Less), Count(b.More)))
		}
		bars.Series = []Series{less, more}
		charts.Blocks = append(charts.Blocks, &Chart{
			Title: "Differences in " + currency, Label: "How many incidents get less and more in B, by how much, in " + currency + ".",
			Data: bars, Tables: []*Table{table},
			Legend: []Legend{{toneLost, "less in B", false}, {toneGained, "more in B", false}},
		})
	}
	if len(charts.Blocks) > 0 {
		s.Blocks = []Block{charts}
	}
	return s
}

// diffTransitions is how incidents came out on both sides.
func diffTransitions(d *report.Diff) Section {
	s := Section{ID: "outcomes", Title: "What became of them", Lead: "How incidents came out in A, and how in B."}
	if len(d.Transitions) == 0 {
		return s
	}
	t := &Table{Caption: "Outcomes", Columns: append(Names("Kind", "In A", "In B"), Figures("Incidents", "B − A")...)}
	for _, l := range d.Transitions {
		to := Cell{Text: l.To}
		if l.What != "" {
			to.Small = "other: " + l.What
		}
		t.Rows = append(t.Rows, []Cell{{Text: l.Kind, Tone: diffTones[l.Kind]}, {Text: l.From}, to, {Text: Count(l.Count)}, {Text: diffSums(l.Difference)}})
	}
	s.Blocks = []Block{t}
	if d.MoreTransitions > 0 {
		s.Blocks = append(s.Blocks, Note("And "+report.Counted(int64(d.MoreTransitions), "other way", "other ways")+" with fewer incidents."))
	}
	return s
}

// diffTerms are the terms that change of credits that both sides give.
func diffTerms(d *report.Diff) Section {
	s := Section{ID: "terms", Title: "Other terms", Lead: "Of credits that both give: until when they can be used, and for what."}
	t := &Table{Caption: "Terms that change", Columns: append(Names("In A", "In B"), Figures("Credits")...)}
	for i := range d.Terms {
		l := &d.Terms[i]
		t.Rows = append(t.Rows, []Cell{{Text: diffValue(l.A), Small: l.SaysA}, {Text: diffValue(l.B), Small: l.SaysB}, {Text: Count(l.Count)}})
	}
	if len(t.Rows) > 0 {
		s.Blocks = []Block{t}
	}
	return s
}

// diffSums shows changes per currency, each with its sign.
func diffSums(sums money.ByCurrency) string {
	var parts []string
	for _, currency := range sums.Currencies() {
		if sums[currency] != 0 {
			parts = append(parts, SignedMoney(sums[currency], currency))
		}
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// diffBounds is what limits, approvals, budgets and guardrails did, where that
// differs.
func diffBounds(d *report.Diff) Section {
	s := Section{ID: "bounds", Title: "Limits, budgets and approvals that bind", Lead: "A → B, on all nights together: credits lowered and denied, and what that took; awards that wait when the last night is over."}
	names, rows, same := d.BoundRows(func(kind, id string) string { return kind + " " + id })
	if len(rows) == 0 {
		return s
	}
	t := &Table{Caption: "What binds otherwise", Head: 2, Columns: append(Names(names[:2]...), Figures(names[2:]...)...)}
	for _, row := range rows {
		t.Rows = append(t.Rows, Row(row...))
	}
	s.Blocks = []Block{t}
	if same > 0 {
		s.Blocks = append(s.Blocks, Note("The same on both sides: "+report.Counted(int64(same), "other", "others")+"."))
	}
	return s
}

// diffLedgers sets the roll-forwards side by side, where they differ.
func diffLedgers(d *report.Diff) Section {
	s := Section{ID: "ledger", Title: "What customers can still use", Lead: "The roll-forward of all nights on both sides, in currencies in which they differ."}
	tables := &Grid{}
	for _, l := range d.RollForward {
		if l.A == l.B {
			continue
		}
		t := &Table{Caption: l.Currency, Head: 1, Columns: append(Names(""), Figures("A", "B", "B − A")...)}
		add := func(name string, a, b int64) []Cell {
			return []Cell{{Text: name}, {Text: Money(a, l.Currency)}, {Text: Money(b, l.Currency)}, {Text: SignedMoney(b-a, l.Currency), Muted: a == b}}
		}
		a, b := l.A, l.B
		t.Rows = [][]Cell{
			add("Opening", a.Opening, b.Opening), add("+ issued", a.Issued, b.Issued), add("+ reinstated", a.Reinstated, b.Reinstated),
			add("− redeemed", a.Redeemed, b.Redeemed), add("− forfeited", a.Forfeited, b.Forfeited), add("− voided", a.Voided, b.Voided),
		}
		t.Foot = [][]Cell{add("= closing", a.Closing, b.Closing)}
		tables.Blocks = append(tables.Blocks, t)
	}
	if len(tables.Blocks) > 0 {
		s.Blocks = append(s.Blocks, tables)
	}
	if len(d.Redemptions) > 0 {
		t := &Table{Caption: "Redemptions whose outcome differs", Head: 2, Columns: append(Names("Outcome", "Currency"), Figures("Rows in A", "Rows in B", "Applied in A", "Applied in B")...)}
		for _, r := range d.Redemptions {
			row := Row(r.Outcome, r.Currency, Count(r.A), Count(r.B), none, none)
			if r.Currency != "" {
				row[4].Text, row[5].Text = Money(r.AMinor, r.Currency), Money(r.BMinor, r.Currency)
			}
			t.Rows = append(t.Rows, row)
		}
		s.Blocks = append(s.Blocks, t)
	}
	return s
}

// diffRows is what is no money: rejected rows and people's requests.
func diffRows(d *report.Diff) Section {
	s := Section{ID: "rows", Title: "Rows and requests"}
	if len(d.Rejects) > 0 {
		t := &Table{Caption: "Rejected rows, codes that differ", Head: 2,
			Columns: append(append(Names("Source", "Code"), Figures("A", "B", "Only A", "Only B")...), Names("For instance")...)}
		for _, r := range d.Rejects {
			row := append(Row(r.Source, r.Code, Count(r.A), Count(r.B), Count(r.OnlyA), Count(r.OnlyB)),
				Cell{Text: r.Detail, Small: "row " + Count(r.Row) + " of " + r.File + ", rejected by " + strings.ToUpper(r.RejectBy) + " alone"})
			t.Rows = append(t.Rows, row)
		}
		s.Blocks = append(s.Blocks, t)
	}
	if len(d.Requests) > 0 {
		t := &Table{Caption: "Requests of people that came out differently", Columns: Names("Night", "Request", "Kind", "In A", "In B")}
		for _, r := range d.Requests {
			t.Rows = append(t.Rows, []Cell{{Text: r.Date}, {Text: r.ID, Code: true}, {Text: r.Kind}, {Text: diffValue(r.A)}, {Text: diffValue(r.B)}})
		}
		s.Blocks = append(s.Blocks, t)
	}
	return s
}

// diffExamples are single incidents with a sentence for each side.
func diffExamples(d *report.Diff) Section {
	s := Section{ID: "examples", Title: "Examples", Lead: "The largest differences of each kind and currency."}
	if len(d.Examples) == 0 {
		return s
	}
	cards := &Cards{}
	for i := range d.Examples {
		cards.Cards = append(cards.Cards, diffCard(&d.Examples[i], d.Basis == report.DiffSimulated))
	}
	s.Blocks = []Block{cards}
	if d.MoreExamples > 0 {
		s.Blocks = append(s.Blocks, Note(report.Counted(d.MoreExamples, "more incident differs", "more incidents differ")+"."))
	}
	return s
}

func diffCard(e *report.DiffExample, simulated bool) Card {
	c := Card{Tone: diffTones[e.Kind], Tag: e.Kind, Text: "The same amount in both."}
	if e.What != "" {
		c.Text = "The same amount in both; other: " + e.What + "."
	}
	if minor := e.Difference(); minor > 0 {
		c.Text = Money(minor, e.Currency) + " more in B."
	} else if minor < 0 {
		c.Text = Money(-minor, e.Currency) + " less in B."
	}
	c.Fields = []Field{{Name: diffSideName("A", &e.A), Value: e.A.Sentence}, {Name: diffSideName("B", &e.B), Value: e.B.Sentence},
		{Name: "credit", Value: e.CreditID, Code: true}, {Name: "customer", Value: e.CustomerID, Code: true}, {Name: e.Source, Value: e.EventID, Code: true}}
	if e.OrderID != "" {
		c.Fields = append(c.Fields, Field{Name: "order", Value: e.OrderID, Code: true})
	}
	if date := cmp.Or(e.A.Date, e.B.Date); simulated && date != "" {
		c.Command = "amends explain --dry-run --date " + date + " --credit " + e.CreditID
	}
	return c
}

func diffSideName(side string, e *report.DiffExampleSide) string {
	if e.Date == "" {
		return side
	}
	return side + ", " + e.Date
}
