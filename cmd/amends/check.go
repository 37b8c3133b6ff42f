package main

import (
	"context"
	"errors"
	"fmt"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/diag"
)

type checkCommand struct {
	JSON    bool     `name:"json" help:"Print the result as JSON."`
	Plan    bool     `help:"Show what each rule reads, and the guard that spares most rows the rules."`
	Explain bool     `help:"Explain codes such as R014, with a wrong and a right example; without a code, list them all."`
	Codes   []string `arg:"" optional:"" name:"code" help:"The codes to explain."`
}

// Help is shown by amends check --help.
func (checkCommand) Help() string {
	return `It reads amends.yaml and all rules, compares them with the columns of the newest files, and lists everything that is wrong at once. Exit code 3 where something stops a run. Warnings do not.

--plan shows how the rules are evaluated: which columns are read of every row; the guard, a cheap condition over these columns that every row which a rule may hit satisfies; and for each rule its part of the guard and what is joined or looked up only for the rows that pass it. A rule whose part is "true" makes a night slower: every row has to be tried.

Examples:

  amends check
  amends check --plan
  amends check --explain R014
  amends check --explain`
}

type checkJSON struct {
	OK          bool             `json:"ok"`
	RuleFiles   int              `json:"rule_files"`
	Rules       int              `json:"rules"`
	ShadowRules int              `json:"shadow_rules"`
	Sources     []sourceJSON     `json:"sources"`
	Diagnostics []diagnosticJSON `json:"diagnostics"`
}

type sourceJSON struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	File    string `json:"file"`
	Columns int    `json:"columns"`
}

type diagnosticJSON struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// Run checks the workspace.
func (c checkCommand) Run(ctx ctxArgument, a *app) error {
	switch {
	case c.Explain:
		return c.explain(a)
	case len(c.Codes) > 0:
		return fmt.Errorf("%w: %s: codes stand behind --explain", pipeline.ErrUsage, c.Codes[0])
	case c.Plan:
		return c.plan(ctx, a)
	}
	result, list, err := checked(ctx, a.config)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := a.printJSON(newCheckJSON(result, list)); err != nil {
			return err
		}
	} else {
		list.Render(a.out)
		if !list.HasErrors() {
			a.showCheck(result)
		}
	}
	if list.HasErrors() {
		return finding(exitFindings)
	}
	return nil
}

// checked is Check, with every diagnostic in the list.
func checked(ctx context.Context, config pipeline.Config) (*pipeline.CheckResult, diag.List, error) {
	result, list, err := pipeline.Check(ctx, config)
	var bad *diag.ListError
	if errors.As(err, &bad) {
		list, err = append(list, bad.List...), nil
		list.Sort()
	}
	if result == nil {
		result = &pipeline.CheckResult{}
	}
	return result, list, err
}

func (a *app) showCheck(r *pipeline.CheckResult) {
	shadow := ""
	if r.ShadowRules > 0 {
		shadow = " (" + report.Count(int64(r.ShadowRules)) + " in trial)"
	}
	a.print("ok: %s%s in %s, %s\n", report.Counted(int64(r.Rules), "rule", "rules"), shadow,
		report.Counted(int64(r.RuleFiles), "file", "files"), report.Counted(int64(len(r.Sources)), "source", "sources"))
	t := report.Table{Columns: []report.Column{{Name: "source", Wrap: 20}, {Name: "holds", Wrap: 16}, {Name: "columns", Figures: true}, {Name: "as in"}}}
	for _, s := range r.Sources {
		file, columns := s.File, report.Count(int64(s.Columns))
		if file == "" {
			file, columns = "(no file yet)", ""
		}
		t.Rows = append(t.Rows, []string{s.Name, s.Role, columns, file})
	}
	if len(t.Rows) > 0 {
		_ = t.Write(a.out) // a.out keeps the error
	}
}

func newCheckJSON(r *pipeline.CheckResult, list diag.List) checkJSON {
	j := checkJSON{OK: !list.HasErrors(), RuleFiles: r.RuleFiles, Rules: r.Rules, ShadowRules: r.ShadowRules,
		Sources: []sourceJSON{}, Diagnostics: []diagnosticJSON{}}
	for _, s := range r.Sources {
		j.Sources = append(j.Sources, sourceJSON(s))
	}
	for _, d := range list {
		j.Diagnostics = append(j.Diagnostics, diagnosticJSON{File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Col,
			Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint})
	}
	return j
}
