package schedule

import (
	"fmt"
	"sort"
	"time"

	"amends/pipeline/workspace"
	"amends/rules/calendar"

	"github.com/robfig/cron/v3"
)

// Timetable is `schedule` and `timezone` of amends.yaml. Without a Cron nights
// are not started.
type Timetable struct {
	Cron         string // five fields, as a clock on the wall of Location shows them
	WaitForFiles time.Duration
	Location     *time.Location
}

// same reports whether nothing was edited.
func (t Timetable) same(other Timetable) bool {
	return t.Cron == other.Cron && t.WaitForFiles == other.WaitForFiles && t.Location.String() == other.Location.String()
}

// occurrences are the times at which a timetable comes.
type occurrences struct {
	cron cron.Schedule
	loc  *time.Location
}

func newOccurrences(t Timetable) (*occurrences, error) {
	parsed, err := workspace.ParseCron(t.Cron)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", t.Cron, err)
	}
	return &occurrences{cron: parsed, loc: t.Location}, nil
}

// The cron library looks five years ahead. A 29th of February can be eight years
// away, as in 2096, so it is asked again from there.
const (
	cronYears = 5
	maxAsks   = 3
)

// wall returns the first time after a wall time that the schedule has. Wall
// times are kept as if they were UTC's, so that no clock change moves them.
func (o *occurrences) wall(after time.Time) time.Time {
	for range maxAsks {
		if next := o.cron.Next(after); !next.IsZero() {
			return next
		}
		after = after.AddDate(cronYears, 0, 0)
	}
	panic("schedule: a cron schedule that ParseCron takes comes within eight years")
}

// instant maps a wall time: one that a clock change skips is the first instant
// after the gap, one that comes twice the earlier.
func (o *occurrences) instant(wall time.Time) calendar.Instant {
	return calendar.FromLocal(wall.UnixMicro(), o.loc)
}

// due is when a business date is settled: the first occurrence once its local
// day has ended. Later dates are never due earlier.
func (o *occurrences) due(date calendar.Date) calendar.Instant {
	midnight := time.Unix(int64(date.AddDays(1))*24*60*60, 0).UTC()
	return o.instant(o.wall(midnight.Add(-time.Second)))
}

// next is the first occurrence after an instant.
func (o *occurrences) next(after calendar.Instant) calendar.Instant {
	at := time.UnixMicro(int64(after))
	_, offset := at.In(o.loc).Zone()
	wall := at.UTC().Add(time.Duration(offset) * time.Second)
	for {
		wall = o.wall(wall)
		// While a clock shows its hour for the second time, the occurrences of
		// that hour are over.
		if next := o.instant(wall); next > after {
			return next
		}
	}
}

// maxDatesBack is more than lies between two occurrences of any schedule.
const maxDatesBack = 9 * 366

// latest is the last date that is due at an instant.
func (o *occurrences) latest(now calendar.Instant) calendar.Date {
	// Where a clock is set back over midnight, tomorrow's date has been today's.
	last := calendar.DateOf(now, o.loc).AddDays(1)
	return last.AddDays(-sort.Search(maxDatesBack, func(back int) bool { return o.due(last.AddDays(-back)) <= now }))
}
