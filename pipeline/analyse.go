package pipeline

import (
	"fmt"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/report/page"
)

// analyse makes report.html of a night that is otherwise done: what it says is
// a function of the night, the ledger and what the runs before published.
func (n *night) analyse(out *publish.Night) error {
	a, err := n.analysis(out)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	n.anomalies = a.Anomalies
	content, err := page.Night(a)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	out.ReportHTML = content
	return nil
}

// analysis is what the report of a night shows.
func (n *night) analysis(out *publish.Night) (*report.Analysis, error) {
	a := &report.Analysis{DryRun: n.session.dry, Summary: n.summary}
	n.analyseDecisions(a, out)
	if err := n.analyseHistory(a, out); err != nil {
		return nil, err
	}
	return a, nil
}
