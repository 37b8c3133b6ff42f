package resolve

import "amends/pipeline/award"

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
	sorted := inOrder(decisions, func(d *award.Decision) bool { return d.Outcome == award.Issued })
	purses := NewPurses(policy.Budgets)
	spending := NewSpending(purses)
	for _, d := range sorted {
		c := purses.Claim(d, d.Minor)
		v := spending.Take(&c)
		id := policy.Budgets[v.Budget].ID
		switch {
		case !v.Refused:
		case v.Deny:
			deny(d, BudgetPrefix+id)
		default:
			hold(d, award.Cause{Kind: BudgetCause, ID: id, Why: spending.why(&c, v)})
		}
	}
	return nil
}
