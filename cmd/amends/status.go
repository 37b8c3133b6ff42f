package main

import (
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

type statusCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Help is shown by amends status --help.
func (statusCommand) Help() string {
	return `It shows the last settled night, dates that are missing, what customers can still use, and the awards that wait for a person. It changes nothing.

Example:

  amends status`
}

// maxHoldsShown keeps a long queue from scrolling the rest away; --json has all.
const maxHoldsShown = 20

// maxDatesShown is how many missing dates are named.
const maxDatesShown = 5

// Run shows the status.
func (c statusCommand) Run(ctx ctxArgument, a *app) error {
	s, err := pipeline.Status(ctx, a.config, now())
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(s)
	}
	a.showNights(s)
	a.showHolds(s.Holds)
	a.showRequests(s.Requests)
	a.showUnfinished(s.Unfinished)
	if len(s.Aside) > 0 {
		a.print("\nLeft by runs that did not finish, set aside and not part of anything:\n")
		for _, name := range s.Aside {
			a.print("  %s\n", name)
		}
	}
	return nil
}

// shownID is how much of another request's id a line of status has room for.
const shownID = len("rq1_") + 10

// showRequests lists what people asked of the next night, and what keeps a
// request from being carried out.
func (a *app) showRequests(requests []pipeline.RequestStatus) {
	if len(requests) == 0 {
		return
	}
	a.print("\nRequests for the next night:\n")
	t := report.Table{Columns: []report.Column{{Name: "id"}, {Name: "kind"}, {Name: "by", Wrap: 14}, {Name: "after", Wrap: 10},
		{Name: "of", Figures: true}, {Name: "amount", Figures: true}, {Name: "is", Wrap: report.Rest}}}
	var below []string
	for _, r := range requests[:min(len(requests), maxHoldsShown)] {
		amounts, is, of := "", r.Problem, r.Targets[0]
		if len(r.Minor) > 0 {
			amounts = report.Amounts(money.ByCurrency(r.Minor))
		}
		namesIDs := slices.ContainsFunc(strings.Fields(r.Problem), award.IsID)
		switch { // a narrow column would break ids
		case r.Good && namesIDs:
			is = "good, but see below"
		case r.Good:
			is = strings.TrimSuffix("good; "+r.Problem, "; ")
		case namesIDs:
			is = "not good: see below"
		}
		if namesIDs {
			below = append(below, r.ID+": "+r.Problem)
		}
		switch state.RequestKind(r.Kind) {
		case state.Approve, state.Reject, state.Void:
			of = report.Count(int64(len(r.Targets)))
		case state.Confirm, state.Withdraw:
			of, is = "", is+"; "+of[:min(len(of), shownID)]+"…"
		}
		t.Rows = append(t.Rows, []string{r.ID, r.Kind, r.By, r.Since, of, amounts, is})
	}
	_ = t.Write(a.out) // a.out keeps the error
	for _, line := range below {
		a.print("  %s\n", line)
	}
	if more := len(requests) - maxHoldsShown; more > 0 {
		a.print("  and %s more (%s has all)\n", report.Count(int64(more)), a.command("status --json"))
	}
}

// showUnfinished tells what a run that did not finish left.
func (a *app) showUnfinished(names []string) {
	if len(names) == 0 {
		return
	}
	a.print("\nLeft by a run that did not finish; it counts for nothing, and the next run sets it aside:\n")
	for _, name := range names {
		a.print("  %s\n", name)
	}
}

func (a *app) showNights(s *pipeline.StatusResult) {
	if s.Runs == 0 {
		a.print("No night is settled yet.\n")
	} else {
		a.print("%s settled, %s to %s.\n", report.Counted(int64(s.Runs), "night", "nights"), s.First, s.Last)
		a.print("Customers can still use %s (%s).\n", report.Amounts(money.ByCurrency(s.Outstanding)), report.Counted(s.OpenCredits, "credit", "credits"))
	}
	if s.NextDate != "" {
		a.print("Next: %s.\n", s.NextDate)
	}
	if n := len(s.Missed); n > 0 {
		shown := strings.Join(s.Missed, ", ")
		if n > maxDatesShown {
			shown = s.Missed[0] + " to " + s.Missed[n-1]
		}
		next := "  " + a.command("run --from "+s.Missed[0]+" --to "+s.Missed[n-1])
		if s.MissedWaits != "" {
			next = "  " + s.Missed[0] + " comes first, and its files are not there yet."
		}
		a.print("%s not settled yet: %s\n%s\n", report.Counted(int64(n), "date has ended and is", "dates have ended and are"), shown, next)
	}
	if len(s.Skipped) > 0 {
		a.print("Left out for good: %s\n", strings.Join(s.Skipped, ", "))
	}
}

func (a *app) showHolds(holds []pipeline.HoldStatus) {
	if len(holds) == 0 {
		return
	}
	total := money.ByCurrency{}
	for _, h := range holds {
		if err := total.Add(h.Currency, h.AmountMinor); err != nil {
			a.tell("the awards that wait: %v", err)
		}
	}
	a.print("\n%s for a person, %s together, oldest first:\n", report.Counted(int64(len(holds)), "award waits", "awards wait"), report.Amounts(total))
	t := report.Table{Columns: []report.Column{{Name: "held since", Wrap: 10}, {Name: "lapses on", Wrap: 10}, {Name: "amount", Figures: true},
		{Name: "rule", Wrap: 16}, {Name: "customer", Wrap: 14}, {Name: "because of", Wrap: report.Rest}}}
	for _, h := range holds[:min(len(holds), maxHoldsShown)] {
		t.Rows = append(t.Rows, []string{h.HeldSince, h.LapsesOn, h.Amount, h.Rule, h.CustomerID, strings.Join(h.Causes, "\n")})
	}
	_ = t.Write(a.out) // a.out keeps the error
	if more := len(holds) - maxHoldsShown; more > 0 {
		a.print("  and %s more (%s has all)\n", report.Count(int64(more)), a.command("status --json"))
	}
}
