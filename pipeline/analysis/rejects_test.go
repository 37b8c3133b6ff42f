package analysis_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/analysis"
	"amends/pipeline/report"
)

func TestRejectsInAnyOrder(t *testing.T) {
	t.Parallel()
	var rows []analysis.Reject
	for i := range 8 {
		rows = append(rows, analysis.Reject{Source: "deliveries", Code: "null-key", RejectRow: report.RejectRow{File: "a", Row: int64(i), Column: "id", Detail: fmt.Sprint(i / 2)}})
	}
	rows = append(rows,
		analysis.Reject{Source: "defects", Code: "null-key", RejectRow: report.RejectRow{File: "b"}},
		analysis.Reject{Source: "defects", Code: "bad-funding", RejectRow: report.RejectRow{File: "b"}})
	got := analysis.Rejects(slices.Values(rows))
	slices.Reverse(rows)
	if diff := cmp.Diff(got, analysis.Rejects(slices.Values(rows))); diff != "" {
		t.Errorf("in another order\n%s", diff)
	}
	if len(got) != 3 || got[0].Code != "bad-funding" || got[1].Source != "defects" || got[2].Count != 8 || len(got[2].Rows) != 5 || got[2].Rows[4].Row != 4 {
		t.Errorf("%+v", got)
	}
}
