package resolve

import (
	"slices"

	"amends/pipeline/award"
	"amends/rules/money"
)

// Asked is what issued awards ask for before budgets and guardrails: sums, in which
// their order plays no part, by what they would spend from and by currency. It is
// one goroutine's; what several have come to is joined.
type Asked struct {
	policy *Policy
	purses *Purses
	sums   []money.Wide // by purse
	fresh  []freshSum   // of new awards, by currency: few, so a list
	of     []int32      // purses of the award at hand
}

// freshSum is what new awards come to in one currency.
type freshSum struct {
	currency string
	awards   int
	minor    money.Wide
}

// NewAsked begins with nothing asked. The error is about the policy.
func NewAsked(policy *Policy) (*Asked, error) {
	if err := policy.validate(); err != nil {
		return nil, err
	}
	return &Asked{policy: policy, purses: NewPurses(policy.Budgets)}, nil
}

// Add takes in decisions. The error is ErrContract for one that Resolve did not
// make.
func (a *Asked) Add(decisions ...*award.Decision) error {
	if err := decided(decisions); err != nil {
		return err
	}
	for _, d := range decisions {
		if d.Outcome != award.Issued {
			continue
		}
		if d.Incident.Released() == nil {
			a.freshOf(d.Incident.Currency).add(d.Minor, 1)
		}
		for _, purse := range a.pursesOf(d) {
			if purse >= 0 {
				a.sums[purse].Add(d.Minor)
			}
		}
	}
	return nil
}

// Join adds what others asked.
func (a *Asked) Join(others ...*Asked) {
	for _, other := range others {
		for _, f := range other.fresh {
			of := a.freshOf(f.currency)
			of.awards += f.awards
			of.minor.AddWide(f.minor)
		}
		for i, purse := range a.purses.NumbersOf(other.purses) {
			a.grow()
			a.sums[purse].AddWide(other.sums[i])
		}
	}
}

// pursesOf are an award's, by budget, until the next call.
func (a *Asked) pursesOf(d *award.Decision) []int32 {
	a.of = a.purses.Of(d, a.of[:0])
	a.grow()
	return a.of
}

func (a *Asked) grow() {
	for len(a.sums) < len(a.purses.list) {
		a.sums = append(a.sums, money.Wide{})
	}
}

func (a *Asked) freshOf(currency string) *freshSum {
	for i := range a.fresh {
		if a.fresh[i].currency == currency {
			return &a.fresh[i]
		}
	}
	a.fresh = append(a.fresh, freshSum{currency: currency})
	return &a.fresh[len(a.fresh)-1]
}

func (f *freshSum) add(minor int64, awards int) {
	f.minor.Add(minor)
	f.awards += awards
}

// small says of each purse whether it is too small for all that is asked of it; nil
// where none is.
func (a *Asked) small() []bool {
	var small []bool
	for purse, sum := range a.sums {
		capMinor, named := a.purses.Cap(int32(purse))
		if minor, fits := sum.Minor(); !fits || !named || minor > capMinor {
			if small == nil {
				small = make([]bool, len(a.sums))
			}
			small[purse] = true
		}
	}
	return small
}

// Settle takes issued awards through the budgets (step 8), and changes the decisions
// that do not fit in place: decisions, in any order, are those that were added. It is
// greedy in the order of awards: a smaller one may fit after a larger one did not.
// Held awards spend nothing. Denied says what the limits had left of those that a
// budget denied.
//
// Only awards on a purse that is too small for all that ask for it are looked at. The
// others fit whatever goes before them, and take nothing that these need.
func (a *Asked) Settle(decisions []*award.Decision) (denied map[*award.Decision]int64) {
	small := a.small()
	if small == nil {
		return nil
	}
	var tight []*award.Decision
	onSmall := func(purse int32) bool { return purse >= 0 && small[purse] }
	for _, d := range decisions {
		if d.Outcome == award.Issued && slices.ContainsFunc(a.pursesOf(d), onSmall) {
			tight = append(tight, d)
		}
	}
	Sort(tight)
	denied = map[*award.Decision]int64{}
	spending := NewSpending(a.purses)
	for _, d := range tight {
		c := Claim{Decision: d, Minor: d.Minor, Purses: a.pursesOf(d), Release: d.Incident.Released()}
		v := spending.Take(&c)
		if !v.Refused {
			continue
		}
		if d.Incident.Released() == nil {
			a.freshOf(d.Incident.Currency).add(-c.Minor, -1)
		}
		if id := a.policy.Budgets[v.Budget].ID; v.Deny {
			denied[d] = c.Minor
			deny(d, BudgetPrefix+id)
		} else {
			hold(d, award.Cause{Kind: BudgetCause, ID: id, Why: spending.why(&c, v)})
		}
	}
	return denied
}
