package pipeline

import (
	"context"
	"slices"
	"strings"

	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
)

// Check reads the workspace and the rulebook and holds both to the newest file
// of each source. The diagnostics are its findings; the result is nil where
// they hold errors. The error is what the machine did not give.
func Check(_ context.Context, c Config) (*CheckResult, diag.List, error) {
	c = c.withDefaults()
	p, _, found, list, err := compileProject(c)
	if err != nil || list.HasErrors() {
		return nil, list, err
	}
	return p.checkResult(found), list, nil
}

func (p *project) checkResult(found schemas) *CheckResult {
	result := &CheckResult{RuleFiles: len(p.rulebook.Files), Rules: len(p.rulebook.Rules)}
	for _, r := range p.rulebook.Rules {
		if r.Mode == rules.Shadow {
			result.ShadowRules++
		}
	}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		schema := found[s.Name]
		result.Sources = append(result.Sources, SourceState{Name: s.Name, Role: role(s), File: schema.file, Columns: len(schema.fields)})
	}
	return result
}

// compileProject loads a workspace and checks its rules against the newest file
// of each source. Of a rulebook with errors it still looks for those in
// expressions, so that all are mended at once.
func compileProject(c Config) (*project, *rules.Program, schemas, diag.List, error) {
	p, list, err := readProject(c.Dir)
	if err != nil || p == nil {
		return nil, nil, nil, list, err
	}
	found, err := p.learnMissing(schemas{}, anyDate)
	if err != nil && list.HasErrors() {
		return nil, nil, nil, list, nil // what is known to be wrong comes first
	}
	if err != nil {
		return nil, nil, nil, list, err
	}
	catalog, more := p.catalog(found)
	list = append(list, more...)
	if more.HasErrors() {
		list.Sort()
		return nil, nil, nil, list, nil
	}
	program, more := rules.Compile(p.rulebook, catalog)
	for i := range more {
		more[i].Pos.File = placeOf(p, more[i].Pos.File)
	}
	list = append(list, more...)
	if program != nil {
		list = append(list, checkHistory(p.work, program)...)
	}
	list.Sort()
	return p, program, found, list, nil
}

func role(s *workspace.Source) string {
	switch {
	case s.Event != nil:
		return "event"
	case s.Dimension != nil:
		return "dimension"
	case s.Redemption != nil:
		return "redemption"
	}
	return "external credit"
}

// Schema lists what rules can use: every name of each source with its type, and
// the functions.
func Schema(_ context.Context, c Config) (*SchemaResult, diag.List, error) {
	c = c.withDefaults()
	p, program, found, list, err := compileProject(c)
	if err != nil || program == nil {
		return nil, list, err
	}
	catalog, _ := p.catalog(found)
	result := &SchemaResult{}
	for _, s := range catalog.Sources {
		result.Sources = append(result.Sources, p.schemaOf(s, program.Sources[s.Name], catalog.Dimensions, found))
	}
	result.Tables = schemaTables(p, program)
	for _, f := range rules.Functions() {
		result.Functions = append(result.Functions, SchemaFunction{Name: f.Name, Signature: f.Usage, Summary: f.Does})
	}
	return result, list, nil
}

// schemaTables are the decision tables of rules, in the rulebook's order.
func schemaTables(p *project, program *rules.Program) []SchemaTable {
	var list []SchemaTable
	for i := range p.rulebook.Rules {
		rule := &p.rulebook.Rules[i]
		source := program.Sources[rule.On]
		if rule.Table == nil || source == nil {
			continue
		}
		for _, r := range source.Rules {
			if r.Index != i || r.Table == nil {
				continue
			}
			t := SchemaTable{Path: rule.Table.Path, Rule: rule.ID, Source: rule.On, Hits: r.Table.Hits.String(), Rows: len(r.Table.Rows)}
			for _, c := range r.Table.Columns {
				t.Columns = append(t.Columns, SchemaField{Name: c.Header, Type: c.Type.String(), Origin: "condition"})
			}
			list = append(list, t)
		}
	}
	return list
}

func (p *project) schemaOf(s rules.Source, program *rules.SourceProgram, dimensions []rules.Dimension, found schemas) SchemaSource {
	out := SchemaSource{Name: s.Name}
	for _, c := range s.Columns {
		out.Fields = append(out.Fields, SchemaField{Name: c.Name, Type: c.Type.String(), Origin: "column", Detail: found[s.Name].details[c.Name]})
	}
	for _, d := range dimensions {
		if !slices.ContainsFunc(s.Columns, func(c rules.Column) bool { return c.Name == d.On }) {
			continue
		}
		for _, c := range d.Columns {
			t := c.Type
			t.Nullable = t.Nullable || !d.Required
			out.Fields = append(out.Fields, SchemaField{Name: d.Name + "." + c.Name, Type: t.String(), Origin: "dimension", Detail: "joined on " + d.On})
		}
	}
	for _, def := range p.rulebook.Defines[s.Name] {
		out.Fields = append(out.Fields, SchemaField{Name: def.Name, Type: program.Defines[def.Name].String(), Origin: "define", Detail: strings.TrimSpace(def.Expr.Source)})
	}
	var tables []string
	for name := range p.rulebook.Tables {
		tables = append(tables, name)
	}
	slices.Sort(tables)
	for _, name := range tables {
		out.Fields = append(out.Fields, SchemaField{Name: name, Origin: "table"})
	}
	out.Fields = append(out.Fields,
		SchemaField{Name: "as_of", Type: "time", Origin: "run", Detail: "the instant at which the business date ends"},
		SchemaField{Name: "business_date", Type: "date", Origin: "run", Detail: "the date that the run settles"},
	)
	if s.CurrencyColumn != "currency" {
		out.Fields = append(out.Fields, SchemaField{Name: "currency", Type: "string", Origin: "run", Detail: "the row's currency"})
	}
	return out
}
