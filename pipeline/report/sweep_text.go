package report

import (
	"io"
	"math/big"
	"slices"
	"strings"
)

// SweepText writes a sweep for people: its headline, what each number gives in
// counts, and in each currency. The error is the writer's.
func SweepText(w io.Writer, s *Sweep, o TextOptions) error {
	out := buffer(w)
	p := &printer{out: out, colour: o.Colour}
	p.line("%s", oneLine(s.Headline))
	p.line("%s", oneLine(s.Rules()))
	p.line("%s", NightsSentence(len(s.Nights), s.From, s.To))
	p.line("Nothing was written: every number ran in memory, each on a ledger of its own that begins alike.")
	for _, note := range s.Notes {
		p.line("Note: %s", oneLine(note))
	}
	p.sweepCounts(s)
	var quiet []string
	for _, currency := range s.Currencies() {
		if s.Moves(currency) {
			p.sweepMoney(s, currency)
		} else {
			quiet = append(quiet, currency)
		}
	}
	if len(quiet) > 0 {
		p.section("Not shown, for every number gives the same: "+strings.Join(quiet, ", "), "")
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// values are the first cells of a sweep's lines: the number, and which is that
// of the rules as they are.
func (s *Sweep) values() [][]string {
	rows := make([][]string, len(s.Steps))
	for i := range s.Steps {
		rows[i] = []string{strings.TrimSpace(s.Steps[i].Value + " " + s.Mark(&s.Steps[i]))}
	}
	return rows
}

// Moves reports whether some number makes a difference in a currency.
func (s *Sweep) Moves(currency string) bool {
	return slices.ContainsFunc(s.Steps, func(c CutOffStep) bool {
		return c.WouldGive[currency] != s.Today.WouldGive[currency] || c.Issued[currency] != s.Today.Issued[currency] || c.Held[currency] != s.Today.Held[currency]
	})
}

// sweepCounts shows incidents, with a bar of what changes.
func (p *printer) sweepCounts(s *Sweep) {
	what := "credits of all rules"
	if len(s.CutOff.Rules) > 0 {
		what = "hits of " + strings.Join(s.CutOff.Rules, ", ") + ", and credits of all rules"
	}
	p.section("Incidents", what)
	t := Table{Columns: []Column{{Name: "value"}, {Name: "hits", Figures: true}, {Name: "credits", Figures: true}, {Name: "change", Figures: true},
		{Name: "gained", Figures: true}, {Name: "lost", Figures: true}, {Name: "changed", Figures: true}, {Name: "change of credits"}}, Rows: s.values()}
	changes := make([]int64, len(s.Steps))
	for i := range s.Steps {
		changes[i] = s.Steps[i].Credits - s.Today.Credits
	}
	bars := barsOf(changes)
	for i := range s.Steps {
		step := &s.Steps[i]
		hits := ""
		if len(s.CutOff.Rules) > 0 {
			hits = Count(step.Hits)
		}
		t.Rows[i] = append(t.Rows[i], hits, Count(step.Credits), signedCount(changes[i]), countOrNone(step.Gained), countOrNone(step.Lost), countOrNone(step.Changed), bars[i])
	}
	p.table(t.used())
	for i := range s.Steps {
		step := &s.Steps[i]
		if fates := step.HitFates.Sentence(); fates != "" && (i == 0 || i == len(s.Steps)-1 || s.Mark(step) != "") {
			p.wrapped("With " + step.Value + ": " + strings.ToLower(fates[:1]) + fates[1:])
		}
	}
}

// sweepMoney shows one currency, with a bar of what changes.
func (p *printer) sweepMoney(s *Sweep, currency string) {
	p.section(currency, "what all rules issue, and what waits for a person")
	t := Table{Columns: []Column{{Name: "value"}, {Name: "hits would give", Figures: true}, {Name: "issued", Figures: true}, {Name: "change", Figures: true},
		{Name: "%", Figures: true}, {Name: "held", Figures: true}, {Name: "change", Figures: true}, {Name: "change of what is issued"}}, Rows: s.values()}
	changes := make([]int64, len(s.Steps))
	for i := range s.Steps {
		changes[i] = s.Steps[i].Issued[currency] - s.Today.Issued[currency]
	}
	bars := barsOf(changes)
	for i := range s.Steps {
		step := &s.Steps[i]
		held := step.Held[currency] - s.Today.Held[currency]
		percent := ""
		if changes[i] != 0 {
			percent = Percent(changes[i], s.Today.Issued[currency])
		}
		t.Rows[i] = append(t.Rows[i], amountOrNone(step.WouldGive[currency], currency), Amount(step.Issued[currency], currency), signedOrNone(changes[i], currency), percent,
			amountOrNone(step.Held[currency], currency), signedOrNone(held, currency), bars[i])
	}
	p.table(t.used())
}

// used is the table without columns that no row has anything in.
func (t Table) used() Table {
	out := Table{Rows: make([][]string, len(t.Rows))}
	for i, c := range t.Columns {
		used := i == 0
		for _, row := range t.Rows {
			used = used || strings.TrimSpace(row[i]) != ""
		}
		if !used {
			continue
		}
		out.Columns = append(out.Columns, c)
		for k, row := range t.Rows {
			out.Rows[k] = append(out.Rows[k], row[i])
		}
	}
	return out
}

// barWidth is how long the bars of a column get together, in columns of a
// terminal.
const barWidth = 24

// barsOf draws numbers: those below zero to the left of a line, the others to
// its right. Where all are zero there is nothing.
func barsOf(values []int64) []string {
	var low, high int64
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	bars := make([]string, len(values))
	if low == high {
		return bars
	}
	span := new(big.Int).Sub(big.NewInt(high), big.NewInt(low))
	cells := func(v int64) int { // of so much, rounded up: what is there is seen
		n := new(big.Int).Mul(big.NewInt(v), big.NewInt(barWidth))
		n.Add(n.Abs(n), new(big.Int).Sub(span, big.NewInt(1)))
		return int(n.Div(n, span).Int64())
	}
	left := cells(low)
	for i, v := range values {
		length := strings.Repeat("█", cells(v))
		switch {
		case v < 0:
			bars[i] = strings.Repeat(" ", left-cells(v)) + length + "│"
		default:
			bars[i] = strings.Repeat(" ", left) + "│" + length
		}
	}
	return bars
}
