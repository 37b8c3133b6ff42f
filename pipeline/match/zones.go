package match

import (
	"strings"
	"sync"
	"time"

	"amends/rules/calendar"
)

// zoneSet loads the zones that rows name, once each.
type zoneSet struct {
	fallback *time.Location
	mu       sync.Mutex
	loaded   map[string]*time.Location // nil for a name that is no zone
}

func newZoneSet(fallback *time.Location) *zoneSet {
	return &zoneSet{fallback: fallback, loaded: map[string]*time.Location{}}
}

// get returns the zone of a row; ok is false where the name is no zone.
func (z *zoneSet) get(name string) (loc *time.Location, ok bool) {
	if name == "" {
		return z.fallback, true
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	loc, seen := z.loaded[name]
	if !seen {
		if l, err := calendar.Load(name); err == nil {
			loc = l
		}
		z.loaded[strings.Clone(name)] = loc
	}
	return loc, loc != nil
}
