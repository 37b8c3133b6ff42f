// Package analysis works out what a night's report says beside its summary:
// what each rule, limit and budget did, which decisions to show as examples, and
// how the night stands against those before. Its law: what it gives depends on
// its arguments alone, whatever their order, and it changes none of them. Money
// is in integers, every list is bounded and in a fixed order, and memory grows
// with rules, currencies and scopes, never with rows.
//
// It is pure. Deciding once more, explaining, and reading what runs published
// are for the pipeline, which hands over plain values.
package analysis

import (
	"math"
	"math/bits"
	"slices"

	"amends/rules/money"
)

// wholeBasis is all of something, in basis points.
const wholeBasis = 10_000

// plus adds for people to read: it stops at the ends of int64. What is paid
// never comes near them, or the ledger had refused the night.
func plus(a, b int64) int64 {
	if total, err := money.AddInts(a, b); err == nil {
		return total
	}
	if b > 0 {
		return math.MaxInt64
	}
	return math.MinInt64
}

// share is a part of a whole in basis points, half to even: 0 of nothing, and
// the end of int64 where there is no such figure. Neither is negative.
func share(part, whole int64) int64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(part), wholeBasis)
	if hi >= uint64(whole) {
		return math.MaxInt64
	}
	quotient, rest := bits.Div64(hi, lo, uint64(whole))
	if over := uint64(whole) - rest; rest > over || rest == over && quotient%2 == 1 {
		quotient++
	}
	return int64(min(quotient, math.MaxInt64))
}

// half divides, half to even. Neither is negative, and by is above zero.
func half(n, by int64) int64 {
	quotient, rest := n/by, n%by
	if over := by - rest; rest > over || rest == over && quotient%2 == 1 {
		quotient++
	}
	return quotient
}

// atMost cuts a list that is sorted already, and says how many it left out.
func atMost[E any](list []E, most int) (kept []E, more int64) {
	if len(list) <= most {
		return list, 0
	}
	return slices.Clip(list[:most]), int64(len(list) - most)
}
