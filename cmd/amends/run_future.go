package main

import (
	"errors"
	"fmt"
	"time"

	"amends/pipeline"
	"amends/rules/calendar"
)

// ahead is the refusal of dates that have not ended, or nil: what is still under way
// would be paid before its moment came, and its rows of later would be late. Of a
// range no date is settled, for whoever asked meant other dates. Where the workspace
// itself is wrong, the run says so.
func (a *app) ahead(o pipeline.RunOptions) error {
	ended, zone, err := pipeline.LastEnded(a.config, now())
	if err != nil || o.To <= ended {
		return nil
	}
	why := underWay(o.To, ended, zone)
	if o.From < o.To {
		why += ", so no date of the range is settled"
	}
	last, any, err := pipeline.NewReader(a.config).LastSettled()
	switch {
	case err != nil: // of what is settled nothing is known
	case any:
		why += a.dueAfter(last, ended)
	case o.From < ended && o.From < o.To:
		why += "; those that have: " + a.command(fmt.Sprintf("run --from %s --to %s", o.From, ended))
	default:
		why += "; the last date that has: " + a.command("run --date "+ended.String())
	}
	return fmt.Errorf("%w: %s", pipeline.ErrRefused, why)
}

// soFar tells of a dry run that it looked at a date before its end.
func (a *app) soFar(o pipeline.RunOptions) {
	if ended, zone, err := pipeline.LastEnded(a.config, now()); err == nil && o.DryRun && o.To > ended {
		a.tell("%s; the dry run shows what is there so far", underWay(o.To, ended, zone))
	}
}

func underWay(date, ended calendar.Date, zone *time.Location) string {
	return fmt.Sprintf("%s has not ended yet: it is %s in %s", date, ended.AddDays(1), zone)
}

// dueAfter says, behind a semicolon, which dates after the last settled have ended.
func (a *app) dueAfter(last, ended calendar.Date) string {
	first := last.AddDays(1)
	switch {
	case first < ended:
		return "; the dates that have ended and are not settled: " + a.command(fmt.Sprintf("run --from %s --to %s", first, ended))
	case first == ended:
		return "; the date that has ended and is not settled: " + a.command("run --date "+first.String())
	}
	return fmt.Sprintf("; every date that has is settled, and %s is next", first)
}

// notEnded gives the error of a dry run of a date that lies in the future the advice
// that helps: what is missing comes with time, and what lies before it is settled up
// to yesterday. Other errors stay what they are.
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
	why := underWay(date, ended, zone)
	if !isGap {
		a.tell("%s", why)
		return err
	}
	return fmt.Errorf("%w: %s", pipeline.ErrRefused, why+a.dueAfter(gap.Last, ended))
}
