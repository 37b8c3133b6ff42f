package report

import (
	"strings"

	"amends/rules/money"
)

// ledger is what customers can still use when the last night is over, and what
// waits for a person then.
func (m *markdownDiff) ledger() {
	names := []string{"currency", "before", "after", "difference", "issued", "reinstated", "redeemed", "forfeited", "voided"}
	var rows [][]string
	for _, l := range m.diff.RollForward {
		if l.A == l.B {
			continue
		}
		a, b, currency := l.A, l.B, l.Currency
		row := []string{currency, Amount(a.Closing, currency) + mismatch(a.Opening+a.Issued+a.Reinstated-a.Redeemed-a.Forfeited-a.Voided, a.Closing),
			Amount(b.Closing, currency) + mismatch(b.Opening+b.Issued+b.Reinstated-b.Redeemed-b.Forfeited-b.Voided, b.Closing), signed(b.Closing-a.Closing, currency)}
		for _, moved := range []int64{b.Issued - a.Issued, b.Reinstated - a.Reinstated, a.Redeemed - b.Redeemed, a.Forfeited - b.Forfeited, a.Voided - b.Voided} {
			row = append(row, signedOrNone(moved, currency))
		}
		for i := range row {
			row[i] = markdownText(row[i])
		}
		rows = append(rows, row)
	}
	if lines := markdownUsed(names, rows); len(rows) > 0 {
		m.lines(shareLedger, "\n#### What customers can still use after these nights\n\n"+lines[0]+lines[1], lines[2:],
			"\nThe columns after the difference are its parts: what is redeemed, forfeited or voided less adds to it, and more takes from it.\n", "currency of what customers can still use", "currencies of what customers can still use")
	}
	if a, b := &m.diff.A, &m.diff.B; a.HeldCount+b.HeldCount > 0 {
		m.write("\nWaiting for a person then: %s before, %s after.\n", waiting(a), waiting(b))
	}
}

// signedOrNone leaves a zero out.
func signedOrNone(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return signed(minor, currency)
}

func waiting(s *DiffSide) string {
	text := Counted(s.HeldCount, "award", "awards")
	if s.HeldCount > 0 {
		text += " (" + markdownText(Amounts(s.Held)) + ")"
	}
	return text
}

// bounds is what limits, approvals, budgets and guardrails did, where that
// differs.
func (m *markdownDiff) bounds() {
	names, rows, same := m.diff.BoundRows(func(kind, id string) string { return markdownText(kind) + " " + markdownCell(id) })
	if len(rows) == 0 {
		return
	}
	for _, row := range rows {
		for i := 1; i < len(row); i++ {
			row[i] = markdownText(row[i])
		}
	}
	tail := ""
	if same > 0 {
		tail = "\nThe same before and after: " + Counted(int64(same), "other", "others") + ".\n"
	}
	lines := markdownUsed(names, rows)
	m.lines(shareBounds, "\n#### Limits, budgets and approvals that bind\n\nBefore → after, on all nights together.\n\n"+lines[0]+lines[1], lines[2:], tail, "limit or budget", "limits and budgets")
}

// examples are the incidents with the largest changes. Whose they are is for
// those who may ask: customers and orders are not named.
func (m *markdownDiff) examples() {
	d := m.diff
	if len(d.Examples) == 0 {
		return
	}
	lines := markdownTable([]Column{{Name: "event, credit"}, {Name: "before"}, {Name: "after"}, {Name: "difference", Figures: true}}, nil)
	head := "\n#### The largest changes\n\nSome of each kind and currency, the largest first.\n\n" + lines[0] + lines[1]
	var rows []string
	for i := range d.Examples {
		e := &d.Examples[i]
		difference := e.Kind
		if e.What != "" {
			difference += ": " + e.What
		}
		if minor := e.Difference(); minor != 0 {
			difference += " " + signed(minor, e.Currency)
		}
		rows = append(rows, markdownRow([]string{
			markdownText(e.Source) + " " + markdownCell(e.EventID) + "<br>" + markdownCell(e.CreditID), markdownSide(&e.A), markdownSide(&e.B), markdownText(difference),
		}))
	}
	tail := ""
	if d.MoreExamples > 0 {
		tail += "\n" + Counted(d.MoreExamples, "more credit differs", "more credits differ") + "."
	}
	if d.Basis == DiffSimulated {
		tail += "\nWhy it was so before, condition by condition: `amends explain --dry-run --date DATE --credit CREDIT`. After: the same in a copy of the workspace that has these rules.\n"
		if len(d.Nights) > 1 {
			tail += OwnLedgers + "\n"
		}
	}
	m.lines(shareExamples, head, rows, tail, "of the largest changes", "of the largest changes")
}

func markdownSide(e *DiffExampleSide) string {
	text := words(strings.TrimSuffix(e.Sentence, " Not held, not limited."))
	if e.Date != "" {
		text = e.Date + ": " + text
	}
	return text
}

// details is what is folded away: by columns, how incidents came out, and what is
// no money.
func (m *markdownDiff) details() {
	outside, d := m.b, m.diff
	m.b = new(strings.Builder)
	for i := range d.Breakdowns {
		b := &d.Breakdowns[i]
		m.breakdown(shareByColumns/len(d.Breakdowns), "\n**By "+markdownCode(b.Column)+"**\n", b, d.LinesShown())
	}
	m.transitions()
	m.amounts()
	m.rows()
	m.requests()
	inside := m.b.String()
	if m.b = outside; inside != "" {
		m.write("\n<details>\n<summary>Where and why, and what else came out differently</summary>\n")
		m.b.WriteString(inside) // has used its room
		m.write("\n</details>\n")
	}
}

// transitions is how credits came out before and after.
func (m *markdownDiff) transitions() {
	var rows [][]string
	for _, t := range m.diff.Transitions {
		after := t.To
		if t.What != "" {
			after += "; other: " + t.What
		}
		rows = append(rows, []string{words(t.From), words(after), Count(t.Count), markdownText(signedList(t.Difference))})
	}
	tail := ""
	if more := m.diff.MoreTransitions; more > 0 {
		tail = "\nAnd " + Counted(int64(more), "other way", "other ways") + " with fewer credits.\n"
	}
	m.detail("What became of them", []string{"before", "after", "credits", "difference"}, 2, rows, tail, "way of what became of them", "ways of what became of them")
}

// signedList shows what is more and less of each currency.
func signedList(b money.ByCurrency) string {
	var shown []string
	for _, code := range b.Currencies() {
		if b[code] != 0 {
			shown = append(shown, signed(b[code], code))
		}
	}
	return strings.Join(shown, ", ")
}

// detail is a table that is folded away; its first columns are words, the others
// figures.
func (m *markdownDiff) detail(title string, names []string, worded int, rows [][]string, tail, one, many string) {
	var columns []Column
	for i, name := range names {
		columns = append(columns, Column{Name: name, Figures: i >= worded})
	}
	lines := markdownTable(columns, rows)
	m.lines(shareDetail, "\n**"+title+"**\n\n"+lines[0]+lines[1], lines[2:], tail, one, many)
}

// amounts is by how much credits differ.
func (m *markdownDiff) amounts() {
	var rows [][]string
	for _, b := range m.diff.Amounts {
		rows = append(rows, []string{markdownText(Amount(b.FromMinor, b.Currency)), markdownText(Amount(b.ToMinor, b.Currency)), countOrNone(b.Less), countOrNone(b.More)})
	}
	m.detail("By how much a credit differs", []string{"from", "to below", "less", "more"}, 0, rows, "", "step of amounts", "steps of amounts")
}

// rows are those of redemptions and of events whose outcome differs.
func (m *markdownDiff) rows() {
	var rows [][]string
	for _, r := range m.diff.Redemptions {
		rows = append(rows, []string{words(r.Outcome), Count(r.A), Count(r.B), markdownText(redeemedCell(r.AMinor, r.Currency)), markdownText(redeemedCell(r.BMinor, r.Currency))})
	}
	m.detail("Redemptions", []string{"outcome", "rows before", "after", "applied before", "after"}, 1, rows,
		"\nThese are the redemptions that really came in: where a credit is smaller, or not there, they are applied in part or not at all.\n", "outcome of redemptions", "outcomes of redemptions")
	rows = nil
	for _, r := range m.diff.Rejects {
		side := map[string]string{"a": "before", "b": "after"}[r.RejectBy]
		rows = append(rows, []string{words(r.Source), words(r.Code), "row " + Count(r.Row) + " of " + markdownCell(r.File) + ", " + side + ": " + words(r.Detail), Count(r.A), Count(r.B)})
	}
	m.detail("Rejected rows", []string{"source", "code", "for instance", "before", "after"}, 3, rows, "", "code of rejected rows", "codes of rejected rows")
}

// requests are those of people that came out differently.
func (m *markdownDiff) requests() {
	var rows [][]string
	for _, r := range m.diff.Requests {
		rows = append(rows, []string{r.Date, words(r.Kind) + " " + markdownCell(r.ID), words(valueCell(r.A)), words(valueCell(r.B))})
	}
	m.detail("Requests of people", []string{"night", "request", "before", "after"}, 4, rows, "", "request", "requests")
}
