package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/diag"
	"amends/rules/lint"
)

type checkCommand struct {
	JSON    bool     `name:"json" xor:"form" help:"Print the result as JSON."`
	SARIF   bool     `name:"sarif" xor:"form" help:"Print the findings as SARIF 2.1.0, for code review."`
	Strict  bool     `help:"Fail on warnings too."`
	Sample  day      `placeholder:"DATE" help:"Match one night, write nothing, and show what each rule hits."`
	Plan    bool     `help:"Show what each rule reads, and the guard that spares most rows the rules."`
	Explain bool     `help:"Explain codes such as R014, with a wrong and a right example; without a code, list them all."`
	Codes   []string `arg:"" optional:"" name:"code" help:"The codes to explain."`
}

// Help is shown by amends check --help.
func (checkCommand) Help() string {
	return `It reads amends.yaml and all rules, compares them with the columns of the newest files, and lists everything that is wrong at once. Where nothing is, it goes on: warnings are probably mistakes, such as a rule that never hits, and notes are worth knowing. What is wrong in test files is a warning, for no run reads them. Exit code 3 where something stops a run; with --strict, where there is a warning.

A comment accepts a warning or a note on its line, or on the line below it, with a reason: # amends: allow L021 because every parcel counts

--sample DATE matches the rows of one night as a run does, with the ledger as it was before it, and writes nothing: hits by rule before exclusions and limits, rules that hit nothing or more than half of the rows, messages that are too long, and the largest amounts.

--plan shows how the rules are evaluated: which columns are read of every row; the guard, a cheap condition over these columns that every row which a rule may hit satisfies; and for each rule its part of the guard and what is joined or looked up only for the rows that pass it. A rule whose part is "true" makes a night slower: every row has to be tried.

Examples:

  amends check
  amends check --strict
  amends check --sarif
  amends check --sample 2026-02-18
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
	Accepted    []acceptedJSON   `json:"accepted"`
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

type acceptedJSON struct {
	diagnosticJSON
	Because string `json:"because"`
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
	case c.Sample.set:
		return c.sample(ctx, a)
	}
	result, list, err := checked(ctx, a.config)
	if err != nil {
		return err
	}
	failed := list.HasErrors() || c.Strict && count(list, diag.Warning) > 0
	switch {
	case c.JSON:
		err = a.printJSON(newCheckJSON(result, list, !failed))
	case c.SARIF:
		err = a.printJSON(newSARIF(list, result.Accepted))
	default:
		gravestFirst(list).Render(a.out)
		if !failed {
			a.showCheck(result)
		}
		a.showCounts(list, result.Accepted, failed)
	}
	if err != nil {
		return err
	}
	if failed {
		return finding(exitFindings)
	}
	return nil
}

// checked is Lint, with every diagnostic in the list.
func checked(ctx context.Context, config pipeline.Config) (*pipeline.CheckResult, diag.List, error) {
	var options pipeline.CheckOptions
	if next, err := pipeline.NextUnsettled(config, now()); err == nil {
		options.Today, options.HasDate = next, true // else the check says what is wrong
	}
	result, list, err := pipeline.Lint(ctx, config, options)
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

// gravestFirst is the list; where not all of it is shown, errors come before
// warnings, and notes last.
func gravestFirst(list diag.List) diag.List {
	if len(list) <= diag.MaxRendered {
		return list
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b diag.Diagnostic) int { return cmp.Compare(a.Severity, b.Severity) })
	return sorted
}

func count(list diag.List, severity diag.Severity) int {
	n := 0
	for _, d := range list {
		if d.Severity == severity {
			n++
		}
	}
	return n
}

// showCounts says how many findings there are beside errors.
func (a *app) showCounts(list diag.List, accepted []lint.Accepted, failed bool) {
	var parts []string
	add := func(n int, one, several string) {
		if n > 0 {
			parts = append(parts, report.Counted(int64(n), one, several))
		}
	}
	add(count(list, diag.Warning), "warning", "warnings")
	add(count(list, diag.Note), "note", "notes")
	add(len(accepted), "finding accepted in place", "findings accepted in place")
	if len(parts) == 0 || list.HasErrors() {
		return
	}
	if failed {
		parts[0] += " (with --strict that fails)"
	}
	a.print("%s. amends check --explain CODE says more.\n", strings.Join(parts, ", "))
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

func newCheckJSON(r *pipeline.CheckResult, list diag.List, ok bool) checkJSON {
	j := checkJSON{OK: ok, RuleFiles: r.RuleFiles, Rules: r.Rules, ShadowRules: r.ShadowRules,
		Sources: []sourceJSON{}, Diagnostics: []diagnosticJSON{}, Accepted: []acceptedJSON{}}
	for _, s := range r.Sources {
		j.Sources = append(j.Sources, sourceJSON(s))
	}
	for _, d := range list {
		j.Diagnostics = append(j.Diagnostics, newDiagnosticJSON(d))
	}
	for _, d := range r.Accepted {
		j.Accepted = append(j.Accepted, acceptedJSON{newDiagnosticJSON(d.Diagnostic), d.Because})
	}
	return j
}

func newDiagnosticJSON(d diag.Diagnostic) diagnosticJSON {
	return diagnosticJSON{File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Col,
		Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint}
}
