package money

import (
	"math"
	"math/bits"
)

// Wide is a sum of minor units that no order of its parts overflows: of 128 bits.
type Wide struct {
	high int64
	low  uint64
}

// Add adds minor units, which may be below zero.
func (w *Wide) Add(minor int64) { w.AddWide(Wide{minor >> 63, uint64(minor)}) }

// AddWide adds another sum.
func (w *Wide) AddWide(other Wide) {
	low, carry := bits.Add64(w.low, other.low, 0)
	w.low, w.high = low, w.high+other.high+int64(carry)
}

// Minor is the sum; where int64 does not reach so far it is false, with the end of
// int64 that the sum is beyond.
func (w Wide) Minor() (minor int64, fits bool) {
	switch {
	case w.high == int64(w.low)>>63:
		return int64(w.low), true
	case w.high < 0:
		return math.MinInt64, false
	}
	return math.MaxInt64, false
}

// Clamped is Minor, or the end of int64 that it is beyond.
func (w Wide) Clamped() int64 {
	minor, _ := w.Minor()
	return minor
}
