package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"amends/pipeline/ruletest"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
)

// TestOptions says what to do with the tests that stand beside the rules.
type TestOptions struct {
	Run      *regexp.Regexp  // of cases' names; nil runs all
	With     string          // other rules, as those of DiffRequest: the workspace's cases run on them; "" is the workspace's own
	Mutate   bool            // which changes of the rules the cases notice; only where all come out as expected
	Rules    []string        // with Mutate: the rules whose changes are tried; none are all
	Tried    func(n, of int) // with Mutate: is told how many changes are tried, never twice at once; may be nil
	Coverage bool            // which parts of the rules the cases show

	suggest bool // no cases are needed
}

// Test runs the tests of the rules folder: each case's rows through the stages
// of a night, held against what it expects. Types of columns are those of the
// newest files; where a source has none, those that test files declare. The
// diagnostics are what authors got wrong, in rules or tests; the result is nil
// where one of them is an error.
func Test(ctx context.Context, c Config, o TestOptions) (*ruletest.Result, diag.List, error) {
	t, list, err := newTester(c, o)
	if err != nil || t == nil || list.HasErrors() {
		return nil, list, err
	}
	if err := t.project.known(o.Rules); err != nil {
		return nil, list, err
	}
	result := &ruletest.Result{Folder: t.folder, Files: t.suite.Files, Cases: []*ruletest.CaseResult{}, Skipped: t.skipped}
	if o.Coverage && t.bench != nil {
		result.Coverage = ruletest.NewCoverage(t.bench.program, t.project.ruleWords())
	}
	for _, ready := range t.cases {
		if err := ctx.Err(); err != nil {
			return nil, list, err
		}
		night, err := t.bench.run(ready)
		if err != nil {
			return nil, list, err
		}
		result.Cases = append(result.Cases, night.result())
		if result.Coverage != nil {
			night.cover(result.Coverage)
		}
	}
	if o.Mutate && t.bench != nil && result.Failed() == 0 {
		if result.Mutation, err = t.mutate(ctx, result, o); err != nil {
			return nil, list, err
		}
	}
	return result, list, nil
}

// tester is one call of Test.
type tester struct {
	project *project
	folder  string // of the tests
	catalog *rules.Catalog
	suite   *ruletest.Suite
	shape   *ruletest.Shape
	cases   []*ruletest.Ready
	skipped int // cases that Run leaves out
	bench   *testBench
}

func newTester(c Config, o TestOptions) (*tester, diag.List, error) {
	c = c.withDefaults()
	work, p, list, err := loadTested(c.Dir, o.With)
	if err != nil || p == nil {
		return nil, list, err
	}
	t := &tester{project: p, folder: work.Rules}
	files, err := testFiles(c.Dir, work)
	if err != nil {
		return nil, list, err
	}
	if t.suite = (&ruletest.Suite{}); len(files) == 0 && !o.suggest {
		return t, list, nil
	}
	var more diag.List
	t.suite, more = ruletest.Parse(files, eventSources(work)...)
	list = append(list, more...)
	found, more, err := t.schemas()
	if err != nil {
		return nil, list, err
	}
	list = append(list, more...)
	program, more := t.compile(found)
	list = append(list, more...)
	list.Sort()
	if program == nil {
		return nil, list, nil
	}
	t.bench = newTestBench(c, p, program, found)
	t.shape = t.bench.shape()
	ready, more := t.suite.Ready(t.shape)
	for _, r := range ready {
		if o.Run == nil || o.Run.MatchString(r.Name) {
			t.cases = append(t.cases, r)
		}
	}
	t.skipped = len(ready) - len(t.cases)
	list = append(list, more...)
	list.Sort()
	return t, list, nil
}

// loadTested reads the workspace, and the project with the rules that its cases
// run on: its own, or others. The second is nil where its diagnostics, which are
// those returned, hold errors.
func loadTested(dir, with string) (*workspace.Workspace, *project, diag.List, error) {
	own, list, err := readProject(dir)
	switch {
	case err != nil || own == nil:
		return nil, nil, list, err
	case with != "":
		other, list, err := loadOther(dir, DiffRequest{With: with, tests: true})
		if err != nil {
			return nil, nil, list, err
		}
		return own.work, other.project, list, nil
	case list.HasErrors():
		return own.work, nil, list, nil
	}
	return own.work, own, list, nil
}

// testFiles reads the tests below the rules folder of the workspace in dir, by
// their paths in the workspace.
func testFiles(dir string, work *workspace.Workspace) ([]ruletest.File, error) {
	read, err := rulebookFiles(filepath.Join(dir, filepath.FromSlash(work.Rules)), true)
	if err != nil {
		return nil, err
	}
	files := make([]ruletest.File, len(read))
	for i, f := range read {
		files[i] = ruletest.File{Path: showRule(work, f.Path), Bytes: f.Bytes}
	}
	return files, nil
}

// codeUndeclared is of sources whose columns nothing says.
const codeUndeclared = "W100"

// schemas are those of the newest files, and of sources without a file those
// that tests declare.
func (t *tester) schemas() (schemas, diag.List, error) {
	found, err := t.project.learnMissing(schemas{}, anyDate)
	if err != nil {
		return nil, nil, err
	}
	var list diag.List
	for i := range t.project.work.Sources {
		s := &t.project.work.Sources[i]
		declared := t.suite.Columns[shownName(s)]
		if schema, known := found[s.Name]; known {
			list = append(list, contradicted(s, schema, declared)...)
		} else if len(declared) > 0 {
			found[s.Name] = declaredSchema(s, declared)
		}
	}
	for name, declared := range t.suite.Columns {
		if !slices.ContainsFunc(t.project.work.Sources, func(s workspace.Source) bool { return shownName(&s) == name }) {
			for _, column := range declared {
				list.Add(column.At.Diagnose(0, "T010", fmt.Sprintf("there is no source or dimension %q to declare a column of", name), ""))
			}
		}
	}
	return found, list, nil
}

// shownName is what rules, and so tests, call a source.
func shownName(s *workspace.Source) string {
	if s.Dimension != nil {
		return s.Dimension.As.Source
	}
	return s.Name
}

func declaredSchema(s *workspace.Source, declared map[string]ruletest.Declared) sourceSchema {
	schema := sourceSchema{kinds: map[string]ir.Kind{}, details: map[string]string{}}
	for _, name := range sortedNames(declared) {
		column := declared[name]
		kind := column.Kind
		if _, money := s.Unit(name); money {
			kind = ir.Money
		}
		at, _ := column.At.At(0)
		schema.file = at.File
		schema.kinds[name], schema.details[name] = kind, column.Kind.String()+", as declared"
		schema.fields = append(schema.fields, scan.Field{Name: name, Kind: kind, Detail: schema.details[name]})
	}
	return schema
}

// contradicted warns of columns that the files have as another kind than tests
// declare: the files count.
func contradicted(s *workspace.Source, schema sourceSchema, declared map[string]ruletest.Declared) diag.List {
	var list diag.List
	for _, name := range sortedNames(declared) {
		column := declared[name]
		kind, known := schema.kinds[name]
		if _, money := s.Unit(name); known && (money || kind == column.Kind) {
			continue
		}
		what := fmt.Sprintf("%s has the column %s as %s; the file counts", schema.file, name, kind)
		if !known {
			what = fmt.Sprintf("%s has no column %s; the file counts", schema.file, name)
		}
		d := column.At.Diagnose(0, "T014", what, "declare columns only of sources that have no file")
		d.Severity = diag.Warning
		list.Add(d)
	}
	return list
}

// compile checks the rules. What redemptions and external credits look like does
// not matter to tests.
func (t *tester) compile(found schemas) (*rules.Program, diag.List) {
	p := *t.project
	work := *p.work
	work.Sources = slices.Clone(work.Sources)
	for i := range work.Sources {
		s := &work.Sources[i]
		s.Optional = s.Optional || s.Redemption != nil || s.ExternalCredit != nil
	}
	p.work = &work
	catalog, list := p.catalog(found)
	for i := range list {
		if list[i].Code == codeUndeclared && list[i].Severity == diag.Error {
			list[i].Hint = "put a file there, or declare its columns below `columns:` in a test file"
		}
	}
	if list.HasErrors() {
		return nil, list
	}
	t.catalog = catalog
	program, more := rules.Compile(p.rulebook, catalog)
	for i := range more {
		more[i].Pos.File = placeOf(&p, more[i].Pos.File)
	}
	list = append(list, more...)
	if program != nil {
		list = append(list, checkHistory(p.work, program)...)
	}
	return program, list
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
