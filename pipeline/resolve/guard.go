package resolve

import (
	"fmt"
	"math/big"
	"slices"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/money"
)

// GuardHistory is what earlier nights would have issued.
type GuardHistory struct {
	// Totals are, per currency and in any order, what the committed nights of
	// the guardrails' last MedianDays would have issued in new awards before
	// their guardrails, in minor units, without nights of zero.
	Totals map[string][]int64
}

// Breach is a guardrail that held every new award of a currency.
type Breach struct {
	ID         string // MaxAmountID or VsMedianID
	Currency   string
	TotalMinor int64 // of the new awards that it held
	Awards     int   // how many
	Why        string
}

// Guard holds, in place, every new issued award of a currency whose total is out
// of the ordinary (step 9), once Settle was called. Released awards neither count nor
// are held. Issuable are the totals before that, which the medians of later nights are
// made of; a currency without new awards has none. The error is money.ErrOverflow for
// a total beyond int64; decisions are as they were then.
func (a *Asked) Guard(decisions []*award.Decision, history GuardHistory) (breaches []Breach, issuable money.ByCurrency, err error) {
	issuable = money.ByCurrency{}
	for _, f := range a.fresh {
		minor, fits := f.minor.Minor()
		if !fits {
			return nil, nil, fmt.Errorf("guardrails: sum of %.40q: %w", f.currency, money.ErrOverflow)
		}
		if f.awards > 0 {
			issuable[f.currency] = minor
		}
	}
	for _, currency := range issuable.Currencies() {
		found := history.Exceeded(a.policy, money.Amount{Minor: issuable[currency], Currency: currency})
		if len(found) == 0 {
			continue
		}
		fresh := freshIn(decisions, currency)
		for _, b := range found {
			for _, d := range fresh {
				hold(d, award.Cause{Kind: GuardrailCause, ID: b.ID, Why: b.Why})
			}
			b.Awards = len(fresh)
			breaches = append(breaches, b)
		}
	}
	return breaches, issuable, nil
}

func fresh(d *award.Decision) bool { return d.Outcome == award.Issued && d.Incident.Released() == nil }

// freshIn are the new awards in a currency that are issued.
func freshIn(decisions []*award.Decision, currency string) []*award.Decision {
	var list []*award.Decision
	for _, d := range decisions {
		if fresh(d) && d.Incident.Currency == currency {
			list = append(list, d)
		}
	}
	return list
}

// Exceeded are the guardrails that the total of a night's new awards in one
// currency breaches, if there is such an award: any one of them holds them all.
// Breach.Awards is 0.
func (h GuardHistory) Exceeded(policy *Policy, total money.Amount) []Breach {
	var breaches []Breach
	if policy.Guardrails == nil {
		return nil
	}
	for _, check := range []func(*rules.Guardrails, money.Amount, []int64) (id, why string){checkAmount, checkMedian} {
		if id, why := check(policy.Guardrails, total, h.Totals[total.Currency]); id != "" {
			breaches = append(breaches, Breach{ID: id, Currency: total.Currency, TotalMinor: total.Minor, Why: why})
		}
	}
	return breaches
}

// checkAmount checks the absolute cap. A cap without the currency never pays.
func checkAmount(g *rules.Guardrails, total money.Amount, _ []int64) (id, why string) {
	if len(g.MaxAmount) == 0 {
		return "", ""
	}
	capMinor, ok := g.MaxAmount[total.Currency]
	if !ok {
		return MaxAmountID, "has no amount in " + total.Currency
	}
	if total.Minor <= capMinor {
		return "", ""
	}
	limit := money.Amount{Minor: capMinor, Currency: total.Currency}
	return MaxAmountID, fmt.Sprintf("the night's %s exceed %s", total, limit)
}

// checkMedian compares total with a multiple of the median without division:
// total × 2 × 1,000,000 > millionths of the ratio × the two middle nights' sum.
func checkMedian(g *rules.Guardrails, total money.Amount, nights []int64) (id, why string) {
	if g.MaxAmountVsMedian <= 0 || len(nights) < max(g.MinHistory, 1) {
		return "", ""
	}
	sorted := slices.Sorted(slices.Values(nights))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2] // the same where their number is odd

	left := new(big.Int).Mul(big.NewInt(total.Minor), big.NewInt(2*int64(money.One)))
	middle := new(big.Int).Add(big.NewInt(low), big.NewInt(high))
	right := middle.Mul(middle, big.NewInt(int64(g.MaxAmountVsMedian)))
	if left.Cmp(right) <= 0 {
		return "", ""
	}
	return VsMedianID, fmt.Sprintf("the night's %s exceed %s times the median of %d nights", total, g.MaxAmountVsMedian, len(nights))
}

// decided refuses decisions that Resolve did not make.
func decided(decisions []*award.Decision) error {
	for _, d := range decisions {
		if d == nil || d.Incident == nil || d.Verdict == nil || d.Outcome == "" {
			return fmt.Errorf("%w: an incident without a decision", ErrContract)
		}
		pays := d.Outcome == award.Issued || d.Outcome == award.Held
		if pays && (d.Award == nil || d.Minor < 1 || d.Minor > d.GrossMinor) {
			return fmt.Errorf("%w: incident %s pays %d of %d", ErrContract, d.Incident.ID(), d.Minor, d.GrossMinor)
		}
	}
	return nil
}
