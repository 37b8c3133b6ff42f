package page

import (
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// Sweep returns the page of a number that was tried at several values.
func Sweep(s *report.Sweep) ([]byte, error) { return sweepDocument(s).HTML() }

func sweepDocument(s *report.Sweep) *Document {
	title := "What would " + s.CutOff.Of + " give with other numbers?"
	summary := Section{ID: "summary", Title: "In short"}
	summary.Blocks = append(summary.Blocks, Text(s.Headline))
	for _, note := range s.Notes {
		summary.Blocks = append(summary.Blocks, Note(note))
	}
	page := &Document{
		Title: title, Heading: title, Label: DiffLabel,
		Subtitle: s.Rules() + " " + report.NightsSentence(len(s.Nights), s.From, s.To),
		Footer:   "Every number was run in memory on the same files, each on a ledger of its own that begins alike.",
		Sections: []Section{summary, sweepIncidents(s)},
	}
	var quiet []string
	for _, currency := range s.Currencies() {
		if s.Moves(currency) {
			page.Sections = append(page.Sections, sweepMoney(s, currency))
		} else {
			quiet = append(quiet, currency)
		}
	}
	if len(quiet) > 0 {
		last := &page.Sections[len(page.Sections)-1]
		last.Blocks = append(last.Blocks, Note("Every number gives the same in "+strings.Join(quiet, ", ")+"."))
	}
	return page
}

// sweepNames are the numbers, with that of the rules as they are marked.
func sweepNames(s *report.Sweep) []string {
	names := make([]string, len(s.Steps))
	for i := range s.Steps {
		names[i] = s.Steps[i].Value
		if mark := s.Mark(&s.Steps[i]); mark != "" {
			names[i] += " (" + mark + ")"
		}
	}
	return names
}

// sweepSeries draws one figure of every number.
func sweepSeries(s *report.Sweep, name string, tone Tone, of func(*report.CutOffStep) int64, text func(int64) string) Series {
	series := Series{Name: name, Tone: tone}
	for i := range s.Steps {
		v := of(&s.Steps[i])
		series.Values = append(series.Values, Value{Value: v, Text: text(v)})
	}
	return series
}

// sweepIncidents are the hits of the number's rules, and the credits of all.
func sweepIncidents(s *report.Sweep) Section {
	section := Section{ID: "incidents", Title: "Hits and credits", Lead: "Credits and what is gained, lost and changed beside today's rules are those of all rules."}
	table := &Table{Caption: "Incidents", Head: 1, Columns: append(Names("Number"), Figures("Hits", "Credits", "Change", "Gained", "Lost", "Changed", "Held")...)}
	for i, name := range sweepNames(s) {
		step := &s.Steps[i]
		table.Rows = append(table.Rows, Row(name, Count(step.Hits), Count(step.Credits), Signed(step.Credits-s.Today.Credits), Count(step.Gained), Count(step.Lost), Count(step.Changed), Count(step.HeldCount)))
	}
	credits := sweepSeries(s, "credits", ToneIssued, func(c *report.CutOffStep) int64 { return c.Credits }, Count)
	lines := &Lines{Categories: sweepNames(s), Series: []Series{credits}}
	legend := []Legend{{ToneIssued, "credits of all rules", false}}
	label := "Credits of all rules, by number."
	if len(s.CutOff.Rules) > 0 {
		rules := strings.Join(s.CutOff.Rules, ", ")
		lines.Series = append(lines.Series, sweepSeries(s, "hits", ToneNeutral, func(c *report.CutOffStep) int64 { return c.Hits }, Count))
		legend = append(legend, Legend{ToneNeutral, "hits of " + rules, false})
		label = "Credits of all rules, and hits of " + rules + ", by number."
	}
	section.Blocks = []Block{&Chart{Title: "Hits and credits", Label: label, Legend: legend, Data: lines, Tables: []*Table{table}}}
	return section
}

// sweepMoney is one currency: what is issued beside today's, and what is held.
func sweepMoney(s *report.Sweep, currency string) Section {
	section := Section{ID: "money-" + currency, Title: "Money in " + currency, Lead: "What all rules issue on all nights, and what waits for a person when the last one is over."}
	table := &Table{Caption: "Money in " + currency, Head: 1,
		Columns: append(Names("Number"), Figures("The hits would give", "Issued", "Change", "% of today's", "Held", "Change")...)}
	today := s.Today.Issued[currency]
	for i, name := range sweepNames(s) {
		step := &s.Steps[i]
		issued, held := step.Issued[currency], step.Held[currency]
		percent := report.Percent(issued-today, today)
		if percent == "" {
			percent = none
		}
		table.Rows = append(table.Rows, Row(name, Money(step.WouldGive[currency], currency), Money(issued, currency), SignedMoney(issued-today, currency), percent,
			Money(held, currency), SignedMoney(held-s.Today.Held[currency], currency)))
	}
	text := func(minor int64) string { return Money(minor, currency) }
	of := func(b func(*report.CutOffStep) money.ByCurrency) func(*report.CutOffStep) int64 {
		return func(c *report.CutOffStep) int64 { return b(c)[currency] }
	}
	lines := &Lines{Unit: UnitOf(currency), Categories: sweepNames(s), Limit: &Value{Value: today, Text: "today " + Money(today, currency)}, Series: []Series{
		sweepSeries(s, "issued", ToneIssued, of(func(c *report.CutOffStep) money.ByCurrency { return c.Issued }), text),
		sweepSeries(s, "held", ToneHeld, of(func(c *report.CutOffStep) money.ByCurrency { return c.Held }), text),
	}}
	legend := []Legend{{ToneIssued, "issued by all rules", false}, {ToneHeld, "held", false}}
	if len(s.CutOff.Rules) > 0 {
		would := sweepSeries(s, "the hits would give", ToneNeutral, of(func(c *report.CutOffStep) money.ByCurrency { return c.WouldGive }), text)
		lines.Series = append(lines.Series, would)
		legend = append(legend, Legend{ToneNeutral, "the hits would give", false})
	}
	section.Blocks = []Block{&Chart{Title: "Issued in " + currency, Label: "What is issued, held, and what the hits would give in " + currency + ", by number; today's is the line across.", Legend: legend, Data: lines, Tables: []*Table{table}}}
	return section
}
