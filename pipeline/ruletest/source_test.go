package ruletest

import (
	"strings"
	"testing"
)

// Rows without a source are answered with a source that this workspace has.
func TestTheHintNamesASourceThatThereIs(t *testing.T) {
	t.Parallel()
	files := []File{{Path: "a_test.yaml", Bytes: []byte("business_date: 2026-01-15\ncases:\n  - case: A parcel\n    expect: none\n")}}
	for want, sources := range map[string][]string{
		"write `on: shipments` at the top of the file, in the case, or in the row":                               {"shipments"},
		"write `on: shipments` at the top of the file, in the case, or in the row; there are shipments, outages": {"shipments", "outages"},
		"write `on:` and the name of a source at the top of the file, in the case, or in the row":                nil,
	} {
		_, list := Parse(files, sources...)
		var hints []string
		for _, d := range list {
			if d.Code == codeMissingKey {
				hints = append(hints, d.Hint)
			}
		}
		if strings.Join(hints, "; ") != want {
			t.Errorf("hints %q, want %q", hints, want)
		}
	}
}
