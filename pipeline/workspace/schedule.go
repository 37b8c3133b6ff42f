package workspace

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"amends/rules/diag"
	"amends/rules/document"
)

// maxWait bounds how long a night waits for its files: past a day the next
// night begins.
const maxWait = 24 * time.Hour

// maxCronBytes bounds a schedule; the longest sensible one lists each minute.
const maxCronBytes = 200

func (p *parser) schedule(node *document.Node) {
	f := node.Read(scheduleRecord)
	if f == nil {
		return
	}
	s := &Schedule{}
	if spec, ok := f.Need("cron").Text("a cron schedule"); ok {
		s.Cron = spec.Source
		p.cron(spec)
	}
	if wait, ok := f.Get("wait_for_files").Text("a duration such as 3h"); ok {
		duration, err := time.ParseDuration(wait.Source)
		if err != nil || duration < 0 || duration > maxWait {
			p.report(wait, codeBadValue, msgDuration(wait.Source), "")
		}
		s.WaitForFiles = duration
	}
	p.w.Schedule = s
}

func (p *parser) cron(text diag.Text) {
	_, err := ParseCron(text.Source)
	switch {
	case errors.Is(err, errCronNever):
		p.report(text, codeCron, msgCronNever(text.Source), "")
	case err != nil:
		p.report(text, codeCron, msgCron(text.Source, err.Error()), hintCron)
	}
}

// errCronNever is why a schedule that can be read is none.
var errCronNever = errors.New("it never comes")

// cronPart is one part of a field's list: 5, MON, 1-5, */2, 8-18/2. The library
// also takes an empty list, which never comes, and *-5, which is every value.
var cronPart = regexp.MustCompile(`^(?:[*?]|\w+(?:-\w+)?)(?:/\w+)?$`)

// ParseCron reads a schedule of five fields, which Parse has accepted where it
// is of a Workspace. The schedule has no zone: ask it for times in UTC, and it
// answers with what a clock on the wall shows. It looks five years ahead. What
// the library takes besides (zones, seconds, @descriptors) is refused before it
// sees it: on some of that it panics.
func ParseCron(spec string) (schedule cron.Schedule, err error) {
	switch {
	case len(spec) > maxCronBytes:
		return nil, fmt.Errorf("longer than %d characters", maxCronBytes)
	case strings.Contains(spec, "="):
		return nil, fmt.Errorf("%s", whyCronZone)
	case strings.HasPrefix(spec, "@"):
		return nil, fmt.Errorf("descriptors are not supported")
	}
	fields := strings.Fields(spec)
	if len(fields) != 5 {
		return nil, fmt.Errorf("it has %d fields, not 5", len(fields))
	}
	for _, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			if !cronPart.MatchString(part) {
				return nil, fmt.Errorf("%.40q in %.40q is no number, name, range or step", part, field)
			}
		}
	}
	defer func() {
		if r := recover(); r != nil {
			schedule, err = nil, fmt.Errorf("%v", r)
		}
	}()
	schedule, err = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, err
	}
	// Schedules have no year: what does not come in the five years after any
	// day, a leap day included, never does.
	if schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errCronNever
	}
	return schedule, nil
}
