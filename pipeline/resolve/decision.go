package resolve

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
)

// ErrContract is why arguments could not be decided: another stage, not an
// operator, got something wrong.
var ErrContract = errors.New("resolve: contract broken")

// already maps how an earlier run settled an incident to the reason.
var already = map[string]string{
	"issue":  AlreadyIssued,
	"deny":   AlreadyDenied,
	"reject": AlreadyRejected,
	"lapse":  AlreadyLapsed,
	"hold":   AlreadyHeld,
}

// byCreditID returns the incidents in order of their credit ids, checked.
func byCreditID(incidents []*award.Incident) ([]*award.Incident, error) {
	for i, inc := range incidents {
		if err := validate(inc); err != nil {
			return nil, err
		}
		if i > 0 && inc.Customer() != incidents[0].Customer() {
			return nil, fmt.Errorf("%w: customers %q and %q in one call", ErrContract, incidents[0].Customer(), inc.Customer())
		}
	}
	compare := func(a, b *award.Incident) int { return a.Key.Compare(b.Key) }
	sorted := incidents
	if !slices.IsSortedFunc(sorted, compare) {
		sorted = slices.Clone(incidents)
		slices.SortFunc(sorted, compare)
	}
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Key == sorted[i-1].Key {
			return nil, fmt.Errorf("%w: credit %s twice", ErrContract, sorted[i].CreditID())
		}
	}
	return sorted, nil
}

func validate(inc *award.Incident) error {
	switch {
	case inc == nil:
		return fmt.Errorf("%w: no incident", ErrContract)
	case len(inc.Awards()) == 0:
		return fmt.Errorf("%w: incident %s has no awards", ErrContract, inc.ID())
	case inc.Released() == nil:
		return nil
	case len(inc.Awards()) != 1 || inc.Awards()[0].Shadow:
		return fmt.Errorf("%w: released incident %s needs exactly one live award", ErrContract, inc.ID())
	}
	if minor := inc.Awards()[0].Minor; minor < 1 || minor > inc.Released().GrossMinor {
		return fmt.Errorf("%w: released incident %s pays %d of %d", ErrContract, inc.ID(), minor, inc.Released().GrossMinor)
	}
	return nil
}

// start takes an incident through steps 1 to 4. The award is chosen first, so
// that what is suppressed still says what it would have been.
func (n *Resolver) start(d *award.Decision) error {
	inc := d.Incident
	kind, settled := n.history.Settled(inc.Key)
	var reason string
	known := true
	if settled {
		reason, known = already[kind]
	}
	if !known {
		return fmt.Errorf("%w: incident %s settled by %q", ErrContract, inc.ID(), kind)
	}
	if inc.Released() != nil && kind == "hold" {
		settled = false // the release ended that hold
	}
	chosen, live := choose(inc.Awards())
	if chosen == nil {
		zero := ZeroAmount
		if !live {
			zero = ShadowOnly
		}
		d.Verdict = n.verdict(award.Verdict{Outcome: award.Suppressed, Reason: zero, Repeat: settled})
		return nil
	}
	d.Award, d.Verdict = chosen, n.verdict(award.Verdict{Outcome: award.Issued, Reason: chosen.Reason, Repeat: settled})
	d.GrossMinor, d.Minor = chosen.Minor, chosen.Minor
	if inc.Released() != nil {
		d.GrossMinor = inc.Released().GrossMinor
	}
	switch {
	case inc.Exclusion() != "":
		n.suppress(d, ExcludedPrefix+inc.Exclusion())
	case settled:
		n.suppress(d, reason)
	default:
		for _, text := range inc.ExclusionFaults() {
			id, fault, _ := strings.Cut(text, ": ")
			hold(d, award.Cause{Kind: ExclusionCause, ID: id, Why: fault})
		}
	}
	return nil
}

// choose returns the highest live award above zero, ties to the rule that stands
// earlier, and whether any rule is live. A negative amount pays as little as zero.
func choose(awards []award.Award) (chosen *award.Award, live bool) {
	for i := range awards {
		a := &awards[i]
		if a.Shadow {
			continue
		}
		live = true
		if a.Minor <= 0 {
			continue
		}
		if chosen == nil || a.Minor > chosen.Minor || (a.Minor == chosen.Minor && a.RuleIndex < chosen.RuleIndex) {
			chosen = a
		}
	}
	return chosen, live
}

// Sort puts decisions with an award in the order in which these go before each
// other.
func Sort(decisions []*award.Decision) {
	if len(decisions) < sortedByKeys {
		slices.SortFunc(decisions, award.Compare)
		return
	}
	type keyed struct { // what award.Compare compares first, beside the decision: few comparisons touch that
		priority int
		at       calendar.Instant
		decision *award.Decision
	}
	list := make([]keyed, len(decisions))
	for i, d := range decisions {
		list[i] = keyed{d.Award.Priority, d.Incident.At, d}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if order := cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.at, b.at)); order != 0 {
			return order
		}
		return award.Compare(a.decision, b.decision)
	})
	for i := range list {
		decisions[i] = list[i].decision
	}
}

// sortedByKeys is from how many decisions on a list of their keys is worth its
// memory: a night's are, a customer's are not.
const sortedByKeys = 1 << 10

func (n *Resolver) suppress(d *award.Decision, reason string) {
	d.Verdict, d.Minor = n.verdict(award.Verdict{Outcome: award.Suppressed, Reason: reason, Repeat: d.Repeat}), 0
	d.Free()
}

// verdict is the one that decisions share which is equal.
func (n *Resolver) verdict(v award.Verdict) *award.Verdict {
	if n.last != nil && *n.last == v {
		return n.last
	}
	shared := n.verdicts[v]
	if shared == nil {
		shared = &v
		n.verdicts[v] = shared
	}
	n.last = shared
	return shared
}

// deny makes by, a prefix and an id, the final reason.
func deny(d *award.Decision, by string) {
	d.Decide(award.Denied, by)
	d.Minor = 0
	d.Free()
	d.Limit(by)
}

// hold leaves the amount and waits for a person, unless one approved that very
// cause already. The first cause is the reason.
func hold(d *award.Decision, cause award.Cause) {
	if satisfied(d.Incident.Released(), cause.Kind, cause.ID) {
		return
	}
	if d.Outcome != award.Held {
		d.Decide(award.Held, cause.Kind+":"+cause.ID)
	}
	d.Hold(cause)
}

func satisfied(release *award.Release, kind, id string) bool {
	return release != nil && slices.ContainsFunc(release.Causes, func(c award.Cause) bool {
		return c.Kind == kind && c.ID == id
	})
}

// validate refuses a policy with a scope or consequence that the steps do not
// know, rather than paying as if it were not there.
func (p *Policy) validate() error {
	if p.Combine != rules.Highest && p.Combine != rules.Sum {
		return fmt.Errorf("%w: combine %d", ErrContract, p.Combine)
	}
	for _, l := range p.Limits {
		perKnown := l.Per == rules.PerCustomer || l.Per == rules.PerOrder
		exceedKnown := l.Exceed == rules.Deny || l.Exceed == rules.Trim || l.Exceed == rules.Hold
		if !perKnown || !exceedKnown {
			return fmt.Errorf("%w: limit %q per %d exceed %d", ErrContract, l.ID, l.Per, l.Exceed)
		}
	}
	for _, b := range p.Budgets {
		perKnown := b.Per == rules.PerRun || b.Per == rules.PerRule || b.Per == rules.PerSeller
		if !perKnown || (b.Exceed != rules.Deny && b.Exceed != rules.Hold) {
			return fmt.Errorf("%w: budget %q per %d exceed %d", ErrContract, b.ID, b.Per, b.Exceed)
		}
	}
	return nil
}
