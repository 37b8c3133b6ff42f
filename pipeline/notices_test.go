package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"amends/pipeline/parquetio"
)

// A file of a settled night that has other rows when the next night looks back
// at it is told: what was settled stays, and somebody should know.
func TestAChangedFileOfLookbackIsTold(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	before := w.mustRun(demoLast, demoLast)[0].Summary.Notices
	told := func(notices []string, file string) bool {
		return slices.ContainsFunc(notices, func(n string) bool {
			return strings.Contains(n, file) && strings.Contains(n, "other rows than the night before read")
		})
	}
	name := "data/deliveries/dt=" + (demoLast - 1).String() + "/part-0.parquet"
	if told(before, name) {
		t.Fatalf("told of a file that did not change: %q", before)
	}
	w = newDemoBefore(t, demoLast)
	rows := w.table(name)
	w.write(name, rows.pick(demoRows(rows)[1:]...), parquetio.WriteOptions{})
	if after := w.mustRun(demoLast, demoLast)[0].Summary.Notices; !told(after, name) {
		t.Errorf("not told of %s: %q", name, after)
	}
}
