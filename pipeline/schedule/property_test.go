package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/rules/calendar"

	"pgregory.net/rapid"
)

// plan is a schedule as sets, from which both a cron text and an oracle that
// does not read cron are made.
type plan struct {
	minutes, hours []int
	weekdays       []time.Weekday // empty: every day
}

func (p plan) cron() string {
	list := func(values []int) string {
		var texts []string
		for _, v := range values {
			texts = append(texts, fmt.Sprint(v))
		}
		return strings.Join(texts, ",")
	}
	days := "*"
	if len(p.weekdays) > 0 {
		var numbers []int
		for _, d := range p.weekdays {
			numbers = append(numbers, int(d))
		}
		days = list(numbers)
	}
	return list(p.minutes) + " " + list(p.hours) + " * * " + days
}

// due is an oracle of when a date is due: the first minute of UTC at which the
// clocks of the zone show the plan's first wall time after the date, or later.
func (p plan) due(date calendar.Date, zone *time.Location) time.Time {
	year, month, day := date.AddDays(1).YMD()
	wall := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	for !slices.Contains(p.minutes, wall.Minute()) || !slices.Contains(p.hours, wall.Hour()) ||
		len(p.weekdays) > 0 && !slices.Contains(p.weekdays, wall.Weekday()) {
		wall = wall.Add(time.Minute)
	}
	for at := wall.Add(-26 * time.Hour); ; at = at.Add(time.Minute) {
		if _, offset := at.In(zone).Zone(); !at.Add(time.Duration(offset) * time.Second).Before(wall) {
			return at
		}
	}
}

func drawPlan(t *rapid.T) plan {
	p := plan{
		minutes: rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 1, 3, rapid.ID).Draw(t, "minutes"),
		hours:   rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 24, rapid.ID).Draw(t, "hours"),
	}
	if rapid.IntRange(0, 3).Draw(t, "weekly") == 0 {
		for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 3, rapid.ID).Draw(t, "weekdays") {
			p.weekdays = append(p.weekdays, time.Weekday(d))
		}
	}
	return p
}

// The begins lie some days before clock changes.
var places = [][2]string{
	{"UTC", "2026-01-29T00:00:00Z"},
	{"America/New_York", "2026-03-06T05:00:00Z"},
	{"America/New_York", "2026-10-30T05:00:00Z"},
	{"Europe/Berlin", "2026-10-23T05:00:00Z"},
	{"Australia/Lord_Howe", "2026-10-01T05:00:00Z"},
	{"Australia/Lord_Howe", "2026-04-02T05:00:00Z"},
	{"Pacific/Apia", "2011-12-28T05:00:00Z"},
	{"America/Sao_Paulo", "2018-02-15T05:00:00Z"},
	{"America/Havana", "2026-10-30T05:00:00Z"},
	{"Asia/Kathmandu", "2026-02-26T05:00:00Z"},
}

// trouble is what goes wrong during a part of the walk.
type trouble struct {
	*world
	t       *rapid.T
	plan    plan
	weather string
	dues    map[calendar.Date]time.Time // of plan
}

func (w *trouble) due(date calendar.Date) time.Time {
	if _, ok := w.dues[date]; !ok {
		w.dues[date] = w.plan.due(date, w.zone)
	}
	return w.dues[date]
}

// check holds a night that begins to the law: after the last, and when its time
// has come by the clock of the moment.
func (w *trouble) check(date calendar.Date) {
	if due := w.due(date); w.wall.Before(due) {
		w.t.Fatalf("%s is due at %s and began at %s", date, due, w.wall)
	}
}

var errDisk = errors.New("no space left on device")

func (w *trouble) night(date calendar.Date) error {
	w.check(date)
	switch w.weather {
	case "locked":
		return errLock
	case "failing":
		return errDisk
	case "panicking":
		panic("out of range")
	case "another": // another server was faster
		w.settled, w.at = append(w.settled, date), append(w.at, w.wall)
		w.weather = "fair"
		return errLock
	}
	return nil
}

// step moves the clock now and then.
func (w *trouble) step() {
	switch rapid.IntRange(0, 400).Draw(w.t, "step") {
	case 0: // asleep, or the clock is set
		w.wall = w.wall.Add(time.Duration(rapid.IntRange(1, 100).Draw(w.t, "hours forward")) * time.Hour)
	case 1:
		w.wall = w.wall.Add(-time.Duration(rapid.IntRange(1, 72).Draw(w.t, "hours back")) * time.Hour)
	case 2:
		w.wall = w.wall.Add(time.Duration(rapid.IntRange(-90, 90).Draw(w.t, "seconds")) * time.Second)
	}
}

// Whatever happens, each date is settled once, in order, never before it is due,
// and once nothing goes wrong any more all that are due are settled.
func TestEachDateExactlyOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		place := rapid.SampledFrom(places).Draw(t, "place")
		w := &trouble{world: newWorld(t, place[0], p.cron(), place[1]), t: t, plan: p, dues: map[calendar.Date]time.Time{}}
		w.wait = time.Duration(rapid.IntRange(0, 24).Draw(t, "wait hours")) * time.Hour
		w.before = w.night
		w.files = func(calendar.Date) bool { return w.weather != "missing" }
		weathers := []string{"fair", "fair", "missing", "locked", "failing", "panicking", "another"}
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			w.weather = rapid.SampledFrom(weathers).Draw(t, "weather")
			w.took = time.Duration(rapid.IntRange(0, 7200).Draw(t, "night seconds")) * time.Second
			w.each = nil
			if rapid.Bool().Draw(t, "steps") {
				w.each = w.step
			}
			w.serve(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours of service")) * time.Hour)
			w.crash()
			w.wall = w.wall.Add(time.Duration(rapid.IntRange(0, 96).Draw(t, "hours off")) * time.Hour)
		}
		w.weather, w.each, w.took = "fair", nil, time.Second
		w.serve(8 * day)
		for i, d := range w.settled[1:] {
			if d != w.settled[i].AddDays(1) {
				t.Fatalf("%s after %s", d, w.settled[i])
			}
		}
		last := w.settled[len(w.settled)-1]
		if next := w.due(last.AddDays(1)); !w.wall.Add(-time.Minute).Before(next) {
			t.Fatalf("at %s the last settled date is %s, and the next one was due at %s\n%s", w.wall, last, next, w.log.String())
		}
	})
}

// crash ends a server in the middle of a night, before or after its commit.
func (w *trouble) crash() {
	after := rapid.IntRange(0, 2).Draw(w.t, "crash")
	if after == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calm := w.before
	w.before = func(date calendar.Date) error {
		w.check(date)
		if after == 1 {
			w.settled, w.at = append(w.settled, date), append(w.at, w.wall)
		}
		cancel()
		return errDisk
	}
	w.until = w.real + 6*time.Hour
	w.server = New(w.options())
	if err := w.server.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		w.t.Fatalf("%v", err)
	}
	w.before = calm
}
