package report

import (
	"strings"

	"amends/rules/money"
)

// CutOff is a number of a rulebook that decides a comparison of a condition:
// the 20 of `item_price > 20`.
type CutOff struct {
	Of    string   `json:"of"`    // where it is written: rule late-prime, define is_late, table floors.USD, exclusion late-claim
	Rules []string `json:"rules"` // whose hits it decides, in the order of the rulebook; none for exclusions and approvals
	Text  string   `json:"text"`  // the comparison as written: days_late >= 20
	Value string   `json:"value"` // the number as written
	Place string   `json:"place"` // rules/late.yaml:12
}

// CutOffStep is what a rulebook gives with another number in one place, on all
// nights of a comparison: matched, resolved, limited and settled as a night is.
type CutOffStep struct {
	Value string `json:"value"` // as a rule would write it
	// Refused is why check does not take the rulebook with this number; then
	// there are no figures.
	Refused string `json:"refused,omitempty"`
	// Hits are incidents that a rule of CutOff.Rules hits, each once, and
	// WouldGive is the gross of these hits, before any limit.
	Hits      int64            `json:"hits"`
	WouldGive money.ByCurrency `json:"would_give"`
	HitFates  HitFates         `json:"hit_fates"`
	// Credits and Issued are what is issued by all rules, and HeldCount and Held
	// what waits for a person when the last night is over.
	Credits   int64            `json:"credits"`
	Issued    money.ByCurrency `json:"issued"`
	HeldCount int64            `json:"held_count"`
	Held      money.ByCurrency `json:"held"`
	// Gained, Lost and Changed count incidents against the number as written, as
	// DiffCounts do.
	Gained  int64 `json:"gained"`
	Lost    int64 `json:"lost"`
	Changed int64 `json:"changed"`
}

// NearMiss is a cut-off of side B of a comparison, and what its neighbours
// would bring in or lose.
type NearMiss struct {
	CutOff
	// Before is the number that side A has in its place; "" where A has no such
	// comparison, and Value where it did not change.
	Before string `json:"before"`
	// Now is what the number as written gives; Steps are its neighbours, the
	// lowest first.
	Now   CutOffStep   `json:"now"`
	Steps []CutOffStep `json:"steps"`
}

// Sentence says what a neighbour would do: "25 instead of 20: 312 credits more,
// $4,180.00 more, 340 hits more".
func (n *NearMiss) Sentence(step *CutOffStep) string {
	return step.Value + " instead of " + n.Value + ": " + step.Against(&n.Now, len(n.Rules) > 0)
}

// Against says what a step gives beside another number: credits and money first,
// hits where they are counted and differ in another way, and what is held.
func (s *CutOffStep) Against(now *CutOffStep, hits bool) string {
	if s.Refused != "" {
		return "check refuses it: " + s.Refused
	}
	var parts []string
	if n := s.Credits - now.Credits; n != 0 {
		parts = append(parts, moreOrFewer(n, "credit", "credits"))
	}
	issued, held := s.More(now)
	parts = append(parts, amountsMore(issued, "")...)
	switch n := s.Hits - now.Hits; {
	case !hits || n == s.Credits-now.Credits:
	case now.Hits == 0: // there may be no such rule, of which this would be more
		parts = append(parts, Counted(n, "hit", "hits"))
	default:
		parts = append(parts, moreOrFewer(n, "hit", "hits"))
	}
	parts = append(parts, amountsMore(held, " held")...)
	switch moved := s.Gained + s.Lost + s.Changed; {
	case len(parts) == 0 && moved == 0:
		return noDifference
	case len(parts) == 0 || s.Gained > 0 && s.Lost > 0:
		for _, kind := range []struct {
			count int64
			name  string
		}{{s.Gained, " gained"}, {s.Lost, " lost"}, {s.Changed, " changed"}} {
			if kind.count > 0 {
				parts = append(parts, Count(kind.count)+kind.name)
			}
		}
	}
	return strings.Join(parts, ", ")
}

func moreOrFewer(n int64, one, many string) string {
	if n < 0 {
		return Counted(-n, one, many) + " fewer"
	}
	return Counted(n, one, many) + " more"
}

// More is what a step issues and holds more than another number, currencies
// without a difference left out.
func (s *CutOffStep) More(now *CutOffStep) (issued, held money.ByCurrency) {
	return more(now.Issued, s.Issued), more(now.Held, s.Held)
}

func more(now, then money.ByCurrency) money.ByCurrency {
	out := money.ByCurrency{}
	for _, b := range []money.ByCurrency{now, then} {
		for currency := range b {
			if d := then[currency] - now[currency]; d != 0 {
				out[currency] = d
			}
		}
	}
	return out
}

// amountsMore says per currency how much more or less there is.
func amountsMore(more money.ByCurrency, what string) (parts []string) {
	for _, currency := range more.Currencies() {
		if d := more[currency]; d > 0 {
			parts = append(parts, Amount(d, currency)+" more"+what)
		} else {
			parts = append(parts, Amount(-d, currency)+" less"+what)
		}
	}
	return parts
}
