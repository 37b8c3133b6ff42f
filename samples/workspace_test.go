package samples_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline/parquetio"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/samples"
)

// readBook parses the rules of a workspace folder.
func readBook(t *testing.T, dir string) *rules.Rulebook {
	t.Helper()
	root := filepath.Join(dir, "rules")
	var files []rules.File
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") && !rules.IsTableFile(path) || strings.HasSuffix(path, "_test.yaml") {
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

// The starter's data is what its workspace reads, and the same for one date.
func TestStarterIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := samples.WriteStarter(dir, samples.DefaultFirst); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"amends.yaml", "README.md", "rules/late.yaml", "data/deliveries.parquet", "data/customers.parquet"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "data", "deliveries.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := parquetio.ReadTable(bytes.NewReader(data), int64(len(data)), []string{"promised_at", "delivered_at"})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	lastDay, late, never := calendar.MinDate, 0, 0
	for i, delivered := range columns[1].Ints {
		if columns[1].Null(i) {
			never++
			continue
		}
		lastDay = max(lastDay, calendar.DateOf(calendar.Instant(delivered), zone))
		if delivered > columns[0].Ints[i] {
			late++
		}
	}
	if rows := columns[0].Rows(); rows != 420 || lastDay != samples.DefaultFirst || late < 10 || late > 90 || never == 0 || never > 40 {
		t.Errorf("%d rows up to %s, %d late, %d never came; want 420 up to %s, some late, a few never", rows, lastDay, late, never, samples.DefaultFirst)
	}
	if err := samples.WriteStarter(t.TempDir(), calendar.MaxDate); err == nil {
		t.Error("a date at the end of the calendar gave no error")
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
