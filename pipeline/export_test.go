package pipeline

import (
	"context"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/lint"
)

// AnalysisOf runs a night again in memory, on the ledger before it, and returns
// what its report shows.
func AnalysisOf(ctx context.Context, c Config, date calendar.Date) (*report.Analysis, error) {
	c = c.withDefaults()
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	chain, err := state.Open(c.FS, stateDir(c, p))
	if err != nil {
		return nil, err
	}
	s, err := newSession(c, p, chain, date)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	n := s.begin(date, date.AddDays(1))
	if err := n.through(ctx, append(n.decideStages(), n.postStages()...)); err != nil {
		return nil, err
	}
	out := n.output()
	return n.analysis(out)
}

// ReadingAll returns c so that row groups are read also where their statistics
// say that none of their rows count.
func ReadingAll(c Config) Config {
	c.readAll = true
	return c
}

// Waiting returns c so that no more than so many rows of a source wait.
func Waiting(c Config, rows int) Config {
	c.backlogRows = rows
	return c
}

// PuttingAside returns c so that no more than so many bytes stay in memory of
// what a worker keeps of rows that were passed.
func PuttingAside(c Config, bytes int) Config {
	c.asideBytes = bytes
	return c
}

// ReadTwice is what a dimension's files lead to that were read twice.
func ReadTwice(first, second []state.Input) error {
	r := dimensionReading{source: &workspace.Source{Name: "customers"}, inputs: first}
	return r.same(second)
}

// Seeded returns c so that hashes begin with a seed.
func Seeded(c Config, seed uint64) Config {
	c.seed = match.Seed(seed)
	return c
}

// LintWithout is what lint says of a workspace whose columns only tests declare,
// with what comments in the rules accept taken out.
func LintWithout(dir string) (diag.List, error) {
	t, list, err := newTester(Config{Dir: dir}, TestOptions{})
	if err != nil || list.HasErrors() {
		return list, err
	}
	found := lint.Run(lint.Input{Program: t.bench.program, Catalog: t.catalog})
	for i := range found {
		found[i].Pos.File = placeOf(t.project, found[i].Pos.File)
	}
	kept, _ := lint.Allow(found, t.project.written(), true)
	return kept, nil
}

// LendAsideName opens a file aside, lets use do something with the name that it
// had, and closes the file.
func LendAsideName(use func(name string) error) error {
	var a asides
	if _, err := a.open(); err != nil {
		return err
	}
	err := use(a.files[0].Name())
	a.close()
	return err
}

// IssuedIDs tells of a credit id whether one of these decisions issues it.
func IssuedIDs(issued []*award.Decision) func(id string) bool { return newIssuedIDs(issued).has }

// ArchiveOf is the archive of a chain.
var ArchiveOf = archiveOf
