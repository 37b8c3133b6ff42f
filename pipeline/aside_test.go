package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"amends/pipeline"
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
		if p.Stage != "publishing" {
			return
		}
		files, err := filepath.Glob("/proc/self/fd/*")
		mustDo(t, err)
		for _, file := range files {
			if to, err := os.Readlink(file); err == nil && strings.HasPrefix(to, aside) {
				mustDo(t, os.Truncate(file, 0))
				lost++
			}
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
