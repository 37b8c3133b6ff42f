package calendar

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrSyntax is why a text is no date or instant, and ErrRange why a day or
// instant is none that this package keeps: years 0001 to 9999 only.
var (
	ErrSyntax = errors.New("malformed")
	ErrRange  = errors.New("out of range")
)

// MinDate is 0001-01-01 and MaxDate 9999-12-31.
const (
	MinDate Date = -719162
	MaxDate Date = 2932896
)

const (
	daySeconds = 24 * 60 * 60
	dayMicros  = daySeconds * 1_000_000
)

// Valid reports whether d lies in the years 0001 to 9999. A Date that was
// parsed does; one that was computed may not.
func (d Date) Valid() bool { return MinDate <= d && d <= MaxDate }

// ParseDate reads YYYY-MM-DD, exactly ten characters. The error is ErrSyntax,
// or ErrRange for what the calendar does not have, such as 2026-02-29.
func ParseDate(s string) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return 0, fmt.Errorf("date %.40q: %w, want YYYY-MM-DD", s, ErrSyntax)
	}
	year, okYear := digits(s[:4])
	month, okMonth := digits(s[5:7])
	day, okDay := digits(s[8:])
	if !okYear || !okMonth || !okDay {
		return 0, fmt.Errorf("date %.40q: %w, want YYYY-MM-DD", s, ErrSyntax)
	}
	return FromYMD(year, month, day)
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// FromYMD returns the day of a year, a month from 1 to 12 and a day from 1, or
// ErrRange where the calendar has no such day or the year is not 1 to 9999.
func FromYMD(year, month, day int) (Date, error) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, fmt.Errorf("date %04d-%02d-%02d: %w", year, month, day, ErrRange)
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return 0, fmt.Errorf("date %04d-%02d-%02d: %w", year, month, day, ErrRange)
	}
	return Date(floorDiv(t.Unix(), daySeconds)), nil
}

// YMD returns the year, the month from 1 and the day of the month from 1.
func (d Date) YMD() (year, month, day int) {
	y, m, day := d.midnight().Date()
	return y, int(m), day
}

func (d Date) midnight() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// String returns YYYY-MM-DD.
func (d Date) String() string { return d.midnight().Format(time.DateOnly) }

// Append appends what String returns.
func (d Date) Append(to []byte) []byte { return d.midnight().AppendFormat(to, time.DateOnly) }

// AddDays returns the day n days later, or earlier where n is negative. What
// leaves the range of years is not Valid, and stops at the ends of 32 bits.
func (d Date) AddDays(n int) Date {
	n = min(max(n, -math.MaxUint32), math.MaxUint32)
	return Date(min(max(int64(d)+int64(n), math.MinInt32), math.MaxInt32))
}

// Weekday returns the ISO day of the week: Monday is 1 and Sunday 7.
func (d Date) Weekday() int {
	const thursday = 3 // 1970-01-01, counted from Monday as 0
	return int(((int64(d)+thursday)%7+7)%7) + 1
}

// floorDiv returns a ÷ b rounded towards minus infinity, for a positive b.
func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}
