package page

import (
	"fmt"
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// firstNamed is how many customers an alert names; all are in the table.
const firstNamed = 3

// firstRequests bounds the alerts of one kind about requests.
const firstRequests = 10

// alertReason is how much of a reason an alert quotes, in runes; the table has
// all of it.
const alertReason = 160

// peopleSection is what waits for people, and what came of what they asked for.
func peopleSection(a *report.Analysis) Section {
	section := Section{ID: "people", Title: "Holds and requests", Lead: "Awards that wait for a person, when each lapses where nobody decides, and what came of what people asked for."}
	section.Blocks = append(holdsBlocks(a), requestsTable(a))
	if len(a.Holds) == 0 && len(a.Requests) == 0 && a.Summary.HoldFlow == (report.HoldFlow{}) {
		section.Blocks = []Block{Text("No award waits for a person, and nobody asked for anything.")}
	}
	return section
}

func holdsBlocks(a *report.Analysis) []Block {
	var blocks []Block
	if f := a.Summary.HoldFlow; f != (report.HoldFlow{}) {
		t := &Table{Caption: "Holds", Columns: Figures("waited before", "+ new", "− released", "− rejected", "− lapsed", "= wait now"),
			From: "Those that wait: held.parquet, all rows. New: held_since is the business date. Rejected and lapsed: postings.parquet, kind reject and lapse."}
		t.Rows = append(t.Rows, Row(Count(f.Opening), Count(f.New), Count(f.Released), Count(f.Rejected), Count(f.Lapsed), Count(f.Closing)))
		blocks = append(blocks, t)
	}
	sums := &Table{Caption: "Awards that wait, and what they come to", Head: 1, Columns: append(Names("currency"), Figures("wait", "amount", "of them lapse next night", "amount", "lapsed tonight", "amount")...),
		From: "Wait: held.parquet, sum of amount_minor. Lapse next night: of them, where held_since and hold_days come to the day after the business date. Lapsed tonight: postings.parquet, kind lapse; the amounts are in held.parquet of the night before."}
	for _, w := range a.Waiting {
		sums.Rows = append(sums.Rows, []Cell{{Text: w.Currency}, {Text: Count(w.Count)}, {Text: Money(w.Minor, w.Currency)}, {Text: Count(w.LapseNextCount), Muted: w.LapseNextCount == 0},
			{Text: Money(w.LapseNextMinor, w.Currency), Muted: w.LapseNextCount == 0}, {Text: Count(w.LapsedCount), Muted: w.LapsedCount == 0}, {Text: Money(w.LapsedMinor, w.Currency), Muted: w.LapsedCount == 0}})
	}
	each := &Table{Caption: "Each of them, soonest lapse first", Head: 1, Columns: append(append(Names("customer"), Figures("amount")...), Names("lapses on", "held since", "held by", "rule", "order", "credit")...),
		From: "held.parquet; those that lapsed tonight in that of the night before. An award lapses on the night of its date: to approve or reject it, amends review before that night runs."}
	for i := range a.Holds {
		h := &a.Holds[i]
		lapses := Cell{Text: h.LapsesOn, Whole: true}
		switch {
		case h.Lapsed:
			lapses.Text, lapses.Tone = h.LapsesOn+", tonight", ToneDenied
		case h.LapsesNext:
			lapses.Text, lapses.Tone = h.LapsesOn+", next night", ToneHeld
		}
		each.Rows = append(each.Rows, []Cell{{Text: h.CustomerID, Code: true, Whole: true}, {Text: Money(h.Minor, h.Currency)}, lapses, {Text: h.HeldSince, Whole: true}, {Text: h.Causes}, {Text: h.Rule},
			{Text: h.OrderID, Code: true, Whole: true}, {Text: h.CreditID, Code: true, Whole: true}})
	}
	if a.HoldsMore > 0 {
		each.From += " " + report.Counted(a.HoldsMore, "other that lapses later is", "others that lapse later are") + " left out."
	}
	return append(blocks, sums, each)
}

// requestsTable has the id last and in one piece: it is there to be copied.
func requestsTable(a *report.Analysis) *Table {
	t := &Table{Caption: "What people asked for", Columns: append(append(Names("kind", "by", "outcome"), Figures("asked", "done")...), Names("why", "detail", "request")...), Head: 1,
		From: "requests.json. Asked: what was left of the credits, or what the holds would give, when the night began. Done: what was voided, issued or rejected because of it."}
	for i := range a.Requests {
		r := &a.Requests[i]
		t.Rows = append(t.Rows, []Cell{{Text: r.Kind}, {Text: r.By}, {Text: r.Outcome}, requested(r, r.Asked, r.AskedCount), requested(r, r.Done, r.DoneCount),
			{Text: r.Why}, {Text: r.Detail}, {Text: r.ID, Code: true, Whole: true}})
	}
	return t
}

func requested(r *report.RequestEffect, sums money.ByCurrency, count int64) Cell {
	if count == 0 {
		return Cell{Text: none, Muted: true}
	}
	return Cell{Text: amounts(sums), Small: targets(r, count)}
}

// doneWords say what a request does to the awards or credits that it is about.
var doneWords = map[string]string{"void": "voided", "reverse": "voided", "approve": "issued", "reject": "rejected"}

// targets counts what a request is about.
func targets(r *report.RequestEffect, count int64) string {
	if r.Kind == "void" || r.Kind == "reverse" {
		return report.Counted(count, "credit", "credits")
	}
	return report.Counted(count, "award", "awards")
}

// peopleAlerts are what lapsed, what is about to, and what came of requests. What
// takes credits back comes first of these: it may be more than a night gives.
func peopleAlerts(a *report.Analysis, add func(level, what, text, href string)) {
	shown := map[string]int{}
	for i := range a.Requests {
		r := &a.Requests[i]
		if doneWords[r.Kind] == "" && r.Outcome == "done" {
			continue // a word on another request, which has its own line
		}
		level, what := LevelKnow, strings.ToUpper(r.Kind[:1])+r.Kind[1:]+" by "+r.By
		if r.Kind == "void" || r.Kind == "reverse" || r.Outcome != "done" {
			level = LevelWatch
		}
		if shown[level]++; shown[level] > firstRequests {
			continue
		}
		add(level, what, requestSentence(r), "#people")
	}
	for _, level := range []string{LevelWatch, LevelKnow} {
		if left := shown[level] - firstRequests; left > 0 {
			add(level, "And more", report.Counted(int64(left), "other request", "other requests")+" of people.", "#people")
		}
	}
	lapses := func(what, why string, sums money.ByCurrency, count int64, is func(*report.WaitingAward) bool) {
		if count == 0 {
			return
		}
		var names []string
		for i := range a.Holds {
			if h := &a.Holds[i]; is(h) && len(names) < firstNamed {
				names = append(names, h.CustomerID+" "+Money(h.Minor, h.Currency))
			}
		}
		if left := count - int64(len(names)); left > 0 {
			names = append(names, Count(left)+" more")
		}
		add(LevelWatch, what, report.Counted(count, "award", "awards")+" of "+amounts(sums)+" "+why+": "+strings.Join(names, ", ")+".", "#people")
	}
	tonight, next := money.ByCurrency{}, money.ByCurrency{}
	var tonightCount, nextCount int64
	for _, w := range a.Waiting {
		tonight[w.Currency], next[w.Currency] = w.LapsedMinor, w.LapseNextMinor
		tonightCount, nextCount = tonightCount+w.LapsedCount, nextCount+w.LapseNextCount
	}
	lapses("Lapse next night", "that nobody has decided yet", next, nextCount, func(h *report.WaitingAward) bool { return h.LapsesNext })
	lapses("Lapsed tonight", "that nobody decided in time, and that will never be given", tonight, tonightCount, func(h *report.WaitingAward) bool { return h.Lapsed })
}

// requestSentence is what came of a request, how much of it, and why it was made.
func requestSentence(r *report.RequestEffect) string {
	var b strings.Builder
	word := doneWords[r.Kind]
	switch {
	case r.DoneCount > 0:
		fmt.Fprintf(&b, "%s of %s %s", targets(r, r.DoneCount), amounts(r.Done), word)
		if amounts(r.Asked) != amounts(r.Done) {
			fmt.Fprintf(&b, ", of %s asked", amounts(r.Asked))
		}
	case r.AskedCount > 0:
		fmt.Fprintf(&b, "nothing of %s for %s", amounts(r.Asked), targets(r, r.AskedCount))
	default:
		b.WriteString("nothing")
	}
	if r.Outcome != "done" {
		b.WriteString("; " + r.Outcome)
		if r.Detail != "" {
			b.WriteString(", " + r.Detail)
		}
	}
	if r.Why != "" {
		why := []rune(r.Why)
		if len(why) > alertReason {
			why = append(why[:alertReason:alertReason], '…')
		}
		b.WriteString(". Why: " + string(why))
	}
	return strings.TrimSuffix(b.String(), ".") + "."
}
