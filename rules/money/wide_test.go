package money_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/money"
)

// A sum is what math/big makes of its parts, in any order and in two parts.
func TestWideIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -1, 0, 1}))).Draw(t, "parts")
		cut := rapid.IntRange(0, len(parts)).Draw(t, "cut")
		var sum, rest money.Wide
		want := new(big.Int)
		for i, minor := range parts {
			want.Add(want, big.NewInt(minor))
			if i < cut {
				sum.Add(minor)
			} else {
				rest.Add(minor)
			}
		}
		rest.AddWide(sum)
		minor, fits := rest.Minor()
		switch {
		case fits != want.IsInt64():
			t.Fatalf("%v fits: %t", want, fits)
		case fits && minor != want.Int64():
			t.Fatalf("%d, want %v", minor, want)
		case !fits && (minor == math.MaxInt64) != (want.Sign() > 0), !fits && minor != math.MaxInt64 && minor != math.MinInt64:
			t.Fatalf("%d for %v", minor, want)
		}
		if rest.Clamped() != minor {
			t.Fatalf("clamped %d, want %d", rest.Clamped(), minor)
		}
	})
}
