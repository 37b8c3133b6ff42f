package report

import (
	"fmt"
	"io"
	"strings"

	"amends/rules/money"

	"github.com/jedib0t/go-pretty/v6/text"
)

// TextOptions say how a summary is shown.
type TextOptions struct {
	DryRun bool   // the first line says that nothing was committed
	Dir    string // where the night's files are; "" leaves the line out
	Report string // the path of its page; "" leaves the line out
	Full   bool   // of explanations: all that was read, also of events that got nothing
	Colour bool   // headings in bold, for a terminal
	// Anomalies are the figures unlike the nights before, gravest first: the text
	// ends with maxAnomaliesShown of them.
	Anomalies []Anomaly
}

// Text writes a summary for people, as wide as widthOf says. Sections
// with nothing in them are left out. The error is the writer's.
func Text(w io.Writer, s *Summary, o TextOptions) error {
	out := buffer(w)
	p := &printer{out: out, colour: o.Colour}
	p.head(s, o)
	p.money(s)
	p.why(s)
	p.ledger(s)
	p.rows(s)
	p.people(s)
	p.anomalies(o.Anomalies)
	if o.Dir+o.Report != "" {
		p.line("")
	}
	for _, at := range []struct{ what, path string }{{"Files: ", o.Dir}, {"Report: ", o.Report}} {
		if at.path != "" {
			p.write(at.what + oneLine(at.path) + "\n") // a path is never wrapped
		}
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// printer keeps the first error, so that sections need not.
type printer struct {
	out    io.Writer
	colour bool
	clock  clock // of explanations
	err    error
}

func (p *printer) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, s)
	}
}

// line writes one sentence, wrapped where it is too long.
func (p *printer) line(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if width := widthOf(p.out); text.StringWidth(s) > width {
		s = text.WrapText(text.WrapSoft(s, width), width)
	}
	for l := range strings.Lines(s + "\n") {
		p.write(strings.TrimRight(l, " \n") + "\n")
	}
}

// section begins a section: a heading, and after a colon what it comes to.
func (p *printer) section(name, total string) {
	heading := name
	if p.colour {
		heading = "\x1b[1m" + name + "\x1b[0m"
	}
	if total != "" {
		heading += ": " + total
	}
	p.line("")
	p.line("%s", heading)
}

func (p *printer) table(t Table) {
	if p.err == nil {
		p.err = t.Write(p.out)
	}
}

func (p *printer) head(s *Summary, o TextOptions) {
	if o.DryRun {
		p.line("Dry run: nothing was committed. This is what the night of %s would do.", s.BusinessDate)
	} else {
		p.line("Night of %s, committed.", s.BusinessDate)
	}
	p.line("Settled as of %s, the midnight that ends it in %s.", s.AsOf, s.Timezone)
	p.line("New credits can be used from %s.", s.EffectiveDate)
	for _, b := range s.Guardrails {
		p.line("GUARDRAIL %s held every new award in %s: %s.", oneLine(b.Guardrail), oneLine(b.Currency), oneLine(b.Bound))
	}
}

// money is what the night gives and takes.
func (p *printer) money(s *Summary) {
	p.moneyTable("Issued", "credit", "credits", s.Issued)
	p.moneyTable("Held for a person", "award", "awards", s.Held)
	p.moneyTable("Forfeited", "credit", "credits", s.Forfeited)
	if len(s.Issued)+len(s.Held)+len(s.Forfeited) == 0 {
		p.line("")
		p.line("Nothing was issued, held or forfeited.")
	}
}

func (p *printer) moneyTable(name, one, many string, lines []MoneyLine) {
	if len(lines) == 0 {
		return
	}
	p.section(name, totalOf(lines, one, many))
	columns := []struct {
		name string
		wrap int
		of   func(MoneyLine) string
	}{
		{"rule", 28, func(l MoneyLine) string { return l.Rule }},
		{"reason", 26, func(l MoneyLine) string { return l.Reason }},
		{"terms", 20, func(l MoneyLine) string { return l.Terms }},
		{"funding", 10, func(l MoneyLine) string { return l.Funding }},
	}
	t := Table{Rows: make([][]string, len(lines))}
	for _, c := range columns {
		used := false
		for _, l := range lines {
			used = used || c.of(l) != ""
		}
		if !used {
			continue
		}
		t.Columns = append(t.Columns, Column{Name: c.name, Wrap: c.wrap})
		for i, l := range lines {
			t.Rows[i] = append(t.Rows[i], c.of(l))
		}
	}
	t.Columns = append(t.Columns, Column{Name: many, Figures: true}, Column{Name: "amount", Figures: true})
	for i, l := range lines {
		t.Rows[i] = append(t.Rows[i], Count(l.Count), Amount(l.Minor, l.Currency))
	}
	p.table(t)
}

// totalOf is the count of all lines and their sums: "21 credits, $123.45".
func totalOf(lines []MoneyLine, one, many string) string {
	sums := money.ByCurrency{}
	var count int64
	for _, l := range lines {
		count += l.Count
		sums[l.Currency] += l.Minor // in range: the ledger added them before
	}
	return Counted(count, one, many) + ", " + Amounts(sums)
}

// why is what stood between rules and credits.
func (p *printer) why(s *Summary) {
	p.rules(s.Rules)
	p.reasons("Suppressed", s.Suppressions)
	p.reasons("Denied for good", s.Denials)
	if len(s.HoldCauses) > 0 {
		p.section("Why awards are held", "")
		t := Table{Columns: []Column{{Name: "by", Wrap: 12}, {Name: "name", Wrap: 40}, {Name: "awards", Figures: true}, {Name: "amount", Figures: true}}}
		for _, c := range s.HoldCauses {
			t.Rows = append(t.Rows, []string{c.Kind, c.ID, Count(c.Count), amountCell(c.Amount)})
		}
		p.table(t)
	}
	if len(s.Trims) > 0 {
		p.section("Given, but less than the rule says", "")
		t := Table{Columns: []Column{{Name: "limited by", Wrap: 50}, {Name: "awards", Figures: true}, {Name: "taken off", Figures: true}}}
		for _, l := range s.Trims {
			t.Rows = append(t.Rows, []string{l.By, Count(l.Count), amountCell(l.Amount)})
		}
		p.table(t)
	}
}

func (p *printer) rules(lines []RuleLine) {
	t := Table{Columns: []Column{{Name: "rule", Wrap: 22}, {Name: "mode", Wrap: 8}, {Name: "hits", Figures: true},
		{Name: "wins", Figures: true}, {Name: "would give", Figures: true}, {Name: "issued", Figures: true}}}
	var idle []string
	for _, r := range lines {
		if r.Hits == 0 && r.Wins == 0 {
			idle = append(idle, oneLine(r.Rule))
			continue
		}
		t.Rows = append(t.Rows, []string{r.Rule, r.Mode, Count(r.Hits), Count(r.Wins), amountCell(r.Gross), amountCell(r.Issued)})
	}
	if len(t.Rows) > 0 {
		p.section("Rules", "incidents that each hit, settled before or not, and those where its award won")
		p.table(t)
	}
	if len(idle) > 0 {
		p.section("Rules that hit nothing", "")
		p.wrapped(strings.Join(idle, ", "))
	}
}

// Rules writes what each rule of the lines did, as Text does of one night.
func Rules(w io.Writer, lines []RuleLine, colour bool) error {
	out := buffer(w)
	p := &printer{out: out, colour: colour}
	p.rules(lines)
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

func (p *printer) reasons(name string, lines []ReasonLine) {
	if len(lines) == 0 {
		return
	}
	var count int64
	for _, l := range lines {
		count += l.Count
	}
	p.section(name, Counted(count, "incident", "incidents"))
	t := Table{Columns: []Column{{Name: "reason", Wrap: 44}, {Name: "incidents", Figures: true}, {Name: "settled before", Figures: true},
		{Name: "would give", Figures: true}}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{l.Reason, Count(l.Count), Count(l.Repeat), amountCell(l.Gross)})
	}
	p.table(t)
}
