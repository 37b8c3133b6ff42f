package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"amends/pipeline/ruletest"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/lint"
)

// CheckOptions says what Lint looks at beside the rules.
type CheckOptions struct {
	Today   calendar.Date // the next business date to be settled; valid with HasDate
	HasDate bool
}

// Lint is Check, and goes on where that finds no error: it says what is probably
// not meant, and what the newest files do not bear out. What comments in the
// files accept is in the result and not in the list. What is wrong in test files
// is among the warnings.
func Lint(ctx context.Context, c Config, options CheckOptions) (*CheckResult, diag.List, error) {
	c = c.withDefaults()
	p, program, found, list, err := compileProject(c)
	if err != nil || list.HasErrors() {
		return nil, list, err
	}
	catalog, _ := p.catalog(found)
	facts, err := p.facts(ctx, program, found, c)
	if err != nil {
		return nil, list, err
	}
	more := lint.Run(lint.Input{Program: program, Catalog: catalog, Today: options.Today, HasDate: options.HasDate, Facts: facts,
		Show: func(path string) string { return placeOf(p, path) }})
	for i := range more {
		more[i].Pos.File = placeOf(p, more[i].Pos.File)
	}
	result := p.checkResult(found)
	list, result.Accepted = lint.Allow(append(list, more...), p.written(), true)
	broken, err := p.brokenTests(c, program, found)
	if err != nil {
		return nil, list, err
	}
	list = append(list, broken...)
	list.Sort()
	return result, list, nil
}

// brokenTests is what is wrong in the test files beside the rules. Nights do not
// read them, so nothing there stops a run: an error is a warning here.
func (p *project) brokenTests(c Config, program *rules.Program, found schemas) (diag.List, error) {
	files, err := testFiles(p.dir, p.work)
	if err != nil {
		return nil, err
	}
	suite, list := ruletest.Parse(files, eventSources(p.work)...)
	_, more := suite.Ready(newTestBench(c, p, program, found).shape())
	list = append(list, more...)
	for i := range list {
		if list[i].Severity == diag.Error {
			list[i].Severity = diag.Warning
		}
	}
	return list, nil
}

// eventSources are the names of the sources that rules can be on, in the order of
// amends.yaml.
func eventSources(work *workspace.Workspace) []string {
	var names []string
	for i := range work.Sources {
		if s := &work.Sources[i]; s.Event != nil {
			names = append(names, s.Name)
		}
	}
	return names
}

// written is every file that people wrote, by the path that diagnostics name.
func (p *project) written() []lint.File {
	files := []lint.File{{Path: WorkspaceFile, Text: string(p.workspaceBytes)}}
	for _, f := range p.rulebook.Files {
		files = append(files, lint.File{Path: showRule(p.work, f.Path), Text: string(f.Bytes)})
	}
	return files
}

// What facts are read of: enough rows that a common value is among them, few
// enough that nobody waits.
const (
	maxFactRows  = 200_000 // of one source
	maxFactFiles = 30
	maxFactTexts = 2_000 // of one column; with more it is no list of words
)

// facts reads the columns that expressions read, from the newest files.
func (p *project) facts(ctx context.Context, program *rules.Program, found schemas, c Config) (lint.Facts, error) {
	facts := lint.Facts{Sources: map[string]*lint.Table{}, Dimensions: map[string]*lint.Table{}}
	fields := map[string][]string{} // of dimensions, by name
	columns := map[string][]string{}
	read := func(source string, slots []ir.Slot) {
		for _, slot := range slots {
			switch slot.Origin {
			case ir.FromColumn:
				columns[source] = append(columns[source], slot.Column)
			case ir.FromDimension:
				fields[slot.Dimension] = append(fields[slot.Dimension], slot.Column)
			}
		}
	}
	for name, source := range program.Sources {
		read(name, source.Slots)
	}
	read("", program.Voids.Slots)
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		wanted, tables, name := columns[s.Name], facts.Sources, s.Name
		if s.Dimension != nil {
			wanted, tables, name = fields[s.Dimension.As.Source], facts.Dimensions, s.Dimension.As.Source
		}
		schema, known := found[s.Name]
		if !known || len(wanted) == 0 || s.Event == nil && s.Dimension == nil {
			continue
		}
		slices.Sort(wanted)
		table, err := p.tableFacts(ctx, s, slices.Compact(wanted), schema, c)
		if err != nil {
			return facts, err
		}
		tables[name] = table
	}
	return facts, nil
}

// tableFacts reads the newest files of a source, up to bounds.
func (p *project) tableFacts(ctx context.Context, s *workspace.Source, columns []string, schema sourceSchema, c Config) (*lint.Table, error) {
	files, err := p.newestFiles(s)
	if err != nil {
		return nil, fmt.Errorf("source %q: %w", s.Name, err)
	}
	kept := columns
	if c := s.CurrencyColumn.Source; c != "" && !slices.Contains(columns, c) {
		columns = append(slices.Clone(columns), c)
	}
	table := &lint.Table{Columns: map[string]*lint.Column{}}
	c.Workers, c.Profile = 1, nil // the first rows are the same ones each time
	for _, f := range files[:min(len(files), maxFactFiles)] {
		before := table.Rows
		request := p.request(s, []scan.File{f}, columns, schema.kinds, c)
		request.NoDigests = true
		_, err := scan.Scan(ctx, request, func(_ scan.Part, b *ir.Batch, _ []scan.Reject) error {
			for i, name := range kept {
				addFacts(table, name, &b.Columns[i], b.Rows)
			}
			if table.Rows += int64(b.Rows); table.Rows >= maxFactRows {
				return errEnough
			}
			return nil
		})
		var unlike *scan.ColumnError
		switch {
		case errors.As(err, &unlike):
			return table, nil // older files had other columns
		case errors.Is(err, errEnough):
			table.Files++
			return table, nil
		case err != nil:
			return nil, err
		}
		if table.Rows > before {
			table.Files++
		}
	}
	return table, nil
}

var errEnough = errors.New("enough rows")

// addFacts adds a column of a batch.
func addFacts(t *lint.Table, name string, v *ir.Vector, rows int) {
	c := t.Columns[name]
	if c == nil {
		c = &lint.Column{Same: true}
		if v.Kind == ir.String {
			c.Texts = map[string]bool{}
		}
		t.Columns[name] = c
	}
	var told []bool // by code of the dictionary: what was looked at already
	if v.Dict != nil && v.Dict.Len() <= maxFactTexts {
		told = make([]bool, v.Dict.Len())
	}
	for i := range rows {
		if told != nil && (v.Valid == nil || v.Valid[i]) {
			if told[v.Codes[i]] {
				continue
			}
			told[v.Codes[i]] = true
		}
		value := v.Value(i)
		switch {
		case value.Null():
			c.Nulls++
			continue
		case c.Value.Null():
			value.S = string([]byte(value.S)) // the batch is used again
			c.Value = value
		case value != c.Value:
			c.Same = false
		}
		if c.Texts != nil && !c.Texts[value.S] {
			c.Texts[string([]byte(value.S))] = true
			if len(c.Texts) > maxFactTexts {
				c.Texts = nil
			}
		}
	}
}
