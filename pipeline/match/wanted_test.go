package match_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
	"amends/rules/money"
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
			if diff := cmp.Diff(want, got, plainly); diff != "" || len(want.Incidents) < 6000 || len(want.Rejects) < 100 {
				t.Errorf("%d incidents, %d rejects (-there before +late):\n%.2000s", len(want.Incidents), len(want.Rejects), diff)
			}
		})
	}
}

// numberedHistory knows the customers that were asked for, and only these.
type numberedHistory struct {
	asked   []string
	answers atomic.Int64
}

func (h *numberedHistory) Credits(of match.Asked, _ int) int64 {
	if of.Number < 0 || h.asked[of.Number] != of.Customer {
		return -1
	}
	h.answers.Add(1)
	return 5
}

// Near is told of numbers that there are.
func (h *numberedHistory) Near(first, end int) { _ = h.asked[first:end] }

func (h *numberedHistory) Credited(match.Asked, string, int) (money.Decimal, error) { return 0, nil }

// Rows ask history by the numbers that their customers were asked for with, also
// when others look at rows of a finder, and rows come after them.
func TestHistoryIsAskedByNumber(t *testing.T) {
	t.Parallel()
	book := terms + `rules:
  - {id: r, on: deliveries, when: days_late >= 1 and credits(90) == 5, amount: 0.1 * price, reason: LATE}
`
	s, h := newShop(t), &numberedHistory{}
	s.history = h
	source := s.source(t, book)
	finders := []*match.Finder{source.NewFinder(), source.NewFinder()}
	var d feed
	const rows, together = 9000, 450
	looked := 0
	for from := 0; from < rows; from += together {
		var list []row
		for i := from; i < from+together; i++ {
			list = append(list, late().with(row{"delivery_id": text(fmt.Sprint(i)), "customer_id": text(fmt.Sprint("c", i%777)), "order_id": {}}))
		}
		d.find(finders[from/together%3%2], "deliveries", award.Place{File: "f", Row: int64(from)}, batch(source, list), nil)
		if from != rows/2 && from != rows-together {
			continue
		}
		var all bool
		if h.asked, all = match.AskedCustomers(finders); !all || len(h.asked) != from+together-looked {
			t.Fatalf("%d customers are asked for, all of them: %t; want %d", len(h.asked), all, from+together-looked)
		}
		h.asked, looked = slices.Clone(h.asked), from+together
		match.Look(finders)
	}
	if n := len(d.merge(t, finders, nobody).Incidents); n != rows || h.answers.Load() != rows {
		t.Errorf("%d incidents, %d answers; want %d", n, h.answers.Load(), rows)
	}
}
