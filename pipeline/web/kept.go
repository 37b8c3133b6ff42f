package web

import (
	"sync"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// kept are summaries by the digest of their run's manifest: what is published
// does not change, so each is read once.
type kept struct {
	mu        sync.Mutex
	summaries map[string]*report.Summary
	left      map[string]remaining
}

// remaining is what a void or a reversal would take back now.
type remaining struct {
	credits int
	total   money.ByCurrency
	err     error
}

// maxKept bounds the summaries in memory; a page shows a tenth of it.
const maxKept = 400

// summaryOf reads a run's or a dry run's summary. A run that is broken has none,
// and an error that says so.
func (s *site) summaryOf(digest string, m *state.Manifest, read func(*state.Manifest, string) ([]byte, error)) (*report.Summary, error) {
	s.kept.mu.Lock()
	known := s.kept.summaries[digest]
	s.kept.mu.Unlock()
	if known != nil {
		return known, nil
	}
	content, err := read(m, publish.SummaryFile)
	if err != nil {
		return nil, err
	}
	summary, err := report.Parse(content)
	if err != nil {
		return nil, err
	}
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	if s.kept.summaries == nil || len(s.kept.summaries) >= maxKept {
		s.kept.summaries = map[string]*report.Summary{}
	}
	s.kept.summaries[digest] = summary
	return summary, nil
}
