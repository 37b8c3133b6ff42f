package calendar

import (
	"fmt"
	"regexp"
	"time"
)

// MinInstant is 0001-01-01T00:00:00Z and MaxInstant the last microsecond of
// 9999-12-31 in UTC.
const (
	MinInstant = Instant(MinDate) * dayMicros
	MaxInstant = Instant(MaxDate+1)*dayMicros - 1
)

// Valid reports whether t lies in the years 0001 to 9999 of UTC. Nothing here
// checks that for its callers, but ParseInstant.
func (t Instant) Valid() bool { return MinInstant <= t && t <= MaxInstant }

// String returns RFC 3339 in UTC, with as many digits of the second as needed:
// 2026-11-01T05:59:59.5Z.
func (t Instant) String() string {
	var buffer [len(time.RFC3339Nano)]byte
	return string(t.Append(buffer[:0]))
}

// Append appends what String returns.
func (t Instant) Append(to []byte) []byte {
	return time.UnixMicro(int64(t)).UTC().AppendFormat(to, time.RFC3339Nano)
}

// rfc3339 is the shape of an instant; package time would also take a comma, an
// hour of one digit, an offset of 24 hours, and drop digits past the ninth.
var rfc3339 = regexp.MustCompile(
	`^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[-+]([01]\d|2[0-3]):[0-5]\d)$`)

// ParseInstant reads RFC 3339, with Z or any offset and at most six
// significant digits of the second. The error is ErrSyntax, or ErrRange for a
// day that the calendar does not have or an instant that is not Valid.
func ParseInstant(s string) (Instant, error) {
	if !rfc3339.MatchString(s) {
		return 0, fmt.Errorf("instant %.60q: %w, want RFC 3339", s, ErrSyntax)
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil { // a day that its month does not have
		return 0, fmt.Errorf("instant %.60q: %w", s, ErrRange)
	}
	if parsed.Nanosecond()%1000 != 0 {
		return 0, fmt.Errorf("instant %.60q: %w, finer than a microsecond", s, ErrSyntax)
	}
	t := Instant(parsed.UnixMicro())
	if !t.Valid() {
		return 0, fmt.Errorf("instant %.60q: %w", s, ErrRange)
	}
	return t, nil
}

// StartOfDay returns the first instant of the local day d. Where a clock
// change skips midnight, or the whole day, that is the first instant after the
// gap; where midnight comes twice, the earlier.
func StartOfDay(d Date, loc *time.Location) Instant {
	return FromLocal(int64(d)*dayMicros, loc)
}

// AsOf returns the instant at which the local day d ends, which is the start of
// the day after it.
func AsOf(d Date, loc *time.Location) Instant { return StartOfDay(d.AddDays(1), loc) }

// DateOf returns the local calendar day of an instant.
func DateOf(t Instant, loc *time.Location) Date {
	_, offset := time.UnixMicro(int64(t)).In(loc).Zone()
	return Date(floorDiv(floorDiv(int64(t), 1_000_000)+int64(offset), daySeconds))
}

// LocalDate returns the calendar day of a naive local time: the written one,
// whatever its zone. localMicros counts microseconds of wall clock since
// 1970-01-01 00:00:00.
func LocalDate(localMicros int64) Date { return Date(floorDiv(localMicros, dayMicros)) }

// maxOffsetMicros is above every distance of a local clock from UTC: the
// zone file format allows less than 26 hours.
const maxOffsetMicros = 26 * 60 * 60 * 1_000_000

// FromLocal returns the first instant at which the clocks of loc show
// localMicros or later. So a time that a clock change skips is the first
// instant after the gap, and one that comes twice the earlier of the two.
// Outside the years 0001 to 9999 it is taken as UTC; see Instant.Valid.
func FromLocal(localMicros int64, loc *time.Location) Instant {
	if !Instant(localMicros).Valid() {
		return Instant(localMicros)
	}
	// Walk the stretches of constant offset in order, from one that begins
	// before the answer can: the first in which the clock gets as far as
	// localMicros holds the answer, after its start or, past a gap, at it.
	at := localMicros - maxOffsetMicros
	for {
		t := time.UnixMicro(at).In(loc)
		_, offset := t.Zone()
		answer := max(localMicros-int64(offset)*1_000_000, at)
		_, end := t.ZoneBounds()
		if end.IsZero() || answer < end.UnixMicro() || end.UnixMicro() <= at {
			return Instant(answer)
		}
		at = end.UnixMicro()
	}
}
