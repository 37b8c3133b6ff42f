package resolve

import (
	"fmt"
	"math"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/money"
)

// claim is all that budgets see of an award. Its place among the claims is the
// order in which awards go before each other.
type claim struct {
	minor    int64
	currency string
	ruleID   string
	seller   string         // "" where there is none
	release  *award.Release // nil for a new award
}

// verdict is what budgets say of a claim: fits where budget is nil.
type verdict struct {
	budget *rules.Budget // the first that the claim does not fit
	deny   bool          // otherwise held
	why    string
}

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
	claims := make([]claim, len(sorted))
	for i, d := range sorted {
		claims[i] = claim{
			minor: d.Minor, currency: d.Incident.Currency, ruleID: d.Award.RuleID,
			seller: d.Incident.Seller, release: d.Incident.Release,
		}
	}
	for i, v := range spend(claims, policy.Budgets) {
		switch {
		case v.budget == nil:
		case v.deny:
			deny(sorted[i], BudgetPrefix+v.budget.ID)
		default:
			hold(sorted[i], award.Cause{Kind: BudgetCause, ID: v.budget.ID, Why: v.why})
		}
	}
	return nil
}

// purse is one amount of money that claims spend from.
type purse struct {
	budget   int // index in the policy
	scope    string
	currency string
}

// spend gives each claim, in order, its verdict: one that fits every budget
// spends from all of them, any other from none.
func spend(claims []claim, budgets []rules.Budget) []verdict {
	spent := map[purse]int64{}
	verdicts := make([]verdict, len(claims))
	keys, sums := make([]purse, 0, len(budgets)), make([]int64, 0, len(budgets))
	for i := range claims {
		keys, sums = keys[:0], sums[:0]
		for j := range budgets {
			key, applies := purseOf(j, &budgets[j], &claims[i])
			if !applies {
				continue
			}
			sum, v := fit(&claims[i], &budgets[j], spent[key])
			if v.budget != nil {
				verdicts[i] = v
				break
			}
			keys, sums = append(keys, key), append(sums, sum)
		}
		if verdicts[i].budget != nil {
			continue
		}
		for k, key := range keys {
			spent[key] = sums[k]
		}
	}
	return verdicts
}

func purseOf(index int, b *rules.Budget, c *claim) (key purse, applies bool) {
	key = purse{budget: index, currency: c.currency}
	switch b.Per {
	case rules.PerRule:
		key.scope = c.ruleID
	case rules.PerSeller:
		key.scope = c.seller
		return key, c.seller != ""
	}
	return key, true
}

// fit returns what is spent once the claim is, or the verdict against it. A
// person's release of this budget's hold passes the cap, and spends all the same.
func fit(c *claim, b *rules.Budget, spentMinor int64) (sumMinor int64, v verdict) {
	sumMinor, err := money.AddInts(spentMinor, c.minor)
	switch {
	case err != nil && satisfied(c.release, BudgetCause, b.ID):
		return math.MaxInt64, verdict{} // no new award fits after it
	case err != nil:
		return 0, verdict{budget: b, why: "overflow in the sum of awards in " + c.currency}
	case satisfied(c.release, BudgetCause, b.ID):
		return sumMinor, verdict{}
	}
	capMinor, ok := b.MaxAmount[c.currency]
	if !ok {
		return 0, verdict{budget: b, why: "has no amount in " + c.currency}
	}
	if sumMinor > capMinor {
		why := fmt.Sprintf("exceeds %s%s", money.Amount{Minor: capMinor, Currency: c.currency}, scopeText(b, c))
		return 0, verdict{budget: b, deny: b.Exceed == rules.Deny, why: why}
	}
	return sumMinor, verdict{}
}

func scopeText(b *rules.Budget, c *claim) string {
	switch b.Per {
	case rules.PerRule:
		return " of rule " + c.ruleID
	case rules.PerSeller:
		return " of seller " + c.seller
	}
	return " of the run"
}
