package match_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// hitRules are rules of which each delivery of hitRows meets one or two.
const hitRules = terms + `tables: {caps: {USD: 10, JPY: 1500, KWD: 3}}
rules:
  - {id: late-short, on: deliveries, when: 'days_late >= 1 and days_late <= 3 and (note ?? "") != "weather"', amount: 'min(0.05 * price, caps[currency])', reason: LATE}
  - {id: late-week, on: deliveries, when: 'days_late >= 4 and days_late <= 7 and (note ?? "") != "weather"', amount: 'min(0.1 * price, caps[currency])', reason: LATE}
  - {id: late-long, on: deliveries, when: 'days_late > 7 and (note ?? "") != "weather"', amount: 'min(0.2 * price, 2 * caps[currency])', reason: LATE}
  - {id: prime, on: deliveries, when: 'days_late >= 1 and customer.tier == "prime"', amount: 'min(0.12 * price, caps[currency])', reason: LATE}
  - {id: loyal, on: deliveries, when: 'days_late >= 1 and customer.spent >= 20 * price and credits(90) == 0', amount: 'min(0.15 * price, caps[currency])', reason: LATE}
`

// hitRows are so many deliveries, each late.
func hitRows(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = late().with(row{
			"delivery_id": text(fmt.Sprintf("D%012d", i)), "order_id": text(fmt.Sprintf("O%012d", i)), "customer_id": text(fmt.Sprintf("C%08d", i%3000)),
			"days_late": whole(int64(1 + i%9)), "price": ir.Value{Kind: ir.Money, I: int64(10_000_000 + 10_000*(i%7001))},
			"currency": text([]string{"USD", "JPY"}[i%2]),
		})
	}
	return rows
}

// BenchmarkHits is what a hit costs in match, merge apart: a batch of which
// every row is one.
func BenchmarkHits(b *testing.B) {
	s := newShop(b)
	for i := range 3000 {
		s.dimensions["customer"].Add(text(fmt.Sprintf("C%08d", i)), []ir.Value{amount("2000"), text([]string{"prime", "plus", "none"}[i%3])}, "USD", false)
	}
	source := s.source(b, hitRules)
	rows := batch(source, hitRows(4096))
	b.ReportAllocs()
	used := cpuTime()
	for b.Loop() {
		f := source.NewFinder()
		for range 16 {
			f.Find(award.Place{File: "f"}, rows, nil)
		}
		match.Look([]*match.Finder{f}) // rows that ask history wait
	}
	b.ReportMetric(float64(cpuTime()-used)/float64(b.N*16*rows.Rows), "cpu-ns/hit")
}

// cpuTime is what the process has used so far: on a machine that others use, the
// clock on the wall says little.
func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkMerge is what a hit costs in Merge.
func BenchmarkMerge(b *testing.B) {
	s := newShop(b)
	source := s.source(b, lateRule)
	rows := batch(source, hitRows(65536))
	b.ReportAllocs()
	var took time.Duration
	for b.Loop() {
		b.StopTimer()
		f := source.NewFinder()
		f.Find(award.Place{File: "f"}, rows, nil)
		b.StartTimer()
		used := cpuTime()
		if _, err := match.Merge([]*match.Finder{f}, ownersAre(nobody), nil); err != nil {
			b.Fatal(err)
		}
		took += cpuTime() - used
	}
	b.ReportMetric(float64(took)/float64(b.N*rows.Rows), "cpu-ns/hit")
}
