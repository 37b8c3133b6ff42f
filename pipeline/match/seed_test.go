package match

import (
	"fmt"
	"testing"

	"amends/rules/ir"
)

// meet are n values that have one hash, as far as the bits go that a small table
// looks at, where hashes begin with a seed that is known.
func meet(n int, hash func(s Seed, i int) uint64) []int {
	var found []int
	for i := 0; len(found) < n; i++ {
		if cutHash(hash(0, i))>>7&1023 == 0 {
			found = append(found, i)
		}
	}
	return found
}

// Ids that were chosen to meet in a table do not where hashes begin with another
// seed: of 64, hardly any two have the same of 1,024 places.
func TestChosenIDsMeetForOneSeedOnly(t *testing.T) {
	t.Parallel()
	for name, hash := range map[string]func(s Seed, i int) uint64{
		"texts":  func(s Seed, i int) uint64 { return s.text(fmt.Sprint("order-", i)) },
		"keys":   func(s Seed, i int) uint64 { return s.bytes(fmt.Append(nil, "customer ", i)) },
		"orders": func(s Seed, i int) uint64 { return s.orderHash(fmt.Sprint("order-", i)) },
		"rows": func(s Seed, i int) uint64 {
			return s.rowDigest([]ir.Vector{{Kind: ir.Int, Ints: []int64{int64(i)}}}, 0).Lo
		},
		"rows' end": func(s Seed, i int) uint64 {
			return s.rowDigest([]ir.Vector{{Kind: ir.Int, Ints: []int64{int64(i)}}}, 0).Hi
		},
		"numbers": func(s Seed, i int) uint64 { return s.number(byte(ir.Int), int64(i)) },
		"incidents of texts": func(s Seed, i int) uint64 {
			return hashOfKey(s, ir.Vector{Kind: ir.String, Strings: []string{fmt.Sprint("parcel ", i)}})
		},
		"incidents of a dictionary": func(s Seed, i int) uint64 {
			return hashOfKey(s, ir.Vector{Kind: ir.String, Dict: ir.NewDictionary([]string{fmt.Sprint("parcel ", i)}), Codes: []int32{0}})
		},
		"incidents of numbers": func(s Seed, i int) uint64 {
			return hashOfKey(s, ir.Vector{Kind: ir.Int, Ints: []int64{int64(i)}})
		},
	} {
		chosen := meet(64, hash)
		for _, seed := range []Seed{1, 77, 1 << 63} {
			places := map[uint64]bool{}
			for _, i := range chosen {
				places[cutHash(hash(seed, i))>>7&1023] = true
			}
			if len(places) < 52 { // 62 on average
				t.Errorf("%s, seed %d: %d places", name, seed, len(places))
			}
		}
	}
}

// hashOfKey is the hash of an incident of one key column.
func hashOfKey(seed Seed, column ir.Vector) uint64 {
	v := &sieve{source: &Source{key: []int{0}, night: Night{Seed: seed}, event: Event{Failure: "late"}}, hashOf: make([]entries[uint64], 1)}
	return v.hashKeys(&ir.Batch{Rows: 1, Columns: []ir.Vector{column}})[0] << 16
}
