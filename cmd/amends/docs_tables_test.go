package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/check"
	"amends/rules/ir"
)

// cells are the rows of the tables of a page whose header has a column, each by
// column.
func cells(t *testing.T, page, column string) (rows []map[string]string) {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var header []string
	section := ""
	for line := range strings.Lines(string(content)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
		}
		if !strings.HasPrefix(line, "|") {
			header = nil
			continue
		}
		row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		switch {
		case header == nil:
			header = row
		case strings.HasPrefix(row[0], "---") || !slices.Contains(header, column):
		case len(row) != len(header):
			t.Errorf("%s: a row of %d cells under %d: %s", page, len(row), len(header), line)
		default:
			cell := map[string]string{"section": section}
			for i, name := range header {
				cell[name] = strings.Trim(row[i], "`")
			}
			rows = append(rows, cell)
		}
	}
	return rows
}

// expressions compiles the examples in the tables of the
// language, and holds those with a value to it.
func (d documents) expressions(t *testing.T) {
	var defines, claims strings.Builder
	rows := cells(t, rulesPage, "example")
	for i, row := range rows {
		fmt.Fprintf(&defines, "    example_%d: |-\n      %s\n", i, row["example"])
		if gives := row["gives"]; gives != "" {
			fmt.Fprintf(&claims, "  - id: example-%d\n    on: s\n    when: |-\n      (%s) == (%s)\n    amount: 1\n    reason: R\n", i, row["example"], gives)
		}
	}
	dir := d.exampleWorkspace(t)
	d.writeRules(t, dir, "# rules/tables.yaml\n")
	shared, err := os.ReadFile(filepath.Join(dir, "rules", "shared.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	withExamples := strings.Replace(string(shared), "\n  defects:\n", "\n"+defines.String()+"  defects:\n", 1)
	if err := os.WriteFile(filepath.Join(dir, "rules", "shared.yaml"), []byte(withExamples), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := amends(dir, "check"); err != nil || len(rows) < 40 {
		t.Errorf("%d examples: %v\n%s", len(rows), err, out)
	}

	book, list := rules.Parse([]rules.File{{Path: "claims.yaml", Bytes: []byte("terms: {standard: {valid_days: 1}}\nrules:\n" + claims.String())}})
	program, more := rules.Compile(book, claimCatalog())
	if list = append(list, more...); program == nil {
		var out bytes.Buffer
		list.Render(&out)
		t.Fatal(out.String())
	}
	s := program.Sources["s"]
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Rules {
		value, fault := r.When.Eval(&ir.Row{Values: make([]ir.Value, len(s.Slots)), Currency: "USD", Zone: zone})
		if fault != nil || value.I != 1 {
			t.Errorf("%s is not so (%v)", r.When.Text.Source, fault)
		}
	}
}

// claimCatalog has the least that a rule needs: the claims read no columns.
func claimCatalog() *rules.Catalog {
	w, _ := workspace.Parse("w", []byte("sources: {s: {event: {at: at}}}"))
	return &rules.Catalog{Sources: []rules.Source{{
		Name: "s", Currency: "USD", Customer: "customer", Since: "at", Value: "price", At: w.Sources[0].Event.At,
		Columns: []rules.Column{
			{Name: "at", Type: ir.Type{Kind: ir.Time}}, {Name: "price", Type: ir.Type{Kind: ir.Money}},
			{Name: "customer", Type: ir.Type{Kind: ir.String}},
		},
	}}}
}

// language wants an example of every function and operator.
func (d documents) language(t *testing.T) {
	var examples strings.Builder
	for _, row := range cells(t, rulesPage, "example") {
		examples.WriteString(" " + row["example"] + " \n")
	}
	for _, f := range check.Functions() {
		if !strings.Contains(examples.String(), f.Name+"(") {
			t.Errorf("%s has no example of %s", rulesPage, f.Usage)
		}
	}
	operators := []string{"and", "or", "not", "in", "not in", "matches", "??", "?", "nil"}
	for _, op := range ir.Ops() {
		if op.Infix() {
			operators = append(operators, op.String())
		}
	}
	for _, op := range operators {
		if !strings.Contains(examples.String(), " "+op+" ") {
			t.Errorf("%s has no example of %s", rulesPage, op)
		}
	}
}

// columns holds the tables of the publish page to the
// files of a run: columns, order, types and which may be null.
func (d documents) columns(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(d.demo, "state", "runs", "2026-02-18", "*.parquet"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	documented := map[string][]string{}
	for _, row := range cells(t, publishPage, "null") {
		file, _, _ := strings.Cut(strings.Trim(row["section"], "`"), "`")
		documented[file] = append(documented[file], row["column"]+" "+row["type"]+" "+row["null"])
	}
	for _, path := range paths {
		file := filepath.Base(path)
		fields, err := scan.Describe(scan.File{Path: path, Name: file})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, f := range fields {
			kind, null := f.Kind.String(), "no"
			if f.Optional {
				null = "yes"
			}
			want = append(want, f.Name+" "+kind+" "+null)
		}
		if !slices.Equal(documented[file], want) {
			t.Errorf("%s: the page has\n%s\nand the file\n%s", file, strings.Join(documented[file], "\n"), strings.Join(want, "\n"))
		}
	}
}
