package calendar

import (
	"math"
	"time"
)

// Offsets answers DateOf and FromLocal for many times of one zone. It gives
// what the functions of those names give, and remembers the stretch of constant
// offset that it last saw: the rows of a night lie in one or two, and asking
// the zone for each costs far more. One goroutine uses it at a time.
type Offsets struct {
	loc          *time.Location
	from, until  int64 // the stretch [from, until), in microseconds of UTC; empty at first
	offsetMicros int64
}

// NewOffsets returns the Offsets of a zone.
func NewOffsets(loc *time.Location) *Offsets { return &Offsets{loc: loc} }

// DateOf returns the local calendar day of an instant.
func (o *Offsets) DateOf(t Instant) Date {
	if !t.Valid() {
		return DateOf(t, o.loc)
	}
	o.seek(int64(t))
	return Date(floorDiv(int64(t)+o.offsetMicros, dayMicros))
}

// FromLocal returns the instant of a naive local time, as the function
// FromLocal does.
func (o *Offsets) FromLocal(localMicros int64) Instant {
	if !Instant(localMicros).Valid() {
		return Instant(localMicros)
	}
	// FromLocal walks from this instant on: where the stretch has both it and
	// the answer, no clock change lies between and none can matter.
	o.seek(localMicros - maxOffsetMicros)
	if answer := localMicros - o.offsetMicros; answer < o.until {
		return Instant(answer)
	}
	return FromLocal(localMicros, o.loc)
}

// seek makes the stretch one that has the instant at.
func (o *Offsets) seek(at int64) {
	if o.from <= at && at < o.until {
		return
	}
	t := time.UnixMicro(at).In(o.loc)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	o.offsetMicros = int64(offset) * 1_000_000
	o.from, o.until = math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		o.from = start.UnixMicro()
	}
	if !end.IsZero() {
		o.until = end.UnixMicro()
	}
}
