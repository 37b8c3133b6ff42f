package web

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"amends/rules/calendar"
)

// overdueAfter is how late a night may start before that is trouble: a machine
// that slept, or a night before it that took long.
const overdueAfter = 15 * time.Minute

func (s *site) scheduler() *Scheduler {
	if s.options.Scheduler == nil {
		return nil
	}
	return s.options.Scheduler()
}

// busy reports whether the scheduler is at work on a night, or waits for its
// files no longer than it may.
func (c *Scheduler) busy(now time.Time) bool {
	return c.RunningDate != 0 || c.WaitingDate != 0 && !now.After(c.WaitingUntil.Add(overdueAfter))
}

// failing reports whether no night was settled since one failed.
func (c *Scheduler) failing() bool {
	return c.LastFailure.After(c.LastSuccess) && !c.LastFailure.IsZero()
}

// trouble says what is wrong with the nights that run themselves, "" for
// nothing.
func (c *Scheduler) trouble(now time.Time, zone *time.Location) string {
	switch {
	case c.failing():
		what := "nights"
		if c.LastFailureDate != 0 {
			what = "the night of " + c.LastFailureDate.String()
		}
		return fmt.Sprintf("%s failed at %s: %s", what, moment(c.LastFailure, zone), c.LastError)
	case !c.NextDue.IsZero() && now.After(c.NextDue.Add(overdueAfter)) && !c.busy(now):
		why := ""
		if c.Locked {
			why = ": another run is at work on this workspace"
		}
		return fmt.Sprintf("the night of %s was due at %s and is not settled%s", c.NextDate, moment(c.NextDue, zone), why)
	}
	return ""
}

// health is for monitors: 200 while the last due night is settled or still
// within its time. With a token, only who has it learns why not.
func (s *site) health(w http.ResponseWriter, r *http.Request) error {
	known := s.options.Token == "" || same(bearer(r), s.options.Token) // open to all, so nothing here is a try
	if cookie, err := r.Cookie(sessionCookie); err == nil && !known {
		known = s.isSession(cookie.Value)
	}
	status, line := http.StatusOK, "ok"
	why, last := s.standing(r)
	if why != "" {
		status, line = http.StatusServiceUnavailable, "not ok"
	}
	if known && why != "" {
		line += ": " + why
	} else if known {
		line += ": " + last
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := io.WriteString(w, line+"\n")
	s.lost(err)
	return nil
}

// pagesOnly is said of a server that runs no night.
const pagesOnly = "pages only: this server runs no nights"

// standing returns what is wrong, or, where nothing is, where things stand.
func (s *site) standing(r *http.Request) (why, last string) {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return asProblem(err).Error(), ""
	}
	last = "no night is settled yet"
	if m := look.Chain().Last(); m != nil {
		last = "the last settled night is " + m.BusinessDate.String()
	}
	c := s.scheduler()
	if s.options.PagesOnly {
		return "", last + "; " + pagesOnly
	}
	if c == nil {
		return "", last + "; nothing is scheduled"
	}
	return c.trouble(s.options.Now(), look.Location()), last
}

// schedulerPart is where the scheduler stands.
func schedulerPart(c *Scheduler, zone *time.Location) part {
	p := part{Title: "Nights that run themselves"}
	add := func(name, value string) { p.Facts = append(p.Facts, fact{name, text(value)}) }
	add("Now", c.now(zone))
	if !c.NextDue.IsZero() {
		add("Next due", moment(c.NextDue, zone)+dateSuffix(c.NextDate))
	}
	if !c.NextTry.IsZero() {
		add("Next try", moment(c.NextTry, zone))
	}
	if !c.LastSuccess.IsZero() {
		add("Last success", moment(c.LastSuccess, zone)+dateSuffix(c.LastSuccessDate))
	}
	if c.Warning != "" {
		add("Worth a look", c.Warning)
	}
	if !c.LastFailure.IsZero() && !c.failing() { // one that is not overcome is what the page begins with
		add("Last failure", moment(c.LastFailure, zone)+dateSuffix(c.LastFailureDate)+": "+c.LastError)
	}
	return p
}

// now says what the scheduler is doing.
func (c *Scheduler) now(zone *time.Location) string {
	switch {
	case c.RunningDate != 0:
		at := "the night of " + c.RunningDate.String() + " is at work"
		if c.Stage != "" {
			at += ": " + c.Stage
		}
		return at
	case c.Locked:
		return "another run is at work on this workspace"
	case c.WaitingDate != 0:
		at := "the night of " + c.WaitingDate.String() + " waits for its files until " + moment(c.WaitingUntil, zone)
		if c.WaitingFor != "" {
			at += ": " + c.WaitingFor
		}
		return at
	}
	return "waiting for the next night"
}

func dateSuffix(date calendar.Date) string {
	if date == 0 {
		return ""
	}
	return ", for " + date.String()
}

// moment is an instant as people at the workspace's place read it.
func moment(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

func (s *site) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.options.Metrics == nil {
		return fmt.Errorf("%w: no metrics are kept", errNothing)
	}
	s.options.Metrics.ServeHTTP(w, r)
	return nil
}
