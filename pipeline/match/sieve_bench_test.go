package match_test

import (
	"fmt"
	"testing"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// BenchmarkSieve sieves batches of which no row is hit, with texts as codes of a
// dictionary but for the ids: what a batch allocates is what is kept of it.
func BenchmarkSieve(b *testing.B) {
	const rows = 4096
	source := newShop(b).source(b, terms+`rules: [{id: late, on: deliveries, when: 'days_late >= 1 and (note ?? "") != "x" and careful', amount: 0.1 * price, reason: LATE}]`)
	all := make([]row, rows)
	for i := range all {
		all[i] = late().with(row{"delivery_id": text(fmt.Sprintf("delivery-%08d", i*7919)), "days_late": whole(int64(-i % 3)), "note": text([]string{"none", "x", ""}[i%3])})
	}
	sieved := batch(source, all)
	for c, name := range source.Columns() {
		v := &sieved.Columns[c]
		v.Valid = nil
		if v.Kind != ir.String || name == "delivery_id" {
			continue
		}
		codes := map[string]int32{}
		var entries []string
		for _, text := range v.Strings {
			if _, known := codes[text]; !known {
				codes[text] = int32(len(entries))
				entries = append(entries, text)
			}
			v.Codes = append(v.Codes, codes[text])
		}
		v.Strings, v.Dict = nil, ir.NewDictionary(entries)
	}
	f := source.NewFinder()
	b.ReportAllocs()
	for b.Loop() {
		f.Find(award.Place{File: "f"}, sieved, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
