package analysis

import (
	"cmp"
	"iter"
	"slices"

	"amends/pipeline/report"
)

// maxRejectRows is how many rows a report shows of one source and code.
const maxRejectRows = 5

// Reject is one rejected row.
type Reject struct {
	Source, Code string
	report.RejectRow
}

// Rejects counts rejected rows by source and code, in that order, and keeps a few
// of each: those whose column and detail come first in bytewise order, which is
// not their place, so that the same rows are shown however they lie in files.
func Rejects(rows iter.Seq[Reject]) []report.RejectExample {
	found := map[[2]string]*report.RejectExample{}
	for r := range rows {
		e := found[[2]string{r.Source, r.Code}]
		if e == nil {
			e = &report.RejectExample{Source: r.Source, Code: r.Code}
			found[[2]string{r.Source, r.Code}] = e
		}
		e.Count++
		at, _ := slices.BinarySearchFunc(e.Rows, r.RejectRow, compareRejects)
		if at < maxRejectRows {
			e.Rows = slices.Insert(e.Rows, at, r.RejectRow)
			e.Rows = e.Rows[:min(len(e.Rows), maxRejectRows)]
		}
	}
	list := make([]report.RejectExample, 0, len(found))
	for _, e := range found {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b report.RejectExample) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
	return list
}

func compareRejects(a, b report.RejectRow) int {
	return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row))
}
