package page

import (
	"strings"

	"amends/pipeline/report"
)

// flowSection is what became of every row, and of every incident that a rule
// hits.
func flowSection(a *report.Analysis) Section {
	s := a.Summary
	section := Section{ID: "flow", Title: "From rows read to credits issued",
		Lead: "Each row that was read has one outcome, and each incident that a rule hits has one decision. Both drawings add up: what flows in flows out."}
	charts := &Grid{}
	for i := range s.Sources {
		if f := &s.Sources[i]; f.Read > 0 {
			charts.Blocks = append(charts.Blocks, rowsChart(f))
		}
	}
	if len(charts.Blocks) == 0 {
		section.Blocks = append(section.Blocks, Text("No row was read tonight."))
	} else {
		section.Blocks = append(section.Blocks, Heading("Rows"), charts)
	}
	section.Blocks = append(section.Blocks, sourcesTable(s), Heading("Incidents that a rule hits"))
	if flow := incidentFlow(s); len(flow.Links) > 0 {
		section.Blocks = append(section.Blocks, &Chart{Data: flow, Title: "Decisions tonight",
			Label:  "Flow of incidents from their sources to what was decided, and why nothing was given. Every figure is in the tables that follow.",
			Tables: []*Table{flowTable("Every stream of the drawing", flow)}})
	} else {
		section.Blocks = append(section.Blocks, Text("No rule hits any incident tonight."))
	}
	return Section{ID: section.ID, Title: section.Title, Lead: section.Lead, Blocks: append(section.Blocks, reasonTables(s)...)}
}

// rowOutcomes are the outcomes of rows in the order in which they are decided.
func rowOutcomes(f *report.SourceFlow) []Node {
	node := func(name string, tone Tone, n int64) Node {
		return Node{Name: name, Label: Count(n) + " " + name, Tone: tone, Depth: 1, Text: report.Counted(n, "row", "rows")}
	}
	return []Node{
		node("issued", ToneIssued, f.Issued), node("held", ToneHeld, f.Held), node("suppressed or denied", ToneSuppressed, f.Suppressed),
		node("merged with another row", ToneNeutral, f.Merged), node("no rule hits", ToneNeutral, f.Unmatched), node("not yet final", ToneNeutral, f.NotYet),
		node("out of the window", ToneNeutral, f.OutOfWindow), node("rejected", ToneRejected, f.Rejected),
	}
}

func outcomeCounts(f *report.SourceFlow) []int64 {
	return []int64{f.Issued, f.Held, f.Suppressed, f.Merged, f.Unmatched, f.NotYet, f.OutOfWindow, f.Rejected}
}

func rowsChart(f *report.SourceFlow) *Chart {
	flow := &Sankey{Nodes: []Node{{Name: "read", Label: Count(f.Read) + " read", Tone: ToneBefore, Text: report.Counted(f.Read, "row", "rows") + " read"}}}
	counts := outcomeCounts(f)
	for i, n := range rowOutcomes(f) {
		if counts[i] > 0 {
			flow.Nodes = append(flow.Nodes, n)
			flow.Links = append(flow.Links, Link{From: "read", To: n.Name, Value: counts[i], Text: n.Text})
		}
	}
	return &Chart{Title: f.Source, Data: flow, Label: "Flow of the " + Count(f.Read) + " rows of " + f.Source + " to their outcomes. Every figure is in the table of rows that follows.",
		Tables: []*Table{flowTable("Rows of "+f.Source, flow)}}
}

// flowTable is every stream of a flow.
func flowTable(caption string, flow *Sankey) *Table {
	labels := map[string]string{}
	for _, n := range flow.Nodes {
		_, labels[n.Name], _ = strings.Cut(n.Label, " ") // without the count
	}
	t := &Table{Caption: caption, Columns: append(Names("from", "to"), Figures("count")...), Head: 2}
	for _, l := range flow.Links {
		t.Rows = append(t.Rows, Row(labels[l.From], labels[l.To], Count(l.Value)))
	}
	return t
}

func sourcesTable(s *report.Summary) *Table {
	t := &Table{Caption: "Rows by what became of them", Head: 1,
		Columns: append(Names("source"), Figures("read", "issued", "held", "suppressed or denied", "merged", "no rule hits", "not yet final", "out of the window", "rejected")...),
		From: "Issued, held, suppressed and denied: decisions.parquet by source and outcome, where released is false. Rejected: rejects.parquet by source. " +
			"Read and the others: outcomes in manifest.json."}
	for i := range s.Sources {
		f := &s.Sources[i]
		row := Row(f.Source, Count(f.Read))
		for _, n := range outcomeCounts(f) {
			row = append(row, Cell{Text: Count(n), Muted: n == 0})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// decided sums up a night's decisions, of rows and of released holds.
type decided struct{ issued, held, suppressed, denied int64 }

func decisionsOf(s *report.Summary) decided {
	var d decided
	for _, l := range s.Issued {
		d.issued += l.Count
	}
	for _, l := range s.Held {
		d.held += l.Count
	}
	for _, l := range s.Suppressions {
		d.suppressed += l.Count
	}
	for _, l := range s.Denials {
		d.denied += l.Count
	}
	return d
}

// incidentFlow goes from sources, and the holds that people released, to
// decisions and their reasons. Which source's incidents are suppressed and which
// denied is not counted apart, so both come from one node.
func incidentFlow(s *report.Summary) *Sankey {
	b := flowBuilder{flow: &Sankey{}}
	d := decisionsOf(s)
	nothing := d.suppressed + d.denied
	rest := decided{issued: d.issued, held: d.held, suppressed: nothing}
	for i := range s.Sources {
		f := &s.Sources[i]
		name := "source " + f.Source
		b.node(Node{Name: name, Label: f.Source, Tone: ToneBefore}, f.Issued+f.Held+f.Suppressed)
		b.link(name, "issued", f.Issued)
		b.link(name, "held", f.Held)
		b.link(name, "nothing", f.Suppressed)
		rest.issued, rest.held, rest.suppressed = rest.issued-f.Issued, rest.held-f.Held, rest.suppressed-f.Suppressed
	}
	b.node(Node{Name: "released", Label: "released holds", Tone: ToneHeld}, rest.issued+rest.held+rest.suppressed)
	b.link("released", "issued", rest.issued)
	b.link("released", "held", rest.held)
	b.link("released", "nothing", rest.suppressed)
	b.node(Node{Name: "issued", Label: "issued", Tone: ToneIssued, Depth: 1}, d.issued)
	b.node(Node{Name: "held", Label: "held", Tone: ToneHeld, Depth: 1}, d.held)
	b.node(Node{Name: "nothing", Label: "no credit", Tone: ToneSuppressed, Depth: 1}, nothing)
	for _, code := range currencies(s.Issued, func(l *report.MoneyLine) string { return l.Currency }) {
		var count int64
		for _, l := range s.Issued {
			if l.Currency == code {
				count += l.Count
			}
		}
		b.leaf("issued", "issued in "+code, "issued in "+code, ToneIssued, count)
	}
	b.causes(s.HoldCauses, d.held)
	for _, l := range s.Suppressions {
		b.leaf("nothing", "suppressed "+l.Reason, l.Reason, ToneSuppressed, l.Count)
	}
	for _, l := range s.Denials {
		b.leaf("nothing", "denied "+l.Reason, "denied, "+l.Reason, ToneDenied, l.Count)
	}
	return b.flow
}

// flowBuilder leaves out what is zero.
type flowBuilder struct{ flow *Sankey }

func (b *flowBuilder) node(n Node, count int64) {
	if count > 0 {
		n.Text = report.Counted(count, "incident", "incidents")
		n.Label = Count(count) + " " + n.Label
		b.flow.Nodes = append(b.flow.Nodes, n)
	}
}

func (b *flowBuilder) link(from, to string, count int64) {
	if count > 0 {
		b.flow.Links = append(b.flow.Links, Link{From: from, To: to, Value: count, Text: report.Counted(count, "incident", "incidents")})
	}
}

func (b *flowBuilder) leaf(from, name, label string, tone Tone, count int64) {
	b.node(Node{Name: name, Label: label, Tone: tone, Depth: 2}, count)
	b.link(from, name, count)
}

// causes parts the holds by cause, where each has one: otherwise the causes do
// not add up to the holds, and the drawing says so.
func (b *flowBuilder) causes(causes []report.CauseLine, held int64) {
	var sum int64
	for _, c := range causes {
		sum += c.Count
	}
	if sum != held {
		b.leaf("held", "held by several", "held, some by several causes", ToneHeld, held)
		return
	}
	for _, c := range causes {
		name := strings.TrimSpace(c.Kind + " " + c.ID)
		b.leaf("held", "held "+name, "held, "+name, ToneHeld, c.Count)
	}
}

func reasonTables(s *report.Summary) []Block {
	reasons := func(caption, empty string, tone Tone, lines []report.ReasonLine, outcome string) *Table {
		t := &Table{Caption: caption, Empty: empty, Head: 1, Columns: append(Names("reason"), Figures("incidents", "settled before", "would have been")...),
			From: "decisions.parquet where outcome is " + outcome + ", by reason: rows, rows with repeat, sum of gross_minor by currency."}
		for _, l := range lines {
			t.Rows = append(t.Rows, []Cell{{Text: l.Reason, Tone: tone}, {Text: Count(l.Count)}, {Text: Count(l.Repeat), Muted: l.Repeat == 0}, {Text: amounts(l.Gross)}})
		}
		return t
	}
	held := &Table{Caption: "Held, and by what", Head: 2, Empty: "No award is held by tonight's decisions.", Columns: append(Names("by", "name"), Figures("awards", "amount")...),
		From: "held.parquet by hold_causes, tonight's decisions: an award with several causes is in several lines."}
	for _, c := range s.HoldCauses {
		held.Rows = append(held.Rows, []Cell{{Text: c.Kind, Tone: ToneHeld}, {Text: c.ID}, {Text: Count(c.Count)}, {Text: amounts(c.Amount)}})
	}
	trims := &Table{Caption: "Given or held, but less than the rule says", Head: 1, Empty: "No award was lowered by a limit.", Columns: append(Names("limited by"), Figures("awards", "taken off")...),
		From: "decisions.parquet where amount_minor is below gross_minor and outcome is issued or held, by the last of limited_by: sum of gross_minor − amount_minor."}
	for _, l := range s.Trims {
		trims.Rows = append(trims.Rows, []Cell{{Text: l.By}, {Text: Count(l.Count)}, {Text: amounts(l.Amount)}})
	}
	return []Block{
		reasons("Suppressed, and why", "No incident was suppressed.", ToneSuppressed, s.Suppressions, "suppressed"),
		reasons("Denied for good, and why", "No incident was denied.", ToneDenied, s.Denials, "denied"), held, trims,
	}
}
