package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"amends/rules/calendar"
)

// tick looks at the clock, the timetable and the state, tries the next date if
// its time has come, and returns how long to pause. The error is that of ctx,
// where it ended a night.
func (s *Scheduler) tick(ctx context.Context) (pause time.Duration, err error) {
	if !s.reload() {
		return maxPause, nil
	}
	now := s.now()
	date, err := s.next(now)
	if err != nil {
		s.broken(&s.saidState, "the state cannot be read", err)
		return maxPause, nil
	}
	s.saidState = ""
	s.overcome(date)
	if s.try.attempts > 0 && s.try.date != date {
		s.try = try{} // settled here or by another, or a later date before the first night
	}
	// A clock that was set back must not make a retry wait until it is where it was.
	s.try.last = min(s.try.last, now)
	due := s.comes.due(date)
	begin := due
	if s.try.outcome != tryNone {
		begin = max(due, s.again(due))
	}
	s.show(date, due, begin, now)
	if now < begin {
		return min(maxPause, time.Duration(begin-now)*time.Microsecond), nil
	}
	return s.run(ctx, date, due)
}

// overcome forgets a failure that is over though no night was settled here: what
// could not be read can be, or the date was settled by another.
func (s *Scheduler) overcome(next calendar.Date) {
	s.update(func(status *Status) {
		f, n := status.Failed, status.Settled
		if f == nil {
			return
		}
		elsewhere := f.HasDate && f.Date < next && (n == nil || n.Date < f.Date)
		if elsewhere || !f.HasDate && s.saidTable == "" {
			status.Failed = nil
		}
	})
}

// next is the date after the last settled one; before the first night, the last
// one that is due.
func (s *Scheduler) next(now calendar.Instant) (calendar.Date, error) {
	last, ok, err := s.options.LastSettled()
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return s.comes.latest(now), nil
	}
	return last.AddDays(1), nil
}

// again is when a date that was tried is tried again.
func (s *Scheduler) again(due calendar.Instant) calendar.Instant {
	soon := s.try.last + calendar.Instant(retryPause.Microseconds())
	switch s.try.outcome {
	case tryWaiting:
		// The deadline may have moved before the last look, where amends.yaml was edited.
		return max(s.try.last, min(soon, s.deadline(due)))
	case tryFailed:
		return s.comes.next(s.try.last)
	default:
		return soon
	}
}

// deadline is until when a night waits for its files.
func (s *Scheduler) deadline(due calendar.Instant) calendar.Instant {
	return due + calendar.Instant(s.table.WaitForFiles.Microseconds())
}

// show keeps the status of what comes next, and announces a night that is not
// due yet once.
func (s *Scheduler) show(date calendar.Date, due, begin, now calendar.Instant) {
	next := &Next{Date: date, Due: s.time(due), Attempts: s.try.attempts}
	if s.try.attempts > 0 {
		next.Again = s.time(begin)
	}
	s.update(func(status *Status) {
		status.Next = next
		if s.try.outcome != tryWaiting {
			status.Waiting = nil
		}
		status.Locked = s.try.outcome == tryLocked
	})
	if now < due && (!s.announced || s.coming != date) {
		s.options.Log.Info("next night", "date", date.String(), "due", next.Due)
		s.coming, s.announced = date, true
	}
}

// run tries a date and takes note of what came of it.
func (s *Scheduler) run(ctx context.Context, date calendar.Date, due calendar.Instant) (pause time.Duration, err error) {
	began := s.now()
	warning, err := s.attempt(ctx, date)
	if err == nil {
		err = s.settledNow(date)
	}
	ended := s.now()
	s.update(func(status *Status) { status.Running = nil })
	switch {
	case err == nil:
		s.settled(date, began, ended, warning)
		return 0, nil
	case errors.Is(err, errStopping):
		return 0, nil
	case ctx.Err() != nil:
		s.options.Log.Warn("night abandoned, nothing of it is committed", "date", date.String(), "error", err)
		return 0, ctx.Err()
	}
	if s.try.date != date {
		s.try = try{}
	}
	before := s.try.outcome
	s.try.date, s.try.attempts, s.try.last = date, s.try.attempts+1, ended
	switch {
	case s.options.Missing(err) && ended < s.deadline(due):
		s.waits(date, due, before, err)
	case s.options.Missing(err):
		s.failed(fmt.Errorf("files are still missing at the deadline, %s:\n%w", s.time(s.deadline(due)).Format(time.RFC3339), err))
	case s.options.Locked(err):
		s.locked(date, before, err)
	default:
		s.failed(err)
	}
	return 0, nil // the next tick finds how long to pause
}

// settledNow holds a night that returned without an error to its word: if the
// date were not settled, it would be run again and again.
func (s *Scheduler) settledNow(date calendar.Date) error {
	last, ok, err := s.options.LastSettled()
	if err == nil && (!ok || last < date) {
		err = errors.New("the night ended without an error, and the state does not have it")
	}
	return err
}

func (s *Scheduler) settled(date calendar.Date, began, ended calendar.Instant, warning string) {
	took := max(0, time.Duration(ended-began)*time.Microsecond)
	s.try = try{}
	s.update(func(status *Status) {
		status.Settled = &Settled{Date: date, At: s.time(ended), Took: took, Warning: warning}
		if f := status.Failed; f != nil && f.At.After(status.Settled.At) {
			status.Failed = nil // of a clock that was ahead: who compares the two would take it for the newer
		}
		status.Waiting, status.Locked = nil, false
	})
	if warning == "" {
		s.options.Log.Debug("night settled", "date", date.String(), "duration_ms", took.Milliseconds()) // whoever ran it has more to tell
	} else {
		s.options.Log.Warn("night settled", "date", date.String(), "duration_ms", took.Milliseconds(), "warning", warning)
	}
	s.tell(Event{Kind: NightSettled, Date: date, HasDate: true, Took: took, Warning: warning})
}

func (s *Scheduler) waits(date calendar.Date, due calendar.Instant, before tryOutcome, err error) {
	s.try.outcome = tryWaiting
	until := s.time(s.deadline(due))
	s.update(func(status *Status) {
		status.Waiting = &Waiting{Date: date, Until: until, Missing: err.Error()}
	})
	if before == tryWaiting {
		return
	}
	s.options.Log.Info("night waits for files", "date", date.String(), "until", until, "missing", err)
	s.tell(Event{Kind: NightWaits, Date: date, HasDate: true, Until: until, Err: err})
}

func (s *Scheduler) locked(date calendar.Date, before tryOutcome, err error) {
	s.try.outcome = tryLocked
	if before == tryLocked {
		return
	}
	s.options.Log.Info("night waits: another run is at work on this workspace", "date", date.String(), "lock", err)
	s.tell(Event{Kind: NightLocked, Date: date, HasDate: true, Err: err})
}

// failed reports the failure of the night that was just tried. It is tried again
// when the schedule next comes, and the dates after it wait for it.
func (s *Scheduler) failed(err error) {
	s.try.outcome = tryFailed
	date, at, again := s.try.date, s.time(s.try.last), s.time(s.comes.next(s.try.last))
	s.update(func(status *Status) {
		status.Failed = &Failed{Date: date, HasDate: true, At: at, Message: err.Error(), Again: again}
		status.Waiting = nil
	})
	s.options.Log.Error("night failed", "date", date.String(), "again", again, "error", err)
	s.tell(Event{Kind: NightFailed, Date: date, HasDate: true, Until: again, Err: err})
}

// reload reads the timetable and reports whether there is a schedule. One that
// cannot be read leaves the one before it.
func (s *Scheduler) reload() bool {
	table, err := s.options.Timetable()
	if err == nil && s.table.Location != nil && table.same(s.table) {
		s.saidTable = ""
		return s.comes != nil
	}
	var comes *occurrences
	if err == nil && table.Cron != "" {
		comes, err = newOccurrences(table)
	}
	if err != nil {
		s.broken(&s.saidTable, "amends.yaml cannot be read, and the schedule stays what it was", err)
		return s.comes != nil
	}
	known := s.table.Location != nil
	s.table, s.comes = table, comes
	s.saidTable, s.announced = "", false
	s.update(func(status *Status) {
		status.Cron, status.Timezone = table.Cron, table.Location.String()
		if comes == nil {
			status.Next, status.Waiting, status.Locked = nil, nil, false
		}
	})
	switch {
	case comes == nil:
		s.options.Log.Warn("no schedule in amends.yaml: no night is started")
	case known:
		s.options.Log.Info("the schedule has changed", "cron", table.Cron, "timezone", table.Location.String())
	default:
		s.options.Log.Info("schedule", "cron", table.Cron, "timezone", table.Location.String())
	}
	return comes != nil
}

// broken tells once what is wrong outside of a night; it is looked at again
// every minute.
func (s *Scheduler) broken(said *string, what string, err error) {
	if *said == err.Error() {
		return
	}
	*said = err.Error()
	at := s.time(s.now())
	again := at.Add(maxPause)
	message := fmt.Errorf("%s: %w", what, err)
	s.update(func(status *Status) { status.Failed = &Failed{At: at, Message: message.Error(), Again: again} })
	s.options.Log.Error(what, "error", err)
	s.tell(Event{Kind: NightFailed, Until: again, Err: message})
}
