package match_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// Rows that wait for a dimension, and are given the rows of the keys that they
// name, are what they are where the dimension was there before: whether it comes
// after all of them or in their midst.
func TestRowsWaitForADimension(t *testing.T) {
	t.Parallel()
	const customers = 10_000
	people := &ir.Batch{Rows: customers, Columns: []ir.Vector{{Kind: ir.Money}, {Kind: ir.String}, {Kind: ir.String}}}
	for i := range customers {
		people.Columns[0].Ints = append(people.Columns[0].Ints, int64(i)*1_000_000)
		people.Columns[1].Strings = append(people.Columns[1].Strings, []string{"prime", "plus", "none"}[i%3])
		people.Columns[2].Strings = append(people.Columns[2].Strings, fmt.Sprintf("C%08d", i))
	}
	at := match.DimensionColumns{Key: 2, Currency: -1, Constant: "USD"}
	rows := hitRows(7000)
	for i := range rows {
		rows[i]["customer_id"] = text(fmt.Sprintf("C%08d", i))
		if i%50 == 0 {
			rows[i]["customer_id"] = text("nobody") // the row is rejected
		}
	}
	for i, late := range []struct {
		arrives int // after so many batches
		keys    bool
	}{{0, false}, {3, false}, {99, true}, {99, false}} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			run := func(arrives int, keys bool) *match.Result {
				s := newShop(t)
				customer := s.dimensions["customer"]
				source := s.source(t, hitRules)
				arrive := func(wanted *match.Keys) {
					customer.Parts(1)[0].AddBatch(people, at, nil, wanted)
					if n := customer.Len(); (n < customers) != (wanted != nil) || wanted != nil && n < customers/4 {
						t.Fatalf("%d customers", n)
					}
					customer.Arrive()
				}
				customer.Await()
				f, d, b := source.NewFinder(), feed{}, 0
				for from := 0; from < len(rows); from += 1000 {
					if b == arrives {
						arrive(nil)
					}
					b++
					d.find(f, "deliveries", award.Place{File: "f", Row: int64(from)}, batch(source, rows[from:from+1000]), nil)
				}
				if arrives > b {
					if f.Backlog() == 0 {
						t.Fatal("no row waits")
					}
					wanted := match.WantedKeys([]*match.Finder{f})["customer"]
					if !keys {
						wanted = nil
					}
					arrive(wanted)
				}
				return d.merge(t, []*match.Finder{f}, nobody)
			}
			want, got := run(0, false), run(late.arrives, late.keys)
			if diff := cmp.Diff(want, got); diff != "" || len(want.Incidents) < 6000 || len(want.Rejects) < 100 {
				t.Errorf("%d incidents, %d rejects (-there before +late):\n%.2000s", len(want.Incidents), len(want.Rejects), diff)
			}
		})
	}
}
