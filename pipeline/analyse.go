package pipeline

import (
	"fmt"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/report/page"
)

// tell makes summary.json and report.html of a night that is otherwise done: what
// they say is a function of the night, the ledger and what the runs before published.
func (n *night) tell(out *publish.Night) error {
	a, err := n.analysis(out)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if out.SummaryJSON, err = n.summary.JSON(); err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	n.anomalies = a.Anomalies
	if out.ReportHTML, err = page.Night(a); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// analysis is what the report of a night shows, with its summary.
func (n *night) analysis(out *publish.Night) (*report.Analysis, error) {
	a := &report.Analysis{DryRun: n.session.dry}
	err := n.together(
		func() error { return n.analyseHistory(a, out) },
		func() error {
			n.summary = n.summarize(out)
			n.analyseDecisions(a, out)
			return nil
		})
	a.Summary = n.summary
	return a, err
}
