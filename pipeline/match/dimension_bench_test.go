package match_test

import (
	"fmt"
	"testing"

	"amends/pipeline/match"
	"amends/rules/ir"
)

// BenchmarkAddBatch is what a dimension's row costs of which one in ten is wanted.
func BenchmarkAddBatch(b *testing.B) {
	batches, wanted := make([]*ir.Batch, 64), &match.Keys{}
	tiers := ir.NewDictionary([]string{"none", "prime"})
	const rows = 4096
	for n := range batches {
		keys, spent, tier := ir.Vector{Kind: ir.String}, ir.Vector{Kind: ir.Int}, ir.Vector{Kind: ir.String, Dict: tiers}
		for i := range rows {
			key := fmt.Sprintf("customer-%08d", n*rows+i)
			if i%10 == 0 {
				wanted.Add(ir.StringValue(key))
			}
			keys.Strings, spent.Ints, tier.Codes = append(keys.Strings, key), append(spent.Ints, int64(i)), append(tier.Codes, int32(i%2))
		}
		batches[n] = &ir.Batch{Rows: rows, Columns: []ir.Vector{spent, tier, keys}}
	}
	b.ReportAllocs()
	used := cpuTime()
	for b.Loop() {
		d := match.NewDimension("d", "on", true, []string{"spent", "tier"}, []ir.Kind{ir.Int, ir.String})
		part := d.Parts(1)[0]
		for _, batch := range batches {
			part.AddBatch(batch, match.DimensionColumns{Key: 2, Currency: -1}, nil, wanted)
		}
	}
	b.ReportMetric(float64(cpuTime()-used)/float64(b.N*len(batches)*rows), "cpu-ns/row")
}
