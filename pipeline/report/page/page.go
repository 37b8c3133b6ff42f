// Package page draws what analysts read in a browser: self-contained HTML that
// opens from a mail attachment, without a network. Every figure on a page is in
// a table as well as in a chart, and comes from the report that it is given. A
// page is a function of that report: no clock, chance, float or map order.
//
// A page is a Document of sections. What a section holds are plain values
// (Table, Chart, Text and so on); one template draws them, escaped, so that
// pages that others make look and behave alike.
package page

import "amends/pipeline/report"

// DryRunLabel and CommittedLabel are all that tells the page of a dry run from
// that of the run that commits the same night.
const (
	DryRunLabel    = "Dry run: nothing was moved"
	CommittedLabel = "Committed run"
)

// RunLabel says whether a night was committed.
func RunLabel(dryRun bool) string {
	if dryRun {
		return DryRunLabel
	}
	return CommittedLabel
}

// Night returns report.html of one night.
func Night(a *report.Analysis) ([]byte, error) {
	return nightDocument(a).HTML()
}
