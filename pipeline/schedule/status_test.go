package schedule

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/rules/calendar"
)

// look looks at the server's status once, when so much time has passed.
func (w *world) look(after time.Duration, look func(Status)) {
	begin, looked := w.real, false
	w.each = func() {
		if !looked && w.real-begin >= after {
			looked = true
			look(w.server.Status())
		}
	}
}

func TestStatusOfANightThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "America/New_York", "30 2 * * *", "2026-01-10T07:00:00Z").after("2026-01-08")
	w.missingUntil(map[string]string{"2026-01-09": "2026-01-10T08:00:00Z"})
	w.look(10*time.Minute, func(s Status) {
		if s.Cron != w.cron || s.Timezone != "America/New_York" || s.Next == nil || s.Next.Date != date(t, "2026-01-09") || s.Next.Attempts != 0 ||
			s.Next.Due.Format(time.RFC3339) != "2026-01-10T02:30:00-05:00" || !s.Next.Again.IsZero() || s.Waiting != nil || s.Running != nil || s.Failed != nil {
			t.Errorf("before: %+v, next %+v", s, s.Next)
		}
	})
	w.serve(20 * time.Minute)
	w.look(20*time.Minute, func(s Status) { // 07:40
		if s.Waiting == nil || s.Waiting.Until.Format(time.RFC3339) != "2026-01-10T05:30:00-05:00" || !strings.Contains(s.Waiting.Missing, "no file") ||
			s.Next.Attempts != 10 || s.Next.Again.Format(time.RFC3339) != "2026-01-10T02:40:00-05:00" || s.Failed != nil {
			t.Errorf("waiting: %+v %+v", s.Waiting, s.Next)
		}
	})
	seen := false
	w.before = func(d calendar.Date) error {
		seen = true
		w.server.Progress("matching", 4096)
		if r := w.server.Status().Running; r == nil || r.Date != d || r.Stage != "matching" || r.Rows != 4096 || r.Since.Format(time.RFC3339) != "2026-01-10T03:00:00-05:00" {
			t.Errorf("running: %+v", r)
		}
		return nil
	}
	w.serve(time.Hour)
	w.server.Progress("matching", 1) // nobody asks any more
	s := w.server.Status()
	if !seen || s.Running != nil || s.Waiting != nil || s.Settled == nil || s.Settled.Date != date(t, "2026-01-09") || s.Settled.Took != w.took ||
		s.Settled.At.Format(time.RFC3339) != "2026-01-10T03:00:10-05:00" || s.Next.Date != date(t, "2026-01-10") || s.Next.Attempts != 0 {
		t.Errorf("after: %+v, settled %+v, next %+v", s, s.Settled, s.Next)
	}
	s.Next.Attempts = 7 // a snapshot is the caller's
	if w.server.Status().Next.Attempts == 7 {
		t.Error("a snapshot is shared")
	}
}

func TestAWarningIsASuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	o := w.options()
	o.Night = func(ctx context.Context, d calendar.Date) (string, error) {
		_, err := w.night(ctx, d)
		return "all held", err
	}
	w.server, w.until = New(o), time.Hour
	if err := w.server.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := w.server.Status()
	if s.Settled == nil || s.Settled.Warning != "all held" || s.Failed != nil || w.events[1].Kind != NightSettled || w.events[1].Warning != "all held" {
		t.Errorf("%+v %+v", s, w.events)
	}
	if !strings.Contains(w.log.String(), "level=WARN") {
		t.Error(w.log.String())
	}
}

// A clock that steps over the deadline ends the waiting, and one that steps
// back does not make a night wait until the clock is where it was.
func TestStepsWhileANightWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:30:00Z").after("2026-01-08")
	w.files = func(calendar.Date) bool { return false }
	w.look(10*time.Minute, func(Status) { w.wall = w.wall.Add(5 * time.Hour) })
	w.serve(20 * time.Minute)
	if got := w.kinds(); !slices.Equal(got, []string{"waiting 2026-01-09", "failed 2026-01-09"}) {
		t.Errorf("events %q", got)
	}

	w = newWorld(t, "UTC", "30 2 * * *", "2026-01-10T05:00:00Z").after("2026-01-08")
	w.files = func(calendar.Date) bool { return w.looks > 10 }
	w.look(5*time.Minute, func(Status) { w.wall = w.wall.Add(-2 * time.Hour) })
	w.serve(20 * time.Minute)
	w.want("2026-01-08 01-10T05:00", "2026-01-09 01-10T03:11")

	// Set back to before it was due, it waits for that.
	w = newWorld(t, "UTC", "30 2 * * *", "2026-01-10T05:00:00Z").after("2026-01-08")
	w.files = func(calendar.Date) bool { return w.looks > 2 }
	w.look(2*time.Minute, func(Status) { w.wall = w.wall.Add(-3 * time.Hour) })
	w.serve(time.Hour)
	w.want("2026-01-08 01-10T05:00", "2026-01-09 01-10T02:30")
}

// A failure while the clock was far ahead does not keep the night from running
// for as long, once the clock is right.
func TestAFailureOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2027-01-10T02:30:00Z").after("2026-01-08")
	w.before = func(calendar.Date) error {
		if w.tries == 1 {
			return errDisk
		}
		return nil
	}
	w.look(time.Minute, func(Status) { w.wall = time.Date(2026, 1, 10, 1, 0, 0, 0, time.UTC) })
	w.serve(2 * time.Hour)
	w.want("2026-01-08 01-10T02:30", "2026-01-09 01-10T02:30")
	if s := w.server.Status(); s.Failed != nil && s.Failed.At.After(s.Settled.At) {
		t.Errorf("a failure of %s is told as newer than what overcame it at %s", s.Failed.At, s.Settled.At)
	}
}

// amends.yaml counts as it is now; one that cannot be read changes nothing.
func TestATimetableThatIsEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	bad := errors.New("amends.yaml:3:1: bad")
	o := w.options()
	plan := o.Timetable
	o.Timetable = func() (Timetable, error) {
		table, err := plan()
		switch {
		case w.real < 10*time.Minute:
			table.Cron = "" // none yet
		case w.real > 2*time.Hour && w.real < 30*time.Hour:
			return Timetable{}, bad
		case w.real >= 30*time.Hour:
			table.Cron, table.Location = "0 9 * * *", time.FixedZone("east", 3600)
		}
		return table, err
	}
	w.look(29*time.Hour, func(s Status) {
		if s.Failed == nil || s.Failed.HasDate || !strings.Contains(s.Failed.Message, bad.Error()) {
			t.Errorf("%+v", s)
		}
	})
	w.server, w.until = New(o), 60*time.Hour
	if err := w.server.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T02:30", "2026-01-10 01-11T02:30", "2026-01-11 01-12T08:00")
	log := w.log.String()
	for text, times := range map[string]int{"no schedule in amends.yaml": 1, "stays what it was": 1, "the schedule has changed": 2} {
		if n := strings.Count(log, text); n != times {
			t.Errorf("%q is told %d times, want %d", text, n, times)
		}
	}
	if s := w.server.Status(); s.Failed != nil || s.Timezone != "east" {
		t.Errorf("%+v", s)
	}
}

func TestAStateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.broken = errors.New("input/output error")
	w.look(50*time.Minute, func(Status) { w.broken = nil })
	w.serve(2 * time.Hour)
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T02:50")
	if got := w.kinds(); !slices.Equal(got, []string{"failed -", "started 2026-01-09", "settled 2026-01-09"}) {
		t.Errorf("events %q", got)
	}
}

// A night that says it is settled and is not would run for ever.
func TestANightThatIsNotInTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	o := w.options()
	o.Night = func(context.Context, calendar.Date) (string, error) { w.tries++; return "", nil }
	w.server, w.until = New(o), 2*time.Hour
	if err := w.server.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s := w.server.Status(); w.tries != 1 || s.Failed == nil || !strings.Contains(s.Failed.Message, "the state does not have it") {
		t.Errorf("%d tries, %+v", w.tries, s.Failed)
	}
}

// The machine's clock keeps time, and can be given up.
func TestSystemClock(t *testing.T) {
	t.Parallel()
	before := time.Now()
	fired, stop := System{}.After(time.Millisecond)
	<-fired
	stop()
	if now := (System{}).Now(); now.Sub(before) < time.Millisecond {
		t.Errorf("%s passed", now.Sub(before))
	}
	fired, stop = System{}.After(time.Hour)
	stop()
	select {
	case <-fired:
		t.Error("it fired")
	default:
	}
}
