package resolve

import (
	"fmt"
	"math"
	"slices"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/money"
)

// Claim is all that budgets see of an award: its place among the claims is the
// order in which awards go before each other.
type Claim struct {
	Decision *award.Decision
	Minor    int64   // what the limits left of it
	Purses   []int32 // by budget, in Purses.List; -1 where a budget does not apply

	Release *award.Release // nil for a new award
}

// On reports whether the claim is on a purse of a kind.
func (c *Claim) On(kind func(purse int32) bool) bool {
	return slices.ContainsFunc(c.Purses, func(purse int32) bool { return purse >= 0 && kind(purse) })
}

// Purse is one amount of money that claims spend from: a budget's, in one scope
// and currency.
type Purse struct {
	Budget   int    // index in the policy
	Scope    string // the rule's or seller's id; "" per run
	Currency string
}

// Purses numbers the purses that claims spend from.
type Purses struct {
	budgets []rules.Budget
	list    []Purse
	caps    []int64 // by purse, or noCap
	numbers map[Purse]int32
	runs    [][]runPurse // by budget: those per run, which most awards ask for, and which are few
	arena   []int32      // of Claim.Purses
}

// runPurse is the purse of a budget per run in one currency.
type runPurse struct {
	currency string
	number   int32
}

// noCap is of a purse in a currency that its budget does not name.
const noCap = math.MinInt64

// NewPurses begins without a purse. Budgets are a policy's.
func NewPurses(budgets []rules.Budget) *Purses {
	return &Purses{budgets: budgets, numbers: map[Purse]int32{}, runs: make([][]runPurse, len(budgets))}
}

// List is every purse so far, by number.
func (p *Purses) List() []Purse { return p.list }

// Cap is the most that may be spent from a purse; false where the budget does
// not name the currency, so that nothing may.
func (p *Purses) Cap(purse int32) (minor int64, ok bool) {
	if minor = p.caps[purse]; minor == noCap {
		return 0, false
	}
	return minor, true
}

// arenaClaims is for how many claims an arena is made at a time.
const arenaClaims = 1024

// Claim is an issued award's claim, with what the limits left of it. Several
// goroutines must not make claims at once.
func (p *Purses) Claim(d *award.Decision, minor int64) Claim {
	if len(p.arena) < len(p.budgets) {
		p.arena = make([]int32, arenaClaims*len(p.budgets))
	}
	c := Claim{Decision: d, Minor: minor, Purses: p.Of(d, p.arena[:0:len(p.budgets)]), Release: d.Incident.Released()}
	p.arena = p.arena[len(p.budgets):]
	return c
}

// Of appends the purses that an award spends from, by budget; -1 where a budget
// does not apply. Several goroutines must not ask at once.
func (p *Purses) Of(d *award.Decision, to []int32) []int32 {
	for i := range p.budgets {
		if !p.budgets[i].Rules.Has(d.Award.RuleID) {
			to = append(to, -1)
			continue
		}
		key := Purse{Budget: i, Currency: d.Incident.Currency}
		switch p.budgets[i].Per {
		case rules.PerRun:
			at := slices.IndexFunc(p.runs[i], func(r runPurse) bool { return r.currency == key.Currency })
			if at < 0 {
				at = len(p.runs[i])
				p.runs[i] = append(p.runs[i], runPurse{key.Currency, p.number(key)})
			}
			to = append(to, p.runs[i][at].number)
			continue
		case rules.PerRule:
			key.Scope = d.Award.RuleID
		case rules.PerSeller:
			key.Scope = d.Incident.Seller()
			if key.Scope == "" {
				to = append(to, -1)
				continue
			}
		}
		to = append(to, p.number(key))
	}
	return to
}

// NumbersOf returns the numbers here of the purses of others, by theirs.
func (p *Purses) NumbersOf(others *Purses) []int32 {
	numbers := make([]int32, len(others.list))
	for i, key := range others.list {
		numbers[i] = p.number(key)
	}
	return numbers
}

func (p *Purses) number(key Purse) int32 {
	number, known := p.numbers[key]
	if !known {
		number = p.add(key)
	}
	return number
}

func (p *Purses) add(key Purse) int32 {
	number := int32(len(p.list))
	capMinor, ok := p.budgets[key.Budget].MaxAmount[key.Currency]
	if !ok {
		capMinor = noCap
	}
	p.numbers[key], p.list, p.caps = number, append(p.list, key), append(p.caps, capMinor)
	return number
}

// Verdict is what budgets say of a claim.
type Verdict struct {
	Refused bool
	Budget  int   // with Refused: the first that the claim does not fit
	Deny    bool  // with Refused: for good; otherwise it is held
	Purse   int32 // with Refused: that has too little left
	why     refusal
}

type refusal uint8

const (
	exceeds refusal = iota
	overflows
	unnamed
)

// Spending is what claims have taken from purses, in turn.
type Spending struct {
	purses *Purses
	minor  []int64 // by purse
	sums   []int64 // of the claim at hand, by budget
}

// NewSpending begins with nothing spent.
func NewSpending(p *Purses) *Spending {
	return &Spending{purses: p, minor: make([]int64, len(p.list)), sums: make([]int64, len(p.budgets))}
}

// Take gives a claim its verdict, after those that go before it: one that fits
// every budget spends from all of them, any other from none.
func (s *Spending) Take(c *Claim) Verdict {
	for len(s.minor) < len(s.purses.list) {
		s.minor = append(s.minor, 0)
	}
	for budget, purse := range c.Purses {
		if purse < 0 {
			continue
		}
		var v Verdict
		if s.sums[budget], v = s.fit(c, budget, purse); v.Refused {
			return v
		}
	}
	for budget, purse := range c.Purses {
		if purse >= 0 {
			s.minor[purse] = s.sums[budget]
		}
	}
	return Verdict{}
}

// Minor is what is spent from a purse so far.
func (s *Spending) Minor(purse int32) int64 { return s.minor[purse] }

// fit returns what is spent once the claim is, or the verdict against it. A
// person's release of this budget's hold passes the cap, and spends all the same.
func (s *Spending) fit(c *Claim, budget int, purse int32) (sumMinor int64, v Verdict) {
	b := &s.purses.budgets[budget]
	passes := satisfied(c.Release, BudgetCause, b.ID)
	sumMinor, err := money.AddInts(s.minor[purse], c.Minor)
	switch {
	case err != nil && passes:
		return math.MaxInt64, v // no new award fits after it
	case err != nil:
		return 0, Verdict{Refused: true, Budget: budget, Purse: purse, why: overflows}
	case passes:
		return sumMinor, v
	}
	capMinor, ok := s.purses.Cap(purse)
	if !ok {
		return 0, Verdict{Refused: true, Budget: budget, Purse: purse, why: unnamed}
	}
	if sumMinor > capMinor {
		return 0, Verdict{Refused: true, Budget: budget, Purse: purse, Deny: b.Exceed == rules.Deny, why: exceeds}
	}
	return sumMinor, v
}

// why says in words why a claim is refused.
func (s *Spending) why(c *Claim, v Verdict) string {
	currency := c.Decision.Incident.Currency
	switch v.why {
	case overflows:
		return "overflow in the sum of awards in " + currency
	case unnamed:
		return "has no amount in " + currency
	}
	capMinor, _ := s.purses.Cap(v.Purse)
	return fmt.Sprintf("exceeds %s%s", money.Amount{Minor: capMinor, Currency: currency}, s.scopeText(v))
}

func (s *Spending) scopeText(v Verdict) string {
	b := &s.purses.budgets[v.Budget]
	switch b.Per {
	case rules.PerRule:
		return " of rule " + s.purses.list[v.Purse].Scope
	case rules.PerSeller:
		return " of seller " + s.purses.list[v.Purse].Scope + b.Rules.Of()
	}
	return " of the run" + b.Rules.Of()
}
