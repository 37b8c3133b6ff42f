package pipeline

import (
	"context"
	"fmt"
	"slices"

	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/ir"
)

// PlanResult says what a night does with the rows of each event source.
type PlanResult struct {
	Sources []PlanSource `json:"sources"`
}

// PlanSource is one event source: what is read of every row, and the guard,
// which is evaluated on every row that is final and in the window. Only rows
// that the guard lets through are joined and tried against the rules.
type PlanSource struct {
	Source  string     `json:"source"`
	File    string     `json:"file"`
	Columns []string   `json:"columns"` // read of every row, sorted
	Unread  int        `json:"unread"`  // columns of the file that are left alone
	PassBy  []string   `json:"pass_by"` // a growing table: row groups are passed over where the statistics of these columns say that all of their rows are older than the window
	Guard   string     `json:"guard"`   // defines written out; "true" lets every row through
	Rules   []PlanRule `json:"rules"`
}

// PlanRule is one rule: its part of the guard, and what it reads.
type PlanRule struct {
	Rule       string   `json:"rule"`
	Place      string   `json:"place"`
	Table      string   `json:"table,omitempty"` // its decision table in words
	Guard      string   `json:"guard"`           // "true": every row has to be tried
	Columns    []string `json:"columns"`         // of the event
	Dimensions []string `json:"dimensions"`      // fields, joined after the guard
	History    []string `json:"history"`         // credits and credited, looked up after the guard
}

// Plan explains how the rules of a workspace are evaluated. The diagnostics are
// Check's, and the result is nil where they hold errors.
func Plan(_ context.Context, c Config) (*PlanResult, diag.List, error) {
	p, program, found, list, err := compileProject(c.withDefaults())
	if err != nil || program == nil || list.HasErrors() {
		return nil, list, err
	}
	result := &PlanResult{}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		if source := program.Sources[s.Name]; s.Event != nil && source != nil {
			result.Sources = append(result.Sources, p.planOf(s, source, found[s.Name]))
		}
	}
	return result, list, nil
}

func (p *project) planOf(s *workspace.Source, program *rules.SourceProgram, schema sourceSchema) PlanSource {
	plan := PlanSource{Source: s.Name, File: schema.file, Columns: []string{}, PassBy: []string{}, Rules: []PlanRule{}}
	if !s.HasDate() {
		plan.PassBy = append(plan.PassBy, match.PassesBy(program)...)
	}
	cheap := func(slot int) bool {
		origin := program.Slots[slot].Origin
		return origin != ir.FromDimension && origin != ir.FromHistory
	}
	for _, column := range s.Columns() {
		plan.Columns = append(plan.Columns, column.Source)
	}
	var whens []ir.Node
	for i := range program.Rules {
		r := &program.Rules[i]
		whens = append(whens, r.When.Node)
		rule := PlanRule{Rule: r.Rule.ID, Place: p.lineOf(r.Rule.At), Columns: []string{}, Dimensions: []string{}, History: []string{}}
		rule.Table = tableInWords(r)
		rule.Guard = ir.Print(columnar.Guard(whens[i:i+1], cheap), program.Slots)
		for _, n := range reads(r) {
			slot := program.Slots[n]
			switch slot.Origin {
			case ir.FromColumn:
				rule.Columns = append(rule.Columns, slot.Column)
				plan.Columns = append(plan.Columns, slot.Column)
			case ir.FromDimension:
				rule.Dimensions = append(rule.Dimensions, slot.Name)
			case ir.FromHistory:
				rule.History = append(rule.History, slot.Name)
			}
		}
		plan.Rules = append(plan.Rules, rule)
	}
	for _, slot := range program.Slots {
		if slot.Origin == ir.FromColumn { // exclusions, approvals and `at` read as well
			plan.Columns = append(plan.Columns, slot.Column)
		}
	}
	for _, column := range p.work.ReportBy {
		if _, has := schema.details[column.Source]; has {
			plan.Columns = append(plan.Columns, column.Source)
		}
	}
	slices.Sort(plan.Columns)
	plan.Columns = slices.Compact(plan.Columns)
	plan.Unread = max(len(schema.fields)-len(plan.Columns), 0)
	plan.Guard = ir.Print(columnar.Guard(whens, cheap), program.Slots)
	return plan
}

// tableInWords says how large the decision table of a rule is; "" without one.
func tableInWords(r *rules.RuleProgram) string {
	if r.Table == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s, %s of conditions, hits %s", r.Rule.Table.Name, report.Counted(int64(len(r.Table.Rows)), "row", "rows"),
		report.Counted(int64(len(r.Table.Columns)), "column", "columns"), r.Table.Hits)
}

// reads are the slots that a rule reads anywhere, ascending.
func reads(r *rules.RuleProgram) []int {
	var slots []int
	add := func(e *rules.Expr) {
		if e != nil {
			slots = append(slots, e.Reads...)
		}
	}
	add(r.When)
	add(r.Amount)
	add(r.Funding)
	for _, part := range r.Message {
		add(part.Expr)
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}
