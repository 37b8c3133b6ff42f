package main

import (
	"errors"
	"fmt"

	"amends/pipeline"
	"amends/rules/calendar"
)

// notEnded gives the error of a date that lies in the future the advice that helps:
// what is missing comes with time, and what lies before it is settled up to
// yesterday. Other errors stay what they are.
func (a *app) notEnded(date calendar.Date, err error) error {
	var gap *pipeline.GapError
	isGap := errors.As(err, &gap)
	if !isGap && !errors.As(err, new(*pipeline.MissingFilesError)) {
		return err
	}
	ended, zone, unknown := pipeline.LastEnded(a.config, now())
	if unknown != nil || date <= ended {
		return err
	}
	why := fmt.Sprintf("%s has not ended yet: it is %s in %s", date, ended.AddDays(1), zone)
	if !isGap {
		a.tell("%s", why)
		return err
	}
	first := gap.Last.AddDays(1)
	switch {
	case first < ended:
		why += "; the dates that have ended and are not settled: " + a.command(fmt.Sprintf("run --from %s --to %s", first, ended))
	case first == ended:
		why += "; the date that has ended and is not settled: " + a.command("run --date "+first.String())
	default:
		why += fmt.Sprintf("; every date that has is settled, and %s is next", first)
	}
	return fmt.Errorf("%w: %s", pipeline.ErrRefused, why)
}
