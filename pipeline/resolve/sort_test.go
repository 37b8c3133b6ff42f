package resolve_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
)

// As many decisions as are sorted by their keys stand as award.Compare says, in
// whatever order they came.
func TestSortOfManyDecisions(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, count := range []int{1, 1000, 5000} {
		list := make([]*award.Decision, count)
		for i := range list {
			list[i] = &award.Decision{
				Award:    &award.Award{Rule: &award.Rule{Priority: random.IntN(3)}},
				Incident: &award.Incident{Origin: &award.Origin{}, At: calendar.Instant(random.IntN(50)), Key: keyOf(fmt.Sprintf("%06d", i))},
			}
		}
		random.Shuffle(count, func(i, j int) { list[i], list[j] = list[j], list[i] })
		resolve.Sort(list)
		for i := 1; i < count; i++ {
			if award.Compare(list[i-1], list[i]) >= 0 {
				t.Fatalf("of %d, %d does not go before %d: %+v, %+v", count, i-1, i, list[i-1], list[i])
			}
		}
		seen := map[*award.Decision]bool{}
		for _, d := range list {
			seen[d] = true
		}
		if len(seen) != count || slices.Contains(list, nil) {
			t.Fatalf("of %d decisions, %d are left", count, len(seen))
		}
	}
}
