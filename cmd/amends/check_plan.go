package main

import (
	"strings"

	"amends/pipeline"
	"amends/pipeline/report"
)

// plan shows how the rules are evaluated.
func (c checkCommand) plan(ctx ctxArgument, a *app) error {
	result, list, err := pipeline.Plan(ctx, a.config)
	if err != nil {
		return err
	}
	if result == nil {
		list.Render(a.out)
		return finding(exitFindings)
	}
	if c.JSON {
		return a.printJSON(result)
	}
	for i := range result.Sources {
		if i > 0 {
			a.print("\n")
		}
		a.showPlan(&result.Sources[i])
	}
	return nil
}

// maxTableGuard bounds what is shown of the guard of a decision table, which has
// a part for each row.
const maxTableGuard = 300

func (a *app) showPlan(s *pipeline.PlanSource) {
	a.print("%s, as in %s\n", s.Source, orNone(s.File, "no file yet"))
	a.print("  read of every row: %s (%s of the file left alone)\n", strings.Join(s.Columns, ", "), report.Counted(int64(s.Unread), "column", "columns"))
	if len(s.PassBy) > 0 {
		a.print("  row groups are passed over where the statistics of %s say that all of their rows are older than the window\n", strings.Join(s.PassBy, ", "))
	}
	if s.Guard == "true" {
		a.print("  no guard: some rule says nothing about these columns alone, so every row is joined and tried\n")
	} else {
		a.print("  a row is joined and tried where one of these parts is true, or cannot be told:\n")
	}
	t := report.Table{Columns: []report.Column{{Name: "rule", Wrap: 28}, {Name: "its part of the guard", Wrap: 38}, {Name: "joined after it", Wrap: report.Rest}}}
	for _, r := range s.Rules {
		joined := strings.Join(append(append([]string{}, r.Dimensions...), r.History...), ", ")
		guard := r.Guard
		if runes := []rune(guard); r.Table != "" && len(runes) > maxTableGuard {
			guard = string(runes[:maxTableGuard]) + "… (whole with --json)"
		}
		t.Rows = append(t.Rows, []string{strings.TrimSpace(r.Rule + "\n" + r.Place + "\n" + r.Table), guard, orNone(joined, "–")})
	}
	_ = t.Write(a.out) // a.out keeps the error
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
