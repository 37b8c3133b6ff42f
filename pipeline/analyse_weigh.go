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
	night     *night
	policy    *resolve.Policy
	guard     resolve.GuardHistory
	customers [][]*award.Decision // what Resolve made of each, but for what it suppressed at once
	byRule    [][]int32           // by rule: the customers whom an award of it would pay
	index     map[string]int      // by currency: its place in standings
	codes     []string            // the currencies by place: few, so a list is quicker
	resolver  *resolve.Resolver   // of nights without a rule

	before standings // what came to the budgets
	after  standings // what became of it

	// Below is empty where there are no budgets.
	purses *resolve.Purses
	claims []resolve.Claim           // in the order in which they go before each other
	at     map[*award.Decision]int32 // index of claims
	sums   []int64                   // of all claims, by purse
	tight  []int32                   // the claims on a purse that is too small for all of its own
	gone   []int32                   // by claim: the rule that was last thought away with it
}

// standings are a night's awards by currency, in the places of weighing.index.
type standings []standing

// standing is what awards come to in one currency: new ones that are issued,
// released ones that are, and new ones that are held.
type standing struct{ freshMinor, releasedMinor, heldMinor int64 }

func (s standing) issuedMinor() int64 { return sum(s.freshMinor, s.releasedMinor) }

// nobody stands for no rule in weighing.gone.
const nobody = -1

// newWeighing sorts what the night decided. Nothing of the night keeps it.
func (n *night) newWeighing() *weighing {
	w := &weighing{night: n, policy: n.policy(), guard: n.guardHistory(), byRule: make([][]int32, len(n.rulebook.Rules)), index: map[string]int{}}
	list := n.resolved
	for len(list) > 0 {
		customer, end := list[0].Incident.Customer, 1
		for end < len(list) && list[end].Incident.Customer == customer {
			end++
		}
		w.customer(list[:end:end])
		list = list[end:]
	}
	if len(w.policy.Budgets) > 0 {
		w.claim()
	}
	w.after = slices.Clone(w.before)
	w.settle(w.after, w.tight, nil, nobody)
	return w
}

// customer takes in the decisions about one.
func (w *weighing) customer(list []*award.Decision) {
	suppressedAtOnce := func(d *award.Decision) bool { return d.Outcome == award.Suppressed && d.Reason != resolve.Combined }
	if slices.ContainsFunc(list, suppressedAtOnce) {
		list = slices.DeleteFunc(slices.Clone(list), suppressedAtOnce)
	}
	if len(list) == 0 {
		return
	}
	number := int32(len(w.customers))
	w.customers = append(w.customers, list)
	for _, d := range list {
		w.night.stood(d).addTo(w.place(&w.before, d.Incident.Currency), 1)
		if rule := d.Award.RuleIndex; d.Incident.Release == nil {
			if of := w.byRule[rule]; len(of) == 0 || of[len(of)-1] != number {
				w.byRule[rule] = append(of, number)
			}
		}
	}
}

// place is a currency's standing in a standings.
func (w *weighing) place(t *standings, currency string) *standing {
	i := slices.Index(w.codes, currency)
	if i < 0 {
		i = len(w.codes)
		w.index[currency], w.codes = i, append(w.codes, currency)
	}
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
		to.releasedMinor = sum(to.releasedMinor, sign*s.minor)
	case s.issued:
		to.freshMinor = sum(to.freshMinor, sign*s.minor)
	case !s.released:
		to.heldMinor = sum(to.heldMinor, sign*s.minor)
	}
}

// stood is a decision as it came to the budgets: they and guardrails take only
// what was issued.
func (n *night) stood(d *award.Decision) stood {
	s := stood{minor: d.Minor, released: d.Incident.Release != nil}
	switch d.Outcome {
	case award.Issued:
		s.issued = true
	case award.Held:
		kind := d.Causes[0].Kind
		s.issued = kind == resolve.BudgetCause || kind == resolve.GuardrailCause
	case award.Denied:
		if s.issued = strings.HasPrefix(d.Reason, resolve.BudgetPrefix); s.issued {
			s.minor = n.refused[d]
		}
	}
	return s
}

// claim puts what came to the budgets in order.
func (w *weighing) claim() {
	var list []*award.Decision
	for _, customer := range w.customers {
		for _, d := range customer {
			if w.night.stood(d).issued {
				list = append(list, d)
			}
		}
	}
	resolve.Sort(list)
	w.purses, w.claims, w.at = resolve.NewPurses(w.policy.Budgets), make([]resolve.Claim, len(list)), make(map[*award.Decision]int32, len(list))
	for i, d := range list {
		w.claims[i] = w.purses.Claim(d, w.night.stood(d).minor)
		w.at[d] = int32(i)
	}
	w.sums = make([]int64, len(w.purses.List()))
	for i := range w.claims {
		addClaim(w.sums, &w.claims[i], 1)
	}
	for i := range w.claims {
		if w.claims[i].On(func(purse int32) bool { return tooSmall(w.purses, purse, w.sums[purse]) }) {
			w.tight = append(w.tight, int32(i))
		}
	}
	w.gone = slices.Repeat([]int32{nobody}, len(w.claims))
}

func addClaim(sums []int64, c *resolve.Claim, sign int64) {
	for _, purse := range c.Purses {
		if purse >= 0 {
			sums[purse] = sum(sums[purse], sign*c.Minor)
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
func (w *weighing) marginal(to *analysis.Marginal) (err error) {
	if w.resolver, err = resolve.NewResolver(w.night.history, w.policy, w.night.approve); err != nil {
		return err
	}
	for rule := range w.byRule {
		if len(w.byRule[rule]) == 0 {
			continue
		}
		without, err := w.without(rule)
		if err != nil {
			return fmt.Errorf("the night without rule %s: %w", w.night.rulebook.Rules[rule].ID, err)
		}
		for currency, i := range w.index {
			with := w.after[i]
			to.Add(rule, currency, sum(with.issuedMinor(), -without[i].issuedMinor()), sum(with.heldMinor, -without[i].heldMinor))
		}
	}
	return nil
}

// without decides the night without a rule's awards. An award that is not the
// chosen one of its incident changes nothing, so only customers of whom one is
// are resolved again.
func (w *weighing) without(rule int) (standings, error) {
	t, sums := slices.Clone(w.before), slices.Clone(w.sums)
	var changed []resolve.Claim
	var incidents []*award.Incident
	var decisions []*award.Decision
	for _, customer := range w.byRule[rule] {
		list := w.customers[customer]
		incidents = incidents[:0]
		for _, d := range list {
			w.night.stood(d).addTo(w.place(&t, d.Incident.Currency), -1)
			if i, claimed := w.at[d]; claimed {
				w.gone[i] = int32(rule)
				addClaim(sums, &w.claims[i], -1)
			}
			if inc := incidentWithout(d, rule); inc != nil {
				incidents = append(incidents, inc)
			}
		}
		if len(incidents) == 0 {
			continue
		}
		var err error
		decisions, err = w.resolver.Resolve(decisions[:0], incidents)
		if err != nil {
			return nil, err
		}
		for _, d := range decisions {
			s := stood{minor: d.Minor, issued: d.Outcome == award.Issued, released: d.Incident.Release != nil}
			s.addTo(w.place(&t, d.Incident.Currency), 1)
			if s.issued && w.purses != nil {
				changed = append(changed, w.purses.Claim(d, d.Minor))
			}
		}
	}
	if w.purses == nil {
		w.settle(t, nil, nil, nobody)
		return t, nil
	}
	w.settleWithout(t, sums, changed, int32(rule))
	return t, nil
}

// incidentWithout is a decision's incident where a rule gives nothing: itself
// where the rule's award does not count, nil where nothing is left.
func incidentWithout(d *award.Decision, rule int) *award.Incident {
	inc := d.Incident
	if inc.Release != nil || d.Award.RuleIndex != rule {
		return inc
	}
	if len(inc.Awards) == 1 {
		return nil
	}
	other := *inc
	other.Awards = slices.DeleteFunc(slices.Clone(inc.Awards), func(a award.Award) bool { return a.RuleIndex == rule })
	return &other
}

// settleWithout takes what was resolved again, with the claims that stay, through
// budgets and guardrails. Sums are those of the claims that stay.
func (w *weighing) settleWithout(t standings, sums []int64, changed []resolve.Claim, rule int32) {
	sums = append(sums, make([]int64, len(w.purses.List())-len(sums))...)
	for i := range changed {
		addClaim(sums, &changed[i], 1)
	}
	small, another := false, false
	for purse, minor := range sums {
		if !tooSmall(w.purses, int32(purse), minor) {
			continue
		}
		small = true
		another = another || purse >= len(w.sums) || !tooSmall(w.purses, int32(purse), w.sums[purse])
	}
	if !small { // every claim fits
		w.settle(t, nil, nil, rule)
		return
	}
	slices.SortFunc(changed, func(a, b resolve.Claim) int { return award.Compare(a.Decision, b.Decision) })
	if another {
		w.settle(t, w.all(), changed, rule)
	} else {
		w.settle(t, w.tight, changed, rule)
	}
}

// all is the place of every claim.
func (w *weighing) all() []int32 {
	list := make([]int32, len(w.claims))
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

// settle takes what came to the budgets through them and the guardrails. Places
// are those of the night's claims that a budget may refuse, but for those that
// are gone with a rule; added ones, in order, came in their stead.
func (w *weighing) settle(t standings, places []int32, added []resolve.Claim, rule int32) {
	if w.purses != nil && len(places)+len(added) > 0 {
		w.spend(places, added, rule, func(c *resolve.Claim, v resolve.Verdict) {
			if !v.Refused {
				return
			}
			to := w.place(&t, c.Decision.Incident.Currency)
			s := stood{minor: c.Minor, issued: true, released: c.Decision.Incident.Release != nil}
			s.addTo(to, -1)
			if s.issued = false; !v.Deny {
				s.addTo(to, 1)
			}
		})
	}
	for currency, i := range w.index {
		if i >= len(t) || t[i].freshMinor == 0 {
			continue
		}
		if len(w.guard.Exceeded(w.policy, money.Amount{Minor: t[i].freshMinor, Currency: currency})) > 0 {
			t[i].heldMinor, t[i].freshMinor = sum(t[i].heldMinor, t[i].freshMinor), 0
		}
	}
}

// spend takes claims through the budgets in order, see settle.
func (w *weighing) spend(places []int32, added []resolve.Claim, rule int32, visit func(*resolve.Claim, resolve.Verdict)) {
	spending := resolve.NewSpending(w.purses)
	take := func(c *resolve.Claim) { visit(c, spending.Take(c)) }
	for _, i := range places {
		if rule != nobody && w.gone[i] == rule {
			continue
		}
		for len(added) > 0 && award.Compare(added[0].Decision, w.claims[i].Decision) < 0 {
			take(&added[0])
			added = added[1:]
		}
		take(&w.claims[i])
	}
	for i := range added {
		take(&added[i])
	}
}
