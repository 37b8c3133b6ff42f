package report

import "strings"

// HitFates are what finally became of the incidents that a rule hits, each
// counted once; of several rules, once for each. Together, without Settled, they
// are the hits.
type HitFates struct {
	Issued   int64 `json:"issued"`   // by this rule
	Held     int64 `json:"held"`     // by this rule, when the last night is over
	Better   int64 `json:"better"`   // another rule, or another incident of the order, gives more
	Excluded int64 `json:"excluded"` // an exclusion holds
	Denied   int64 `json:"denied"`   // by limits, budgets or guardrails
	Other    int64 `json:"other"`    // a rule in trial, nothing to give, a hold that lapsed or was rejected
	Settled  int64 `json:"settled"`  // beside the hits: decided before these nights, and read again
}

// Sentence says it in words; "" where each hit was issued.
func (f HitFates) Sentence() string {
	var parts []string
	for _, l := range []struct {
		count int64
		words string
	}{
		{f.Issued, "issued"}, {f.Held, "waiting for a person"}, {f.Better, "where a better award wins"}, {f.Excluded, "excluded"},
		{f.Denied, "denied by limits or budgets"}, {f.Other, "otherwise nothing (in trial, zero, lapsed or rejected)"},
	} {
		if l.count > 0 {
			parts = append(parts, Count(l.count)+" "+l.words)
		}
	}
	text := ""
	if hits := f.Issued + f.Held + f.Better + f.Excluded + f.Denied + f.Other; hits > f.Issued {
		text = "Of " + Counted(hits, "hit", "hits") + " " + strings.Join(parts, ", ") + "."
	}
	if f.Settled > 0 {
		text += " " + Counted(f.Settled, "more incident that is hit was", "more incidents that are hit were") + " settled before these nights, and not counted."
	}
	return strings.TrimSpace(text)
}
