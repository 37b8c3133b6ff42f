package scan

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"amends/rules/calendar"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	date, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return date
}

func names(files []File) []string {
	var out []string
	for _, f := range files {
		out = append(out, f.Name)
	}
	return out
}

// tree makes empty files beside and below a workspace whose name has the
// characters of patterns in it.
func tree(t testing.TB) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "work[1] {x}*")
	for _, name := range []string{
		"data/d/dt=2026-02-27/b.parquet", "data/d/dt=2026-02-27/a.parquet", "data/d/dt=2026-02-28/a.parquet", "data/d/dt=2026-03-01/a.parquet",
		"data/d/dt=2026-03-01/_SUCCESS", "data/d/dt=2026-99-99/a.parquet", "data/twice/2026-03-01/x-2026-03-01.parquet",
		"data/twice/2026-03-01/x-2026-02-28.parquet", "data/orders.parquet", "data/deep/1/2/c.parquet", "data/deep/c.parquet",
		"data/folder.parquet/in.parquet", "../shared/s.parquet",
	} {
		writeBytes(t, root, name, nil)
	}
	return root
}

func TestResolve(t *testing.T) {
	t.Parallel()
	root := tree(t)
	tests := []struct {
		pattern, from, to string
		want, missing     []string
	}{
		{"data/orders.parquet", "2026-01-01", "2026-01-01", []string{"data/orders.parquet"}, nil},
		{"./data//orders.parquet", "2026-01-01", "2026-01-01", []string{"data/orders.parquet"}, nil},
		{"data/absent.parquet", "2026-01-01", "2026-01-01", nil, nil},
		{"absent/*.parquet", "2026-01-01", "2026-01-01", nil, nil},
		{"data/d/dt={date}/*.parquet", "2026-02-27", "2026-03-02",
			[]string{"data/d/dt=2026-02-27/a.parquet", "data/d/dt=2026-02-27/b.parquet", "data/d/dt=2026-02-28/a.parquet", "data/d/dt=2026-03-01/a.parquet"},
			[]string{"2026-03-02"}},
		{"data/d/dt={date}/*.parquet", "2026-03-01", "2026-02-28", nil, nil},
		{"data/twice/{date}/x-{date}.parquet", "2026-02-28", "2026-03-01", []string{"data/twice/2026-03-01/x-2026-03-01.parquet"}, []string{"2026-02-28"}},
		{"data/twice/**/x-{date}.parquet", "2026-02-28", "2026-03-01",
			[]string{"data/twice/2026-03-01/x-2026-02-28.parquet", "data/twice/2026-03-01/x-2026-03-01.parquet"}, nil},
		{"data/deep/**/*.parquet", "2026-01-01", "2026-01-01", []string{"data/deep/1/2/c.parquet", "data/deep/c.parquet"}, nil},
		{"data/d/dt=*/{a,b}.parquet", "2026-01-01", "2026-01-01", []string{"data/d/dt=2026-02-27/a.parquet", "data/d/dt=2026-02-27/b.parquet",
			"data/d/dt=2026-02-28/a.parquet", "data/d/dt=2026-03-01/a.parquet", "data/d/dt=2026-99-99/a.parquet"}, nil},
		{"data/*/2/*.parquet", "2026-01-01", "2026-01-01", nil, nil},
		{"data/*.parquet", "2026-01-01", "2026-01-01", []string{"data/orders.parquet"}, nil}, // a folder is no file
		{"../shared/*.parquet", "2026-01-01", "2026-01-01", []string{"../shared/s.parquet"}, nil},
	}
	for _, test := range tests {
		files, missing, err := Resolve(root, test.pattern, day(t, test.from), day(t, test.to))
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
		}
		var dates []string
		for _, d := range missing {
			dates = append(dates, d.String())
		}
		if !slices.Equal(names(files), test.want) || !slices.Equal(dates, test.missing) {
			t.Errorf("%s:\n got %q, missing %q\nwant %q, missing %q", test.pattern, names(files), dates, test.want, test.missing)
		}
		for _, f := range files {
			if _, err := os.Stat(f.Path); err != nil {
				t.Errorf("%s: %v", test.pattern, err)
			}
		}
	}
}

func TestResolveOfAbsolutePattern(t *testing.T) {
	t.Parallel()
	root := tree(t)
	other := t.TempDir()
	file := writeBytes(t, other, "o.parquet", nil)
	files, _, err := Resolve(root, filepath.Join(other, "*.parquet"), 0, 0)
	if err != nil || len(files) != 1 || files[0].Name != filepath.ToSlash(file.Path) {
		t.Errorf("files %v, error %v", files, err)
	}
}

func TestResolveOfBadPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "data/[", "data/{a", "a\x00b"} {
		if _, _, err := Resolve(t.TempDir(), pattern, 0, 0); err == nil {
			t.Errorf("pattern %q: no error", pattern)
		}
		if _, err := Newest(t.TempDir(), pattern); err == nil {
			t.Errorf("pattern %q: no error from Newest", pattern)
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	root := tree(t)
	tests := map[string][]string{
		"data/d/dt={date}/*.parquet": {"data/d/dt=2026-03-01/a.parquet", "data/d/dt=2026-02-28/a.parquet",
			"data/d/dt=2026-02-27/a.parquet", "data/d/dt=2026-02-27/b.parquet"},
		"data/twice/{date}/x-{date}.parquet": {"data/twice/2026-03-01/x-2026-03-01.parquet"},
		"data/twice/*/x-{date}.parquet":      {"data/twice/2026-03-01/x-2026-03-01.parquet", "data/twice/2026-03-01/x-2026-02-28.parquet"},
		"data/orders.parquet":                {"data/orders.parquet"},
		"data/none-{date}.parquet":           nil,
	}
	for pattern, want := range tests {
		files, err := Newest(root, pattern)
		if err != nil || !slices.Equal(names(files), want) {
			t.Errorf("%s: got %q, error %v; want %q", pattern, names(files), err, want)
		}
	}
}
