package pipeline

import (
	"slices"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// scale is a worker's part of weighing: it takes in one customer after the other.
// Its sums do not depend on which customers it gets, nor on their order, once
// those of all workers are added.
type scale struct {
	*weighing
	*resolving
	codes   []string // currencies by place
	before  standings
	without []standings // by rule
	pays    []bool      // by rule: whether an award of it would pay somebody
	rules   *analysis.Rules
	picks   *analysis.Picks
	limits  *analysis.Limits

	// Below is empty where there are no budgets.
	purses *resolve.Purses // with numbers of its own
	byRule [][]int32
	shifts []map[int32]money.Wide // by rule and purse
	claims []int32                // of the award at hand, by budget
	asking asking

	remembers        calendar.Date // from when on credits count for anomalies
	customers        []analysis.CustomerNight
	customersUnknown bool // of some customer it is not known what it was given
	dated            []analysis.Dated

	figures   *figures
	list      []*award.Decision // of the customer at hand, but for what was suppressed at once
	stood     []stood           // of list
	getting   []*award.Decision // those of list that give something in the end
	incidents []*award.Incident
	decisions []*award.Decision
	used      resolve.Usage
}

func (w *weighing) newScale(r *resolving) *scale {
	rules := len(w.without)
	s := &scale{
		weighing: w, resolving: r, without: make([]standings, rules), pays: make([]bool, rules), remembers: w.night.remembersFrom(),
		figures: w.night.newFigures(), rules: analysis.NewRules(w.night.rulebook.Rules), picks: analysis.NewPicks(w.night.date.String()), limits: analysis.NewLimits(w.policy.Limits),
	}
	if len(w.policy.Budgets) > 0 {
		s.purses, s.byRule, s.shifts = resolve.NewPurses(w.policy.Budgets), make([][]int32, rules), make([]map[int32]money.Wide, rules)
		s.asking.purses = resolve.NewPurses(w.policy.Budgets)
		share := len(w.night.resolved) / max(w.night.config.Workers, 1)
		s.asking.expect(share+share/8, len(w.policy.Budgets)) // workers take about as much
	}
	return s
}

// weigh takes in some customers.
func (s *scale) weigh(first, end int) error {
	s.near(first, end)
	for customer := first; customer < end; customer++ {
		s.of(customer)
		s.list, s.stood = s.list[:0], s.stood[:0]
		for i, d := range s.night.resolved[s.first:s.end] {
			s.rules.Add(d)
			s.figures.add(d)
			if suppressedAtOnce(d) {
				continue
			}
			s.picks.Add(d)
			s.limited(d)
			stood := s.night.stood(d)
			s.list, s.stood = append(s.list, d), append(s.stood, stood)
			if s.purses != nil && stood.issued {
				s.asking.add(d, stood.minor, s.first+i, s.people.order[s.first+i])
			}
		}
		s.stands()
		s.gets()
		for i, d := range s.list {
			s.stood[i].addTo(s.place(&s.before, d.Incident.Currency), 1)
			rule := int32(noRule)
			if d.Incident.Released() == nil {
				rule = int32(d.Award.RuleIndex)
			}
			same := func(o *award.Decision) bool { return o.Incident.Released() == nil && int32(o.Award.RuleIndex) == rule }
			if rule == noRule || slices.ContainsFunc(s.list[:i], same) {
				continue
			}
			if err := s.thinkAway(int(rule)); err != nil {
				return err
			}
		}
	}
	return nil
}

// noRule is of a released award: its rule may be gone, and what it gives stays.
const noRule = -1

// suppressedAtOnce reports whether nothing of an award came to its order and the
// limits.
func suppressedAtOnce(d *award.Decision) bool {
	return d.Outcome == award.Suppressed && d.Reason != resolve.Combined
}

// thinkAway decides the customer at hand without a rule.
func (s *scale) thinkAway(rule int) error {
	s.pays[rule] = true
	if s.purses != nil {
		s.byRule[rule] = append(s.byRule[rule], int32(s.customer))
		if s.shifts[rule] == nil {
			s.shifts[rule] = map[int32]money.Wide{}
		}
	}
	s.incidents = s.incidents[:0]
	for i, d := range s.list {
		s.count(rule, d, s.stood[i], -1)
		if inc := incidentWithout(d, rule); inc != nil {
			s.incidents = append(s.incidents, inc)
		}
	}
	if len(s.incidents) == 0 {
		return nil
	}
	var err error
	if s.decisions, err = s.Resolve(s.decisions[:0], s.incidents); err != nil {
		return err
	}
	for _, d := range s.decisions {
		s.count(rule, d, decidedAgain(d), 1)
	}
	s.Reuse(s.decisions)
	return nil
}

// decidedAgain is a decision as it comes to the budgets.
func decidedAgain(d *award.Decision) stood {
	return stood{minor: d.Minor, issued: d.Outcome == award.Issued, released: d.Incident.Released() != nil}
}

// count adds an award to the night without a rule, or with a sign of -1 takes it
// from it.
func (s *scale) count(rule int, d *award.Decision, as stood, sign int64) {
	as.addTo(s.place(&s.without[rule], d.Incident.Currency), sign)
	if !as.issued || s.purses == nil {
		return
	}
	s.claims = s.purses.Of(d, s.claims[:0])
	for _, purse := range s.claims {
		if purse >= 0 {
			by := s.shifts[rule][purse]
			by.Add(sign * as.minor)
			s.shifts[rule][purse] = by
		}
	}
}

// place is a currency's standing in one of the scale's.
func (s *scale) place(t *standings, currency string) *standing {
	i := slices.Index(s.codes, currency)
	if i < 0 {
		i = len(s.codes)
		s.codes = append(s.codes, currency)
	}
	return t.at(i)
}

// incidentWithout is a decision's incident where a rule gives nothing: itself
// where the rule's award does not count, nil where nothing is left.
func incidentWithout(d *award.Decision, rule int) *award.Incident {
	inc := d.Incident
	if inc.Released() != nil || d.Award.RuleIndex != rule {
		return inc
	}
	if len(inc.Awards()) == 1 {
		return nil
	}
	other := *inc
	other.SetAwards(slices.DeleteFunc(slices.Clone(inc.Awards()), func(a award.Award) bool { return a.RuleIndex == rule }))
	return &other
}
