package pipeline

import (
	"fmt"
	"time"

	"amends/rules/calendar"
)

// GapError is why a date is not settled: dates before it come first. It is
// ErrRefused.
type GapError struct {
	Last calendar.Date // the last settled
	Date calendar.Date // the one that was asked for
}

func (e *GapError) Error() string {
	first, before := e.Last.AddDays(1), e.Date.AddDays(-1)
	if first == before {
		return fmt.Sprintf("%v: the last settled date is %s, so %s comes first: run it with --date %s, or leave it out for good with --skip-to %s",
			ErrRefused, e.Last, first, first, e.Date)
	}
	return fmt.Sprintf("%v: the last settled date is %s, so %s to %s come first: run them with --from %s --to %s, or leave them out for good with --skip-to %s",
		ErrRefused, e.Last, first, before, first, e.Date, e.Date)
}

// Unwrap makes every GapError an ErrRefused.
func (e *GapError) Unwrap() error { return ErrRefused }

// Yesterday is the last business date that has ended in the workspace's zone.
func Yesterday(c Config, now time.Time) (calendar.Date, error) {
	date, _, err := LastEnded(c, now)
	return date, err
}

// LastEnded is the last business date that has ended, and the workspace's zone.
func LastEnded(c Config, now time.Time) (calendar.Date, *time.Location, error) {
	p, list, err := loadProject(c.withDefaults().Dir)
	if err == nil {
		err = list.Err()
	}
	if err != nil {
		return 0, nil, err
	}
	return calendar.DateOf(calendar.Instant(now.UnixMicro()), p.work.Location).AddDays(-1), p.work.Location, nil
}
