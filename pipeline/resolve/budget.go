package resolve

import (
	"slices"

	"amends/pipeline/award"
	"amends/rules/money"
)

// Settle takes the issued awards of all customers, in any order, through the
// budgets (step 8), and changes the decisions that do not fit in place. It is
// greedy in the order of awards: a smaller one may fit after a larger one did
// not. Held awards spend nothing.
func Settle(decisions []*award.Decision, policy *Policy) error {
	if err := policy.validate(); err != nil {
		return err
	}
	if err := decided(decisions); err != nil {
		return err
	}
	if len(policy.Budgets) == 0 {
		return nil
	}
	purses := NewPurses(policy.Budgets)
	claims := purses.tight(decisions)
	slices.SortFunc(claims, func(a, b Claim) int { return award.Compare(a.Decision, b.Decision) })
	spending := NewSpending(purses)
	for i := range claims {
		c := &claims[i]
		d, v := c.Decision, spending.Take(c)
		id := policy.Budgets[v.Budget].ID
		switch {
		case !v.Refused:
		case v.Deny:
			deny(d, BudgetPrefix+id)
		default:
			hold(d, award.Cause{Kind: BudgetCause, ID: id, Why: spending.why(c, v)})
		}
	}
	return nil
}

// tight makes the claims of issued awards, and returns those that some budget
// may refuse: on a purse that is too small for all that claim it. The others fit
// whatever goes before them, and take nothing that these need.
func (p *Purses) tight(decisions []*award.Decision) []Claim {
	var claims []Claim
	for _, d := range decisions {
		if d.Outcome == award.Issued {
			claims = append(claims, p.Claim(d, d.Minor))
		}
	}
	sums := make([]int64, len(p.list))
	tooSmall := make([]bool, len(p.list))
	for i := range claims {
		for _, purse := range claims[i].Purses {
			if purse < 0 {
				continue
			}
			sum, err := money.AddInts(sums[purse], claims[i].Minor)
			capMinor, named := p.Cap(purse)
			sums[purse] = sum
			tooSmall[purse] = tooSmall[purse] || err != nil || !named || sum > capMinor
		}
	}
	return slices.DeleteFunc(claims, func(c Claim) bool { return !c.On(func(purse int32) bool { return tooSmall[purse] }) })
}
