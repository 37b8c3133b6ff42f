package pipeline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
)

const benchRules = 30

// benchBook has thirty rules, of which a few fit one row, limits, and budgets of
// which the first binds where it says so.
func benchBook(nightlyMajor int) string {
	var b strings.Builder
	b.WriteString("terms: {standard: {valid_days: 9}}\nrules:\n")
	for i := range benchRules {
		fmt.Fprintf(&b, "  - {id: r%d, on: items, when: kind >= %d and kind <= %d, amount: 0.0%d * price, reason: X, priority: %d}\n", i, i-2, i, 1+i%9, 10+i%3)
	}
	b.WriteString("limits:\n  - {id: week, per: customer, window_days: 7, max_amount: {USD: 20.00}, exceed: trim}\n  - {id: order, per: order, max_count: 2, exceed: deny}\n")
	b.WriteString("approval: [{id: large, when: amount > 8}]\n")
	fmt.Fprintf(&b, "budgets:\n  - {id: nightly, per: run, max_amount: {USD: %d.00}, exceed: hold}\n  - {id: seller, per: seller, max_amount: {USD: %d.00}, exceed: deny}\n", nightlyMajor, nightlyMajor)
	b.WriteString("guardrails: {max_amount_vs_median: 4.0, median_days: 28, min_history: 7, max_amount: {USD: 90000000.00}}\n")
	return b.String()
}

var benchColumns = []rules.Column{
	{Name: "customer", Type: ir.Type{Kind: ir.String}}, {Name: "id", Type: ir.Type{Kind: ir.String}}, {Name: "kind", Type: ir.Type{Kind: ir.Int}},
	{Name: "order", Type: ir.Type{Kind: ir.String}}, {Name: "price", Type: ir.Type{Kind: ir.Money}},
	{Name: "seller", Type: ir.Type{Kind: ir.String}}, {Name: "since", Type: ir.Type{Kind: ir.Time}},
}

// benchNight is a night of so many incidents, matched.
func benchNight(b *testing.B, incidents, nightlyMajor int) *night {
	b.Helper()
	zone, err := calendar.Load("UTC")
	if err != nil {
		b.Fatal(err)
	}
	book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(benchBook(nightlyMajor))}})
	program, more := rules.Compile(book, &rules.Catalog{Sources: []rules.Source{{
		Name: "items", Currency: "USD", Customer: "customer", Order: "order", Seller: "seller", Since: "since", Value: "price", Columns: benchColumns, At: diag.Text{Source: "since"},
	}}})
	if list = append(list, more...); list.HasErrors() {
		b.Fatal(list.Err())
	}
	work := &workspace.Workspace{HorizonDays: 400, Rules: "rules", Location: zone}
	n := &night{
		session: &session{}, work: work, project: &project{work: work, rulebook: book}, rulebook: book, program: program,
		date: weighedOn, zone: zone, asOf: calendar.AsOf(weighedOn, zone), history: newHistory(ledger.NewBook(), weighedOn, 400, []publish.Hold{}),
	}
	event := match.Event{
		Source: "items", Failure: "items", ID: []string{"id"}, Incident: []string{"id"}, Customer: "customer", Order: "order", Seller: "seller", Since: "since", Value: "price", Currency: "USD",
	}
	n.sources = map[string]*match.Source{"items": match.NewSource(event, n.matchNight(), program.Sources["items"], nil, nil)}
	n.matched, err = match.Merge([]*match.Finder{benchFinder(n, incidents)}, n.orderOwners,
		func([]*match.Recall) error { return errors.New("no row is read twice") })
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func benchFinder(n *night, incidents int) *match.Finder {
	random := rand.New(rand.NewPCG(7, 7))
	source := n.sources["items"]
	finder := source.NewFinder()
	batch := &ir.Batch{Rows: incidents}
	for _, name := range source.Columns() {
		v := ir.Vector{Kind: ir.String}
		for row := range incidents {
			customer := row * 7 / 10 // some have two
			switch name {
			case "id":
				v.Strings = append(v.Strings, fmt.Sprint("d", row))
			case "customer":
				v.Strings = append(v.Strings, fmt.Sprint("c", customer))
			case "order":
				v.Strings = append(v.Strings, fmt.Sprint("o", customer, "-", row%3/2))
			case "seller":
				v.Strings = append(v.Strings, fmt.Sprint("s", random.IntN(2000)))
			case "kind":
				v.Kind, v.Ints = ir.Int, append(v.Ints, random.Int64N(benchRules-2))
			case "price":
				v.Kind, v.Ints = ir.Money, append(v.Ints, (1+random.Int64N(20_000))*10_000)
			case "since":
				v.Kind, v.Ints = ir.Time, append(v.Ints, int64(calendar.StartOfDay(weighedOn, n.zone))+random.Int64N(1000))
			}
		}
		batch.Columns = append(batch.Columns, v)
	}
	finder.Find(award.Place{File: "f"}, batch, nil)
	return finder
}

// BenchmarkWeigh holds what a report works out against what deciding costs, with
// budgets that never bind and with one that refuses a third of what is asked.
func BenchmarkWeigh(b *testing.B) {
	for _, incidents := range []int{100_000, 1_000_000} {
		for _, bind := range []bool{false, true} {
			nightly := 1_000_000_000
			if bind {
				nightly = incidents
			}
			n := benchNight(b, incidents, nightly)
			name := fmt.Sprintf("decisions=%d/binding=%v/", incidents, bind)
			b.Run(name+"decide", func(b *testing.B) {
				for b.Loop() {
					n.decisions, n.repeats = nil, nil
					if err := n.decide(); err != nil {
						b.Fatal(err)
					}
				}
			})
			resolved, refused := n.resolved, n.refused
			b.Run(name+"weigh", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					n.resolved, n.refused = resolved, refused
					if err := n.weigh(); err != nil {
						b.Fatal(err)
					}
				}
			})
			var refusedAwards int64
			for _, l := range n.weighed.Budgets {
				refusedAwards += l.Refused
			}
			if bind != (refusedAwards > 0) {
				b.Fatalf("%d awards are refused", refusedAwards)
			}
		}
	}
}
