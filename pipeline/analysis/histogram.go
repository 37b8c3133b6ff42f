package analysis

import (
	"math"

	"amends/pipeline/report"
	"amends/rules/money"
)

// A histogram has so many bins that a shape is seen, and so few that a page
// shows one for each rule.
const (
	minBins = 8
	maxBins = 16
)

// bins are at least minBins and at most maxBins bins side by side, which hold
// every amount from low to high. They are equally wide: 1, 2 or 5 times a power
// of ten minor units, the narrowest that is enough, and edges are multiples of
// it. Low is at least 0. Where few narrow ones are enough, empty ones stand
// around them.
func bins(low, high int64) []report.AmountBin {
	width := int64(1)
	for digit := 0; high/width-low/width >= maxBins; digit++ { // ends: an int64 has 19 digits
		if digit%3 == 1 { // 1, 2, 5, 10
			width = width / 2 * 5
		} else {
			width *= 2
		}
	}
	first, last := low/width, high/width
	if missing := minBins - 1 - (last - first); missing > 0 {
		below := min(missing/2, first)
		first, last = first-below, last+missing-below
	}
	list := make([]report.AmountBin, 0, last-first+1)
	for i := first; i <= last; i++ {
		list = append(list, report.AmountBin{FromMinor: edge(i, width), ToMinor: edge(i+1, width)})
	}
	return list
}

// edge stops at the end of int64, which no sum of credits reaches.
func edge(i, width int64) int64 {
	minor, err := money.MulInts(i, width)
	if err != nil {
		return math.MaxInt64
	}
	return minor
}
