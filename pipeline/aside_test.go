package pipeline_test

import (
	"os"
	"runtime"
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
