package analysis

import (
	"cmp"
	"maps"
	"slices"

	"amends/pipeline/report"
	"amends/rules"
)

// nearBasis is from where on somebody is near a limit: four fifths of it.
const nearBasis = 8000

// maxNear is how many customers or orders a report names near one limit.
const maxNear = 20

// Limits gathers what limits did. It keeps a line for each limit and currency.
type Limits struct {
	limits []rules.Limit
	lines  []map[string]*report.LimitAnalysis // by limit and currency
}

// NewLimits begins with the limits of a rulebook, in file order, in the
// currencies that they name.
func NewLimits(limits []rules.Limit) *Limits {
	l := &Limits{limits: limits, lines: make([]map[string]*report.LimitAnalysis, len(limits))}
	for i := range limits {
		l.lines[i] = map[string]*report.LimitAnalysis{}
		for currency := range limits[i].MaxAmount {
			l.line(i, currency)
		}
	}
	return l
}

func (l *Limits) line(limit int, currency string) *report.LimitAnalysis {
	line := l.lines[limit][currency]
	if line == nil {
		of := &l.limits[limit]
		line = &report.LimitAnalysis{
			Limit: of.ID, Per: perName[of.Per], Rules: of.Rules, Currency: currency, WindowDays: of.WindowDays,
			MaxMinor: of.MaxAmount[currency], MaxCount: int64(of.MaxCount),
		}
		l.lines[limit][currency] = line
	}
	return line
}

var perName = map[rules.Per]string{
	rules.PerCustomer: "customer", rules.PerOrder: "order", rules.PerRun: "run", rules.PerRule: "rule", rules.PerSeller: "seller",
}

// Trimmed counts an award that a limit, by its index, took so much off.
func (l *Limits) Trimmed(limit int, currency string, takenMinor int64) {
	line := l.line(limit, currency)
	line.Trimmed++
	line.TakenMinor = plus(line.TakenMinor, takenMinor)
}

// Denied counts an award that a limit took whole.
func (l *Limits) Denied(limit int, currency string, takenMinor int64) {
	line := l.line(limit, currency)
	line.Denied++
	line.TakenMinor = plus(line.TakenMinor, takenMinor)
}

// Held counts an award that waits because of a limit, among other causes.
func (l *Limits) Held(limit int, currency string) { l.line(limit, currency).Held++ }

// Stand takes in where a customer or order stands in a limit and currency after
// tonight; Used is the share that the line needs for it.
func (l *Limits) Stand(limit int, currency string, s report.NearLimit) {
	line := l.line(limit, currency)
	if line.MaxMinor > 0 {
		s.UsedBasis = share(s.UsedMinor, line.MaxMinor)
	}
	if line.MaxCount > 0 {
		s.UsedBasis = max(s.UsedBasis, share(s.UsedCount, line.MaxCount))
	}
	if s.UsedBasis >= nearBasis {
		near(line, s)
	}
}

// near keeps somebody who is near the limit of a line, if few are nearer.
func near(line *report.LimitAnalysis, s report.NearLimit) {
	at, _ := slices.BinarySearchFunc(line.Near, s, compareNear)
	if at < maxNear {
		line.Near = slices.Insert(line.Near, at, s)
	} else {
		line.NearMore++
	}
	if len(line.Near) > maxNear {
		line.Near, line.NearMore = line.Near[:maxNear], line.NearMore+1
	}
}

// Join adds what others gathered apart: nobody of them was given to Stand here.
func (l *Limits) Join(others *Limits) {
	for limit, byCurrency := range others.lines {
		for currency, other := range byCurrency {
			line := l.line(limit, currency)
			line.Trimmed, line.Denied, line.Held = line.Trimmed+other.Trimmed, line.Denied+other.Denied, line.Held+other.Held
			line.TakenMinor = plus(line.TakenMinor, other.TakenMinor)
			line.NearMore += other.NearMore
			for _, s := range other.Near {
				near(line, s)
			}
		}
	}
}

// compareNear puts those first who stand highest, then by id.
func compareNear(a, b report.NearLimit) int {
	return cmp.Or(-cmp.Compare(a.UsedBasis, b.UsedBasis), -cmp.Compare(a.UsedMinor, b.UsedMinor), cmp.Compare(a.ID, b.ID))
}

// Lines are the limits in file order, and for each its currencies.
func (l *Limits) Lines() []report.LimitAnalysis {
	var list []report.LimitAnalysis
	for _, byCurrency := range l.lines {
		for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
			list = append(list, *byCurrency[currency])
		}
	}
	return list
}
