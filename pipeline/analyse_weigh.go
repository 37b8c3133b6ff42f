package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/money"
)

// weighing is a night decided, with what is needed to decide parts of it again.
// It reads the ledger, so that it is good until the night is posted, and changes
// no decision.
type weighing struct {
	night  *night
	policy *resolve.Policy
	guard  resolve.GuardHistory
	scales []*scale // of each worker
	index  map[string]int
	codes  []string // the currencies by place, as index has them: few, so a list is quicker

	rules  *analysis.Rules
	picks  *analysis.Picks
	limits *analysis.Limits

	before  standings   // what came to the budgets
	after   standings   // what became of it
	without []standings // by rule: what is added to before where the rule gives nothing

	// Below is empty where there are no budgets.
	byRule [][]int32              // by rule: the customers whom an award of it would pay
	shifts []map[int32]money.Wide // by rule and purse: what is added to sums
	purses *resolve.Purses
	claims claims
	at     []int32      // by decision, as night.resolved has them: index of claims, or noClaim; see locate
	scopes int          // how many purses they are on; those after are of nights without a rule
	sums   []money.Wide // of all claims, by purse
	small  []int32      // the purses that are too small for all of their claims
	tight  []int32      // the claims on these
	gone   []int32      // by claim: the rule that was last thought away with it; see locate
}

// standings are a night's awards by currency, in the places of weighing.index.
type standings []standing

// standing is what awards come to in one currency: new ones that are issued,
// released ones that are, and new ones that are held.
type standing struct{ fresh, released, held money.Wide }

func (s standing) issuedMinor() int64 {
	issued := s.fresh
	issued.AddWide(s.released)
	return issued.Clamped()
}

// add adds what stands there, currency by currency.
func (t standings) add(other standings) {
	for i, o := range other {
		t[i].fresh.AddWide(o.fresh)
		t[i].released.AddWide(o.released)
		t[i].held.AddWide(o.held)
	}
}

const (
	nobody  = -1 // stands for no rule in weighing.gone
	noClaim = -1
)

// newWeighing weighs what the night decided. The night keeps
// its figures, and else nothing.
func (n *night) newWeighing() (*weighing, error) {
	w := &weighing{night: n, policy: n.policy(), guard: n.guardHistory(), index: map[string]int{}}
	rules := len(n.rulebook.Rules)
	w.without = make([]standings, rules)
	turns, err := n.turnsOf(w.policy)
	if err != nil {
		return nil, err
	}
	for _, r := range turns {
		w.scales = append(w.scales, w.newScale(r))
	}
	err = inParts(n.people.len(), resolvedTogether, w.scales, func(s *scale, first, end int) error { return s.weigh(first, end) })
	if err != nil {
		return nil, err
	}
	for _, s := range w.scales {
		w.take(s)
	}
	w.rules, w.picks, w.limits, n.figured = w.scales[0].rules, w.scales[0].picks, w.scales[0].limits, w.scales[0].figures
	for _, s := range w.scales[1:] {
		w.rules.Join(s.rules)
		w.picks.Join(s.picks)
		w.limits.Join(s.limits)
		n.figured.join(s.figures)
	}
	for _, d := range n.repeats { // of which nothing came to any limit
		w.rules.Add(d)
		n.figured.add(d)
	}
	if len(w.policy.Budgets) > 0 {
		w.claim()
		w.takeShifts()
	}
	w.after = slices.Clone(w.before)
	w.settle(w.after, w.tight, nil, nobody)
	return w, nil
}

// take adds what a worker has weighed.
func (w *weighing) take(s *scale) {
	inOrder := func(t standings) standings { // of w's currencies
		out := make(standings, len(w.codes))
		for i, of := range t {
			*w.place(&out, s.codes[i]) = of
		}
		return out
	}
	for _, code := range s.codes {
		w.place(&w.before, code)
	}
	w.before.add(inOrder(s.before))
	for rule := range s.without {
		for len(w.without[rule]) < len(w.codes) {
			w.without[rule] = append(w.without[rule], standing{})
		}
		w.without[rule].add(inOrder(s.without[rule]))
	}
}

// place is a currency's standing in a standings.
func (w *weighing) place(t *standings, currency string) *standing {
	i := slices.Index(w.codes, currency)
	if i < 0 {
		i = len(w.codes)
		w.index[currency], w.codes = i, append(w.codes, currency)
	}
	return t.at(i)
}

// at is the standing at a place.
func (t *standings) at(i int) *standing {
	for len(*t) <= i {
		*t = append(*t, standing{})
	}
	return &(*t)[i]
}

// stood is an award as it came to the budgets.
type stood struct {
	minor            int64
	issued, released bool // otherwise it was held, or nothing was left
}

// addTo adds an award to a standing, or with a sign of -1 takes it away.
func (s stood) addTo(to *standing, sign int64) {
	switch {
	case s.issued && s.released:
		to.released.Add(sign * s.minor)
	case s.issued:
		to.fresh.Add(sign * s.minor)
	case !s.released:
		to.held.Add(sign * s.minor)
	}
}

// stood is a decision as it came to the budgets: they and guardrails take only
// what was issued.
func (n *night) stood(d *award.Decision) stood {
	s := stood{minor: d.Minor, released: d.Incident.Released() != nil}
	switch d.Outcome {
	case award.Issued:
		s.issued = true
	case award.Held:
		kind := d.Causes()[0].Kind
		s.issued = kind == resolve.BudgetCause || kind == resolve.GuardrailCause
	case award.Denied:
		if s.issued = strings.HasPrefix(d.Reason, resolve.BudgetPrefix); s.issued {
			s.minor = n.refused[d]
		}
	}
	return s
}

// takeShifts gathers from the workers what purses are asked for without rules.
func (w *weighing) takeShifts() {
	w.byRule, w.shifts = make([][]int32, len(w.without)), make([]map[int32]money.Wide, len(w.without))
	for _, s := range w.scales {
		numbers := w.purses.NumbersOf(s.purses)
		for rule := range s.byRule {
			w.byRule[rule] = append(w.byRule[rule], s.byRule[rule]...)
			if w.shifts[rule] == nil {
				w.shifts[rule] = map[int32]money.Wide{}
			}
			for purse, by := range s.shifts[rule] {
				total := w.shifts[rule][numbers[purse]]
				total.AddWide(by)
				w.shifts[rule][numbers[purse]] = total
			}
		}
	}
	w.sums = append(w.sums, make([]money.Wide, len(w.purses.List())-len(w.sums))...)
}

func addClaim(sums []money.Wide, c *resolve.Claim, sign int64) {
	for _, purse := range c.Purses {
		if purse >= 0 {
			sums[purse].Add(sign * c.Minor)
		}
	}
}

// tooSmall reports whether a purse may refuse one of the claims that come to so
// much. One that a person let pass may stand above it all the same.
func tooSmall(p *resolve.Purses, purse int32, sumMinor int64) bool {
	capMinor, named := p.Cap(purse)
	return sumMinor > 0 && (!named || sumMinor > capMinor)
}

// marginal says of each rule what would not have been issued and newly held
// tonight without it. Incidents stay with the row that counted.
func (w *weighing) marginal(to *analysis.Marginal) error {
	for rule := range w.without {
		if !w.pays(rule) {
			continue
		}
		without, err := w.standingsWithout(rule)
		if err != nil {
			return fmt.Errorf("the night without rule %s: %w", w.night.rulebook.Rules[rule].ID, err)
		}
		for currency, i := range w.index {
			with := w.after[i]
			to.Add(rule, currency, sum(with.issuedMinor(), -without[i].issuedMinor()), sum(with.held.Clamped(), -without[i].held.Clamped()))
		}
	}
	return nil
}

// pays reports whether an award of the rule would pay anybody.
func (w *weighing) pays(rule int) bool {
	return slices.ContainsFunc(w.scales, func(s *scale) bool { return s.pays[rule] })
}

// standingsWithout decides the night without a rule's awards. An award that is not
// the chosen one of its incident changes nothing, so only customers of whom one is
// were resolved again, each once. Only where a budget may then refuse something it
// takes more than their sums.
func (w *weighing) standingsWithout(rule int) (standings, error) {
	t := slices.Clone(w.before)
	t.add(w.without[rule])
	if w.purses != nil && w.refusing(rule) {
		return w.decideWithout(rule)
	}
	w.settle(t, nil, nil, int32(rule))
	return t, nil
}

// refusing reports whether a purse is too small for what is asked of it without a
// rule.
func (w *weighing) refusing(rule int) bool {
	small := func(purse int32) bool {
		of := w.sums[purse]
		of.AddWide(w.shifts[rule][purse])
		return tooSmall(w.purses, purse, of.Clamped())
	}
	for purse := range w.shifts[rule] {
		if small(purse) {
			return true
		}
	}
	return slices.ContainsFunc(w.small, small)
}
