package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/workspace"
	"amends/rules"
)

// analyseHistory holds tonight against the nights before, and leaves to the next
// one what it needs for that.
func (n *night) analyseHistory(a *report.Analysis, out *publish.Night) error {
	past, err := n.session.pastTrends()
	if err != nil {
		return err
	}
	columns := n.columnNights()
	var tonight analysis.TrendNight
	var liability analysis.Liability
	var customers []analysis.CustomerNight
	_ = n.together( // none has an error
		func() error { tonight = n.trendNight(columns); return nil },
		func() error { liability = analysis.NextLiability(past.Cohorts, n.liabilityNight(out.Open)); return nil },
		func() error { customers = n.customerNights(); return nil })
	a.Movements = analysis.Movements(past.Nights, tonight)
	for _, c := range columns {
		a.Breakdowns = append(a.Breakdowns, c.Breakdown())
	}
	a.Expiry, a.Forecasts = liability.Expiry, liability.Forecasts
	a.NightsBefore, a.NightsToCompare = len(past.Nights), analysis.MinAnomalyNights
	a.Anomalies, a.MoreCustomers = analysis.Anomalies(analysis.AnomalyNight{
		Date: n.date, Past: past.Nights, Tonight: tonight, Columns: columns, Rules: n.liveRules(), Customers: customers,
	})
	n.trends = past.Next(tonight, liability.Cohorts)
	out.Extra = append(out.Extra, publish.RawFile{Path: analysis.TrendsFile, Bytes: n.trends.Encode()})
	return nil
}

// pastTrends are those of the run before: in memory where the session made it,
// else as it published them. Before the first run, and after one that knew no
// such file yet, there are none.
func (s *session) pastTrends() (*analysis.Trends, error) {
	if s.trends != nil {
		return s.trends, nil
	}
	s.trends = &analysis.Trends{}
	if !s.any {
		return s.trends, nil
	}
	m, err := s.chain.Manifest(s.last)
	if err != nil {
		return nil, err
	}
	content, err := s.chain.ReadOutput(m, analysis.TrendsFile)
	if _, published := m.Output(analysis.TrendsFile); !published && errors.Is(err, fs.ErrNotExist) {
		return s.trends, nil
	}
	if err != nil {
		return nil, err
	}
	trends, err := analysis.DecodeTrends(content)
	if err != nil {
		return nil, fmt.Errorf("runs/%s/%s: %w", m.BusinessDate, analysis.TrendsFile, err)
	}
	s.trends = trends
	return trends, nil
}

// reportColumns are the columns of report.by that a source has.
func (n *night) reportColumns(s *workspace.Source) []string {
	var columns []string
	for _, c := range n.work.ReportBy {
		if slices.Contains(match.ReportKinds, n.schemas[s.Name].kinds[c.Source]) {
			columns = append(columns, c.Source)
		}
	}
	return columns
}

// columnNights are tonight's figures by the values of each column of report.by,
// by source.
func (n *night) columnNights() []*analysis.ColumnNight {
	var all []*analysis.ColumnNight
	by := map[string][]*analysis.ColumnNight{}
	for _, source := range slices.Sorted(maps.Keys(n.matched.Events)) {
		for _, e := range n.matched.Events[source] {
			c := analysis.NewColumnNight(source, e.Column, e.Events, e.TooMany, match.MaxValues)
			by[source] = append(by[source], c)
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return all
	}
	f := n.figures()
	for _, d := range n.decisions {
		inc := d.Incident
		late := inc.Released() != nil || inc.At < f.counted
		values, known := inc.Report(), []bool(nil)
		if inc.Released() != nil && len(by[inc.Source]) > 0 {
			values, known = n.sources[inc.Source].ReportOf(inc.Facts().JSON(), inc.Customer(), inc.Order(), inc.Seller())
		}
		for i, c := range by[inc.Source] {
			unknown := known != nil && !known[i]
			if !unknown && f.isNew(d) && hitLive(inc) {
				c.AddIncident(values[i], late)
			}
			switch {
			case d.Outcome != award.Issued:
			case unknown:
				c.AddUnknown(inc.Currency, d.Minor)
			default:
				c.AddCredit(values[i], inc.Currency, d.Minor, late)
			}
		}
	}
	return all
}

func hitLive(inc *award.Incident) bool {
	return slices.ContainsFunc(inc.Awards(), func(a award.Award) bool { return !a.Shadow })
}

// trendNight is tonight as later nights look back at it.
func (n *night) trendNight(columns []*analysis.ColumnNight) analysis.TrendNight {
	t := analysis.TrendNight{
		Date: n.date.String(), Rows: map[string]int64{}, Movements: n.movements(), Rules: n.trendRules(), Columns: []analysis.TrendColumn{},
	}
	for source, counts := range n.matched.Counts {
		t.Rows[source] = counts.Read
	}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Trend())
	}
	return t
}

func (n *night) movements() []analysis.TrendMovement {
	var moved analysis.Moved
	for _, p := range n.postings {
		if settles(p.Kind) {
			continue
		}
		c, _ := n.book.Credit(p.CreditID)
		moved.AddPosting(p, c.Funding)
	}
	f := n.figures()
	for rule, r := range f.rules {
		for currency, s := range r.issued.lines(f) {
			moved.AddMany(report.MoveIssued, currency, rule.Funding, s.count, s.minor.Clamped())
		}
		for currency, s := range r.held.lines(f) {
			moved.AddMany(report.MoveHeld, currency, rule.Funding, s.count, s.minor.Clamped())
		}
	}
	return moved.Lines()
}

// trendRules are the rules that hit a new incident or issued, by id.
func (n *night) trendRules() []analysis.TrendRule {
	lines := newTally[string, analysis.TrendRule]()
	line := func(id string) *analysis.TrendRule {
		return lines.line(id, func() analysis.TrendRule {
			return analysis.TrendRule{Rule: id, Issued: map[string]analysis.TrendSum{}}
		})
	}
	f := n.figures()
	for rule, r := range f.rules {
		if r.newHits > 0 {
			line(rule.RuleID).Hits += r.newHits
		}
		for currency, s := range r.issued.lines(f) {
			l := line(rule.RuleID)
			l.Wins += s.count
			issued := l.Issued[currency]
			issued.Count += s.count
			issued.Minor = sum(issued.Minor, s.minor.Clamped())
			l.Issued[currency] = issued
		}
	}
	return lines.sorted(cmp.Compare[string])
}

// liveRules are the rules that could have hit tonight.
func (n *night) liveRules() []analysis.LiveRule {
	var live []analysis.LiveRule
	for _, r := range n.rulebook.Rules {
		if r.Mode != rules.Shadow && !(r.HasFrom && n.date < r.From) && !(r.HasUntil && n.date > r.Until) {
			live = append(live, analysis.LiveRule{ID: r.ID, On: r.On})
		}
	}
	return live
}

// liabilityNight is what is left after tonight by its last usable day, and what
// tonight took of it for good or gave back.
func (n *night) liabilityNight(changed []ledger.Credit) analysis.LiabilityNight {
	l := analysis.LiabilityNight{Date: n.date, GraceDays: n.work.GraceDays, Outstanding: n.weeks(changed)}
	days := n.pass.days
	for _, p := range n.postings {
		minor := p.Minor
		switch {
		case p.Kind == ledger.Reinstate && p.Reason == string(ledger.Forfeit):
			minor = -minor
		case p.Kind != ledger.Forfeit:
			continue
		}
		c, _ := n.book.Credit(p.CreditID) // it was posted to just now
		l.Forfeited = append(l.Forfeited, analysis.Forfeited{
			Currency: c.Currency, LastDay: days.DateOf(c.ExpiresAt - 1), Issued: c.Issued, Minor: minor,
		})
	}
	return l
}
