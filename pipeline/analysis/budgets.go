package analysis

import (
	"cmp"
	"slices"

	"amends/pipeline/report"
	"amends/rules"
)

const (
	// maxScopes is how many sellers or rules a report shows of one budget and
	// currency: those that used most of it, and as many more that were refused.
	maxScopes = 20
	// maxBurn is how many points a burn-down has: more are not seen apart.
	maxBurn = 200
)

// Scope is one amount of money that awards spend from.
type Scope struct {
	Budget   int // index in the policy
	ID       string
	Currency string
	MaxMinor int64 // 0 where the budget does not name the currency
}

// Budgets gathers what became of awards at budgets: first all of what fitted and
// was refused, then, once Choose was called, the burn-down of those scopes that a
// report shows. It keeps a few numbers for each scope.
type Budgets struct {
	budgets []rules.Budget
	scopes  []Scope
	lines   []report.BudgetAnalysis // by scope
	shown   []bool                  // by scope, after Choose
	burnt   []burnt                 // by scope
	order   []int                   // of lines
}

// burnt is how far a burn-down has come.
type burnt struct{ awards, usedMinor int64 }

// NewBudgets begins with the budgets of a rulebook and every scope that awards
// have, by the numbers that the calls below use.
func NewBudgets(budgets []rules.Budget, scopes []Scope) *Budgets {
	b := &Budgets{budgets: budgets, scopes: slices.Clone(scopes)}
	for i := range budgets {
		if budgets[i].Per != rules.PerRun {
			continue
		}
		for _, currency := range budgets[i].MaxAmount.Currencies() { // a run's own, also where nothing asks for it
			one := Scope{Budget: i, Currency: currency, MaxMinor: budgets[i].MaxAmount[currency]}
			if !slices.Contains(scopes, one) {
				b.scopes = append(b.scopes, one)
			}
		}
	}
	b.lines, b.shown, b.burnt = make([]report.BudgetAnalysis, len(b.scopes)), make([]bool, len(b.scopes)), make([]burnt, len(b.scopes))
	for i, s := range b.scopes {
		of := &budgets[s.Budget]
		b.lines[i] = report.BudgetAnalysis{Budget: of.ID, Per: perName[of.Per], Scope: s.ID, Currency: s.Currency, MaxMinor: s.MaxMinor}
	}
	return b
}

// Fits counts an award that spends from a scope.
func (b *Budgets) Fits(scope int32, minor int64) {
	line := &b.lines[scope]
	line.Awards++
	line.UsedMinor = plus(line.UsedMinor, minor)
}

// Refuses counts an award for which a scope has too little left.
func (b *Budgets) Refuses(scope int32, minor int64) {
	line := &b.lines[scope]
	line.Refused++
	line.RefusedMinor = plus(line.RefusedMinor, minor)
}

// Choose ends the counting, and picks the scopes to show.
func (b *Budgets) Choose() {
	for i := range b.lines {
		b.lines[i].UsedBasis = share(b.lines[i].UsedMinor, b.lines[i].MaxMinor)
		b.order = append(b.order, i)
	}
	slices.SortFunc(b.order, func(x, y int) int {
		p, q := &b.lines[x], &b.lines[y]
		return cmp.Or(b.compareGroups(x, y), -cmp.Compare(p.UsedBasis, q.UsedBasis), -cmp.Compare(p.UsedMinor, q.UsedMinor), cmp.Compare(p.Scope, q.Scope))
	})
	for left := b.order; len(left) > 0; {
		end := 1
		for end < len(left) && b.compareGroups(left[0], left[end]) == 0 {
			end++
		}
		b.chooseOf(left[:end])
		left = left[end:]
	}
}

// compareGroups compares by budget in file order, and by currency.
func (b *Budgets) compareGroups(x, y int) int {
	return cmp.Or(cmp.Compare(b.scopes[x].Budget, b.scopes[y].Budget), cmp.Compare(b.scopes[x].Currency, b.scopes[y].Currency))
}

// chooseOf picks scopes of one budget and currency, those that used most first.
func (b *Budgets) chooseOf(group []int) {
	shown := min(len(group), maxScopes)
	refused := slices.DeleteFunc(slices.Clone(group[shown:]), func(i int) bool { return b.lines[i].Refused == 0 })
	slices.SortStableFunc(refused, func(x, y int) int { return -cmp.Compare(b.lines[x].RefusedMinor, b.lines[y].RefusedMinor) })
	refused, _ = atMost(refused, maxScopes)
	for _, i := range slices.Concat(group[:shown], refused) {
		b.shown[i] = true
		b.lines[i].ScopesMore = int64(len(group) - shown - len(refused))
	}
}

// Burns goes on with the burn-down of a scope by an award that spends from it;
// all awards come again, in their order.
func (b *Budgets) Burns(scope int32, minor int64) {
	if !b.shown[scope] {
		return
	}
	line, at := &b.lines[scope], &b.burnt[scope]
	at.awards, at.usedMinor = at.awards+1, plus(at.usedMinor, minor)
	stride := line.Awards/(maxBurn-1) + 1 // with the first and last, no more points than maxBurn
	if at.awards == 1 || at.awards%stride == 0 || at.awards == line.Awards {
		line.Burn = append(line.Burn, report.BurnPoint{Awards: at.awards, UsedMinor: at.usedMinor})
	}
}

// Lines are the chosen scopes: budgets in file order, by currency, and of each
// those first that used most.
func (b *Budgets) Lines() []report.BudgetAnalysis {
	var list []report.BudgetAnalysis
	for _, i := range b.order {
		if b.shown[i] {
			list = append(list, b.lines[i])
		}
	}
	return list
}
