package page

import "amends/pipeline/report"

// drawnValues bounds the bars of one column.
const drawnValues = 12

func breakdownSection(a *report.Analysis) Section {
	section := Section{ID: "breakdowns", Title: "By column", Lead: "The night by the values of the columns that the workspace names: how often something goes wrong per 1,000 events, and what is issued for it. A rate is of the events that became final since the last night, and of their own incidents and credits; below 20 events there is none."}
	if len(a.Breakdowns) == 0 {
		section.Blocks = []Block{Text("There are no columns to break the night down by, or no event became final tonight.")}
	}
	charts := &Grid{}
	for i := range a.Breakdowns {
		b := &a.Breakdowns[i]
		name := b.Column + " of " + b.Source
		switch {
		case b.TooMany:
			section.Blocks = append(section.Blocks, Text("By "+name+" there are more values than can be counted, or longer ones."))
		case len(b.Lines) == 0:
			section.Blocks = append(section.Blocks, Text("By "+name+" there is nothing: no event became final tonight."+unknownCredits(b)))
		default:
			charts.Blocks = append(charts.Blocks, breakdownBlock(b, name))
		}
	}
	if len(charts.Blocks) > 0 {
		section.Blocks = append([]Block{charts}, section.Blocks...)
	}
	return section
}

// breakdownBlock is a table with bars, where some value has a rate.
func breakdownBlock(b *report.Breakdown, name string) Block {
	t := &Table{Caption: "By " + name, Head: 1, Columns: append(Names(b.Column), Figures("events", "new incidents", "per 1,000", "credits", "per 1,000", "issued")...),
		From: "Events: rows of " + b.Source + " that became final since the last night. Incidents: decisions.parquet of this source where released and repeat are false and a live rule hits; of earlier events: those that came or were proven after the night of their at, which are in no rate. " +
			"Credits and issued: issuance.parquet of this source, by the event's value."}
	bars := &Bars{Across: true, Unit: Unit{Digits: 2}, Series: []Series{{Name: "incidents per 1,000 events", Tone: ToneBefore}, {Name: "credits per 1,000 events", Tone: ToneIssued}}}
	rated := 0
	for _, l := range b.Lines {
		value := Cell{Text: l.Value}
		if l.Value == "" {
			value = Cell{Text: "none", Muted: true}
		}
		t.Rows = append(t.Rows, []Cell{value, {Text: Count(l.Events)}, {Text: Count(l.Incidents), Small: earlier(l.LateIncidents)}, {Text: perThousand(l.IncidentsPer1000, l.Rated), Muted: !l.Rated},
			{Text: Count(l.Credits), Small: earlier(l.LateCredits)}, {Text: perThousand(l.CreditsPer1000, l.Rated), Muted: !l.Rated}, {Text: amounts(l.Issued)}})
		if l.Rated {
			rated++
		}
		if l.Rated && rated <= drawnValues {
			bars.Categories = append(bars.Categories, value.Text)
			bars.Series[0].Values = append(bars.Series[0].Values, Value{l.IncidentsPer1000, perThousand(l.IncidentsPer1000, true)})
			bars.Series[1].Values = append(bars.Series[1].Values, Value{l.CreditsPer1000, perThousand(l.CreditsPer1000, true)})
		}
	}
	if b.More > 0 {
		t.From += " " + report.Counted(b.More, "other value is", "other values are") + " left out."
	}
	t.From += unknownCredits(b)
	if rated == 0 {
		return t
	}
	return &Chart{Title: "By " + name, Data: bars, Tables: []*Table{t}, Label: "Bars of incidents and credits per 1,000 events by " + name,
		Legend: []Legend{{Tone: ToneBefore, Name: "incidents per 1,000 events"}, {Tone: ToneIssued, Name: "credits per 1,000 events"}},
		Note:   drawnOf(rated, drawnValues, "The first %s values with a rate; all values are in the table.")}
}

// unknownCredits is a sentence on what no value of the column has.
func unknownCredits(b *report.Breakdown) string {
	if b.UnknownCredits == 0 {
		return ""
	}
	return " Not in the table: " + report.Counted(b.UnknownCredits, "credit", "credits") + " of released holds, " + amounts(b.UnknownIssued) + ", of which the value was not kept."
}

// earlier says how many of a count are of events of earlier nights.
func earlier(n int64) string {
	if n == 0 {
		return ""
	}
	return Count(n) + " of earlier events"
}

func perThousand(hundredth int64, rated bool) string {
	if !rated {
		return none
	}
	return hundredths(hundredth)
}
