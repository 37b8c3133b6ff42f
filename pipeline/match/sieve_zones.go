package match

import (
	"slices"
	"time"

	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
)

// zoned finds the rows' zones, and turns `since` into instants.
func (v *sieve) zoned(batch *ir.Batch) {
	s := v.source
	zones := columnar.Zones{Same: s.night.Zone}
	if s.zone >= 0 {
		v.zoneCodes = slices.Grow(v.zoneCodes[:0], batch.Rows)[:batch.Rows]
		v.zoneRows(&batch.Columns[s.zone])
		zones.Codes, zones.List = v.zoneCodes, v.zones.List
	}
	v.zones = columnar.Zones{Same: zones.Same, Codes: zones.Codes, List: v.zones.List}
	if err := v.machine.SetZones(zones); err != nil {
		panic("match: " + err.Error()) // unreachable: one code a row, each in the list
	}
	v.instants(&batch.Columns[s.since])
}

// zoneRows finds the zone of each row. Rows whose zone has no name have the
// workspace's, and so have, until they are looked at, those whose name is none.
func (v *sieve) zoneRows(column *ir.Vector) {
	unnamed := v.zoneNamed("")
	var byEntry []int32
	if column.Dict != nil {
		byEntry, _ = v.zoneOf.of(column.Dict, v.zoneNamed, 0)
	}
	for i := range v.zoneCodes {
		code := unnamed
		switch {
		case byEntry == nil:
			name, _ := Text(column.Value(i))
			code = v.zoneNamed(name)
		case !null(column, i):
			code = byEntry[column.Codes[i]]
		}
		if code < 0 {
			v.look.Add(i)
			code = unnamed
		}
		v.zoneCodes[i] = code
	}
}

func (v *sieve) zoneNamed(name string) int32 { return v.zone.get(name, v.addZone) }

// addZone gives a zone its code; -1 where the name is none.
func (v *sieve) addZone(name string) int32 {
	zone, ok := v.source.zones.get(name)
	if !ok {
		return -1
	}
	v.zones.List = append(v.zones.List, zone)
	return int32(len(v.zones.List) - 1)
}

func (v *sieve) instants(column *ir.Vector) {
	if column.Kind != ir.Date {
		v.since = column.Ints
		if column.Kind != ir.Time {
			v.look.Copy(&v.all) // so that nobody reads v.since
		}
		return
	}
	v.starts = v.starts[:0]
	for i, day := range column.Ints {
		key, zone := zonedDay{day: day}, v.source.night.Zone
		if v.zones.Codes != nil {
			key.zone = v.zones.Codes[i]
			zone = v.zones.List[key.zone]
		}
		v.starts = append(v.starts, int64(v.startOf(key, zone)))
	}
	v.since = v.starts
}

func (v *sieve) startOf(key zonedDay, zone *time.Location) calendar.Instant {
	start, seen := v.days[key]
	if !seen {
		if len(v.days) >= maxTexts {
			clear(v.days)
		}
		start = calendar.StartOfDay(calendar.Date(key.day), zone)
		v.days[key] = start
	}
	return start
}
