package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"amends/pipeline/award"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/lint"
	"amends/rules/money"
)

// SampleResult is what the rules would hit on one night.
type SampleResult struct {
	Date     calendar.Date
	Rules    []SampleRule  // in rulebook order, of sources with files
	Largest  []SampleAward // the largest amounts, of each currency the first few
	Accepted []lint.Accepted
}

// SampleRule is one rule on one night. Hits are before exclusions and limits.
type SampleRule struct {
	ID, Place, Source string
	Shadow, Active    bool             // Active: the night is between from and until
	Rows              int64            // of its source, final on this night
	Hits              int64            // incidents
	Would             money.ByCurrency // the sum of what it would give
	LongestMessage    int              // in characters
}

// SampleAward is what one rule would give for one incident.
type SampleAward struct {
	Rule, Source, Event, Customer string
	Amount                        money.Amount
	CappedByValue                 bool
}

// Bounds of a sample.
const (
	maxSampleLargest = 3   // of each currency
	maxMessageRunes  = 500 // of a message as it is sent: longer than what a phone shows at a glance
	mostHitsPercent  = 50
	leastSampleRows  = 10 // of a source, before its hits say anything
)

// Sample matches one night as a run does, with the ledger before it, and says
// what each rule hits. Nothing is written, and nothing is decided: exclusions and
// limits come later. The diagnostics are findings about rules; an error may be a
// diag.ListError of what stops a run.
func Sample(ctx context.Context, c Config, date calendar.Date) (result *SampleResult, found diag.List, err error) {
	c = c.withDefaults()
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, nil, err
	}
	if err := list.Err(); err != nil {
		return nil, nil, err
	}
	chain, err := state.Open(c.FS, stateDir(c, p))
	if err != nil {
		return nil, nil, err
	}
	s, err := newSession(c, p, chain, date)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.dry, s.unreported = true, true
	n := s.begin(date, date.AddDays(1))
	if err := n.through(ctx, []stage{{"checking", n.compile}, {"reading", n.readAll}, {"matching", n.match}}); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", date, err)
	}
	result = n.sample()
	found, accepted := lint.Allow(n.sampleFindings(result), p.written(), false)
	result.Accepted = accepted
	return result, found, nil
}

func (n *night) sample() *SampleResult {
	result := &SampleResult{Date: n.date}
	at := map[string]int{}
	for i := range n.rulebook.Rules {
		r := &n.rulebook.Rules[i]
		counts, read := n.matched.Counts[r.On]
		if !read {
			continue
		}
		pos, _ := r.At.At(0)
		at[r.ID] = len(result.Rules)
		result.Rules = append(result.Rules, SampleRule{
			ID: r.ID, Place: fmt.Sprintf("%s:%d", showRule(n.work, pos.File), pos.Line), Source: r.On,
			Shadow: r.Mode == rules.Shadow, Active: !(r.HasFrom && n.date < r.From || r.HasUntil && n.date > r.Until),
			Rows: counts.Unmatched + counts.Matched + counts.Merged, Would: money.ByCurrency{},
		})
	}
	for _, inc := range n.matched.Incidents {
		if inc.Released() != nil {
			continue // an earlier night's
		}
		for i := range inc.Awards() {
			a := &inc.Awards()[i]
			r := &result.Rules[at[a.RuleID]]
			r.Hits++
			r.Would[inc.Currency] = sum(r.Would[inc.Currency], a.Minor)
			amount := money.Amount{Minor: a.Minor, Currency: inc.Currency}
			terms := n.rulebook.Terms[a.Terms]
			r.LongestMessage = max(r.LongestMessage, utf8.RuneCountInString(renderMessage(a.Message(), amount, lastUsableDay(terms, n.effective))))
			result.Largest = append(result.Largest, sampleAward(inc, a, amount))
		}
	}
	result.keepLargest()
	return result
}

func sampleAward(inc *award.Incident, a *award.Award, amount money.Amount) SampleAward {
	return SampleAward{Rule: a.RuleID, Source: inc.Source, Event: inc.EventID(), Customer: inc.Customer(), Amount: amount, CappedByValue: a.CappedByValue}
}

// keepLargest sorts by currency and amount, and keeps the first few of each
// currency.
func (r *SampleResult) keepLargest() {
	slices.SortFunc(r.Largest, func(a, b SampleAward) int {
		return cmp.Or(cmp.Compare(a.Amount.Currency, b.Amount.Currency), cmp.Compare(b.Amount.Minor, a.Amount.Minor),
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Rule, b.Rule))
	})
	kept, of := r.Largest[:0], map[string]int{}
	for _, a := range r.Largest {
		if of[a.Amount.Currency]++; of[a.Amount.Currency] <= maxSampleLargest {
			kept = append(kept, a)
		}
	}
	r.Largest = kept
}

// sampleFindings says what is odd about the hits of a night.
func (n *night) sampleFindings(result *SampleResult) diag.List {
	var list diag.List
	for i := range n.rulebook.Rules {
		r := &n.rulebook.Rules[i]
		found := slices.IndexFunc(result.Rules, func(s SampleRule) bool { return s.ID == r.ID })
		if found < 0 {
			continue
		}
		s := &result.Rules[found]
		add := func(at diag.Text, severity diag.Severity, code, message, hint string) {
			d := at.Diagnose(0, code, message, hint)
			d.Severity, d.Pos.File = severity, showRule(n.work, d.Pos.File)
			list.Add(d)
		}
		if s.Hits == 0 && s.Rows >= leastSampleRows && s.Active {
			add(r.At, diag.Note, "L060", fmt.Sprintf("the rule %s hits none of the %d rows of %s on %s", s.ID, s.Rows, s.Source, n.date), "")
		}
		if s.Hits*100 > s.Rows*mostHitsPercent && s.Rows >= leastSampleRows && !s.Shadow {
			add(r.When, diag.Warning, "L061", fmt.Sprintf("the rule %s hits %d of the %d rows of %s on %s", s.ID, s.Hits, s.Rows, s.Source, n.date),
				"a credit for every second row is no exception any more")
		}
		if s.LongestMessage > maxMessageRunes {
			add(r.Message, diag.Warning, "L062", fmt.Sprintf("a message of %s has %d characters on %s", s.ID, s.LongestMessage, n.date),
				fmt.Sprintf("at most %d are read", maxMessageRunes))
		}
	}
	list.Sort()
	return list
}
