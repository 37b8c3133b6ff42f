package main

import (
	"context"
	"fmt"
	"os"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/report/page"
)

type diffCommand struct {
	Runs       []string `arg:"" optional:"" name:"run" help:"Two folders of runs or dry runs, instead of --with."`
	With       string   `placeholder:"PATH" help:"The other rules: a folder of rules, one file that takes the place of the file of its name (or is one more), or a workspace with the same amends.yaml."`
	Whole      bool     `help:"The folder of --with is the whole rulebook, though files of this workspace are missing there."`
	Date       day      `placeholder:"DATE" xor:"date" help:"The night (default: the last one settled)."`
	From       day      `placeholder:"DATE" xor:"date" and:"range" help:"The first night of a range."`
	To         day      `placeholder:"DATE" and:"range" help:"The last night of a range."`
	Last       *int     `placeholder:"N" xor:"date" help:"The last N settled nights."`
	By         []string `placeholder:"COLUMN" sep:"none" help:"Break the difference down by this column; may be given several times (default: report.by of amends.yaml)."`
	Limit      int      `placeholder:"N" default:"10" help:"How many incidents to show as examples (default: 10)."`
	Lines      int      `placeholder:"N" default:"20" help:"How many lines of a table to show, of each currency (default: 20)."`
	NearMisses *bool    `negatable:"" help:"Also try each cut-off of B's rules at the numbers beside it, not only those that changed; --no-near-misses tries none."`
	Rule       []string `placeholder:"ID" help:"With --near-misses: only cut-offs that these rules read."`
	Threshold  string   `placeholder:"COMPARISON" sep:"none" help:"Try a range of numbers in one place of the rules: the rule's id, a colon, and one of its comparisons with from..to in place of the number, and then perhaps: step N."`
	Markdown   bool     `xor:"form" help:"Print the result as Markdown, short enough for a comment of a pull request."`
	CSV        string   `name:"csv" placeholder:"FILE" help:"Write every incident that differs, with both sides, to this file as well."`
	HTML       string   `name:"html" placeholder:"FILE" help:"Write a page with charts to this file as well."`
	JSON       bool     `name:"json" xor:"form" help:"Print the result as JSON."`
}

// Help is shown by amends diff --help.
func (diffCommand) Help() string {
	return `It runs the same nights with the workspace's rules (A) and with the others (B), in memory, each on a ledger of its own, and shows which incidents gain, lose and change credits, with their money by rule and column. Or it compares what two runs or dry runs of the same nights published. Nothing is written. Exit code 3 where they differ in anything, 0 where in nothing. Paths are taken from the current folder.

Side A is always the workspace as it is. Where it has the change already, compare in a copy of it that has the rules from before, with the rules of this one.

--markdown prints what a reviewer of the change asks first, for a comment of a pull request: what changed in the rules, who gains and loses, the money by rule, limits that bind, and the largest changes.

Near misses: for each number of a condition that B has another one for, the nights are decided again with the numbers beside it: whole numbers 1 and 5 away, hours and days 1 and 2 away, decimals and money a step of their last digit and a tenth away. --near-misses does so for every condition of B, or of the workspace's rules where --with names no others; --rule ID does so for one rule.

--threshold tries every number of a range in one place of the workspace's rules, or of those of --with, and shows hits, credits and money by number, beside the rules as they are: as text, --json, --csv FILE and --html FILE. It may also name a value of a table, caps.late.USD, or a number of a limit or budget, such as max_count and max_amount USD. At most 50 numbers; each costs as much as running the nights once. Exit code 0.

Examples:

  amends diff --with rules-new --from 2026-01-01 --to 2026-01-31
  amends diff --with proposed/rules --last 28 --markdown
  amends -C before diff --with rules --last 28
  amends diff --with new/tables.yaml --by seller --by customer.tier
  amends diff --with rules-new --date 2026-01-15 --html diff.html
  amends diff --threshold 'late-prime: days_late >= 1..10' --last 28 --html days.html
  amends diff --threshold 'caps.late.USD: 5..15 step 2.50' --last 28
  amends diff --threshold 'per-customer: max_count 2..6' --last 28
  amends diff --near-misses --date 2026-01-15
  amends diff --near-misses --rule late-prime --last 28 --markdown
  amends diff --with rules-new --by customer --lines 100 --csv changed.csv
  amends diff what-if-a what-if-b`
}

func (c *diffCommand) request() (pipeline.DiffRequest, error) {
	r := pipeline.DiffRequest{With: c.With, By: c.By, Examples: c.Limit, Rules: c.Rule, Whole: c.Whole, Lines: c.Lines}
	if c.NearMisses != nil {
		r.NearMisses = map[bool]pipeline.NearMisses{true: pipeline.NearMissesAll, false: pipeline.NoNearMisses}[*c.NearMisses]
	}
	switch {
	case len(c.Rule) > 0 && r.NearMisses != pipeline.NearMissesAll:
		return r, fmt.Errorf("%w: --rule says of which rules --near-misses tries cut-offs; --by rule shows every rule", pipeline.ErrUsage)
	case c.Limit < 0:
		return r, fmt.Errorf("%w: --limit %d: want 0 or more", pipeline.ErrUsage, c.Limit)
	case c.Lines < 1 || c.Lines > maxDiffLines:
		return r, fmt.Errorf("%w: --lines %d: want 1 to %d", pipeline.ErrUsage, c.Lines, maxDiffLines)
	case len(c.Runs) > 0 && r.NearMisses == pipeline.NearMissesAll:
		return r, fmt.Errorf("%w: --near-misses runs nights again, and two folders of runs are compared as they are", pipeline.ErrUsage)
	case len(c.Runs) == 2 && c.With == "" && !c.Date.set && !c.From.set && c.Last == nil:
		r.Folders = [2]string(c.Runs)
	case len(c.Runs) > 0 || c.With == "" && r.NearMisses != pipeline.NearMissesAll:
		return r, fmt.Errorf("%w: name other rules with --with, or two folders of runs and no dates", pipeline.ErrUsage)
	}
	return c.nights(r)
}

// nights puts the nights that are asked for into a request.
func (c *diffCommand) nights(r pipeline.DiffRequest) (pipeline.DiffRequest, error) {
	switch {
	case c.Last != nil && (*c.Last < 1 || *c.Last > maxDiffNights):
		return r, fmt.Errorf("%w: --last %d: want 1 to %d", pipeline.ErrUsage, *c.Last, maxDiffNights)
	case c.From.set:
		r.From, r.To, r.HasRange = c.From.date, c.To.date, true
	case c.Last != nil:
		r.Last = *c.Last
	case c.Date.set:
		r.From, r.To, r.HasRange = c.Date.date, c.Date.date, true
	}
	return r, nil
}

// Run compares, and ends with exitFindings where the sides differ.
func (c *diffCommand) Run(ctx ctxArgument, a *app) error {
	if c.Threshold != "" {
		return c.sweep(ctx, a)
	}
	request, err := c.request()
	if err != nil {
		return err
	}
	if err := c.takesFiles(); err != nil {
		return err
	}
	d, err := c.compare(ctx, a, request)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		if err := a.printJSON(d); err != nil {
			return err
		}
	case c.Markdown:
		a.print("%s", report.DiffMarkdown(d))
	default:
		_ = report.DiffText(a.out, d, report.TextOptions{Colour: a.colour}) // a.out keeps the error
		if len(d.Examples) > 0 && d.Basis == report.DiffSimulated {
			a.print("\nWhy side A decides as it does, condition by condition: %s\n", a.command("explain --dry-run --date DATE --credit CREDIT"))
			a.print("Side B: the same in a copy of the workspace that has its rules.\n")
			if len(d.Nights) > 1 {
				a.print("%s\n", report.OwnLedgers)
			}
		}
	}
	// After the result: a disk that is full since does not lose it.
	if c.HTML != "" {
		content, err := page.Diff(d)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.HTML, content, 0o666); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	if d.Differs {
		return finding(exitFindings)
	}
	return nil
}

// takesFiles reports which file of the flags could not be written, before nights
// are decided for it.
func (c *diffCommand) takesFiles() error {
	return takesAll(takesWhole("--csv", c.CSV), takesFile("--html", c.HTML))
}

// maxDiffNights bounds --last: more than two years of nights, each as long as a run.
const maxDiffNights = 1000

// maxDiffLines bounds what a page has to draw; files have no such bound.
const maxDiffLines = 10_000

// compare makes the comparison, and the file of --csv once it is whole: one of
// an earlier comparison stays until then.
func (c *diffCommand) compare(ctx context.Context, a *app, request pipeline.DiffRequest) (*report.Diff, error) {
	var partial *os.File
	if c.CSV != "" {
		var err error
		if partial, err = os.Create(c.CSV + ".partial"); err != nil {
			return nil, fmt.Errorf("--csv: %w", err)
		}
		defer func() {
			_ = partial.Close()           // a second time, where all went well
			_ = os.Remove(partial.Name()) // is there no more where it became c.CSV
		}()
		request.CSV = partial
	}
	request.Costs = a.costs
	bar := newProgress(a.err)
	config := a.config
	config.Progress = bar.report
	d, err := pipeline.Diff(ctx, config, request)
	bar.clear()
	if err != nil || partial == nil {
		return d, err
	}
	if err := partial.Close(); err != nil {
		return nil, fmt.Errorf("--csv: %w", err)
	}
	if err := os.Rename(partial.Name(), c.CSV); err != nil {
		return nil, fmt.Errorf("--csv: %w", err)
	}
	return d, nil
}

// costs says on stderr what near misses cost.
func (a *app) costs(runs, nights int) {
	_, _ = fmt.Fprintf(a.err, "amends: near misses: %s tried, so %s decided again (--no-near-misses leaves them out)\n",
		isAre(runs, "other number"), isAre(runs*nights, "night"))
}

func isAre(n int, one string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return report.Count(int64(n)) + " " + one + "s are"
}
