// Package schedule starts nights with nobody watching. Its law: every business
// date is settled once, in order, one at a time, and never before it is due,
// whatever clocks, files and processes do. What has been settled is for the
// state to say: nothing here is remembered over a restart, and the state is
// asked before each night.
//
// A date is due at the first occurrence of the schedule at or after the end of
// its local day. Occurrences are times on a wall clock: one that a clock change
// skips comes at the first instant after the gap, and one that comes twice the
// first time only.
//
// How a night is run is for whoever gives the functions in Options.
package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"amends/rules/calendar"
)

// Options are what a Scheduler works with. But for Ready and Notify, all are
// needed. Functions are called one at a time, by the goroutine of Run.
type Options struct {
	// Timetable says when nights are due. It is asked at least once a minute, so
	// that what is edited counts without a restart.
	Timetable func() (Timetable, error)
	// LastSettled is the last committed business date; ok is false before the
	// first night. It is asked at least once a minute.
	LastSettled func() (date calendar.Date, ok bool, err error)
	// Ready tells, at little cost, whether a night's files are there.
	Ready func(context.Context, calendar.Date) error
	// Night settles a date: once it returns nil, LastSettled says so. A warning
	// is for people; the night is settled.
	Night   func(context.Context, calendar.Date) (warning string, err error)
	Missing func(error) bool // the error of Ready or Night is that files are missing
	Locked  func(error) bool // the error is that another run is at work
	Clock   Clock
	Log     *slog.Logger
	Notify  func(Event) // is told what the log is told
}

// maxPause is how long the clock is not looked at: a machine that slept or whose
// clock was set is noticed after that much real time.
const maxPause = time.Minute

// retryPause is how long a night waits between two looks for its files, or for
// the lock.
const retryPause = time.Minute

// Scheduler runs the nights of one workspace.
type Scheduler struct {
	options  Options
	job      *job
	stop     chan struct{}
	stopOnce sync.Once

	// Of the goroutine of Run alone.
	table Timetable
	comes *occurrences // of table; nil where there is no schedule
	try   try
	// What is wrong outside of a night, so that it is told once.
	saidTable, saidState string
	coming               calendar.Date // the night that was last announced, valid with announced
	announced            bool

	mu     sync.Mutex
	status Status
}

// try is what came of the attempts at the next date.
type try struct {
	date     calendar.Date // valid where attempts > 0
	attempts int
	outcome  tryOutcome
	last     calendar.Instant
}

type tryOutcome uint8

const (
	tryNone    tryOutcome = iota
	tryWaiting            // for files
	tryLocked
	tryFailed
)

// New returns a Scheduler; Run starts it.
func New(o Options) *Scheduler {
	return &Scheduler{options: o, job: newJob(o.Log), stop: make(chan struct{})}
}

// Stop lets the night in progress come to its end and starts no other: Run
// returns then. Any goroutine may call it, and more than once.
func (s *Scheduler) Stop() {
	s.stopOnce.Do(func() {
		s.update(func(status *Status) { status.Stopping = true })
		close(s.stop)
	})
}

func (s *Scheduler) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Run starts nights until Stop, and returns nil then. Cancelling ctx abandons the
// night in progress; its error is returned.
func (s *Scheduler) Run(ctx context.Context) error {
	for {
		pause, err := s.tick(ctx)
		switch {
		case err != nil:
			return err
		case s.stopping():
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case pause <= 0:
			continue
		}
		fired, giveUp := s.options.Clock.After(pause)
		select {
		case <-fired:
		case <-s.stop:
		case <-ctx.Done():
		}
		giveUp()
	}
}

func (s *Scheduler) now() calendar.Instant {
	return calendar.Instant(s.options.Clock.Now().UnixMicro())
}

func (s *Scheduler) tell(e Event) {
	if s.options.Notify == nil {
		return
	}
	e.At = s.time(s.now())
	s.options.Notify(e)
}

// time shows an instant in the workspace's zone.
func (s *Scheduler) time(t calendar.Instant) time.Time {
	at := time.UnixMicro(int64(t))
	if s.table.Location == nil {
		return at.UTC() // amends.yaml could not be read yet
	}
	return at.In(s.table.Location)
}
