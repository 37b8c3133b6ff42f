package pipeline

import (
	"amends/pipeline/analysis"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
)

// budgets says how tonight's awards used the budgets up, in the order in which
// they go before each other.
func (w *weighing) budgets() []report.BudgetAnalysis {
	if w.purses == nil {
		return nil
	}
	var scopes []analysis.Scope
	for i, purse := range w.purses.List()[:w.scopes] {
		scope := analysis.Scope{Budget: purse.Budget, ID: purse.Scope, Currency: purse.Currency}
		scope.MaxMinor, _ = w.purses.Cap(int32(i))
		scopes = append(scopes, scope)
	}
	b := analysis.NewBudgets(w.policy.Budgets, scopes)
	all := w.all()
	w.spend(all, nil, nobody, func(c *resolve.Claim, v resolve.Verdict) {
		if v.Refused {
			b.Refuses(v.Purse, c.Minor)
			return
		}
		eachPurse(c, func(purse int32) { b.Fits(purse, c.Minor) })
	})
	b.Choose()
	w.spend(all, nil, nobody, func(c *resolve.Claim, v resolve.Verdict) {
		if !v.Refused {
			eachPurse(c, func(purse int32) { b.Burns(purse, c.Minor) })
		}
	})
	return b.Lines()
}

func eachPurse(c *resolve.Claim, do func(purse int32)) {
	for _, purse := range c.Purses {
		if purse >= 0 {
			do(purse)
		}
	}
}
