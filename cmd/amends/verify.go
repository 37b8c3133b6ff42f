package main

import (
	"amends/pipeline"
	"amends/pipeline/report"
)

type verifyCommand struct {
	Replay    day  `placeholder:"DATE" xor:"replay" help:"Also run this night again, in memory, and compare every byte."`
	ReplayAll bool `xor:"replay" help:"Also run every committed night again."`
	JSON      bool `name:"json" help:"Print the result as JSON."`
}

// Help is shown by amends verify --help.
func (verifyCommand) Help() string {
	return `It reads every published file again and compares digests, rows, sums and the chain of manifests, and that no incident was paid twice. It changes nothing. Exit code 3 where it finds something. A replay needs the night's input files as they were. A night whose growing table has grown or changed since cannot be replayed: that is said, and is no finding.

Examples:

  amends verify
  amends verify --replay 2026-01-15`
}

// Run verifies the state.
func (c verifyCommand) Run(ctx ctxArgument, a *app) error {
	r, err := pipeline.Verify(ctx, a.config, pipeline.VerifyOptions{
		Replay: c.Replay.date, HasReplay: c.Replay.set, ReplayAll: c.ReplayAll,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		j := *r
		j.Replayed, j.Findings, j.Totals = orEmpty(r.Replayed), orEmpty(r.Findings), orEmpty(r.Totals)
		j.NotReplayed = orEmpty(r.NotReplayed)
		j.Unfinished, j.Notes = orEmpty(r.Unfinished), orEmpty(r.Notes)
		if err := a.printJSON(j); err != nil {
			return err
		}
	} else {
		a.showVerify(r)
	}
	if len(r.Findings) > 0 {
		return finding(exitFindings)
	}
	return nil
}

func (a *app) showVerify(r *pipeline.VerifyResult) {
	for _, f := range r.Findings {
		a.print("%s: %s\n", f.File, f.Problem)
	}
	if len(r.Findings) > 0 {
		a.print("\n%s in %s: do not publish from this state, and restore the files named above from a copy.\n",
			report.Counted(int64(len(r.Findings)), "problem", "problems"), report.Counted(int64(r.Runs), "night", "nights"))
		return
	}
	defer a.showUnfinished(r.Unfinished)
	if r.Runs == 0 {
		a.print("ok: no night is committed yet\n")
		return
	}
	a.print("ok: %s, %s to %s; %s, %s, %s; no incident was paid twice\n", report.Counted(int64(r.Runs), "night", "nights"), r.First, r.Last,
		report.Counted(int64(r.Files), "file", "files"), report.Counted(r.Rows, "row", "rows"), report.Counted(r.Credits, "credit", "credits"))
	if n := len(r.Replayed); n > 0 {
		same := "every byte the same"
		if len(r.Notes) > 0 {
			same = "every byte the same but for pages"
		}
		a.print("ok: %s run again, %s\n", report.Counted(int64(n), "night", "nights"), same)
	}
	for _, n := range r.NotReplayed {
		a.print("not replayed: the night of %s cannot be run again: %s has grown or changed since; that is no problem of the state\n", n.Date, n.Table)
	}
	for _, note := range r.Notes {
		a.print("note: %s\n", note)
	}
	if len(r.Totals) > 0 {
		a.print("\nSince the first night:\n")
		_ = report.RollForward(a.out, r.Totals) // a.out keeps the error
	}
}
