package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// reviewCommand is the awards that wait for a person.
type reviewCommand struct {
	List     reviewListCommand `cmd:"" default:"withargs" help:"List the awards that wait."`
	Approve  approveCommand    `cmd:"" help:"Let awards go: the next night decides them again with everything but what held them."`
	Reject   rejectCommand     `cmd:"" help:"End awards without a credit, for good."`
	Withdraw withdrawCommand   `cmd:"" help:"Take back requests of your own before the next night."`
}

// Help is shown by amends review --help.
func (reviewCommand) Help() string {
	return `Awards are held where a limit, a budget, an approval rule or a guardrail says so, or where an exclusion could not be evaluated. Approving or rejecting writes a request; the next night carries it out. A request is void once another night was committed: look again then.

Examples:

  amends review
  amends review approve cr1_5f2d… --by "Mo Ali" --why "checked with the carrier"
  amends review reject --rule never-came --by "Mo Ali" --why "the parcels arrived"
  amends review approve --file held.csv --by "Mo Ali" --why "checked one by one"
  amends review withdraw rq1_09ab… --by "Mo Ali" --why "the wrong list"

A file names credits: a CSV with a column credit_id, such as held.csv of a night without the rows that you do not mean, or one id a line. Only its ids count. What follows # is a comment.`
}

// holdFilter chooses among the awards that wait.
type holdFilter struct {
	Rule     string `placeholder:"ID" help:"Only awards of this rule."`
	Customer string `placeholder:"ID" help:"Only awards of this customer."`
	Cause    string `placeholder:"KIND[:ID]" help:"Only awards held by this: limit:per-customer, approval, guardrail, …"`
}

type reviewListCommand struct {
	holdFilter
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Run lists what waits, oldest first.
func (c reviewListCommand) Run(ctx ctxArgument, a *app) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	asked, err := seen.Asked()
	if err != nil {
		return err
	}
	holds := slices.DeleteFunc(seen.Holds, func(h publish.Hold) bool { return !pipeline.HoldFilter(c.holdFilter).Fits(&h) })
	if c.JSON {
		list := []jsonHold{}
		for _, h := range holds {
			list = append(list, jsonHold{
				Asked:    newJSONAsked(asked, h.CreditID),
				CreditID: h.CreditID, IncidentID: h.IncidentID, Source: h.Source, EventID: h.EventID, CustomerID: h.CustomerID, OrderID: h.OrderID,
				AmountMinor: h.AmountMinor, GrossMinor: h.GrossMinor, Currency: h.Currency, RuleID: h.RuleID, HeldSince: h.HeldSince.String(),
				HoldCauses: h.HoldCauses, Facts: json.RawMessage(h.Facts),
			})
		}
		return a.printJSON(list)
	}
	if len(holds) == 0 {
		a.print("No award waits.\n")
		return nil
	}
	total, decided, err := pipeline.Standing(holds, asked)
	if err != nil {
		return err
	}
	a.print("After the night of %s %s:\n", seen.Date, report.Counted(int64(len(holds)), "award waits", "awards wait"))
	a.listHolds(holds, asked)
	if decided > 0 {
		a.print("%s asked for already; with that they come to %s.\n", report.Counted(int64(decided), "of them is", "of them are"), report.Amounts(total))
	}
	return nil
}

// jsonAsked is the request that counts for an award.
type jsonAsked struct {
	Request     string            `json:"request"`
	Kind        state.RequestKind `json:"kind"`
	By          string            `json:"by"`
	Why         string            `json:"why"`
	AmountMinor int64             `json:"amount_minor"` // what an approval lets go
}

func newJSONAsked(asked map[string]pipeline.Verdict, credit string) *jsonAsked {
	v, is := asked[credit]
	if !is {
		return nil
	}
	return &jsonAsked{Request: v.Request.ID, Kind: v.Request.Kind, By: v.Request.By, Why: v.Request.Why, AmountMinor: v.Minor}
}

// jsonHold is an award that waits, for a program: names as in held.parquet.
type jsonHold struct {
	CreditID    string          `json:"credit_id"`
	IncidentID  string          `json:"incident_id"`
	Source      string          `json:"source"`
	EventID     string          `json:"event_id"`
	CustomerID  string          `json:"customer_id"`
	OrderID     string          `json:"order_id,omitempty"`
	AmountMinor int64           `json:"amount_minor"`
	GrossMinor  int64           `json:"gross_minor"`
	Currency    string          `json:"currency"`
	RuleID      string          `json:"rule_id"`
	HeldSince   string          `json:"held_since"`
	HoldCauses  []award.Cause   `json:"hold_causes"`
	Facts       json.RawMessage `json:"facts"`
	Asked       *jsonAsked      `json:"asked,omitempty"`
}

// listHolds shows awards, with what is asked for them where anything is.
func (a *app) listHolds(holds []publish.Hold, asked map[string]pipeline.Verdict) {
	t := report.Table{Columns: []report.Column{{Name: "credit", Wrap: 40}, {Name: "since", Wrap: 10}, {Name: "amount", Figures: true},
		{Name: "rule", Wrap: 16}, {Name: "because of", Wrap: report.Rest}}}
	if slices.ContainsFunc(holds, func(h publish.Hold) bool { _, is := asked[h.CreditID]; return is }) {
		t.Columns[4].Name = "because of, and what is asked"
	}
	for _, h := range holds {
		var causes []string
		for _, c := range h.HoldCauses {
			causes = append(causes, c.Kind+" "+c.ID+": "+c.Why)
		}
		if v, is := asked[h.CreditID]; is {
			causes = append(causes, v.Asks())
		}
		t.Rows = append(t.Rows, []string{h.CreditID, h.HeldSince.String(), money.Amount{Minor: h.AmountMinor, Currency: h.Currency}.Display(),
			h.RuleID, strings.Join(causes, "\n")})
	}
	_ = t.Write(a.out) // a.out keeps the error
}

// signature is who asks, and why.
type signature struct {
	By  string `required:"" placeholder:"NAME" help:"Who decides."`
	Why string `required:"" placeholder:"TEXT" help:"The reason; it stays in the ledger."`
	Yes bool   `short:"y" help:"Do not ask before writing the request."`
}

// holdChoice names awards that wait: by id, by filter, or all of them.
type holdChoice struct {
	Credits []string `arg:"" optional:"" name:"credit" help:"Credit ids, as review lists them."`
	holdFilter
	All  bool   `help:"Every award that waits."`
	File string `placeholder:"FILE" help:"The awards that a file names: a CSV with a column credit_id, or one id a line."`
}

type approveCommand struct {
	holdChoice
	signature
	Amount string `placeholder:"AMOUNT" help:"A lower amount in the award's currency, such as 7.50: for one award only."`
}

// Run writes an approval.
func (c approveCommand) Run(ctx ctxArgument, a *app) error {
	return a.review(ctx, state.Approve, c.holdChoice, c.signature, c.Amount)
}

type rejectCommand struct {
	holdChoice
	signature
}

// Run writes a rejection.
func (c rejectCommand) Run(ctx ctxArgument, a *app) error {
	return a.review(ctx, state.Reject, c.holdChoice, c.signature, "")
}

func (a *app) review(ctx ctxArgument, kind state.RequestKind, choice holdChoice, by signature, amount string) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	named := pipeline.HoldChoice{Credits: choice.Credits, HoldFilter: pipeline.HoldFilter(choice.holdFilter), All: choice.All}
	if choice.File != "" {
		if len(choice.Credits) > 0 || named.Set() || choice.All {
			return fmt.Errorf("%w: --file names the awards; leave out ids, filters and --all", pipeline.ErrUsage)
		}
		if named.Credits, err = a.creditsOfFile(choice.File, seen.Holds); err != nil {
			return err
		}
	}
	review, err := seen.Review(state.Request{Kind: kind, By: by.By, Why: by.Why}, named, amount)
	if err != nil {
		return err
	}
	for _, note := range review.Notes {
		a.print("%s.\n", note)
	}
	if review.Nothing() {
		a.print("Nothing was written.\n")
		return nil
	}
	a.print("%s:\n", review.Title())
	a.listHolds(review.Chosen, nil)
	return a.ask(seen, by.Yes, review.Request)
}

// creditsOfFile are the ids that a file names, each of which waits.
func (a *app) creditsOfFile(name string, holds []publish.Hold) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return pipeline.ReadCreditIDs(name, file, holds)
}

type withdrawCommand struct {
	Requests []string `arg:"" name:"request" help:"Ids of requests that wait: status lists them."`
	signature
}

// Run writes a withdrawal for each request.
func (c withdrawCommand) Run(ctx ctxArgument, a *app) error {
	seen, err := pipeline.See(ctx, a.config)
	if err != nil {
		return err
	}
	slices.Sort(c.Requests)
	var words []*state.Request
	for _, id := range slices.Compact(c.Requests) {
		word := &state.Request{Kind: state.Withdraw, Withdraws: id, By: c.By, Why: c.Why}
		if err := seen.Check(word); err != nil {
			return err
		}
		words = append(words, word)
	}
	a.print("Withdraw %s.\n", strings.Join(slices.Compact(c.Requests), ", "))
	return a.ask(seen, c.Yes, words...)
}

// ask shows that the next night will carry requests out, and writes them once a
// person says yes.
func (a *app) ask(seen *pipeline.Seen, yes bool, requests ...*state.Request) error {
	if !yes && !a.confirmed() {
		a.print("Nothing was written.\n")
		return finding(exitFailed) // a script that forgot --yes must not believe that it asked
	}
	for _, r := range requests {
		id, err := seen.Ask(r)
		if err != nil {
			return err
		}
		a.print("Written as %s. The next night carries it out; %s shows what waits.\n", id, a.command("status"))
	}
	return nil
}
