package state

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/rules/calendar"
)

const (
	stateDir = "/ws/state"
	day1     = calendar.Date(20_000) // 2024-10-04
)

// outputsOf are the files of a made-up run: its content is a function of the
// date, as a run's is of its inputs.
func outputsOf(date calendar.Date) map[string]string {
	return map[string]string{
		"postings.parquet": "postings of " + date.String(),
		"rules/late.yaml":  "rules: []",
		"amends.yaml":      "timezone: UTC",
		"rules/none.yaml":  "",
	}
}

func manifestOf(date calendar.Date) *Manifest {
	m := &Manifest{
		Program: "1", BusinessDate: Day(date), EffectiveDate: Day(date + 1), Timezone: "UTC",
		RollForward: map[string]Moved{"USD": {}},
		Definitions: map[string]Definition{"deliveries": {Failure: "late", Incident: []KeyColumn{{"id", "string"}}, Since: "shipped_at"}},
	}
	for name, content := range outputsOf(date) {
		m.Outputs = append(m.Outputs, Output{Name: name, Size: int64(len(content)), SHA256: Digest([]byte(content))})
	}
	return m
}

// runNight does what a run does with the state: lock, open, stage, commit. It
// returns nil too where the date was committed already.
func runNight(fsys durable.FS, date calendar.Date) error {
	release, err := Lock(fsys, stateDir)
	if err != nil {
		return err
	}
	return errors.Join(runLocked(fsys, date), release())
}

func runLocked(fsys durable.FS, date calendar.Date) error {
	chain, err := Open(fsys, stateDir)
	if err != nil {
		return err
	}
	stage, err := chain.Begin(date)
	if errors.Is(err, ErrCommitted) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := stageFiles(fsys, stage, date); err != nil {
		return err
	}
	return stage.Commit(manifestOf(date))
}

func stageFiles(fsys durable.FS, stage *Stage, date calendar.Date) error {
	rules := filepath.Join(stage.Dir, "rules")
	if err := fsys.MkdirAll(rules); err != nil {
		return err
	}
	files := outputsOf(date)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := durable.WriteFile(fsys, filepath.Join(stage.Dir, name), []byte(files[name])); err != nil {
			return err
		}
	}
	return errors.Join(fsys.SyncDir(rules), fsys.SyncDir(stage.Dir))
}

// committed returns the files of the state that count: manifests and runs.
func committed(fsys *durabletest.FS) map[string]string {
	files := fsys.Tree()
	maps.DeleteFunc(files, func(name, _ string) bool {
		return !strings.HasPrefix(name, "ws/state/manifests/") && !strings.HasPrefix(name, "ws/state/runs/") ||
			strings.Contains(name, "/.")
	})
	return files
}

func mustRun(t *testing.T, fsys durable.FS, dates ...calendar.Date) {
	t.Helper()
	for _, date := range dates {
		if err := runNight(fsys, date); err != nil {
			t.Fatal(err)
		}
	}
}

func mustOpen(t *testing.T, fsys durable.FS) *Chain {
	t.Helper()
	chain, err := Open(fsys, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

func must(t *testing.T) func(*Manifest, error) *Manifest {
	t.Helper()
	return func(m *Manifest, err error) *Manifest {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func earlier(t *testing.T, chain *Chain, date calendar.Date) *Chain {
	t.Helper()
	previous, err := chain.Before(date)
	if err != nil {
		t.Fatal(err)
	}
	return previous
}
