package main

import (
	"amends/pipeline"
	"amends/pipeline/report"
)

type schemaCommand struct {
	JSON       bool   `name:"json" xor:"form" help:"Print the result as JSON."`
	JSONSchema string `name:"json-schema" xor:"form" placeholder:"KIND" help:"Print the JSON Schema of a kind of file, for editors: workspace, rules or tests."`
}

// Help is shown by amends schema --help.
func (schemaCommand) Help() string {
	return `It lists, for each source that rules can be on, every name with its type (a ? means that it may be null), then the decision tables with what they test, and then the functions and operators.

--json-schema prints what a kind of file may say, as editors read it: with it they explain keys, complete names and mark mistakes while a file is written. In a workspace it knows its sources, dimensions, columns, terms and rules. The first line of a file says which schema it has:

  # yaml-language-server: $schema=../.amends/rules.json

Examples:

  amends schema
  amends schema --json-schema workspace > .amends/workspace.json
  amends schema --json-schema rules > .amends/rules.json
  amends schema --json-schema tests > .amends/tests.json`
}

// Run lists what rules can use.
func (c schemaCommand) Run(ctx ctxArgument, a *app) error {
	if c.JSONSchema != "" {
		content, err := pipeline.JSONSchema(a.config, c.JSONSchema)
		if err != nil {
			return err
		}
		a.print("%s", content)
		return nil
	}
	s, list, err := pipeline.Schema(ctx, a.config)
	if err != nil {
		return err
	}
	if err := list.Err(); err != nil {
		return err
	}
	list.Render(a.err)
	if c.JSON {
		j := *s
		j.Sources, j.Functions = orEmpty(s.Sources), orEmpty(s.Functions)
		for i := range j.Sources {
			j.Sources[i].Fields = orEmpty(j.Sources[i].Fields)
		}
		return a.printJSON(j)
	}
	for i, source := range s.Sources {
		if i > 0 {
			a.print("\n")
		}
		a.print("on: %s\n", source.Name)
		t := report.Table{Columns: []report.Column{{Name: "name", Wrap: 32}, {Name: "type", Wrap: 22}, {Name: "from", Wrap: 10}, {Name: "", Wrap: report.Rest}}}
		for _, f := range source.Fields {
			t.Rows = append(t.Rows, []string{f.Name, f.Type, f.Origin, f.Detail})
		}
		if err := t.Write(a.out); err != nil {
			return nil // a.out keeps the error
		}
	}
	for _, table := range s.Tables {
		a.print("\ndecision table %s, of the rule %s on %s (%s, hits %s)\n", table.Path, table.Rule, table.Source, report.Counted(int64(table.Rows), "row", "rows"), table.Hits)
		t := report.Table{Columns: []report.Column{{Name: "column", Wrap: 40}, {Name: "type", Wrap: 22}}}
		for _, c := range table.Columns {
			t.Rows = append(t.Rows, []string{c.Name, c.Type})
		}
		_ = t.Write(a.out) // a.out keeps the error
	}
	if len(s.Functions) > 0 {
		a.print("\nfunctions and operators\n")
		t := report.Table{Columns: []report.Column{{Name: "name", Wrap: 14}, {Name: "takes and gives", Wrap: 40}, {Name: "", Wrap: report.Rest}}}
		for _, f := range s.Functions {
			t.Rows = append(t.Rows, []string{f.Name, f.Signature, f.Summary})
		}
		_ = t.Write(a.out) // a.out keeps the error
	}
	return nil
}
