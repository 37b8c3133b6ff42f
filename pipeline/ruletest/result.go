package ruletest

// Result is what came of the tests that ran.
type Result struct {
	Folder  string // of the rules
	Files   []File
	Cases   []*CaseResult
	Skipped int // cases that were left out

	Coverage *Coverage // nil where it was not asked for
	Mutation *Mutation // nil where it was not asked for, or a case failed
}

// CaseResult is one case with what came of it.
type CaseResult struct {
	Ready *Ready
	Rows  []RowResult
}

// RowResult is one row of a case.
type RowResult struct {
	Outcome     *Outcome
	Differences []Difference
	Why         string // of what differs: several lines for people
}

// Passed reports whether the case came out as expected.
func (r *CaseResult) Passed() bool {
	for i := range r.Rows {
		if len(r.Rows[i].Differences) > 0 {
			return false
		}
	}
	return true
}

// Failed counts the cases that did not come out as expected.
func (r *Result) Failed() int {
	failed := 0
	for _, c := range r.Cases {
		if !c.Passed() {
			failed++
		}
	}
	return failed
}
