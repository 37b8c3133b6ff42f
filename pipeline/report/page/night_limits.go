package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/report"
)

// drawnBudgets bounds the lines drawn: a budget per seller has a scope for each.
const drawnBudgets = 8

// leastBurn is how many awards of one rule or seller make a line: fewer are in
// the table.
const leastBurn = 5

func limitsSection(a *report.Analysis) Section {
	section := Section{ID: "limits", Title: "Limits and budgets", Lead: "What caps took off or refused tonight, how budgets were used up, award by award in the order in which they go before each other, and who is near a cap."}
	if len(a.Limits) == 0 {
		section.Blocks = append(section.Blocks, Text("No limit came to bear tonight."))
	} else {
		section.Blocks = append(section.Blocks, limitsTable(a.Limits))
		for i := range a.Limits {
			if l := &a.Limits[i]; len(l.Near) > 0 {
				section.Blocks = append(section.Blocks, nearTable(l))
			}
		}
	}
	section.Blocks = append(section.Blocks, Heading("Budgets"))
	if len(a.Budgets) == 0 {
		section.Blocks = append(section.Blocks, Text("No budget came to bear tonight."))
		return section
	}
	section.Blocks = append(section.Blocks, budgetTables(a.Budgets)...)
	drawn := slices.DeleteFunc(slices.Clone(a.Budgets), func(b report.BudgetAnalysis) bool {
		return len(b.Burn) < 2 || b.Scope != "" && b.Awards+b.Refused < leastBurn || quietBudget(b)
	})
	slices.SortStableFunc(drawn, func(x, y report.BudgetAnalysis) int {
		if (x.Scope == "") != (y.Scope == "") {
			return cmp.Compare(x.Scope, y.Scope) // the night's own budgets first
		}
		return cmp.Compare(y.UsedBasis, x.UsedBasis)
	})
	if len(drawn) > drawnBudgets {
		section.Blocks = append(section.Blocks, Note("Drawn are "+Count(drawnBudgets)+": those of the night, and of the others those that are used up most."))
		drawn = drawn[:drawnBudgets]
	}
	grid := &Grid{}
	for i := range drawn {
		grid.Blocks = append(grid.Blocks, burnChart(&drawn[i]))
	}
	if len(grid.Blocks) > 0 {
		section.Blocks = append(section.Blocks, grid)
	}
	return section
}

// capOf is what a limit allows: "$80.00, 5 credits".
func capOf(l *report.LimitAnalysis) string {
	switch {
	case l.MaxMinor == 0 && l.MaxCount == 0:
		return none
	case l.MaxMinor == 0:
		return report.Counted(l.MaxCount, "credit", "credits")
	case l.MaxCount == 0:
		return Money(l.MaxMinor, l.Currency)
	}
	return Money(l.MaxMinor, l.Currency) + " and " + report.Counted(l.MaxCount, "credit", "credits")
}

// limitScope is what a limit counts together: "customer", or "customer, of late,
// lost" where it counts what these rules gave.
func limitScope(l *report.LimitAnalysis) string {
	if len(l.Rules) == 0 {
		return l.Per
	}
	return l.Per + ", of " + strings.Join(l.Rules, ", ")
}

func window(days int) string {
	if days == 0 {
		return "ever"
	}
	return strconv.Itoa(days) + " days"
}

func limitsTable(limits []report.LimitAnalysis) *Table {
	t := &Table{Caption: "Limits", Head: 1, Columns: append(Names("limit", "per", "within", "in"), Figures("cap", "lowered", "denied", "held", "taken off", "near the cap")...),
		From: "decisions.parquet where limited_by has the limit, or reason is limit: and its name: rows, and the sum of gross_minor − amount_minor."}
	for i := range limits {
		l := &limits[i]
		t.Rows = append(t.Rows, []Cell{{Text: l.Limit}, {Text: limitScope(l)}, {Text: window(l.WindowDays)}, {Text: l.Currency}, {Text: capOf(l)}, {Text: Count(l.Trimmed), Muted: l.Trimmed == 0},
			{Text: Count(l.Denied), Muted: l.Denied == 0}, {Text: Count(l.Held), Muted: l.Held == 0}, {Text: Money(l.TakenMinor, l.Currency), Muted: l.TakenMinor == 0}, {Text: Count(int64(len(l.Near)) + l.NearMore)}})
	}
	return t
}

// nearTable lists who is near a cap.
func nearTable(l *report.LimitAnalysis) Block {
	t := &Table{Caption: "At or above four fifths of " + l.Limit + ", " + l.Currency, Head: 1, Columns: append(Names(l.Per), Figures("used", "credits", "of the cap", "of it tonight")...),
		From: "postings.parquet of the nights within the window, by customer_id or order_id, with tonight's holds."}
	for _, n := range l.Near {
		t.Rows = append(t.Rows, []Cell{{Text: n.ID, Code: true}, {Text: Money(n.UsedMinor, l.Currency)}, {Text: Count(n.UsedCount)}, {Text: Share(n.UsedBasis)}, {Text: Money(n.TonightMin, l.Currency), Muted: n.TonightMin == 0}})
	}
	if l.NearMore > 0 {
		t.From += " " + report.Counted(l.NearMore, "other is", "others are") + " left out."
	}
	return &Details{Summary: report.Counted(int64(len(l.Near))+l.NearMore, l.Per, l.Per+"s") + " near " + l.Limit + " in " + l.Currency, Blocks: []Block{t}}
}

func budgetScope(b *report.BudgetAnalysis) string {
	if b.Scope == "" {
		return "the night"
	}
	return b.Per + " " + b.Scope
}

// quietBudget is true of a rule's or seller's budget that is less than half used.
func quietBudget(b report.BudgetAnalysis) bool {
	return b.Scope != "" && b.Refused == 0 && b.UsedBasis < 5000
}

// budgetTables are the budgets of the night and those that are half used, and
// the others where they can be opened.
func budgetTables(budgets []report.BudgetAnalysis) []Block {
	loud := slices.DeleteFunc(slices.Clone(budgets), quietBudget)
	rest := slices.DeleteFunc(slices.Clone(budgets), func(b report.BudgetAnalysis) bool { return !quietBudget(b) })
	var blocks []Block
	if len(loud) > 0 {
		blocks = append(blocks, budgetsTable("Budgets", loud))
	}
	if len(rest) > 0 {
		blocks = append(blocks, &Details{Summary: report.Counted(int64(len(rest)), "budget of a rule or seller", "budgets of rules or sellers") + ", less than half used",
			Blocks: []Block{budgetsTable("Less than half used", rest)}})
	}
	return blocks
}

func budgetsTable(caption string, budgets []report.BudgetAnalysis) *Table {
	t := &Table{Caption: caption, Head: 2, Columns: append(Names("budget", "of", "in"), Figures("cap", "used", "of the cap", "awards that fit", "that did not", "refused")...),
		From: "decisions.parquet where outcome is issued or held: sum of amount_minor by currency, and by rule_id or seller_id where the budget is per rule or seller. Refused: limited_by has the budget, or reason is budget: and its name."}
	for i := range budgets {
		b := &budgets[i]
		t.Rows = append(t.Rows, []Cell{{Text: b.Budget}, {Text: budgetScope(b)}, {Text: b.Currency}, {Text: Money(b.MaxMinor, b.Currency)}, {Text: Money(b.UsedMinor, b.Currency)}, {Text: Share(b.UsedBasis)},
			{Text: Count(b.Awards)}, {Text: Count(b.Refused), Muted: b.Refused == 0}, {Text: Money(b.RefusedMinor, b.Currency), Muted: b.RefusedMinor == 0}})
	}
	return t
}

func burnChart(b *report.BudgetAnalysis) *Chart {
	title := "Budget " + b.Budget + ", " + b.Currency
	if b.Scope != "" {
		title = "Budget " + b.Budget + ", " + budgetScope(b) + ", " + b.Currency
	}
	limit := moneyValue(b.MaxMinor, b.Currency)
	limit.Text = "cap " + limit.Text
	line := &Lines{Unit: UnitOf(b.Currency), XName: "awards", Limit: &limit, Series: []Series{{Name: "used", Tone: ToneIssued}}}
	figures := &Table{Caption: title, Columns: Figures("awards", "used")}
	for _, p := range b.Burn {
		line.X = append(line.X, p.Awards)
		line.Series[0].Values = append(line.Series[0].Values, moneyValue(p.UsedMinor, b.Currency))
		figures.Rows = append(figures.Rows, Row(Count(p.Awards), Money(p.UsedMinor, b.Currency)))
	}
	return &Chart{Title: title, Data: line, Tables: []*Table{figures}, Note: "Along: awards, in the order in which they go before each other.",
		Label: "Line of what is used of " + title + ": " + Money(b.UsedMinor, b.Currency) + " of " + Money(b.MaxMinor, b.Currency) + " after " + report.Counted(b.Awards, "award", "awards")}
}
