package columnar

import (
	"math/bits"
	"time"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 24 * 60 * 60 * microsPerSecond
	// latestFast and earliestFast leave a day to either side of the instants that
	// calendar keeps, so that no offset makes their date an invalid one.
	earliestFast = int64(calendar.MinInstant) + 2*microsPerDay
	latestFast   = int64(calendar.MaxInstant) - 2*microsPerDay
	// dayZero is a whole number of days before every instant, so that a division
	// of what is counted from it rounds downwards.
	dayZero = int64(calendar.MinDate) - 2
)

// stretch is a time of constant offset from UTC, [from, until), in microseconds.
// The zero stretch is empty.
type stretch struct{ from, until, offset int64 }

// stretchCount and stretchMicros make a zone keep a stretch for each of 64
// pieces of 101 days: 17 years, after which pieces share a place.
const (
	stretchCount = 64
	stretchShift = 43
)

// offsets are the stretches of one zone that were needed. They are what
// calendar.Offsets keeps one of: rows of many days do not ask the zone again
// and again.
type offsets struct {
	zone      *time.Location
	stretches [stretchCount]stretch
}

// at returns the stretch that has an instant.
func (o *offsets) at(t int64) stretch {
	s := &o.stretches[uint64(t)>>stretchShift%stretchCount]
	if t < s.from || t >= s.until {
		*s = stretchOf(t, o.zone)
	}
	return *s
}

// stretchOf asks the zone, clipped to the instants whose dates are valid.
func stretchOf(t int64, zone *time.Location) stretch {
	local := time.UnixMicro(t).In(zone)
	_, seconds := local.Zone()
	s := stretch{from: earliestFast, until: latestFast, offset: int64(seconds) * microsPerSecond}
	start, end := local.ZoneBounds()
	if !start.IsZero() {
		s.from = max(s.from, start.UnixMicro())
	}
	if !end.IsZero() {
		s.until = min(s.until, end.UnixMicro())
	}
	return s
}

// maxZones bounds how many zones a machine remembers: IANA has about 600.
const maxZones = 1024

// zones answers for the zones of a batch.
type zones struct {
	codes []int32 // nil where all rows have the first of list
	list  []*offsets
	known map[*time.Location]*offsets
}

func (z *zones) begin(batch Zones) {
	z.codes, z.list = batch.Codes, z.list[:0]
	if len(z.known) > maxZones {
		clear(z.known)
	}
	if z.codes == nil {
		z.add(batch.Same)
		return
	}
	for _, zone := range batch.List {
		z.add(zone)
	}
}

func (z *zones) add(zone *time.Location) {
	if zone == nil {
		zone = time.UTC
	}
	o := z.known[zone]
	if o == nil {
		if z.known == nil {
			z.known = map[*time.Location]*offsets{}
		}
		o = &offsets{zone: zone}
		z.known[zone] = o
	}
	z.list = append(z.list, o)
}

func (z *zones) of(row int) *offsets {
	if z.codes == nil {
		return z.list[0]
	}
	return z.list[z.codes[row]]
}

// runDate is the calendar day of a time in the row's zone.
func runDate(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x := m.register(n.args[0])
	var s stretch
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		in, out := x.ints.block(w), dst.ints.block(w)
		others := rows
		if m.zones.codes == nil {
			others &= dateStep(out, in, s, m.lanes.most(rows))
		}
		for ; others != 0; others &= others - 1 {
			one := others & -others
			row, t := rowOf(w, one), in[bits.TrailingZeros64(one)]
			zone := m.zones.of(row)
			if t < earliestFast || t >= latestFast {
				day, code := scalar.DateOf(t, zone.zone)
				dst.ints.values[row] = day
				dst.addFaults(w, one&-bit(code != ir.NoFault))
				continue
			}
			s = zone.at(t)
			dst.ints.values[row] = s.date(t)
		}
	}
}

// date is the day of an instant of the stretch.
func (s *stretch) date(t int64) int64 {
	return int64(uint64(t+s.offset-dayZero*microsPerDay)/microsPerDay) + dayZero
}

// dateStep dates the lanes that lie in a stretch, and returns the others.
func dateStep(out, in block[int64], s stretch, lanes []lane) (others uint64) {
	span := uint64(s.until - s.from)
	for _, j := range lanes {
		j &= laneMask
		t := in[j]
		if uint64(t-s.from) >= span {
			others |= 1 << j
			continue
		}
		out[j] = s.date(t)
	}
	return others
}
