package pipeline_test

import (
	"cmp"
	"slices"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
)

// Credits keep their places in open.parquet from night to night, and those of a
// night come last; who asks for them has them by id.
func TestOpenCreditsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	added := 0
	for night := demoFirst + 1; night <= demoLast; night++ {
		place := map[string]int{}
		for i, c := range demoOutput(w, night-1, publish.OpenFile, publish.ReadOpen) {
			place[c.CreditID] = i
		}
		last, fresh := -1, false
		for _, c := range demoOutput(w, night, publish.OpenFile, publish.ReadOpen) {
			was, there := place[c.CreditID]
			if there && (fresh || was <= last) {
				t.Fatalf("%s: credit %s has another place than the night before", night, c.CreditID)
			}
			if there {
				last = was
			} else {
				fresh = true
				added++
			}
		}
	}
	if added == 0 {
		t.Error("no night issued a credit")
	}
	credits, err := pipeline.OpenCredits(t.Context(), w.config())
	byID := slices.IsSortedFunc(credits, func(a, b ledger.Credit) int { return cmp.Compare(a.CreditID, b.CreditID) })
	if err != nil || len(credits) < 2 || !byID {
		t.Errorf("%d open credits, by id %v: %v", len(credits), byID, err)
	}
}
