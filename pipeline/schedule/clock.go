package schedule

import "time"

// Clock is what a Scheduler knows of time. Now may step in both directions;
// After counts real time, as a stopwatch does.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once, when d has passed, and what
	// gives it up before.
	After(d time.Duration) (fired <-chan time.Time, stop func())
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now() }

// After implements Clock.
func (System) After(d time.Duration) (fired <-chan time.Time, stop func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}
