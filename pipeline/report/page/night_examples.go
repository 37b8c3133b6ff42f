package page

import (
	"cmp"
	"strings"

	"amends/pipeline/report"
)

// outcomeTones are the colours of decisions.
var outcomeTones = map[string]Tone{"issued": ToneIssued, "held": ToneHeld, "suppressed": ToneSuppressed, "denied": ToneDenied, "rejected": ToneRejected}

func examplesSection(a *report.Analysis) Section {
	section := Section{ID: "examples", Title: "Examples", Lead: "Single decisions in a sentence, with the values that rules read. The command shows every condition of one."}
	section.Blocks = append(section.Blocks, Text("For any other: amends explain ID"+dryRun(a)+", where ID is a customer, an order, an event or a credit. Commands here are for the workspace's folder, that of amends.yaml; from elsewhere add -C and that folder."))
	if len(a.Examples) == 0 {
		section.Blocks = append(section.Blocks, Text("Nothing was decided tonight, so there is no example."))
		return section
	}
	for _, group := range []struct{ why, title string }{{"largest", "The largest"}, {"random", "Drawn by a hash of their ids"}, {"", "Others"}} {
		cards := &Cards{}
		for i := range a.Examples {
			e := &a.Examples[i]
			if e.Why == group.why || group.why == "" && e.Why != "largest" && e.Why != "random" {
				cards.Cards = append(cards.Cards, exampleCard(a, e))
			}
		}
		if len(cards.Cards) > 0 {
			section.Blocks = append(section.Blocks, Heading(group.title), cards)
		}
	}
	section.Blocks = append(section.Blocks, Note("Each is the row of decisions.parquet with this source and event_id, or of issuance.parquet with this credit_id."))
	return section
}

func exampleCard(a *report.Analysis, e *report.Example) Card {
	c := Card{Tone: outcomeTones[e.Outcome], Tag: e.Outcome, Text: e.Sentence}
	if c.Tone == "" {
		c.Tone = ToneNeutral
	}
	for _, f := range []Field{{"event", e.Source + " " + e.EventID, true}, {"customer", e.CustomerID, true}, {"order", e.OrderID, true}, {"credit", e.CreditID, true},
		{"rule", e.Rule, false}, {"at", e.Place, true}, {"amount", Money(e.Minor, e.Currency), false}} {
		if f.Value != "" {
			c.Fields = append(c.Fields, f)
		}
	}
	for _, v := range e.Facts {
		c.Values = append(c.Values, Field{v.Name, v.Value, true})
	}
	c.Command = "amends explain --event=" + shellWord(e.EventID) + " --source=" + shellWord(e.Source) + " --date=" + a.Summary.BusinessDate + dryRun(a)
	return c
}

// dryRun is the flag of commands on a dry run's page.
func dryRun(a *report.Analysis) string {
	if a.DryRun {
		return DryRunFlag
	}
	return ""
}

func rejectsSection(a *report.Analysis) Section {
	section := Section{ID: "rejects", Title: "Rejected rows", Lead: "Rows that could not be used. They get nothing, and come again where they are delivered mended."}
	t := &Table{Caption: "Rejects by source and code", Empty: "No row was rejected.", Head: 2, Columns: append(Names("source", "code"), Figures("rows")...), From: "rejects.parquet by source and code."}
	for _, r := range a.Summary.Rejects {
		t.Rows = append(t.Rows, []Cell{{Text: r.Source, Tone: ToneRejected}, {Text: r.Code, Code: true}, {Text: Count(r.Count)}})
	}
	section.Blocks = append(section.Blocks, t)
	for _, r := range a.Rejects {
		rows := &Table{Caption: r.Source + ", " + r.Code + ": " + Count(int64(len(r.Rows))) + " of " + report.Counted(r.Count, "row", "rows"), Columns: append(append(Names("file"), Figures("row")...), Names("column", "detail")...),
			From: "rejects.parquet where source and code are these; rows are counted from 0."}
		for _, x := range r.Rows {
			rows.Rows = append(rows.Rows, []Cell{{Text: x.File, Code: true}, {Text: Count(x.Row)}, {Text: x.Column, Code: true}, {Text: x.Detail}})
		}
		section.Blocks = append(section.Blocks, rows)
	}
	return section
}

// anomalyTitle says what is unlike the nights before.
func anomalyTitle(x *report.Anomaly) string {
	kinds := map[string]string{report.AnomalyFar: "Far from its history", report.AnomalyFirst: "First hits", report.AnomalyStopped: "Stopped"}
	what := kinds[x.Kind]
	if what == "" {
		what = x.Kind
	}
	subject := x.Subject + " " + x.ID
	if source, column, isValue := strings.Cut(x.Subject, "."); isValue {
		subject = column + " " + cmp.Or(x.ID, "(none)") + " of " + source
	}
	return what + ": " + subject
}

func anomaliesSection(a *report.Analysis) Section {
	section := Section{ID: "anomalies", Title: "Anomalies", Lead: "Rules, customers and values that are not as they were on the nights before."}
	t := &Table{Caption: "Unlike the nights before", Empty: "Nothing is unlike the nights before.", Head: 1, Columns: append(Names("what", "why"), Figures("count", "amount")...),
		From: "issuance.parquet and decisions.parquet of tonight and of the nights before, by rule_id, customer_id or the event's value."}
	if a.NightsBefore < a.NightsToCompare {
		t.Empty = "There is nothing to compare with yet: it takes " + report.Counted(int64(a.NightsToCompare), "night", "nights") + " before this one, and " + isAre(a.NightsBefore) + " settled."
	}
	for i := range a.Anomalies {
		x := &a.Anomalies[i]
		amount := none
		if x.Currency != "" {
			amount = Money(x.Minor, x.Currency)
		}
		t.Rows = append(t.Rows, []Cell{{Text: anomalyTitle(x)}, {Text: x.Sentence}, {Text: Count(x.Count)}, {Text: amount}})
	}
	section.Blocks = []Block{t}
	if a.MoreCustomers > 0 {
		section.Blocks = append(section.Blocks, Note("And "+report.Counted(a.MoreCustomers, "more customer", "more customers")+" who got far more credits in these weeks than before. While the ledger is younger than a few months, many are."))
	}
	return section
}

// isAre says how many nights are.
func isAre(nights int) string {
	switch nights {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	}
	return Count(int64(nights)) + " are"
}

func shadowSection(a *report.Analysis) Section {
	section := Section{ID: "shadow", Title: "Shadow rules", Lead: "Rules on trial: they give nothing. Besides here they are in the matrix of rules that overlap, and incidents that only they hit are suppressed as shadow-only."}
	rules := rulesOf(a, true)
	if len(rules) == 0 {
		section.Blocks = append(section.Blocks, Text("There is no rule on trial."))
	} else {
		section.Blocks = append(section.Blocks, shadowTable(rules))
	}
	faults := &Table{Caption: "Could not be evaluated", Head: 1, Columns: append(Names("shadow rule"), Figures("rows")...), From: "Counted by the run, in summary.json under shadow_faults."}
	for _, f := range a.Summary.ShadowFaults {
		faults.Rows = append(faults.Rows, Row(f.Name, Count(f.Count)))
	}
	section.Blocks = append(section.Blocks, faults)
	return section
}

func shadowTable(list []report.RuleAnalysis) *Table {
	t := &Table{Caption: "Rules on trial", Head: 1, Columns: append(Names("rule"), Figures("hits", "in", "would give")...),
		From: "decisions.parquet where matched_rules has the rule and released is false; what it would give: decided by the run."}
	for i := range list {
		r := &list[i]
		if len(r.Money) == 0 {
			t.Rows = append(t.Rows, []Cell{{Text: r.Rule, Small: r.Place}, {Text: Count(r.Hits)}, {}, {}})
		}
		for _, m := range r.Money {
			t.Rows = append(t.Rows, []Cell{{Text: r.Rule, Small: r.Place}, {Text: Count(r.Hits), Small: settled(r.SettledHits, Count(r.SettledHits))}, {Text: m.Currency}, {Text: Money(m.GrossMinor, m.Currency), Small: settled(m.SettledMinor, Money(m.SettledMinor, m.Currency))}})
		}
	}
	return t
}
