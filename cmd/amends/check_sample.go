package main

import (
	"errors"
	"fmt"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/diag"
)

type sampleJSON struct {
	OK          bool              `json:"ok"`
	Date        string            `json:"date"`
	Rules       []sampleRuleJSON  `json:"rules"`
	Largest     []sampleAwardJSON `json:"largest"`
	Diagnostics []diagnosticJSON  `json:"diagnostics"`
	Accepted    []acceptedJSON    `json:"accepted"`
}

type sampleRuleJSON struct {
	Rule           string           `json:"rule"`
	Place          string           `json:"place"`
	Source         string           `json:"source"`
	Shadow         bool             `json:"shadow"`
	Active         bool             `json:"active"`
	Rows           int64            `json:"rows"`
	Hits           int64            `json:"hits"`
	Would          map[string]int64 `json:"would_give_minor"`
	LongestMessage int              `json:"longest_message"`
}

type sampleAwardJSON struct {
	Rule          string `json:"rule"`
	Source        string `json:"source"`
	Event         string `json:"event"`
	Customer      string `json:"customer"`
	AmountMinor   int64  `json:"amount_minor"`
	Currency      string `json:"currency"`
	CappedByValue bool   `json:"capped_by_value"`
}

// sample shows what the rules hit on one night.
func (c checkCommand) sample(ctx ctxArgument, a *app) error {
	result, list, err := pipeline.Sample(ctx, a.config, c.Sample.date)
	var bad *diag.ListError
	if errors.As(err, &bad) {
		result, list, err = &pipeline.SampleResult{Date: c.Sample.date}, bad.List, nil
	}
	if err != nil {
		return err
	}
	failed := list.HasErrors() || c.Strict && count(list, diag.Warning) > 0
	switch {
	case c.JSON:
		err = a.printJSON(newSampleJSON(result, list, !failed))
	case c.SARIF:
		err = a.printJSON(newSARIF(list, result.Accepted))
	default:
		gravestFirst(list).Render(a.out)
		if !list.HasErrors() {
			err = a.showSample(result)
		}
		a.showCounts(list, result.Accepted, failed)
	}
	if err == nil && failed {
		err = finding(exitFindings)
	}
	return err
}

func (a *app) showSample(r *pipeline.SampleResult) error {
	a.print("The night of %s, before exclusions and limits; a hit is an incident,\nsettled before or not. Nothing was written.\n", r.Date)
	rules := report.Table{Columns: []report.Column{{Name: "rule", Wrap: 28}, {Name: "rows", Figures: true}, {Name: "hits", Figures: true}, {Name: "would give", Wrap: report.Rest}}}
	for _, s := range r.Rules {
		would := report.Amounts(s.Would)
		switch {
		case !s.Active:
			would = "not active on this night"
		case s.Shadow:
			would += " (in trial)"
		}
		rules.Rows = append(rules.Rows, []string{s.ID + "\n" + s.Place, report.Count(s.Rows), report.Count(s.Hits), would})
	}
	if err := rules.Write(a.out); err != nil {
		return err
	}
	if len(r.Largest) == 0 {
		return nil
	}
	a.print("\nThe largest amounts:\n")
	largest := report.Table{Columns: []report.Column{{Name: "amount", Figures: true}, {Name: "rule"}, {Name: "event"}, {Name: "customer"}, {Name: "", Wrap: report.Rest}}}
	for _, s := range r.Largest {
		capped := ""
		if s.CappedByValue {
			capped = "all of its value"
		}
		largest.Rows = append(largest.Rows, []string{report.Amount(s.Amount.Minor, s.Amount.Currency), s.Rule, s.Source + " " + s.Event, s.Customer, capped})
	}
	if err := largest.Write(a.out); err != nil {
		return fmt.Errorf("the largest amounts: %w", err)
	}
	return nil
}

func newSampleJSON(r *pipeline.SampleResult, list diag.List, ok bool) sampleJSON {
	j := sampleJSON{OK: ok, Date: r.Date.String(), Rules: []sampleRuleJSON{}, Largest: []sampleAwardJSON{}, Diagnostics: []diagnosticJSON{}, Accepted: []acceptedJSON{}}
	for _, s := range r.Rules {
		j.Rules = append(j.Rules, sampleRuleJSON{s.ID, s.Place, s.Source, s.Shadow, s.Active, s.Rows, s.Hits, s.Would, s.LongestMessage})
	}
	for _, s := range r.Largest {
		j.Largest = append(j.Largest, sampleAwardJSON{s.Rule, s.Source, s.Event, s.Customer, s.Amount.Minor, s.Amount.Currency, s.CappedByValue})
	}
	for _, d := range list {
		j.Diagnostics = append(j.Diagnostics, newDiagnosticJSON(d))
	}
	for _, d := range r.Accepted {
		j.Accepted = append(j.Accepted, acceptedJSON{newDiagnosticJSON(d.Diagnostic), d.Because})
	}
	return j
}
