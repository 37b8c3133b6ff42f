package page

import (
	"strconv"
	"strings"

	"amends/pipeline/report"
)

func liabilitySection(a *report.Analysis) Section {
	s := a.Summary
	section := Section{ID: "liability", Title: "Liability", Lead: "What customers can still use: how it came from the night before, when it expires, and how much of it is expected to be forfeited."}
	if len(s.RollForward) == 0 {
		section.Blocks = append(section.Blocks, Text("No credit was ever issued, so nothing is outstanding."))
	} else {
		grid := &Grid{}
		for i := range s.RollForward {
			grid.Blocks = append(grid.Blocks, rollForwardChart(&s.RollForward[i]))
		}
		section.Blocks = append(section.Blocks, grid, rollForwardTable(s.RollForward))
	}
	section.Blocks = append(section.Blocks, redemptionTable(s), adjustmentTable(s))
	section.Blocks = append(section.Blocks, expiryBlocks(a.Expiry)...)
	section.Blocks = append(section.Blocks, expiringTable(s))
	section.Blocks = append(section.Blocks, forecastBlocks(a.Forecasts)...)
	return section
}

func rollForwardChart(l *report.RollForwardLine) *Chart {
	code, at := l.Currency, l.Opening
	flow := &Waterfall{Unit: UnitOf(code)}
	step := func(name string, tone Tone, from, to int64, text string) {
		flow.Steps = append(flow.Steps, Step{Name: name, Tone: tone, From: from, To: to, Text: text})
	}
	move := func(name string, tone Tone, minor int64) {
		step(name, tone, at, at+minor, SignedMoney(minor, code))
		at += minor
	}
	step("opening", ToneNeutral, 0, l.Opening, Money(l.Opening, code))
	move("issued", ToneIssued, l.Issued)
	move("reinstated", ToneReinstated, l.Reinstated)
	move("redeemed", ToneRedeemed, -l.Redeemed)
	move("forfeited", ToneForfeited, -l.Forfeited)
	move("voided", ToneVoided, -l.Voided)
	step("closing", ToneNeutral, 0, l.Closing, Money(l.Closing, code))
	flow.Start = axisStart(flow.Steps)
	note := ""
	if flow.Start > 0 {
		note = "The axis begins at " + Money(flow.Start, code) + ", so that the movements can be seen: opening and closing are cut."
	}
	return &Chart{Title: "Roll-forward, " + code, Data: flow, Note: note,
		Label: "Roll-forward in " + code + ": opening " + Money(l.Opening, code) + ", closing " + Money(l.Closing, code) + ". The figures are in the table that follows."}
}

// axisStart is 0 where the movements are a good part of the whole, and otherwise
// a round number somewhat below all that moves.
func axisStart(steps []Step) int64 {
	low, high := steps[0].To, steps[0].To
	for _, s := range steps[1 : len(steps)-1] {
		low, high = min(low, s.To), max(high, s.To)
	}
	span := high - low
	if span == 0 || low/4 < span {
		return 0
	}
	round := int64(1)
	for round <= span/10 {
		round *= 10
	}
	return (low - max(span/2, 1)) / round * round
}

func rollForwardTable(lines []report.RollForwardLine) *Table {
	t := &Table{Caption: "Roll-forward", Head: 1, Columns: append(Names("currency"), Figures("opening", "+ issued", "+ reinstated", "− redeemed", "− forfeited", "− voided", "= closing")...),
		From: "Movements: postings.parquet by currency and kind (issue, reinstate, redeem, forfeit, void), sum of amount_minor. Closing: open.parquet, granted − redeemed − forfeited − voided. Opening: the closing of the night before."}
	for _, l := range lines {
		row := Row(l.Currency)
		for _, minor := range []int64{l.Opening, l.Issued, l.Reinstated, l.Redeemed, l.Forfeited, l.Voided, l.Closing} {
			row = append(row, Cell{Text: Money(minor, l.Currency), Muted: minor == 0})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func redemptionTable(s *report.Summary) *Table {
	t := &Table{Caption: "Redemption rows by outcome", Empty: "No redemption row was read tonight.", Head: 2, Columns: append(Names("outcome", "currency"), Figures("rows", "asked for", "applied")...),
		From: "redemptions.parquet by outcome and currency: sums of amount_minor and applied_minor."}
	for _, l := range s.Redemptions {
		row := []Cell{{Text: l.Outcome}, {Text: l.Currency}, {Text: Count(l.Count)}, {Text: none}, {Text: none}}
		if l.Currency != "" {
			row[3], row[4] = Cell{Text: Money(l.Minor, l.Currency)}, Cell{Text: Money(l.AppliedMinor, l.Currency), Muted: l.AppliedMinor == 0}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func adjustmentTable(s *report.Summary) *Table {
	t := &Table{Caption: "Voided and reinstated", Empty: "Nothing was voided or reinstated tonight.", Head: 2, Columns: append(Names("kind", "why"), Figures("credits", "amount")...), From: "adjustments.parquet by kind, why and currency: sum of amount_minor."}
	for _, l := range s.Adjustments {
		tone := ToneVoided
		if l.Kind != "void" {
			tone = ToneReinstated
		}
		t.Rows = append(t.Rows, []Cell{{Text: l.Kind, Tone: tone}, {Text: l.Why}, {Text: Count(l.Count)}, {Text: Money(l.Minor, l.Currency)}})
	}
	return t
}

func expiringTable(s *report.Summary) *Table {
	t := &Table{Caption: "To remind customers of", Empty: "No customer is to be reminded of a credit tonight.", Head: 1, Columns: append(Names("terms"), Figures("credits", "can still be used")...), From: "expiring.parquet by terms and currency: sum of remaining_minor."}
	for _, l := range s.Expiring {
		t.Rows = append(t.Rows, Row(l.Terms, Count(l.Count), Money(l.Minor, l.Currency)))
	}
	return t
}

// weekName is a week in a table, and its short name in a chart: month and day.
func weekName(w *report.ExpiryWeek) (name, short string) {
	name = w.Monday
	switch {
	case w.Later:
		return name + " and later", "later"
	case w.WeeksAhead < 0:
		return name + ", in grace", "grace"
	}
	return name, monthDay(name)
}

// monthDay is 01-26 of 2026-01-26.
func monthDay(date string) string {
	if _, short, ok := strings.Cut(date, "-"); ok {
		return short
	}
	return date
}

func expiryBlocks(weeks []report.ExpiryWeek) []Block {
	blocks := []Block{Heading("When it expires")}
	code := func(w *report.ExpiryWeek) string { return w.Currency }
	grid := &Grid{}
	for _, c := range currencies(weeks, code) {
		grid.Blocks = append(grid.Blocks, expiryChart(c, of(weeks, c, code)))
	}
	if len(grid.Blocks) == 0 {
		return append(blocks, Text("Nothing is outstanding, so nothing expires."))
	}
	return append(blocks, grid, Note("By the week (its Monday) of the last usable day. Expected to be forfeited: the share that was forfeited of past weeks, as far ahead as this one is."))
}

func expiryChart(code string, weeks []report.ExpiryWeek) *Chart {
	bars := &Bars{Stacked: true, Unit: UnitOf(code), Series: []Series{{Name: "expected to be forfeited", Tone: ToneForfeited}, {Name: "expected to be used", Tone: ToneRedeemed}, {Name: "no past to expect from", Tone: ToneBefore}}}
	t := &Table{Caption: "Outstanding in " + code + " by week of expiry", Head: 1, Columns: append(Names("week of"), Figures("credits", "outstanding", "expected to be forfeited", "from past weeks")...),
		From: "open.parquet by currency and the week of expires_at: granted − redeemed − forfeited − voided."}
	for i := range weeks {
		w := &weeks[i]
		expected, past := none, none
		var forfeited, used, unknown int64
		if w.Past > 0 {
			forfeited, used = w.ExpectedMinor, w.OutstandingMinor-w.ExpectedMinor
			expected, past = Money(forfeited, code), Count(int64(w.Past))
			if w.RateAhead != w.WeeksAhead {
				past += ", " + strconv.Itoa(w.RateAhead) + " weeks ahead"
			}
		}
		if w.Past == 0 {
			unknown = w.OutstandingMinor
		}
		name, short := weekName(w)
		t.Rows = append(t.Rows, Row(name, Count(w.Credits), Money(w.OutstandingMinor, code), expected, past))
		bars.Categories = append(bars.Categories, short)
		for j, minor := range []int64{forfeited, used, unknown} {
			bars.Series[j].Values = append(bars.Series[j].Values, moneyValue(minor, code))
		}
	}
	return &Chart{Title: "Outstanding by week of expiry, " + code, Data: bars, Tables: []*Table{t}, Label: "Bars of what is outstanding in " + code + " by the week in which it expires, parted by what is expected to be forfeited",
		Legend: []Legend{{Tone: ToneForfeited, Name: "expected to be forfeited"}, {Tone: ToneRedeemed, Name: "expected to be used"}, {Tone: ToneBefore, Name: "no past to expect from"}}}
}

func forecastBlocks(scores []report.ForecastScore) []Block {
	blocks := []Block{Heading("Forecast against what came")}
	code := func(f *report.ForecastScore) string { return f.Currency }
	grid := &Grid{}
	for _, c := range currencies(scores, code) {
		grid.Blocks = append(grid.Blocks, forecastChart(c, of(scores, c, code)))
	}
	if len(grid.Blocks) == 0 {
		return append(blocks, Text("No week of expiry has passed since there were forecasts."))
	}
	return append(blocks, grid)
}

func forecastChart(code string, scores []report.ForecastScore) *Chart {
	bars := &Bars{Across: true, Unit: UnitOf(code), Series: []Series{{Name: "expected", Tone: ToneBefore}, {Name: "came", Tone: ToneForfeited}}}
	t := &Table{Caption: "Forfeitures in " + code + ", forecast and real", Head: 1, Columns: append(Names("week of", "forecast made"), Figures("weeks ahead", "outstanding then", "expected", "came", "off by", "from past weeks")...),
		From: "The forecast night's open.parquet by week of expires_at; what came of the same credits: postings.parquet since, kind forfeit less reinstate."}
	for _, f := range scores {
		t.Rows = append(t.Rows, Row(f.Monday, f.Made, Count(int64(f.WeeksAhead)), Money(f.OutstandingMinor, code), Money(f.ExpectedMinor, code), Money(f.ActualMinor, code), SignedMoney(f.ActualMinor-f.ExpectedMinor, code), Count(int64(f.Past))))
		bars.Categories = append(bars.Categories, monthDay(f.Monday)+", "+strconv.Itoa(f.WeeksAhead)+" ahead")
		bars.Series[0].Values = append(bars.Series[0].Values, moneyValue(f.ExpectedMinor, code))
		bars.Series[1].Values = append(bars.Series[1].Values, moneyValue(f.ActualMinor, code))
	}
	return &Chart{Title: "Forfeitures forecast and real, " + code, Data: bars, Tables: []*Table{t}, Label: "Bars of the forfeitures in " + code + " that were forecast for past weeks, beside what came",
		Legend: []Legend{{Tone: ToneBefore, Name: "expected"}, {Tone: ToneForfeited, Name: "came"}}}
}
