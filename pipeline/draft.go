package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"amends/pipeline/ruletest"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/lint"
)

// Draft is a workspace while somebody writes in it: its files as they are on
// disk, but for those that are open and not saved. It is safe for concurrent use.
type Draft struct {
	config Config
	now    func() time.Time

	mu    sync.Mutex
	work  string // amends.yaml that the rest was learned with
	asOf  time.Time
	found schemas
	err   error
	today calendar.Date
	dated bool
	facts lint.Facts
	of    string // the columns that facts are of
}

// NewDraft returns the draft of the workspace in c.Dir; now is the clock of
// default dates, and of how long the data files are taken to stay as they are.
func NewDraft(c Config, now func() time.Time) *Draft {
	return &Draft{config: c.withDefaults(), now: now}
}

// learnAgain is how long columns that were learned from data files serve.
const learnAgain = 30 * time.Second

// Edited is what is known of a draft. Work, Book and Suite are what could be read,
// with errors or without; Program is nil where there are errors.
type Edited struct {
	List    diag.List // of amends check, and of the tests; paths are the workspace's
	Work    *workspace.Workspace
	Book    *rules.Rulebook
	Suite   *ruletest.Suite
	Tables  []string // decision tables below the rules folder, also those that no rule reads
	Catalog *rules.Catalog
	Program *rules.Program
	Facts   lint.Facts
	// Behind says that Facts are not those of this program: Learn reads them.
	Behind bool

	project *project
	found   schemas
	key     string
}

// RulePath is how diagnostics name a file of the rules folder.
func (e *Edited) RulePath(path string) string {
	if path == WorkspaceFile {
		return path
	}
	return showRule(e.Work, path)
}

// Check reads and checks the draft: what amends check says, with what the data
// files were found to hold before. buffers are the open files by path from the
// workspace, with slashes. The error is what the machine did not give.
func (d *Draft) Check(buffers map[string][]byte) (*Edited, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	content, open := buffers[WorkspaceFile]
	if !open {
		var err error
		if content, err = readBounded(filepath.Join(d.config.Dir, WorkspaceFile)); err != nil {
			return nil, err
		}
	}
	e := &Edited{}
	e.Work, e.List = workspace.Parse(WorkspaceFile, content)
	readable := !e.List.HasErrors()
	files, err := d.files(e.Work, buffers, false)
	if err != nil {
		return e, err
	}
	tests, err := d.files(e.Work, buffers, true)
	if err != nil {
		return e, err
	}
	for _, f := range files {
		if rules.IsTableFile(f.Path) {
			e.Tables = append(e.Tables, f.Path)
		}
	}
	var more diag.List
	e.Book, more = rules.Parse(files)
	e.add(more)
	e.List = append(e.List, checkWindows(e.Work, e.Book)...)
	e.project = &project{dir: d.config.Dir, work: e.Work, workspaceBytes: content, rulebook: e.Book}
	if err := d.learn(e.project, content); err != nil {
		return e, err
	}
	e.found = d.found
	e.compile(readable)
	d.lint(e)
	e.tests(tests)
	e.List.Sort()
	return e, nil
}

// add adds findings whose paths are those of the rules folder.
func (e *Edited) add(list diag.List) {
	for _, found := range list {
		found.Pos.File = e.RulePath(found.Pos.File)
		e.List.Add(found)
	}
}

func (e *Edited) tests(files []rules.File) {
	suite := make([]ruletest.File, len(files))
	for i, f := range files {
		suite[i] = ruletest.File{Path: showRule(e.Work, f.Path), Bytes: f.Bytes}
	}
	var list diag.List
	e.Suite, list = ruletest.Parse(suite, eventSources(e.Work)...)
	if e.Program != nil {
		_, more := e.Suite.Ready(newTestBench(Config{}.withDefaults(), e.project, e.Program, e.found).shape())
		list = append(list, more...)
	}
	e.List = append(e.List, list...)
}

// files are the files of the rules folder, those that are open as they are.
func (d *Draft) files(work *workspace.Workspace, buffers map[string][]byte, tests bool) ([]rules.File, error) {
	files, err := rulebookFiles(filepath.Join(d.config.Dir, filepath.FromSlash(work.Rules)), tests)
	if err != nil {
		return nil, err
	}
	prefix := showRule(work, "x")
	prefix = strings.TrimSuffix(prefix, "x")
	for path, content := range buffers {
		name, inside := strings.CutPrefix(path, prefix)
		if !inside || !strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, testSuffix) != tests {
			continue
		}
		i := slices.IndexFunc(files, func(f rules.File) bool { return f.Path == name })
		if i < 0 {
			files = append(files, rules.File{Path: name})
			i = len(files) - 1
		}
		files[i].Bytes = content
	}
	slices.SortFunc(files, func(a, b rules.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// learn reads the columns of the newest files, unless it did a moment ago.
func (d *Draft) learn(p *project, content []byte) error {
	if now := d.now(); d.found == nil || d.work != string(content) || now.Sub(d.asOf) > learnAgain {
		d.work, d.asOf, d.of = string(content), now, ""
		d.found, d.err = p.learnMissing(schemas{}, anyDate)
		next, err := NextUnsettled(d.config, now)
		d.today, d.dated = next, err == nil // else the check says what is wrong
	}
	return d.err
}

// compile goes as far as amends check would: an error in amends.yaml ends it.
func (e *Edited) compile(readable bool) {
	catalog, list := e.project.catalog(e.found)
	e.Catalog = catalog
	if !readable {
		return
	}
	e.List = append(e.List, list...)
	if list.HasErrors() {
		return
	}
	program, more := rules.Compile(e.Book, catalog)
	e.add(more)
	if program == nil {
		return
	}
	e.List = append(e.List, checkHistory(e.Work, program)...)
	e.Program = program
}

func (d *Draft) lint(e *Edited) {
	e.Facts = d.facts
	if e.Program == nil {
		return
	}
	e.key = factsKey(e.Program)
	e.Behind = e.key != d.of
	input := lint.Input{Program: e.Program, Catalog: e.Catalog, Today: d.today, HasDate: d.dated, Facts: d.facts,
		Show: func(path string) string { return placeOf(e.project, path) }}
	if !e.List.HasErrors() {
		e.add(lint.Run(input))
	}
	e.List, _ = lint.Allow(e.List, e.project.written(), !e.Behind)
}

// Learn reads what the newest data files hold of the columns that rules read, for
// the checks after it.
func (d *Draft) Learn(ctx context.Context, e *Edited) error {
	if e.Program == nil {
		return nil
	}
	facts, err := e.project.facts(ctx, e.Program, e.found, d.config)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.facts, d.of = facts, e.key
	return nil
}

// factsKey is the columns that facts are read of.
func factsKey(program *rules.Program) string {
	var names []string
	add := func(source string, slots []ir.Slot) {
		for _, slot := range slots {
			if slot.Column != "" {
				names = append(names, source+"\x00"+slot.Dimension+"\x00"+slot.Column)
			}
		}
	}
	for name, source := range program.Sources {
		add(name, source.Slots)
	}
	add("", program.Voids.Slots)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "\n") + "\n"
}
