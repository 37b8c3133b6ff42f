package main

import (
	"bufio"
	"fmt"
	"strings"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

type voidCommand struct {
	Credits []string `arg:"" name:"credit" help:"Credit ids."`
	signature
}

// Help is shown by amends void --help.
func (voidCommand) Help() string {
	return `It asks the next night to take back what is left of credits. The incidents stay settled: what should have been paid instead is given as an external credit.

Example:

  amends void cr1_5f2d… --by "Mo Ali" --why "the order was never placed"`
}

// Run writes the request.
func (c voidCommand) Run(ctx ctxArgument, a *app) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	return a.takeBack(seen, &state.Request{Kind: state.Void, Credits: c.Credits, By: c.By, Why: c.Why}, c.Yes)
}

type reverseCommand struct {
	Date day `arg:"" name:"date" help:"The business date whose credits are taken back."`
	signature
}

// Help is shown by amends reverse --help.
func (reverseCommand) Help() string {
	return `It asks the next night to take back what is left of every credit that one night issued, such as after a wrong rule.

Example:

  amends reverse 2026-01-15 --by "Mo Ali" --why "the cap was off by a factor of ten"`
}

// Run writes the request.
func (c reverseCommand) Run(ctx ctxArgument, a *app) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	return a.takeBack(seen, &state.Request{Kind: state.Reverse, Run: c.Date.date, By: c.By, Why: c.Why}, c.Yes)
}

// takeBack shows what would be taken back, by customer and in all, and asks.
func (a *app) takeBack(seen *pipeline.Seen, r *state.Request, yes bool) error {
	credits, err := seen.TakenBack(r)
	if err != nil {
		return err
	}
	total, err := pipeline.Remaining(credits)
	if err != nil {
		return err
	}
	a.print("Take back what is left of %s, %s together:\n", report.Counted(int64(len(credits)), "credit", "credits"), report.Amounts(total))
	t := report.Table{Columns: []report.Column{{Name: "credit", Wrap: 40}, {Name: "customer", Wrap: 16}, {Name: "rule", Wrap: 16}, {Name: "left", Figures: true}}}
	for _, c := range credits[:min(len(credits), maxHoldsShown)] {
		t.Rows = append(t.Rows, []string{c.CreditID, c.CustomerID, c.RuleID, money.Amount{Minor: c.Remaining(), Currency: c.Currency}.Display()})
	}
	_ = t.Write(a.out) // a.out keeps the error
	if more := len(credits) - maxHoldsShown; more > 0 {
		a.print("  and %s more\n", report.Count(int64(more)))
	}
	if seen.NeedsConfirmation(total) {
		a.print("That is above confirm_above: another person confirms it before the next night, with amends confirm.\n")
	}
	return a.ask(seen, yes, r)
}

type confirmCommand struct {
	Request string `arg:"" name:"request" help:"The id of a void or reverse request that waits: status lists them."`
	signature
}

// Help is shown by amends confirm --help.
func (confirmCommand) Help() string {
	return `It is a second person's word for a void or reversal above confirm_above in amends.yaml. It must come before the next night.

Example:

  amends confirm rq1_09ab… --by "Ana Ruiz" --why "checked the list with Mo"`
}

// Run writes the confirmation.
func (c confirmCommand) Run(ctx ctxArgument, a *app) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	a.print("Confirm %s.\n", c.Request)
	return a.ask(seen, c.Yes, &state.Request{Kind: state.Confirm, Confirms: c.Request, By: c.By, Why: c.Why})
}

// confirmed asks a person; what is no yes is a no, and so is a missing answer.
func (a *app) confirmed() bool {
	fmt.Fprint(a.err, "Write this request? [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
