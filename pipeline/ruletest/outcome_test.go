package ruletest

import "testing"

// Where no outcome is written, issued is expected, and a failure says that it was
// not written.
func TestOutcomeThatIsNotWritten(t *testing.T) {
	t.Parallel()
	unmatched := &Outcome{Outcome: Unmatched}
	implied := Expect{Outcome: Issued, Fields: []Want{{Field: FieldWouldGive}}}
	if got := implied.Compare(unmatched); len(got) != 1 || got[0].Expected != "issued, as no outcome is written" {
		t.Errorf("not written: %+v", got)
	}
	written := Expect{Outcome: Issued, Fields: []Want{{Field: FieldOutcome}}}
	if got := written.Compare(unmatched); len(got) != 1 || got[0].Expected != "issued" {
		t.Errorf("written: %+v", got)
	}
	if got := implied.Compare(&Outcome{Outcome: Issued}); len(got) != 0 {
		t.Errorf("issued: %+v", got)
	}
}
