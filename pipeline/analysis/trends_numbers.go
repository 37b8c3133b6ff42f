package analysis

import (
	"math"
	"math/big"
	"slices"

	"amends/rules/calendar"
)

// medianOf returns the middle of values, of two middles their half, half to
// even; 0 of none. Values are 0 or more.
func medianOf(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	half := low + (high-low)/2 // rounded down
	if (high-low)%2 != 0 && half%2 != 0 {
		half++
	}
	return half
}

// scaled returns a × b ÷ c, half to even; a and b are 0 or more, c is more. What
// int64 does not hold is its end.
func scaled(a, b, c int64) int64 {
	return quotient(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(c))
}

// quotient returns a ÷ b of numbers from 0, half to even.
func quotient(a, b *big.Int) int64 {
	q, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if twice := rest.Lsh(rest, 1).Cmp(b); twice > 0 || twice == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		return math.MaxInt64
	}
	return q.Int64()
}

// mondayOf returns the first day of a date's week.
func mondayOf(d calendar.Date) calendar.Date { return d.AddDays(1 - d.Weekday()) }

// parsed reads a date that DecodeTrends or a Date wrote.
func parsed(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return 0 // unreachable: check refused it
	}
	return d
}
