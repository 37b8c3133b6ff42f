package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestRenameWithoutTheSystemCall is for file systems that lack it.
func TestRenameWithoutTheSystemCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to, dangling := filepath.Join(dir, "from"), filepath.Join(dir, "to"), filepath.Join(dir, "dangling")
	for _, folder := range []string{from, to} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err != nil {
		t.Fatal(err)
	}
	for _, taken := range []string{to, dangling} {
		if err := renameIfAbsent(from, taken); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", taken, err)
		}
	}
	if err := errors.Join(os.Remove(to), renameIfAbsent(from, to)); err != nil {
		t.Error(err)
	}
}
