package format_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
)

func columns(kind ir.Kind, nullable bool, names string) []rules.Column {
	var all []rules.Column
	for name := range strings.FieldsSeq(names) {
		all = append(all, rules.Column{Name: name, Type: ir.Type{Kind: kind, Nullable: nullable}})
	}
	return all
}

// marketplace is what the rules of samples/marketplace read.
func marketplace() *rules.Catalog {
	source := func(name, texts, nullable, times, absent, prices, ints, at string) rules.Source {
		return rules.Source{
			Name: name, CurrencyColumn: "currency", Order: "order_id", Customer: "customer_id", Seller: "seller_id", Value: "item_price", At: diag.Text{Source: at},
			Columns: slices.Concat(columns(ir.String, false, "order_id customer_id currency "+texts), columns(ir.String, true, "seller_id "+nullable),
				columns(ir.Time, false, times), columns(ir.Time, true, absent), columns(ir.Money, false, prices), columns(ir.Int, false, ints)),
		}
	}
	return &rules.Catalog{
		Currencies: []string{"EUR", "GBP", "JPY", "USD"},
		Sources: []rules.Source{
			source("defects", "kind severity case_status fulfilled_by category", "", "delivered_at reported_at", "", "item_price return_cost", "evidence_count", "reported_at"),
			source("deliveries", "category service_level fulfilled_by", "exception_code", "promised_at", "delivered_at", "item_price", "", "promised_at"),
			source("service", "subscription", "", "started_at ended_at", "", "item_price monthly_fee", "minutes_out", "ended_at"),
		},
		Dimensions: []rules.Dimension{
			{Name: "customer", On: "customer_id", Required: true, Columns: slices.Concat(
				columns(ir.String, false, "tier"), columns(ir.Decimal, false, "lifetime_value"), columns(ir.Bool, false, "abuse_flag"))},
			{Name: "order", On: "order_id", Required: true, Columns: slices.Concat(columns(ir.Money, false, "total"), columns(ir.String, false, "refund_status"))},
		},
	}
}

// preludes are what a file is compiled beside: nothing, or the tables, terms and
// definitions that rules of the marketplace use.
func preludes(t testing.TB) [][]rules.File {
	t.Helper()
	tables, err := os.ReadFile("../../samples/marketplace/rules/tables.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return [][]rules.File{nil, {{Path: "b.yaml", Bytes: tables}}}
}

// compiled is everything that a file decides beside a prelude, as the typed
// expressions and numbers that runs read; "" where it does not compile.
func compiled(content []byte, prelude []rules.File) string {
	book, list := rules.Parse(append(slices.Clone(prelude), rules.File{Path: "a.yaml", Bytes: content}))
	program, more := rules.Compile(book, marketplace())
	if list.HasErrors() || more.HasErrors() || program == nil {
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(program.Sources)) {
		s := program.Sources[name]
		say := func(what string, e *rules.Expr) {
			if e != nil {
				fmt.Fprintf(&b, "%s %s: %s\n", name, what, ir.Print(e.Node, s.Slots))
			}
		}
		for _, r := range s.Rules {
			say(r.Rule.ID+" when", r.When)
			say(r.Rule.ID+" amount", r.Amount)
			say(r.Rule.ID+" funding", r.Funding)
			for _, part := range r.Message {
				fmt.Fprintf(&b, "%q %q ", part.Literal, part.Fact)
				say(r.Rule.ID+" message", part.Expr)
			}
			fmt.Fprintln(&b, r.Rule.Reason, r.Rule.TermsName(), r.Rule.Priority, r.Rule.Mode, r.Rule.From, r.Rule.Until, r.Rule.Uncapped)
		}
		for _, g := range slices.Concat(s.Exclusions, s.Approvals) {
			say(g.ID, g.When)
		}
	}
	for _, v := range program.Voids.Voids {
		fmt.Fprintf(&b, "void %s: %s\n", v.ID, ir.Print(v.When.Node, program.Voids.Slots))
	}
	for _, l := range book.Limits {
		fmt.Fprintln(&b, l.ID, l.Per, l.Rules, l.WindowDays, l.MaxCount, l.HasCount, l.MaxAmount, l.Exceed)
	}
	for _, x := range book.Budgets {
		fmt.Fprintln(&b, x.ID, x.Per, x.Rules, x.MaxAmount, x.Exceed)
	}
	for _, name := range slices.Sorted(maps.Keys(book.Terms)) {
		t := *book.Terms[name]
		t.At = diag.Text{}
		fmt.Fprintf(&b, "%+v\n", t)
	}
	if g := book.Guardrails; g != nil {
		fmt.Fprintln(&b, g.MaxAmountVsMedian, g.MedianDays, g.MinHistory, g.MaxAmount)
	}
	fmt.Fprintln(&b, book.Combine, book.MinAward, book.HoldDays)
	return b.String()
}

// The files of the samples compile here, so that the law on compiled rulebooks
// says something.
func TestSamplesCompileHere(t *testing.T) {
	t.Parallel()
	said := 0
	for path, content := range seeds(t) {
		for _, prelude := range preludes(t) {
			if text := compiled(content, prelude); strings.Contains(text, " when: ") {
				said++
				t.Log(path)
				break
			}
		}
	}
	if said < 4 {
		t.Errorf("%d files with rules compile", said)
	}
}
