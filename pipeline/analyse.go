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
	a := &report.Analysis{DryRun: n.session.dry, Summary: n.summary}
	if err := n.analyseDecisions(a, out); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := n.analyseHistory(a, out); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	content, err := page.Night(a)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	out.ReportHTML = content
	return nil
}
