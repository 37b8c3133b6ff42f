package pipeline

import (
	"amends/pipeline/publish"
	"amends/pipeline/report"
)

// analyseHistory holds tonight against the nights before.
func (n *night) analyseHistory(a *report.Analysis, out *publish.Night) error {
	return nil
}
