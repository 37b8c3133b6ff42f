package schedule

import (
	"time"

	"amends/rules/calendar"
)

// Status is what a Scheduler is doing. Times are in the workspace's zone; a nil
// part is one that does not apply.
type Status struct {
	Cron     string // "" where amends.yaml has no schedule
	Timezone string
	Next     *Next    // the date that comes next, be it due, failed or far
	Running  *Running // the night in progress
	Waiting  *Waiting // Next waits for its files
	Locked   bool     // Next waits for another run, which has the state's lock
	Settled  *Settled // the last night that was settled here
	Failed   *Failed  // the last failure; older than Settled where it was overcome here, nil where it was elsewhere
	Stopping bool     // no other night is started
}

// Next is the date that is settled next.
type Next struct {
	Date     calendar.Date
	Due      time.Time
	Attempts int       // so far
	Again    time.Time // when it is tried again; zero before the first attempt
}

// Running is the night in progress.
type Running struct {
	Date  calendar.Date
	Since time.Time
	Stage string // as pipeline.Progress names it; "" at first
	Rows  int64
}

// Waiting is what the next night lacks.
type Waiting struct {
	Date    calendar.Date
	Until   time.Time // then it has failed
	Missing string    // the files
}

// Settled is a night that was committed.
type Settled struct {
	Date    calendar.Date
	At      time.Time
	Took    time.Duration
	Warning string // what a person should look at; "" where there is nothing
}

// Failed is an attempt that came to nothing.
type Failed struct {
	Date    calendar.Date // valid with HasDate
	HasDate bool          // false where not even the state or amends.yaml could be read
	At      time.Time
	Message string
	Again   time.Time // when it is tried again
}

// Status returns a snapshot. Any goroutine may ask.
func (s *Scheduler) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.status
	out.Next, out.Running, out.Waiting = snapshot(out.Next), snapshot(out.Running), snapshot(out.Waiting)
	out.Settled, out.Failed = snapshot(out.Settled), snapshot(out.Failed)
	return out
}

func snapshot[V any](v *V) *V {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// Progress says what the night in progress is doing. Any goroutine may call it.
func (s *Scheduler) Progress(stage string, rows int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.Running != nil {
		s.status.Running.Stage, s.status.Running.Rows = stage, rows
	}
}

func (s *Scheduler) update(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}

// Kind is what an Event tells.
type Kind string

// The kinds of events.
const (
	NightStarted Kind = "started"
	NightSettled Kind = "settled"
	NightWaits   Kind = "waiting" // for files, told once
	NightLocked  Kind = "locked"  // for another run, told once
	NightFailed  Kind = "failed"
)

// Event is something that happened to a night.
type Event struct {
	Kind    Kind
	Date    calendar.Date // valid with HasDate
	HasDate bool
	At      time.Time
	Took    time.Duration // NightSettled
	Warning string        // NightSettled
	Until   time.Time     // NightWaits: then it has failed. NightFailed: when it is tried again
	Err     error         // NightWaits, NightLocked, NightFailed
}
