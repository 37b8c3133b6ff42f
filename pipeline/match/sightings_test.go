package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"amends/pipeline/award"
)

// Rows of several finders come out sorted by key, each once, whatever the number
// of rows; some keys meet, wholly or in their first bytes.
func TestCompanyIsSortedByKey(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 2, 300, 5000} {
		random := rand.New(rand.NewPCG(uint64(rows), 3))
		var want []award.Key
		finders := make([]*Finder, 3)
		for i := range finders {
			finders[i] = &Finder{source: &Source{event: Event{Source: "s"}}}
		}
		for range rows {
			var key award.Key
			for i := range key {
				key[i] = byte(random.Uint32())
			}
			if len(want) > 0 && random.IntN(3) == 0 {
				copy(key[:8+8*random.IntN(2)], want[random.IntN(len(want))][:])
			}
			want = append(want, key)
			finders[random.IntN(3)].seen.add(seenRows{list: []sighting{{key: key}}})
		}
		slices.SortFunc(want, func(a, b award.Key) int { return bytes.Compare(a[:], b[:]) })
		company := companyOf(newTally(finders), finders)
		var got []award.Key
		for part := range keyParts {
			for _, at := range company.sorted(part) {
				got = append(got, company.row(at).key)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d rows are not sorted, or not all there", rows)
		}
	}
}

// Orders that share their hash's first or last bits, or all of it, stay apart.
func TestSpoiledOrdersWithHashesThatMeet(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		var incidents []*award.Incident
		var list []ordered
		owner := func(order string) (string, bool) { return "c0", order < "o15" }
		customers, spoilt := map[string]string{}, map[string]bool{}
		for i := range random.IntN(60) {
			order, customer := fmt.Sprint("o", random.IntN(30)), fmt.Sprint("c", random.IntN(6)/5)
			inc := &award.Incident{}
			inc.SetParties(award.Parties{Order: order, Customer: customer})
			incidents = append(incidents, inc)
			f := found{incident: inc, ordered: uint64(order[len(order)-1]&3) << 20}
			list = append(list, orderedOf(&f, i, func(i int) (string, bool) { return owner(incidents[i].Order()) }))
		}
		for _, inc := range incidents {
			before, seen := customers[inc.Order()]
			if known, is := owner(inc.Order()); is && !seen {
				before, seen = known, true
			}
			spoilt[inc.Order()] = spoilt[inc.Order()] || seen && before != inc.Customer()
			if !seen {
				before = inc.Customer()
			}
			customers[inc.Order()] = before
		}
		got := map[int32]bool{}
		for _, i := range spoiledOrders(incidents, list) {
			got[i] = true
		}
		for i, inc := range incidents {
			if _, known := owner(inc.Order()); got[int32(i)] != spoilt[inc.Order()] || inc.NewOrder != !known {
				t.Fatalf("order %q of %q: spoiled %t, new %t", inc.Order(), inc.Customer(), got[int32(i)], inc.NewOrder)
			}
		}
	}
}
