package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// ledger is what became of value given before, and what is left of it all.
func (p *printer) ledger(s *Summary) {
	if len(s.Redemptions) > 0 {
		p.section("Redemptions", "")
		t := Table{Columns: []Column{{Name: "outcome", Wrap: 30}, {Name: "rows", Figures: true}, {Name: "asked", Figures: true}, {Name: "applied", Figures: true}}}
		for _, r := range s.Redemptions {
			row := []string{r.Outcome, Count(r.Count), "", ""}
			if r.Currency != "" {
				row[2], row[3] = Amount(r.Minor, r.Currency), Amount(r.AppliedMinor, r.Currency)
			}
			t.Rows = append(t.Rows, row)
		}
		p.table(t)
	}
	if len(s.Adjustments) > 0 {
		p.section("Voided and reinstated", "")
		t := Table{Columns: []Column{{Name: "kind", Wrap: 14}, {Name: "why", Wrap: 46}, {Name: "credits", Figures: true}, {Name: "amount", Figures: true}}}
		for _, a := range s.Adjustments {
			t.Rows = append(t.Rows, []string{a.Kind, a.Why, Count(a.Count), Amount(a.Minor, a.Currency)})
		}
		p.table(t)
	}
	if len(s.Expiring) > 0 {
		p.moneyTable("To remind of", "credit", "credits", s.Expiring)
	}
	if len(s.RollForward) > 0 {
		p.section("What customers can still use", "")
		if p.err == nil {
			p.err = RollForward(p.out, s.RollForward)
		}
	}
	if f := s.HoldFlow; f != (HoldFlow{}) {
		p.section("Holds", "")
		p.line("%s%s waited + %s new − %s released − %s rejected − %s lapsed = %s wait%s", indent, Count(f.Opening), Count(f.New),
			Count(f.Released), Count(f.Rejected), Count(f.Lapsed), Count(f.Closing), mismatch(f.Opening+f.New-f.Released-f.Rejected-f.Lapsed, f.Closing))
	}
}

// RollForward writes each currency's liability as an addition: what there was,
// what came and went, what is left. One that does not add up says so.
func RollForward(w io.Writer, lines []RollForwardLine) error {
	labels := []string{"opening", "+ issued", "+ reinstated", "− redeemed", "− forfeited", "− voided", "= closing"}
	var names []string
	var cells [][]string
	for _, l := range lines {
		shown := make([]string, 0, len(labels))
		for _, minor := range []int64{l.Opening, l.Issued, l.Reinstated, l.Redeemed, l.Forfeited, l.Voided, l.Closing} {
			shown = append(shown, Amount(minor, l.Currency))
		}
		shown[len(shown)-1] += mismatch(l.Opening+l.Issued+l.Reinstated-l.Redeemed-l.Forfeited-l.Voided, l.Closing)
		names, cells = append(names, l.Currency), append(cells, shown)
	}
	return packed(w, labels, names, cells)
}

// mismatch is empty for two sides of an addition that agree.
func mismatch(sum, stated int64) string {
	if sum == stated {
		return ""
	}
	return " DOES NOT ADD UP"
}

// rows is what became of what was read.
func (p *printer) rows(s *Summary) {
	if len(s.Sources) > 0 {
		p.section("Rows", "what became of each that was read")
		labels := []string{"rejected", "+ out of window", "+ not yet final", "+ no rule hits", "+ merged", "+ suppressed or denied", "+ held", "+ issued", "= read"}
		var names []string
		var cells [][]string
		for _, f := range s.Sources {
			shown := make([]string, 0, len(labels))
			for _, n := range []int64{f.Rejected, f.OutOfWindow, f.NotYet, f.Unmatched, f.Merged, f.Suppressed, f.Held, f.Issued, f.Read} {
				shown = append(shown, Count(n))
			}
			shown[len(shown)-1] += mismatch(f.Outcomes(), f.Read)
			names, cells = append(names, fmt.Sprintf("%s (%s)", f.Source, Counted(int64(f.Files), "file", "files"))), append(cells, shown)
		}
		if p.err == nil {
			p.err = packed(p.out, labels, names, cells)
		}
	}
	if len(s.Rejects) > 0 {
		var count int64
		t := Table{Columns: []Column{{Name: "source", Wrap: 30}, {Name: "code", Wrap: 40}, {Name: "rows", Figures: true}}}
		for _, r := range s.Rejects {
			count += r.Count
			t.Rows = append(t.Rows, []string{r.Source, r.Code, Count(r.Count)})
		}
		p.section("Rejected", Counted(count, "row", "rows")+"; each is in rejects.parquet with its place and what is wrong")
		p.table(t)
	}
	p.counts("Trial rules that could not be evaluated", s.ShadowFaults)
	p.counts("Void rules that could not be evaluated", s.VoidFaults)
	if len(s.Notices) > 0 {
		p.section("Worth knowing", "")
		for _, g := range s.Notices {
			p.wrapped(g)
		}
	}
}

func (p *printer) counts(name string, lines []CountLine) {
	if len(lines) == 0 {
		return
	}
	p.section(name, "")
	t := Table{Columns: []Column{{Name: "what", Wrap: 70}, {Name: "times", Figures: true}}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{l.Name, Count(l.Count)})
	}
	p.table(t)
}

// people is what became of what people asked for.
func (p *printer) people(s *Summary) {
	if len(s.Requests) == 0 {
		return
	}
	p.section("Requests of people", "")
	t := Table{Columns: []Column{{Name: "id"}, {Name: "kind", Wrap: 10}, {Name: "by", Wrap: 10}, {Name: "outcome", Wrap: 11}, {Name: "asked", Figures: true},
		{Name: "done", Figures: true}, {Name: "why", Wrap: Rest}}}
	for _, r := range s.Requests {
		t.Rows = append(t.Rows, []string{r.ID, r.Kind, r.By, r.Outcome, amountCell(r.Asked), amountCell(r.Done), r.Why})
	}
	p.table(t)
	for _, r := range s.Requests {
		if r.Detail != "" { // names ids, which a narrow column would break
			p.wrapped(r.ID + ": " + r.Detail)
		}
	}
}

// maxAnomaliesShown keeps the end of a night's text short; its page has all.
const maxAnomaliesShown = 5

// anomalies are what is unlike the nights before, a sentence each.
func (p *printer) anomalies(list []Anomaly) {
	if len(list) == 0 {
		return
	}
	p.section("Unlike the nights before", Counted(int64(len(list)), "figure", "figures"))
	for _, a := range list[:min(len(list), maxAnomaliesShown)] {
		p.wrapped(strings.TrimSuffix(a.Sentence, ".") + ".")
	}
	if more := len(list) - maxAnomaliesShown; more > 0 {
		p.wrapped("And " + Count(int64(more)) + " more, in the report.")
	}
}

func (p *printer) wrapped(s string) {
	width := widthOf(p.out) - len(indent)
	for l := range strings.Lines(text.WrapText(text.WrapSoft(oneLine(s), width), width)) {
		p.write(indent + strings.TrimRight(l, " \n") + "\n")
	}
}
