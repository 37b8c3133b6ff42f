package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/publish"
)

// A file that lies aside has no name: one that another process gives the name it
// had is not removed.
func TestNamesOfFilesAsideAreFree(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open keeps its name there")
	}
	t.Setenv("TMPDIR", t.TempDir())
	var name string
	mustDo(t, pipeline.LendAsideName(func(free string) error {
		name = free
		return os.WriteFile(free, []byte("another's"), 0o600)
	}))
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
}

// A night whose facts cannot be read back any more, wherever they lie, is not
// published.
func TestFactsThatWereLostAreNotPublished(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files without a name are found in /proc alone")
	}
	aside := t.TempDir()
	t.Setenv("TMPDIR", aside)
	w := newDemo(t)
	lost := 0
	config := pipeline.PuttingAside(pipeline.Config{Dir: w.dir}, 1)
	config.Progress = func(p pipeline.Progress) {
		if p.Stage == "publishing" {
			lost += loseAside(t, aside)
		}
	}
	_, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: demoFirst, To: demoFirst}, nil)
	if err == nil || !strings.Contains(err.Error(), "facts of incidents that were put aside") {
		t.Errorf("%d files were lost: %v", lost, err)
	}
	if runs, _ := filepath.Glob(filepath.Join(w.dir, "state", "runs", "*")); len(runs) > 0 {
		t.Error(fmt.Sprint("published: ", runs))
	}
}

// loseAside empties files aside, and returns how many.
func loseAside(t *testing.T, folder string) (lost int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/fd/*")
	mustDo(t, err)
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && strings.HasPrefix(to, folder) {
			mustDo(t, os.Truncate(file, 0))
			lost++
		}
	}
	return lost
}

// losing loses what lies aside, and what memory still has of it, once a dry run's
// files have their place.
type losing struct {
	durable.FS
	lose func()
}

func (l losing) RenameNoReplace(from, to string) error {
	defer l.lose()
	return l.FS.RenameNoReplace(from, to)
}

// A dry run of a range goes on from the holds that its nights published, whatever
// became of the facts that lay aside.
func TestHoldsOfADryRangeHaveTheirFacts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files without a name are found in /proc alone")
	}
	aside := t.TempDir()
	t.Setenv("TMPDIR", aside)
	w := newDemo(t)
	out, lost := t.TempDir(), 0
	config := pipeline.PuttingAside(pipeline.Config{Dir: w.dir}, 1)
	config.FS = losing{durable.OS{}, func() {
		lost += loseAside(t, aside)
		runtime.GC()
		runtime.GC()
	}}
	options := pipeline.RunOptions{From: demoFirst, To: demoFirst.AddDays(1), DryRun: true, Out: out}
	_, err := pipeline.Run(context.Background(), config, options, nil)
	mustDo(t, err)
	content, err := os.ReadFile(filepath.Join(out, options.To.String(), publish.HeldFile))
	mustDo(t, err)
	holds, err := publish.ReadHolds(bytes.NewReader(content), int64(len(content)))
	mustDo(t, err)
	earlier := 0
	for _, h := range holds {
		if h.HeldSince == demoFirst {
			earlier++
			if len(h.Facts) <= len("{}") {
				t.Fatalf("the hold of %s has no facts: %q", h.CreditID, h.Facts)
			}
		}
	}
	if earlier == 0 || lost == 0 {
		t.Errorf("%d holds of the night before, %d files lost: that shows nothing", earlier, lost)
	}
}
