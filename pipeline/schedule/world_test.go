package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"amends/rules/calendar"
)

// failer is what tests and properties have in common.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var (
	errNoFiles = errors.New("source \"deliveries\": no file")
	errLock    = errors.New("locked by another process")
)

// world is a simulated clock, files and state. Real time passes where the
// Scheduler pauses and while a night runs, and nowhere else.
type world struct {
	t     failer
	zone  *time.Location
	cron  string
	wait  time.Duration
	wall  time.Time     // what the machine's clock shows
	real  time.Duration // since the world began
	until time.Duration // when the server is stopped

	settled []calendar.Date
	at      []time.Time // when each was
	tries   int
	looks   int                            // for files
	files   func(date calendar.Date) bool  // whether they are there; nil: always
	before  func(date calendar.Date) error // what goes wrong with a night, if not nil
	took    time.Duration
	each    func() // after every pause: steps of the clock, a machine that sleeps
	events  []Event
	log     strings.Builder

	server *Scheduler
	broken error // of LastSettled
}

func newWorld(t failer, zone, cron, start string) *world {
	t.Helper()
	w := &world{t: t, cron: cron, wait: 3 * time.Hour, took: 10 * time.Second}
	var err error
	if w.zone, err = calendar.Load(zone); err != nil {
		t.Fatalf("%v", err)
	}
	if w.wall, err = time.Parse(time.RFC3339, start); err != nil {
		t.Fatalf("%v", err)
	}
	return w
}

// Now implements Clock.
func (w *world) Now() time.Time { return w.wall }

// After implements Clock: the time has passed when it returns.
func (w *world) After(d time.Duration) (fired <-chan time.Time, stop func()) {
	if d <= 0 || d > time.Minute {
		w.t.Errorf("a pause of %s", d)
	}
	w.pass(d)
	if w.each != nil {
		w.each()
	}
	if w.real >= w.until {
		w.server.Stop()
		return nil, func() {}
	}
	over := make(chan time.Time, 1)
	over <- w.wall
	return over, func() {}
}

func (w *world) pass(d time.Duration) {
	w.real += d
	w.wall = w.wall.Add(d)
}

func (w *world) options() Options {
	return Options{
		Timetable: func() (Timetable, error) {
			return Timetable{Cron: w.cron, WaitForFiles: w.wait, Location: w.zone}, nil
		},
		LastSettled: func() (calendar.Date, bool, error) {
			if len(w.settled) == 0 || w.broken != nil {
				return 0, false, w.broken
			}
			return w.settled[len(w.settled)-1], true, nil
		},
		Ready:   w.ready,
		Night:   w.night,
		Missing: func(err error) bool { return errors.Is(err, errNoFiles) },
		Locked:  func(err error) bool { return errors.Is(err, errLock) },
		Clock:   w,
		Log:     slog.New(slog.NewTextHandler(&w.log, nil)),
		Notify:  func(e Event) { w.events = append(w.events, e) },
	}
}

func (w *world) ready(_ context.Context, date calendar.Date) error {
	w.looks++
	if w.files != nil && !w.files(date) {
		return errNoFiles
	}
	return nil
}

// night settles a date as the pipeline does: in order and once.
func (w *world) night(ctx context.Context, date calendar.Date) (string, error) {
	w.tries++
	if w.before != nil {
		if err := w.before(date); err != nil {
			return "", err
		}
	}
	if n := len(w.settled); n > 0 && date != w.settled[n-1].AddDays(1) {
		w.t.Fatalf("%s was started after %s", date, w.settled[n-1])
	}
	w.pass(w.took)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	w.settled, w.at = append(w.settled, date), append(w.at, w.wall.Add(-w.took))
	return "", nil
}

// serve runs a server for some time, and stops it.
func (w *world) serve(d time.Duration) {
	w.t.Helper()
	w.until = w.real + d
	w.server = New(w.options())
	if err := w.server.Run(context.Background()); err != nil {
		w.t.Fatalf("%v", err)
	}
}

// nights are the dates that were settled, each with when it was begun, in UTC.
func (w *world) nights() []string {
	var all []string
	for i, d := range w.settled {
		all = append(all, d.String()+" "+w.at[i].UTC().Format("01-02T15:04"))
	}
	return all
}

func (w *world) want(nights ...string) {
	w.t.Helper()
	if got := w.nights(); !slices.Equal(got, nights) {
		w.t.Errorf("settled\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(nights, "\n  "), w.log.String())
	}
}

// kinds are the events, with their dates.
func (w *world) kinds() []string {
	var all []string
	for _, e := range w.events {
		date := "-"
		if e.HasDate {
			date = e.Date.String()
		}
		all = append(all, fmt.Sprintf("%s %s", e.Kind, date))
	}
	return all
}

func date(t failer, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

// after is a world whose last settled date is given.
func (w *world) after(last string) *world {
	w.settled, w.at = []calendar.Date{date(w.t, last)}, []time.Time{w.wall}
	return w
}

const day = 24 * time.Hour
