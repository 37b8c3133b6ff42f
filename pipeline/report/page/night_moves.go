package page

import (
	"slices"
	"strings"

	"amends/pipeline/report"
)

// moveTones are the colours of movements, and moveRows where they come from.
var moveTones = map[string]Tone{
	report.MoveIssued: ToneIssued, report.MoveHeld: ToneHeld, report.MoveForfeited: ToneForfeited,
	report.MoveReinstated: ToneReinstated, report.MoveRedeemed: ToneRedeemed, report.MoveVoided: ToneVoided,
}

const moveFrom = "Tonight's figures are rows of this currency, and of this funding where one is named: issued from issuance.parquet (amount_minor), held from held.parquet where held_since is the business date, " +
	"the others from postings.parquet by kind: forfeit, reinstate, redeem, void (amount_minor). The nights before: the same files of their folders."

func movementCurrency(m *report.Movement) string { return m.Currency }

// movesSection is what moves value tonight, held against the nights before.
func movesSection(a *report.Analysis) Section {
	section := Section{ID: "moves", Title: "What moves", Lead: "Value that moves tonight, per currency and who bears it, beside the last settled night and the median of the nights before."}
	for _, code := range currencies(a.Movements, movementCurrency) {
		moves := folded(of(a.Movements, code, movementCurrency))
		section.Blocks = append(section.Blocks, movesTable(code, moves), nightsBefore(code, moves))
	}
	if len(a.Movements) == 0 {
		section.Blocks = append(section.Blocks, Text("Nothing moves tonight, and nothing did before."))
	} else {
		section.Blocks = append(section.Blocks, Note(moveFrom))
	}
	return section
}

// folded leaves out a funding that is all there is of a movement: the movement
// names it.
func folded(moves []report.Movement) []report.Movement {
	var lines []report.Movement
	for i := range moves {
		m := moves[i]
		if m.Funding == "" {
			parts := of(moves, m.What, func(x *report.Movement) string { return x.What })
			if len(parts) == 2 && sameFigures(&parts[0], &parts[1]) {
				m.Funding = parts[0].Funding + parts[1].Funding
			}
		} else if n := len(lines); n > 0 && lines[n-1].What == m.What && lines[n-1].Funding == m.Funding {
			continue
		}
		lines = append(lines, m)
	}
	return lines
}

func sameFigures(a, b *report.Movement) bool {
	return a.Count == b.Count && a.Minor == b.Minor && slices.Equal(a.Series, b.Series)
}

func movesTable(code string, moves []report.Movement) *Table {
	columns := append(Names("movement"), Figures("tonight (count)", "median (count)", "against median", "last night (count)", "last nights")...)
	t := &Table{Caption: "What moves in " + code, Columns: columns, Head: 1}
	if m := &moves[0]; m.Last != nil && m.Median != nil {
		t.Caption += "; the last night is " + m.Last.Date + ", the median is of " + report.Counted(int64(m.Nights), "night", "nights")
	}
	for i := range moves {
		m := &moves[i]
		if still(m) {
			continue
		}
		row := []Cell{{Text: m.What, Aside: paidBy(m), Tone: moveTones[m.What]}, nightCell(m.Count, m.Minor, code), {Text: none}, {Text: none}, {Text: none}, {Text: none}}
		if m.Median != nil {
			row[2] = nightCell(m.Median.Count, m.Median.Minor, code)
			row[3] = Cell{Text: SignedMoney(m.Minor-m.Median.Minor, code), Muted: m.Minor == m.Median.Minor}
		}
		if m.Last != nil {
			row[4] = nightCell(m.Last.Count, m.Last.Minor, code)
		}
		if len(m.Series) > 1 {
			row[5] = Cell{Chart: moveSpark(m)}
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) < len(moves) {
		t.From = "Left out: what was nothing tonight, last night and in the median."
	}
	return t
}

// still is true of a movement that is nothing tonight, and was nothing last night
// and on most nights before.
func still(m *report.Movement) bool {
	return m.Count == 0 && (m.Last == nil || m.Last.Count == 0) && (m.Median == nil || m.Median.Count == 0 && m.Median.Minor == 0)
}

// paidBy is the funding beside a movement; of one with several, its line of them
// all says nothing.
func paidBy(m *report.Movement) string {
	if m.Funding == "" {
		return ""
	}
	return "by " + m.Funding
}

func nightCell(count, minor int64, code string) Cell {
	return Cell{Text: Money(minor, code), Aside: "(" + Count(count) + ")", Muted: count == 0 && minor == 0}
}

// moveTitle is a movement in words: issued by seller.
func moveTitle(m *report.Movement) string {
	if m.Funding == "" {
		return m.What
	}
	return m.What + ", " + m.Funding
}

func moveSpark(m *report.Movement) *Chart {
	line := &Lines{Spark: true, Unit: UnitOf(m.Currency), Series: []Series{{Name: m.What, Tone: moveTones[m.What]}}}
	for _, n := range m.Series {
		line.Categories = append(line.Categories, n.Date)
		line.Series[0].Values = append(line.Series[0].Values, moneyValue(n.Minor, m.Currency))
	}
	last := m.Series[len(m.Series)-1]
	return &Chart{Small: true, Data: line, Label: strings.ToUpper(m.What[:1]) + m.What[1:] + " in " + m.Currency + " on the last " +
		Count(int64(len(m.Series))) + " nights, tonight " + Money(last.Minor, m.Currency)}
}

// nightsBefore are the figures of the small lines, newest night first.
func nightsBefore(code string, moves []report.Movement) Block {
	t := &Table{Caption: "The last nights in " + code, Columns: Names("night"), Head: 1}
	var dates []string
	for i := range moves {
		t.Columns = append(t.Columns, Column{Name: moveTitle(&moves[i]), Figures: true})
		if len(moves[i].Series) > len(dates) {
			dates = dates[:0]
			for _, n := range moves[i].Series {
				dates = append(dates, n.Date)
			}
		}
	}
	for i := len(dates) - 1; i >= 0; i-- {
		row := []Cell{{Text: dates[i]}}
		for j := range moves {
			row = append(row, Cell{Text: seriesAt(&moves[j], dates[i])})
		}
		t.Rows = append(t.Rows, row)
	}
	return &Details{Screen: true, Summary: "Figures of the last nights in " + code, Blocks: []Block{t}}
}

func seriesAt(m *report.Movement, date string) string {
	for _, n := range m.Series {
		if n.Date == date {
			return Money(n.Minor, m.Currency)
		}
	}
	return none
}
