package analysis

import (
	"cmp"
	"maps"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/report"
)

// moves are the movements of value, in the order in which people read them.
var moves = []string{
	report.MoveIssued, report.MoveHeld, report.MoveForfeited, report.MoveRedeemed, report.MoveReinstated, report.MoveVoided,
}

var movesOf = map[ledger.Kind]string{
	ledger.Issue: report.MoveIssued, ledger.Forfeit: report.MoveForfeited, ledger.Redeem: report.MoveRedeemed,
	ledger.Reinstate: report.MoveReinstated, ledger.Void: report.MoveVoided,
}

type moveKey struct{ currency, what, funding string }

func compareMoves(a, b moveKey) int {
	return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(slices.Index(moves, a.what), slices.Index(moves, b.what)),
		cmp.Compare(a.funding, b.funding))
}

// Moved sums a night's movements. The zero value is empty and ready.
type Moved struct {
	sums map[moveKey]report.NightFigure
}

// Add counts one movement. funding is the credit's.
func (m *Moved) Add(what, currency, funding string, minor int64) {
	m.AddMany(what, currency, funding, 1, minor)
}

// AddMany is Add of so many movements, with their sum.
func (m *Moved) AddMany(what, currency, funding string, count, minor int64) {
	if m.sums == nil {
		m.sums = map[moveKey]report.NightFigure{}
	}
	key := moveKey{currency: currency, what: what, funding: funding}
	sum := m.sums[key]
	sum.Count += count
	sum.Minor = plus(sum.Minor, minor)
	m.sums[key] = sum
}

// AddPosting counts what a posting moved; one that moves nothing is left out.
func (m *Moved) AddPosting(p ledger.Posting, funding string) {
	if what, moves := movesOf[p.Kind]; moves {
		m.Add(what, p.Currency, funding, p.Minor)
	}
}

// Lines are the sums, by currency, movement and funding.
func (m *Moved) Lines() []TrendMovement {
	lines := make([]TrendMovement, 0, len(m.sums))
	for _, key := range slices.SortedFunc(maps.Keys(m.sums), compareMoves) {
		sum := m.sums[key]
		lines = append(lines, TrendMovement{What: key.what, Currency: key.currency, Funding: key.funding, Count: sum.Count, Minor: sum.Minor})
	}
	return lines
}

// Movements holds what moved tonight against the nights before.
func Movements(past []TrendNight, tonight TrendNight) []report.Movement {
	nights := append(slices.Clone(past), tonight)
	series := map[moveKey][]report.NightFigure{}
	line := func(key moveKey) []report.NightFigure {
		figures, known := series[key]
		if !known {
			figures = make([]report.NightFigure, len(nights))
			for i := range nights {
				figures[i].Date = nights[i].Date
			}
			series[key] = figures
		}
		return figures
	}
	for i := range nights {
		for _, m := range nights[i].Movements {
			for _, what := range moves { // of a currency, all
				line(moveKey{currency: m.Currency, what: what})
			}
			for _, funding := range slices.Compact([]string{"", m.Funding}) {
				figure := &line(moveKey{currency: m.Currency, what: m.What, funding: funding})[i]
				figure.Count += m.Count
				figure.Minor = plus(figure.Minor, m.Minor)
			}
		}
	}
	movements := make([]report.Movement, 0, len(series))
	for _, key := range slices.SortedFunc(maps.Keys(series), compareMoves) {
		movements = append(movements, movement(key, series[key]))
	}
	return movements
}

// movement is one line: the last of its figures is tonight's.
func movement(key moveKey, figures []report.NightFigure) report.Movement {
	past, tonight := figures[:len(figures)-1], figures[len(figures)-1]
	m := report.Movement{
		What: key.what, Currency: key.currency, Funding: key.funding, Count: tonight.Count, Minor: tonight.Minor,
		Nights: len(past), Series: figures,
	}
	if len(past) == 0 {
		return m
	}
	last := past[len(past)-1]
	m.Last = &last
	counts, sums := make([]int64, len(past)), make([]int64, len(past))
	for i, f := range past {
		counts[i], sums[i] = f.Count, f.Minor
	}
	m.Median = &report.NightFigure{Count: medianOf(counts), Minor: medianOf(sums)}
	return m
}
