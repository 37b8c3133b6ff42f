package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"amends/pipeline"
	"amends/pipeline/profile"
	"amends/pipeline/publish"
	"amends/pipeline/report"
)

type runCommand struct {
	Date        day    `placeholder:"DATE" xor:"date,skip" help:"The business date to settle (default: yesterday, in the workspace's zone; with --dry-run the next that is not settled)."`
	From        day    `placeholder:"DATE" xor:"date" and:"range" help:"The first date of a range."`
	To          day    `placeholder:"DATE" and:"range" help:"The last date of a range."`
	SkipTo      day    `placeholder:"DATE" xor:"date,skip" help:"Settle this date and leave out the missed dates before it, for good."`
	DryRun      bool   `help:"Do everything but commit; print what would be issued and forfeited."`
	Out         string `placeholder:"DIR" help:"With --dry-run: where to write the files (default: <state>/dry-runs/<date>)."`
	Effective   day    `name:"effective-date" placeholder:"DATE" help:"The first date on which new credits can be used (default: the day after the business date)."`
	Workers     int    `placeholder:"N" help:"How many cores to use (default: all). Results are the same with any number."`
	CSV         bool   `name:"csv" help:"Also publish each table as CSV, for spreadsheets (every night: report: {csv: true} in amends.yaml)."`
	JSON        bool   `name:"json" help:"Print the result as JSON."`
	MetricsFile string `placeholder:"FILE.prom" help:"Write metrics for Prometheus' node exporter there after the run, however it ended."`
	profileFlags
	logFlags
}

// Help is shown by amends run --help.
func (runCommand) Help() string {
	return `It reads the night's files, evaluates the rules, and commits credits, forfeitures and the ledger together, or nothing at all. A date is settled once: again with the same files it does nothing, also where rules or amends.yaml have changed, which count for later nights; with other files it is refused.

A date that has not ended in the workspace's zone is refused, and with it the whole range, before anything is read. A dry run shows what is there of it so far.

Every night has a page for people, report.html in its folder: <state>/runs/<date>, of a dry run <state>/dry-runs/<date> or --out.

Examples:

  amends run --dry-run --date 2026-01-15
  amends run --date 2026-01-15
  amends run --from 2026-01-01 --to 2026-01-31
  amends run --log json
  amends run --dry-run --profile

--profile shows for each stage how long it took, the processor time of the whole process meanwhile, rows, bytes, and how long it waited for the disk (fsync). Below a stage stand its sources and what else it did in turn, and in brackets the work that it does on several cores at once, summed over them, where that is at least a hundredth of the run. Of several nights it shows the sum.`
}

// options turns flags into what the pipeline takes. The error is ErrUsage, or
// why the default date is not known.
func (c *runCommand) options(a *app) (pipeline.RunOptions, error) {
	o := pipeline.RunOptions{DryRun: c.DryRun, Out: c.Out, Effective: c.Effective.date, HasEffective: c.Effective.set, CSV: c.CSV}
	switch {
	case c.Out != "" && !c.DryRun:
		return o, fmt.Errorf("%w: --out is for --dry-run; a committed night goes to the state", pipeline.ErrUsage)
	case c.MetricsFile != "" && c.DryRun:
		return o, fmt.Errorf("%w: --metrics-file is for nights that are committed, not for --dry-run", pipeline.ErrUsage)
	case c.Workers < 0:
		return o, fmt.Errorf("%w: --workers %d: want 1 or more", pipeline.ErrUsage, c.Workers)
	case c.From.set && c.Effective.set && c.From != c.To:
		return o, fmt.Errorf("%w: --effective-date is for one date, not for a range", pipeline.ErrUsage)
	case c.From.set:
		o.From, o.To = c.From.date, c.To.date
	case c.SkipTo.set:
		o.From, o.To, o.SkipTo = c.SkipTo.date, c.SkipTo.date, true
	case c.Date.set:
		o.From, o.To = c.Date.date, c.Date.date
	case c.DryRun:
		next, err := pipeline.NextUnsettled(a.config, now())
		if err != nil {
			return o, err
		}
		o.From, o.To = next, next
	default:
		yesterday, err := pipeline.Yesterday(a.config, now())
		if err != nil {
			return o, err
		}
		o.From, o.To = yesterday, yesterday
	}
	return o, nil
}

// nightJSON is one night of run's JSON.
type nightJSON struct {
	Date      string          `json:"date"`
	Effective string          `json:"effective_date"`
	Already   bool            `json:"already_committed"`
	DryRun    bool            `json:"dry_run"`
	AllHeld   bool            `json:"all_held"`
	Sequence  int             `json:"sequence"` // 0 for a dry run
	Manifest  string          `json:"manifest_sha256"`
	Dir       string          `json:"dir"`
	Notes     []string        `json:"notes"`
	Changed   []string        `json:"changed_rules"` // since it was committed
	Summary   json.RawMessage `json:"summary"`       // null where already committed
}

// Run settles the nights.
func (c *runCommand) Run(ctx ctxArgument, a *app) error {
	a.metricsFile = c.MetricsFile
	began := now()
	options, err := c.options(a)
	if err == nil && !c.DryRun {
		err = a.ahead(options)
	}
	if err != nil {
		if !c.DryRun {
			a.failedBefore(ctx, a.config, began, err)
		}
		return err
	}
	if err := takesFolder("--out", c.Out); err != nil {
		return err
	}
	a.level.Set(slog.LevelWarn) // as text the result tells of the nights
	bar := newProgress(a.err)
	if a.json {
		bar = &progress{}
	}
	config := a.config
	measured, err := c.profileFlags.begin()
	if err != nil {
		return err
	}
	config.Workers, config.Profile = c.Workers, measured.recorder
	config.Progress = func(p pipeline.Progress) {
		bar.report(p)
		measured.look()
	}
	show := &nightPrinter{app: a, one: options.From == options.To}
	results, err := a.settle(ctx, config, options, func(n *pipeline.NightResult) {
		bar.clear()
		if !c.JSON {
			show.night(n)
		}
	})
	bar.clear()
	if endErr := measured.end(); endErr != nil {
		return errors.Join(err, endErr)
	}
	profiled := measured.recorder.Result()
	if c.JSON {
		if err == nil || len(results) > 0 {
			if jsonErr := a.printNights(results, profiled); jsonErr != nil {
				return jsonErr
			}
		}
	} else if showErr := errors.Join(show.end(), a.showProfile(profiled)); showErr != nil {
		return showErr
	}
	if err != nil {
		if n := len(results); n > 0 && !options.DryRun {
			a.tell("the nights up to %s are committed; then:", results[n-1].Date)
		}
		return a.notEnded(options.From.AddDays(len(results)), err)
	}
	a.soFar(options)
	for _, n := range results {
		if n.AllHeld && !n.DryRun && !n.Already {
			a.tell("%s: a guardrail held every new award; amends status lists them", n.Date)
			err = finding(exitHeld)
		}
	}
	return err
}

// printNights prints nights, and what was measured of them, for a program.
func (a *app) printNights(results []*pipeline.NightResult, profiled *profile.Profile) error {
	nights := make([]nightJSON, 0, len(results))
	for _, n := range results {
		j, err := newNightJSON(n)
		if err != nil {
			return err
		}
		nights = append(nights, j)
	}
	result := map[string]any{"nights": nights}
	if profiled != nil {
		result["profile"] = profiled
	}
	return a.printJSON(result)
}

func newNightJSON(n *pipeline.NightResult) (nightJSON, error) {
	j := nightJSON{Date: n.Date.String(), Effective: n.Effective.String(), Already: n.Already, DryRun: n.DryRun, AllHeld: n.AllHeld,
		Sequence: n.Sequence, Manifest: n.Manifest, Dir: n.Dir, Notes: orEmpty(n.Notes), Changed: orEmpty(n.ChangedRules), Summary: json.RawMessage("null")}
	if n.Summary != nil {
		content, err := n.Summary.JSON()
		if err != nil {
			return j, err
		}
		j.Summary = content
	}
	return j, nil
}

// nightPrinter shows nights as they are committed: one in full, of a range one
// line each and totals.
type nightPrinter struct {
	app    *app
	one    bool
	any    bool
	totals report.Totals
	since  *pipeline.NightResult // of a range the last that rules have changed since
	err    error                 // the first, of adding up
}

const nightLine = "%-10s  %8s  %6s  %9s  %8s  %s\n"

func (p *nightPrinter) night(n *pipeline.NightResult) {
	for _, note := range n.Notes {
		p.app.tell("%s: %s", n.Date, note)
	}
	if p.one {
		p.whole(n)
		return
	}
	if !p.any {
		p.any = true
		if n.DryRun {
			p.app.print("Dry run: nothing was committed.\n")
		}
		p.app.print(nightLine, "date", "issued", "held", "forfeited", "rejected", "amounts")
	}
	if n.Already {
		p.app.print("%-10s  committed before, nothing to do\n", n.Date)
		if len(n.ChangedRules) > 0 {
			p.since = n
		}
		return
	}
	var night report.Totals
	for _, t := range []*report.Totals{&night, &p.totals} {
		if err := t.Add(n.Summary); err != nil && p.err == nil {
			p.err = err
		}
	}
	p.app.print(nightLine, n.Date, report.Count(night.IssuedCount), report.Count(night.HeldCount), report.Count(night.ForfeitedCount),
		report.Count(night.Rejected), report.Amounts(night.Issued))
}

func (p *nightPrinter) whole(n *pipeline.NightResult) {
	if n.Already {
		var same []string
		if len(n.Grown) == 0 {
			same = append(same, "files")
		}
		if len(n.ChangedRules) == 0 {
			same = append(same, "rules")
		}
		with := ""
		if len(same) > 0 {
			with = ", with the same " + strings.Join(same, " and ")
		}
		p.app.print("The night of %s is committed already%s: nothing to do.\n", n.Date, with)
		p.changedRules(n)
		p.app.print("Files: %s\n", n.Dir)
		return
	}
	options := report.TextOptions{DryRun: n.DryRun, Dir: n.Dir, Report: filepath.Join(n.Dir, publish.ReportFile), Anomalies: n.Anomalies, Colour: p.app.colour}
	if err := report.Text(p.app.out, n.Summary, options); err != nil {
		p.err = err
	}
}

// changedRules says that rules were edited after a night was settled, and that it
// stays as it was decided.
func (p *nightPrinter) changedRules(n *pipeline.NightResult) {
	if len(n.ChangedRules) == 0 {
		return
	}
	p.app.print("Since then %s. A settled night is not decided again: that counts for later nights. What it would have given:\n  %s\n",
		strings.Join(n.ChangedRules, ", "), p.app.command("run --dry-run --date "+n.Date.String()))
}

// end writes the totals of a range.
func (p *nightPrinter) end() error {
	if p.since != nil {
		p.changedRules(p.since)
	}
	if p.err != nil || p.one || p.totals.Nights == 0 {
		return p.err
	}
	t := &p.totals
	p.app.print("\n%s: %s issued, %s\n", report.Counted(int64(t.Nights), "night", "nights"), report.Counted(t.IssuedCount, "credit", "credits"), report.Amounts(t.Issued))
	for _, line := range []struct {
		what  string
		count int64
		sums  string
	}{
		{"held", t.HeldCount, report.Amounts(t.Held)},
		{"forfeited", t.ForfeitedCount, report.Amounts(t.Forfeited)},
		{"redeemed", t.RedeemedCount, report.Amounts(t.Redeemed)},
	} {
		p.app.print("  %-10s %9s  %s\n", line.what, report.Count(line.count), line.sums)
	}
	p.app.print("  %-10s %9s  rows\n", "rejected", report.Count(t.Rejected))
	return report.Rules(p.app.out, t.RuleLines(), p.app.colour)
}
