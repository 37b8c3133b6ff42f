package samples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline/workspace"
	"amends/rules"
)

// readBook parses the rules of a workspace folder.
func readBook(t *testing.T, dir string) *rules.Rulebook {
	t.Helper()
	root := filepath.Join(dir, "rules")
	var files []rules.File
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(filepath.Join(root, path))
		files = append(files, rules.File{Path: path, Bytes: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	book, list := rules.Parse(files)
	for _, d := range list {
		t.Error(d)
	}
	return book
}

func readWorkspace(t *testing.T, dir string) *workspace.Workspace {
	t.Helper()
	name := filepath.Join(dir, "amends.yaml")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	w, list := workspace.Parse(name, data)
	for _, d := range list {
		t.Error(d)
	}
	return w
}

var folders = []string{"marketplace", "starter", "olist"}

func TestWorkspacesParse(t *testing.T) {
	t.Parallel()
	for _, folder := range folders {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			w, book := readWorkspace(t, folder), readBook(t, folder)
			for _, rule := range book.Rules {
				if s := w.Source(rule.On); s == nil || s.Event == nil {
					t.Errorf("rule %s is on %q, which is no event source", rule.ID, rule.On)
				}
			}
		})
	}
}

// Limits and budgets name every currency, or the checker refuses them.
func TestEveryCapNamesEveryCurrency(t *testing.T) {
	t.Parallel()
	w, book := readWorkspace(t, "marketplace"), readBook(t, "marketplace")
	for _, code := range w.Currencies {
		for _, l := range book.Limits {
			if _, ok := l.MaxAmount[code]; !ok {
				t.Errorf("limit %s has no %s", l.ID, code)
			}
		}
		for _, b := range book.Budgets {
			if _, ok := b.MaxAmount[code]; !ok {
				t.Errorf("budget %s has no %s", b.ID, code)
			}
		}
		if _, ok := book.MinAward[code]; !ok {
			t.Errorf("min_award has no %s", code)
		}
	}
}
