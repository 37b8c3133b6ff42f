package workspace

import (
	"fmt"
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
	f := node.Fields("a schedule", "cron", "wait_for_files")
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
	schedule, err := parseCron(text.Source)
	if err != nil {
		p.report(text, codeCron, msgCron(text.Source, err.Error()), hintCron)
		return
	}
	// Schedules have no year: what does not come in the five years after any
	// day, a leap day included, never does.
	if schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		p.report(text, codeCron, msgCronNever(text.Source), "")
	}
}

// parseCron reads five fields. What the library takes besides (zones, seconds,
// @descriptors) is refused before it sees it: on some of that it panics.
func parseCron(spec string) (schedule cron.Schedule, err error) {
	switch {
	case len(spec) > maxCronBytes:
		return nil, fmt.Errorf("longer than %d characters", maxCronBytes)
	case strings.Contains(spec, "="):
		return nil, fmt.Errorf("%s", whyCronZone)
	case strings.HasPrefix(spec, "@"):
		return nil, fmt.Errorf("descriptors are not supported")
	}
	if fields := len(strings.Fields(spec)); fields != 5 {
		return nil, fmt.Errorf("it has %d fields, not 5", fields)
	}
	defer func() {
		if r := recover(); r != nil {
			schedule, err = nil, fmt.Errorf("%v", r)
		}
	}()
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(spec)
}
