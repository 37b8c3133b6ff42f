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

func TestNightsOverClockChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "America/New_York", "30 2 * * *", "2026-03-06T12:00:00Z").after("2026-03-05")
	w.serve(4 * day)
	w.want("2026-03-05 03-06T12:00", "2026-03-06 03-07T07:30", "2026-03-07 03-08T07:00", "2026-03-08 03-09T06:30", "2026-03-09 03-10T06:30")

	w = newWorld(t, "Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z").after("2026-10-23")
	w.serve(3 * day)
	w.want("2026-10-23 10-24T12:00", "2026-10-24 10-25T00:30", "2026-10-25 10-26T01:30", "2026-10-26 10-27T01:30")

	w = newWorld(t, "Australia/Lord_Howe", "15 2 * * *", "2026-10-02T00:00:00Z").after("2026-09-30")
	w.serve(3 * day)
	w.want("2026-09-30 10-02T00:00", "2026-10-01 10-02T00:00", "2026-10-02 10-02T15:45", "2026-10-03 10-03T15:30", "2026-10-04 10-04T15:15")

	w = newWorld(t, "Pacific/Apia", "30 2 * * *", "2011-12-29T13:00:00Z").after("2011-12-28")
	w.serve(2 * day)
	w.want("2011-12-28 12-29T13:00", "2011-12-29 12-30T10:00", "2011-12-30 12-30T12:30", "2011-12-31 12-31T12:30")
}

func TestTheFirstNightIsTheLastDueDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z")
	w.serve(time.Hour) // at 02:00, the 8th is the last date that is due
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T02:30")
}

func TestThreeDaysOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T00:00:00Z").after("2026-01-08")
	w.serve(3 * time.Hour)
	w.pass(3 * day) // off
	w.serve(day)
	w.want("2026-01-08 01-10T00:00", "2026-01-09 01-10T02:30", "2026-01-10 01-13T03:00", "2026-01-11 01-13T03:00", "2026-01-12 01-13T03:00",
		"2026-01-13 01-14T02:30")
}

// A machine that sleeps is looked at a minute after it woke, however long its
// timers were to take.
func TestAMachineThatSleeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T00:00:00Z").after("2026-01-08")
	asleep := false
	w.each = func() {
		if !asleep && w.real >= time.Hour {
			asleep = true
			w.wall = w.wall.Add(50 * time.Hour)
		}
	}
	w.serve(2 * time.Hour)
	w.want("2026-01-08 01-10T00:00", "2026-01-09 01-12T03:00", "2026-01-10 01-12T03:00", "2026-01-11 01-12T03:00")
}

func TestAClockThatIsSetBackRunsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	back := false
	w.each = func() {
		if !back && w.real >= time.Hour {
			back = true
			w.wall = w.wall.Add(-30 * time.Hour)
		}
	}
	w.serve(56 * time.Hour) // until 2026-01-11T04:00
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T02:30", "2026-01-10 01-11T02:30")
	if w.tries != 2 {
		t.Errorf("%d nights were tried", w.tries)
	}
}

func TestWeeklyAndHourlySchedules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "0 3 * * mon", "2026-01-12T12:00:00Z").after("2026-01-11") // a Monday
	w.serve(14 * day)
	w.want("2026-01-11 01-12T12:00",
		"2026-01-12 01-19T03:00", "2026-01-13 01-19T03:00", "2026-01-14 01-19T03:00", "2026-01-15 01-19T03:00",
		"2026-01-16 01-19T03:00", "2026-01-17 01-19T03:00", "2026-01-18 01-19T03:01",
		"2026-01-19 01-26T03:00", "2026-01-20 01-26T03:00", "2026-01-21 01-26T03:00", "2026-01-22 01-26T03:00",
		"2026-01-23 01-26T03:00", "2026-01-24 01-26T03:00", "2026-01-25 01-26T03:01")

	w = newWorld(t, "UTC", "15 * * * *", "2026-01-12T12:00:00Z").after("2026-01-11")
	w.serve(2 * day)
	w.want("2026-01-11 01-12T12:00", "2026-01-12 01-13T00:15", "2026-01-13 01-14T00:15")
}

// missingUntil makes the files of a date come at an instant.
func (w *world) missingUntil(files map[string]string) {
	w.files = func(d calendar.Date) bool {
		at, ok := files[d.String()]
		if !ok {
			return true
		}
		come, err := time.Parse(time.RFC3339, at)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		return !w.wall.Before(come)
	}
}

func TestFilesThatComeLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.missingUntil(map[string]string{"2026-01-09": "2026-01-10T03:10:30Z"})
	w.serve(2 * time.Hour)
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T03:11")
	if got := w.kinds(); !slices.Equal(got, []string{"waiting 2026-01-09", "started 2026-01-09", "settled 2026-01-09"}) {
		t.Errorf("events %q", got)
	}
	if n := strings.Count(w.log.String(), "night waits for files"); n != 1 {
		t.Errorf("waiting was told %d times", n)
	}
}

func TestFilesThatDoNotCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.missingUntil(map[string]string{"2026-01-09": "2026-01-11T12:00:00Z"})
	w.serve(30 * time.Hour) // until 08:00 of the day after
	w.want("2026-01-08 01-10T02:00")
	// 181 looks from 02:30 to 05:30, and one at the next occurrence: its deadline is over.
	if w.looks != 182 || w.tries != 0 {
		t.Errorf("%d looks, %d tries", w.looks, w.tries)
	}
	var failed []Event
	for _, e := range w.events {
		if e.Kind == NightFailed {
			failed = append(failed, e)
		}
	}
	if len(failed) != 2 || !failed[0].At.Equal(time.Date(2026, 1, 10, 5, 30, 0, 0, time.UTC)) || !errors.Is(failed[0].Err, errNoFiles) ||
		!strings.Contains(failed[0].Err.Error(), "still missing at the deadline, 2026-01-10T05:30:00Z") ||
		!failed[0].Until.Equal(time.Date(2026, 1, 11, 2, 30, 0, 0, time.UTC)) || !failed[1].At.Equal(time.Date(2026, 1, 11, 2, 30, 0, 0, time.UTC)) {
		t.Errorf("failures %+v", failed)
	}
	// Then both dates, in order.
	w.serve(day)
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-12T02:30", "2026-01-10 01-12T02:30", "2026-01-11 01-12T02:30")
}

func TestANightThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	bad := errors.New("rules/late.yaml:3:1: R014: bad")
	w.before = func(calendar.Date) error { return bad }
	w.serve(25 * time.Hour)
	if w.tries != 2 {
		t.Errorf("%d tries, want one an occurrence", w.tries)
	}
	s := w.server.Status()
	if s.Failed == nil || s.Failed.Message != bad.Error() || s.Failed.Date != date(t, "2026-01-09") || s.Settled != nil || s.Next.Attempts != 2 {
		t.Errorf("status %+v %+v", s.Failed, s.Next)
	}
	// What is settled by hand is not tried again, and the dates after it need not wait.
	w.before = nil
	w.each = func() {
		if len(w.settled) == 1 && w.real > 26*time.Hour {
			w.settled, w.at = append(w.settled, date(t, "2026-01-09")), append(w.at, w.wall)
		}
	}
	w.server = New(w.options())
	w.server.try = try{date: date(t, "2026-01-09"), attempts: 2, outcome: tryFailed, last: calendar.Instant(w.wall.UnixMicro())}
	w.until = w.real + 2*time.Hour
	if err := w.server.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-11T04:01", "2026-01-10 01-11T04:01")
}

func TestAFailureThatWasOvercomeByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.before = func(calendar.Date) error { return errDisk }
	failed := false
	w.look(time.Hour, func(s Status) {
		failed = s.Failed != nil && s.Failed.Date == date(t, "2026-01-09")
		w.settled, w.at = append(w.settled, date(t, "2026-01-09")), append(w.at, w.wall)
	})
	w.serve(2 * time.Hour)
	if s := w.server.Status(); !failed || s.Failed != nil || s.Next.Date != date(t, "2026-01-10") || s.Next.Attempts != 0 {
		t.Errorf("failed %v, then %+v", failed, s)
	}
}

func TestAPanicIsANightsFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.before = func(calendar.Date) error {
		if w.tries == 1 {
			panic("index out of range")
		}
		return nil
	}
	w.serve(26 * time.Hour)
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-11T02:30", "2026-01-10 01-11T02:30")
	if got := w.kinds(); len(got) < 2 || got[1] != "failed 2026-01-09" || !strings.Contains(w.events[1].Err.Error(), "panicked") {
		t.Errorf("events %q", got)
	}
	if log := w.log.String(); !strings.Contains(log, "index out of range") || !strings.Contains(log, "schedule_test.go") {
		t.Errorf("no panic with its stack in %s", log)
	}
}

func TestAnotherRunHasTheLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-08")
	w.before = func(d calendar.Date) error {
		if w.wall.Before(time.Date(2026, 1, 10, 2, 40, 0, 0, time.UTC)) {
			return errLock
		}
		if d == date(t, "2026-01-09") { // the other one has settled it meanwhile
			w.t.Errorf("%s was begun at %s", d, w.wall)
		}
		return nil
	}
	w.each = func() {
		if len(w.settled) == 1 && w.wall.After(time.Date(2026, 1, 10, 2, 39, 30, 0, time.UTC)) {
			w.settled, w.at = append(w.settled, date(t, "2026-01-09")), append(w.at, w.wall)
		}
	}
	w.serve(25 * time.Hour)
	w.want("2026-01-08 01-10T02:00", "2026-01-09 01-10T02:40", "2026-01-10 01-11T02:30")
	if got := w.kinds(); !slices.Equal(got, []string{"started 2026-01-09", "locked 2026-01-09", "started 2026-01-10", "settled 2026-01-10"}) {
		t.Errorf("events %q", got)
	}
	if n := strings.Count(w.log.String(), "another run is at work"); n != 1 || strings.Contains(w.log.String(), "ERROR") {
		t.Errorf("the lock was told %d times: %s", n, w.log.String())
	}
}

func TestStopFinishesTheNightInProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-06")
	w.before = func(calendar.Date) error { w.server.Stop(); return nil }
	w.serve(time.Hour)
	w.want("2026-01-06 01-10T02:00", "2026-01-07 01-10T02:00")
	if !w.server.Status().Stopping {
		t.Error("the status does not tell")
	}
}

func TestStopWhileFilesAreLookedForBeginsNoNight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-06")
	w.files = func(calendar.Date) bool { w.server.Stop(); w.server.Stop(); return true }
	w.serve(time.Hour)
	if s := w.server.Status(); w.looks != 1 || w.tries != 0 || s.Running != nil || s.Failed != nil {
		t.Errorf("%d looks, %d nights, %+v", w.looks, w.tries, s)
	}
}

func TestCancellingAbandonsTheNightInProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "30 2 * * *", "2026-01-10T02:00:00Z").after("2026-01-06")
	ctx, cancel := context.WithCancel(context.Background())
	w.before = func(calendar.Date) error { w.server.Stop(); cancel(); return nil }
	w.server, w.until = New(w.options()), time.Hour
	if err := w.server.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
	w.want("2026-01-06 01-10T02:00")
}
