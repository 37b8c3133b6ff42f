package report

import (
	"strings"
	"time"

	"amends/rules/calendar"
)

// clock shows instants as the workspace's people see them.
type clock struct{ zone *time.Location }

// newClock is UTC where a zone is unknown: the text then shows what it was given.
func newClock(name string) clock {
	zone, err := calendar.Load(name)
	if err != nil {
		return clock{}
	}
	return clock{zone}
}

// day is the local day of an instant, so many days away; the instant itself where
// it is none.
func (c clock) day(value string, days int) string {
	at, err := calendar.ParseInstant(value)
	if c.zone == nil || err != nil {
		return value
	}
	return calendar.DateOf(at, c.zone).AddDays(days).String()
}

// local shows a value that is an instant in the workspace's zone, and any other
// as it is. Texts are quoted, so one that looks like an instant stays.
func (c clock) local(value string) string {
	if c.zone == nil || !strings.HasSuffix(value, "Z") {
		return value
	}
	at, err := calendar.ParseInstant(value)
	if err != nil {
		return value
	}
	t := time.UnixMicro(int64(at)).In(c.zone)
	if t.Truncate(time.Minute).Equal(t) {
		return t.Format("2006-01-02 15:04 -07:00")
	}
	return t.Format("2006-01-02 15:04:05.999999 -07:00")
}
