package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/lint"
)

// manyRules is a rulebook of n rules in bands of lateness for each of some
// levels: many of them differ in one bound, as those of people do.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("define: {late: {known: 'came != nil and code != nil', weeks: 'days / 7'}}\nrules:\n")
	for i := range n {
		level, band := i/10, i%10
		fmt.Fprintf(&b, "  - id: r-%d\n    on: late\n    when: |\n      known and level == \"l%d\" and days >= %d and days <= %d\n      and price > most[currency] and weeks >= 0\n", i, level, 3*band, 3*band+2)
		fmt.Fprintf(&b, "    amount: min(0.%02d * price, caps[currency])\n    reason: LATE\n    message: \"{amount} for order {order}, {days} days late, until {expires_on}.\"\n", band+1)
	}
	return b.String()
}

// BenchmarkCheck reads, compiles and lints a rulebook of 500 rules; lint is its
// own part.
func BenchmarkCheck(b *testing.B) {
	files := []rules.File{{Path: "r.yaml", Bytes: []byte(manyRules(500))}}
	catalog := shop()
	compile := func() *rules.Program {
		book, list := rules.Parse(files)
		program, more := rules.Compile(book, catalog)
		if list = append(list, more...); program == nil || len(book.Rules) != 500 {
			b.Fatal(list)
		}
		return program
	}
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lint.Run(lint.Input{Program: compile(), Catalog: catalog, Today: calendar.Date(20_500), HasDate: true})
		}
	})
	b.Run("lint", func(b *testing.B) {
		b.ReportAllocs()
		program := compile()
		for b.Loop() {
			lint.Run(lint.Input{Program: program, Catalog: catalog, Today: calendar.Date(20_500), HasDate: true})
		}
	})
}
