package pipeline

import (
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
)

// settledHit keeps what a rule hits of incidents that earlier nights settled.
func (s *diffSimulation) settledHit(d *award.Decision) {
	for i := range d.Incident.Awards() {
		if id := d.Incident.Awards()[i].RuleID; s.hits[id] != nil {
			if s.settled == nil {
				s.settled = map[string]map[string]bool{}
			}
			if s.settled[id] == nil {
				s.settled[id] = map[string]bool{}
			}
			s.settled[id][d.Incident.CreditID()] = true
		}
	}
}

// fates says what finally became of the incidents that the rules hit. A
// simulation that is done knows.
func (s *diffSimulation) fates(ruleIDs []string) (f report.HitFates) {
	for _, id := range ruleIDs {
		for credit := range s.hits[id] {
			*fateOf(&f, s.side.incidents[credit], id)++
		}
		for credit := range s.settled[id] {
			if _, here := s.hits[id][credit]; !here {
				f.Settled++
			}
		}
	}
	return f
}

// fateOf is the count that an incident belongs to, which the rule hits.
func fateOf(f *report.HitFates, i *diffIncident, rule string) *int64 {
	switch {
	case i == nil:
		return &f.Other // of a rule in trial, where no live one hits
	case i.gives() && i.rule != rule, i.outcome == award.Suppressed && i.reason == resolve.Combined:
		return &f.Better
	case i.outcome == award.Issued:
		return &f.Issued
	case i.outcome == award.Held:
		return &f.Held
	case i.outcome == award.Suppressed && strings.HasPrefix(i.reason, resolve.ExcludedPrefix):
		return &f.Excluded
	case i.outcome == award.Denied:
		return &f.Denied
	}
	return &f.Other
}
