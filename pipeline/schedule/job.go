package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"amends/rules/calendar"

	"github.com/robfig/cron/v3"
)

// errStopping is why a night whose files are there was not begun.
var errStopping = errors.New("stopping")

// errBusy is why a night was not begun: another one of this Scheduler goes on.
var errBusy = errors.New("a night is in progress already")

// job is one attempt of a night, inside the library's wrappers: of two at once
// the second is skipped, and a panic ends the attempt alone. It belongs to the
// goroutine of Run.
type job struct {
	wrapped cron.Job
	logs    *chainLog
	run     func() (warning string, err error)
	done    bool
	warning string
	err     error
}

func newJob(log *slog.Logger) *job {
	j := &job{logs: &chainLog{log: log}}
	j.wrapped = cron.NewChain(cron.SkipIfStillRunning(j.logs), cron.Recover(j.logs)).Then(cron.FuncJob(func() {
		j.warning, j.err = j.run()
		j.done = true
	}))
	return j
}

// do runs one attempt. A panic is its error.
func (j *job) do(run func() (warning string, err error)) (warning string, err error) {
	j.run, j.done, j.logs.panicked = run, false, nil
	j.wrapped.Run()
	switch {
	case j.done:
		return j.warning, j.err
	case j.logs.panicked != nil:
		return "", fmt.Errorf("the night panicked, which is a defect of this program: %w", j.logs.panicked)
	default:
		return "", errBusy
	}
}

// chainLog is the library's logger on ours; it keeps the panic that was recovered.
type chainLog struct {
	log      *slog.Logger
	panicked error
}

// Info implements cron.Logger.
func (l *chainLog) Info(message string, keysAndValues ...any) { l.log.Info(message, keysAndValues...) }

// Error implements cron.Logger.
func (l *chainLog) Error(err error, message string, keysAndValues ...any) {
	l.panicked = err
	l.log.Error(message, append([]any{"error", err}, keysAndValues...)...)
}

// attempt tries one date: whether its files are there, then the night.
func (s *Scheduler) attempt(ctx context.Context, date calendar.Date) (warning string, err error) {
	return s.job.do(func() (string, error) {
		if s.options.Ready != nil {
			if err := s.options.Ready(ctx, date); err != nil {
				return "", err
			}
		}
		if !s.begin(date) {
			return "", errStopping
		}
		if s.try.outcome != tryLocked { // it was announced before
			s.options.Log.Info("night starts", "date", date.String())
			s.tell(Event{Kind: NightStarted, Date: date, HasDate: true})
		}
		return s.options.Night(ctx, date)
	})
}

// begin notes that a night is in progress, unless Stop came before: who stops a
// server is told of a night that it finishes, or none is begun.
func (s *Scheduler) begin(date calendar.Date) bool {
	since := s.time(s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.status.Stopping {
		s.status.Running = &Running{Date: date, Since: since}
	}
	return !s.status.Stopping
}
