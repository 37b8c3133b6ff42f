package page

import (
	"testing"

	"amends/pipeline/report"
)

func mustNight(t *testing.T, a *report.Analysis) []byte {
	t.Helper()
	content, err := Night(a)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
