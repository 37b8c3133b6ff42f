package main

import (
	"fmt"

	"amends/pipeline"
	"amends/pipeline/report"
)

type explainCommand struct {
	IDs      []string `arg:"" optional:"" name:"id" help:"What to explain: the id of an event, an order, a customer or a credit, tried in this order."`
	Event    []string `sep:"none" placeholder:"ID" help:"Explain an event."`
	Order    []string `sep:"none" placeholder:"ID" help:"Explain the events of an order."`
	Customer []string `sep:"none" placeholder:"ID" help:"Explain the events of a customer."`
	Credit   []string `sep:"none" placeholder:"ID" help:"Explain a credit or incident, by default on the night that issued it."`
	Date     day      `placeholder:"DATE" help:"The night (default: the last one settled)."`
	DryRun   bool     `help:"Explain what the night would do with the rules as they are now (default date: the next night)."`
	Source   string   `placeholder:"NAME" help:"Only events of this source."`
	Full     bool     `help:"Show every condition, exclusion and limit, also of events that got nothing (JSON always does)."`
	JSON     bool     `name:"json" help:"Print the result as JSON."`
}

// Help is shown by amends explain --help.
func (explainCommand) Help() string {
	return `It runs the night again in memory, changes nothing, and says of each event that the id names: what it got and why, when the credit can be used and what the customer was told, the conditions and the amount of the rule that counts, a line for each other rule, what limits and approvals did, and what was given before. A rule that failed on one condition only says how far it was from hitting. Of several events of an order or customer, those that got nothing have their sentence alone. With --full, everything that was looked at is shown: every condition with the values it read, every exclusion, limit and budget.

Examples:

  amends explain d-1001
  amends explain --customer c-42 --date 2026-01-15
  amends explain --order o-7 --dry-run`
}

// requests are the ids with what they are taken for, in the order of help.
func (c *explainCommand) requests() []pipeline.ExplainRequest {
	var list []pipeline.ExplainRequest
	for _, named := range []struct {
		kind string
		ids  []string
	}{{"", c.IDs}, {report.OfEvent, c.Event}, {report.OfOrder, c.Order}, {report.OfCustomer, c.Customer}, {report.OfCredit, c.Credit}} {
		for _, id := range named.ids {
			list = append(list, pipeline.ExplainRequest{
				ID: id, Kind: named.kind, Source: c.Source, Date: c.Date.date, HasDate: c.Date.set, DryRun: c.DryRun,
			})
		}
	}
	return list
}

// Run explains each id in turn.
func (c *explainCommand) Run(ctx ctxArgument, a *app) error {
	requests := c.requests()
	if len(requests) == 0 {
		return fmt.Errorf("%w: name what to explain: the id of an event, order, customer or credit", pipeline.ErrUsage)
	}
	bar := newProgress(a.err)
	config := a.config
	config.Progress = bar.report
	var all []*report.Explanation
	for i, r := range requests {
		x, err := pipeline.Explain(ctx, config, r, now())
		bar.clear()
		if err != nil {
			return err
		}
		if c.JSON {
			all = append(all, x)
			continue
		}
		if i > 0 {
			a.print("\n")
		}
		_ = report.ExplanationText(a.out, x, report.TextOptions{Colour: a.colour, Full: c.Full}) // a.out keeps the error
	}
	if c.JSON {
		return a.printJSON(map[string]any{"explanations": all})
	}
	return nil
}
