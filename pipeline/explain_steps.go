package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/rules"
)

// steps says what each step of resolution did to the award, in order, up to the
// one that ended it.
func (b *eventBuilder) steps() {
	d := b.decision
	early := d.Award == nil || d.Repeat && d.Outcome == award.Suppressed || strings.HasPrefix(d.Reason, resolve.ExcludedPrefix)
	if early {
		return
	}
	s := b.stepper()
	if s.lowered() {
		s.approvals()
		s.budgets()
		s.guardrails()
	}
}

// stepper begins with the chosen award.
func (b *eventBuilder) stepper() *stepper {
	d := b.decision
	return &stepper{eventBuilder: b, policy: b.night.policy(), minor: d.Award.Minor, tonight: b.tonight(d.Incident.Customer())}
}

// lowered goes through the steps that lower awards, and is false where one of
// them left nothing.
func (s *stepper) lowered() bool {
	for _, cause := range s.decision.Causes() {
		if cause.Kind == resolve.ExclusionCause {
			s.add("exclusion", cause.ID, s.exclusionPlace(cause.ID), report.StepHolds, s.minor, "cannot be evaluated: "+cause.Why)
		}
	}
	return s.combine() && s.limits()
}

// tonight decides a customer's incidents once more, without what comes after the
// limits, which overwrites amounts. In order of award.Compare.
func (x *explainer) tonight(customer string) []*award.Decision {
	if list, ok := x.resolved[customer]; ok {
		return list
	}
	released := map[award.Key]bool{}
	for _, inc := range x.night.requests.released {
		released[inc.Key] = true
	}
	var incidents []*award.Incident
	for _, d := range x.night.decisions {
		if inc := d.Incident; inc.Customer() == customer && (inc.Released() != nil || !released[inc.Key]) {
			incidents = append(incidents, inc)
		}
	}
	return x.resolveAgain(customer, incidents)
}

// resolveAgain remembers what tonight says of a customer with these incidents.
func (x *explainer) resolveAgain(customer string, incidents []*award.Incident) []*award.Decision {
	list, err := resolve.Resolve(incidents, x.night.history, x.night.policy(), nil)
	if err != nil { // unreachable: the night resolved the same incidents
		return nil
	}
	list = slices.DeleteFunc(list, func(d *award.Decision) bool { return d.Award == nil })
	slices.SortFunc(list, award.Compare)
	if x.resolved == nil {
		x.resolved = map[string][]*award.Decision{}
	}
	x.resolved[customer] = list
	return list
}

// stepper goes through the steps with the amount so far.
type stepper struct {
	*eventBuilder
	policy  *resolve.Policy
	tonight []*award.Decision
	minor   int64
}

func (s *stepper) add(step, id, place, effect string, after int64, why string) {
	s.event.Steps = append(s.event.Steps, report.ExplainedStep{Step: step, ID: id, Place: place, Effect: effect, BeforeMinor: s.minor, AfterMinor: after, Why: why})
	s.minor = after
}

func (s *stepper) amount(minor int64) string {
	return report.Amount(minor, s.decision.Incident.Currency)
}

// cause returns why the decision is held by something, if it is.
func (s *stepper) cause(kind, id string) (why string, held bool) {
	for _, c := range s.decision.Causes() {
		if c.Kind == kind && (id == "" || c.ID == id) {
			return c.Why, true
		}
	}
	return "", false
}

// approvedBy says who let the decision's hold go, how much of it, and why.
func (b *eventBuilder) approvedBy() {
	inc := b.decision.Incident
	b.event.ReleasedBy = inc.Released().By
	word, known := b.night.requests.approved[inc.CreditID()]
	if !known {
		return // unreachable: a release is an approval that was carried out
	}
	a := &report.ExplainedApproval{
		Request: word.Request.ID, By: word.Request.By, Why: word.Request.Why, After: b.night.session.last.String(), Minor: word.Minor,
	}
	for i := range b.night.session.holds {
		if h := &b.night.session.holds[i]; h.CreditID == inc.CreditID() {
			a.HeldMinor = h.AmountMinor
		}
	}
	b.event.Approval = a
}

func (s *stepper) approved(kind, id string) bool {
	release := s.decision.Incident.Released()
	return release != nil && slices.ContainsFunc(release.Causes, func(c award.Cause) bool { return c.Kind == kind && (id == "" || c.ID == id) })
}

// combine is false where another award of the order counts instead.
func (s *stepper) combine() bool {
	inc := s.decision.Incident
	if s.policy.Combine != rules.Highest || inc.Order() == "" {
		return true
	}
	var got int64
	for _, g := range s.night.history.Order(inc.Order()) {
		if s.policy.Counts(g, 0) && g.Currency == inc.Currency {
			got += g.Minor // the night added them before
		}
	}
	s.count(s.given(true), 0, "combine")
	if s.decision.Reason == resolve.Combined {
		s.add("combine", "", "", report.StepDrops, 0, s.combinedBy(got))
		return false
	}
	left := min(s.minor, max(s.decision.GrossMinor-got, 0))
	switch rivals := s.rivals(); {
	case left < s.minor:
		s.add("combine", "", "", report.StepTrims, left, fmt.Sprintf("order %s was given %s before", inc.Order(), s.amount(got)))
	case rivals > 0:
		s.add("combine", "", "", report.StepFits, s.minor, fmt.Sprintf("the highest of %d awards of order %s", rivals+1, inc.Order()))
	}
	if why, held := s.cause(resolve.CombineCause, ""); held {
		s.add("combine", resolve.CombineID, "", report.StepHolds, s.minor, why)
	}
	return true
}

// rivals are the awards of the same order that were dropped for this one.
func (s *stepper) rivals() int {
	n := 0
	for _, d := range s.tonight {
		if d.Incident.Order() == s.decision.Incident.Order() && d.Incident.Currency == s.decision.Incident.Currency && d.Reason == resolve.Combined && d.Incident != s.decision.Incident {
			n++
		}
	}
	return n
}

// combinedBy says what the order gets or got instead.
func (s *stepper) combinedBy(got int64) string {
	inc := s.decision.Incident
	for _, d := range s.tonight {
		if d.Incident == inc || d.Incident.Order() != inc.Order() || d.Incident.Currency != inc.Currency || d.Reason == resolve.Combined || d.Outcome == award.Suppressed {
			continue
		}
		return fmt.Sprintf("order %s has a higher award tonight: %s for event %s by %s", inc.Order(), s.amount(d.GrossMinor), d.Incident.EventID(), d.Award.RuleID)
	}
	if got > 0 {
		return fmt.Sprintf("order %s was given %s before, which leaves nothing of %s", inc.Order(), s.amount(got), s.amount(s.decision.GrossMinor))
	}
	return fmt.Sprintf("order %s has a higher award tonight", inc.Order())
}

// limits is false where one of them denied.
func (s *stepper) limits() bool {
	for i := range s.policy.Limits {
		l := &s.policy.Limits[i]
		if !l.Rules.Has(s.decision.Award.RuleID) {
			continue
		}
		name := resolve.LimitPrefix + l.ID
		count, sum := s.used(l, name)
		why := s.usedText(l, count, sum)
		held, isHeld := s.cause(resolve.LimitCause, l.ID)
		switch {
		case s.approved(resolve.LimitCause, l.ID):
			s.add("limit", l.ID, s.line(l.At), report.StepApproved, s.minor, why)
		case s.decision.Reason == name && s.decision.Outcome == award.Denied:
			s.add("limit", l.ID, s.line(l.At), report.StepDenies, 0, why)
			return false
		case isHeld:
			s.add("limit", l.ID, s.line(l.At), report.StepHolds, s.minor, held+"; "+why)
		case slices.Contains(s.decision.LimitedBy(), name):
			s.add("limit", l.ID, s.line(l.At), report.StepTrims, l.MaxAmount[s.decision.Incident.Currency]-sum, why)
		default:
			s.add("limit", l.ID, s.line(l.At), report.StepFits, s.minor, why)
		}
	}
	return true
}

// used is what a limit counted before this award, which goes into the history.
func (s *stepper) used(l *rules.Limit, name string) (count int, sumMinor int64) {
	inc := s.decision.Incident
	order := l.Per == rules.PerOrder
	if order && inc.Order() == "" {
		return 0, 0
	}
	given := slices.DeleteFunc(s.given(order), func(e earlier) bool { return !l.Rules.Has(e.RuleID) })
	entries := s.count(given, l.WindowDays, name)
	for _, d := range s.tonight {
		if d.Incident == inc {
			break
		}
		paid := d.Outcome == award.Issued || d.Outcome == award.Held
		if !paid || !l.Rules.Has(d.Award.RuleID) || order && d.Incident.Order() != inc.Order() {
			continue
		}
		e := earlier{Given: resolve.Given{Date: s.date, OrderID: d.Incident.Order(), RuleID: d.Award.RuleID, Currency: d.Incident.Currency, Minor: d.Minor}, kind: "tonight", id: d.Incident.EventID()}
		s.remember(e, name)
		entries = append(entries, e)
	}
	for _, e := range entries {
		count++
		if e.Currency == inc.Currency {
			sumMinor += e.Minor // the night added them before
		}
	}
	return count, sumMinor
}

func (s *stepper) usedText(l *rules.Limit, count int, sumMinor int64) string {
	who := "customer " + s.decision.Incident.Customer()
	if l.Per == rules.PerOrder {
		who = "order " + s.decision.Incident.Order()
	}
	days := l.WindowDays
	if days == 0 {
		days = s.policy.HorizonDays
	}
	var parts []string
	left := ""
	if capMinor, ok := l.MaxAmount[s.decision.Incident.Currency]; ok {
		parts = append(parts, fmt.Sprintf("%s of %s", s.amount(sumMinor), s.amount(capMinor)))
		left = ", which leaves " + s.amount(max(capMinor-sumMinor, 0))
	}
	if l.HasCount {
		parts = append([]string{fmt.Sprintf("%d of %d credits", count, l.MaxCount)}, parts...)
		if count >= l.MaxCount {
			left = ", which leaves none"
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s had %s%s in %s%s", who, joined(parts), l.Rules.Of(), report.Counted(int64(days), "day", "days"), left)
}

// approvals evaluates the approval rules on what the limits left.
func (s *stepper) approvals() {
	row := s.source.ApprovalRow(s.decision.Incident, s.minor)
	r := s.readerOf(row)
	for _, g := range s.program.Approvals {
		place := ""
		for _, a := range s.night.rulebook.Approvals {
			if a.ID == g.ID {
				place = s.line(a.At)
			}
		}
		out := s.guard(r, g, place)
		s.event.Approvals = append(s.event.Approvals, out)
		why, held := s.cause("approval", g.ID)
		switch {
		case held:
			s.add("approval", g.ID, place, report.StepHolds, s.minor, why)
		case s.approved("approval", g.ID):
			s.add("approval", g.ID, place, report.StepApproved, s.minor, g.When.Text.Source)
		default:
			s.add("approval", g.ID, place, report.StepFits, s.minor, "")
		}
	}
}

// budgets come only to awards that nothing held before.
func (s *stepper) budgets() {
	if len(s.decision.Causes()) > 0 && s.decision.Causes()[0].Kind != resolve.BudgetCause && s.decision.Causes()[0].Kind != resolve.GuardrailCause {
		return
	}
	for i := range s.policy.Budgets {
		bud := &s.policy.Budgets[i]
		inc := s.decision.Incident
		if bud.Per == rules.PerSeller && inc.Seller() == "" || !bud.Rules.Has(s.decision.Award.RuleID) {
			continue
		}
		why := fmt.Sprintf("%s of %s spent before it", s.amount(s.spent(bud)), s.amount(bud.MaxAmount[inc.Currency]))
		held, isHeld := s.cause(resolve.BudgetCause, bud.ID)
		switch {
		case s.approved(resolve.BudgetCause, bud.ID):
			s.add("budget", bud.ID, s.line(bud.At), report.StepApproved, s.minor, why)
		case s.decision.Reason == resolve.BudgetPrefix+bud.ID && s.decision.Outcome == award.Denied:
			s.add("budget", bud.ID, s.line(bud.At), report.StepDenies, 0, why)
			return
		case isHeld:
			s.add("budget", bud.ID, s.line(bud.At), report.StepHolds, s.minor, held+"; "+why)
			return
		default:
			s.add("budget", bud.ID, s.line(bud.At), report.StepFits, s.minor, why)
		}
	}
}

// spent is what awards before this one took from a budget.
func (s *stepper) spent(bud *rules.Budget) int64 {
	self := s.decision
	var sum int64
	for _, d := range s.night.decisions {
		passed := d.Outcome == award.Issued || d.Outcome == award.Held && strings.HasPrefix(d.Reason, resolve.GuardrailCause+":")
		if !passed || d.Incident.Currency != self.Incident.Currency || !bud.Rules.Has(d.Award.RuleID) || award.Compare(d, self) >= 0 {
			continue
		}
		if bud.Per == rules.PerRule && d.Award.RuleID != self.Award.RuleID || bud.Per == rules.PerSeller && d.Incident.Seller() != self.Incident.Seller() {
			continue
		}
		sum += d.Minor // the night added them before
	}
	return sum
}

func (s *stepper) guardrails() {
	for _, c := range s.decision.Causes() {
		if c.Kind == resolve.GuardrailCause {
			s.add("guardrail", c.ID, "", report.StepHolds, s.minor, c.Why)
		}
	}
}
