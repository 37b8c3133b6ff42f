package durable_test

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
)

// both runs a test on the machine's file system and on the simulated one, so
// that what is proved on the second holds on the first.
func both(t *testing.T, test func(t *testing.T, fsys durable.FS, dir string)) {
	t.Helper()
	t.Parallel()
	t.Run("machine", func(t *testing.T) { t.Parallel(); test(t, durable.OS{}, t.TempDir()) })
	t.Run("simulated", func(t *testing.T) {
		t.Parallel()
		fsys := durabletest.New()
		if err := durable.MakeDir(fsys, "/work"); err != nil {
			t.Fatal(err)
		}
		test(t, fsys, "/work")
	})
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) || target == nil && err != nil {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

func content(t *testing.T, fsys durable.FS, path string) string {
	t.Helper()
	b, err := fsys.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func TestFilesAreNeverOverwritten(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		a, b, c := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
		want(t, "write", durable.WriteFile(fsys, a, []byte("first")), nil)
		want(t, "write again", durable.WriteFile(fsys, a, []byte("second")), fs.ErrExist)
		want(t, "write the other", durable.WriteFile(fsys, b, []byte("other")), nil)
		want(t, "link over a file", fsys.Link(b, a), fs.ErrExist)
		want(t, "rename over a file", fsys.RenameNoReplace(b, a), fs.ErrExist)
		want(t, "link", fsys.Link(a, c), nil)
		want(t, "rename nothing", fsys.RenameNoReplace(filepath.Join(dir, "x"), filepath.Join(dir, "y")), fs.ErrNotExist)
		for path, text := range map[string]string{a: "first", b: "other", c: "first"} {
			if got := content(t, fsys, path); got != text {
				t.Errorf("%s is %q, want %q", path, got, text)
			}
		}
		want(t, "remove one of two names", fsys.Remove(a), nil)
		if content(t, fsys, c) != "first" {
			t.Error("the other name lost its content")
		}
	})
}

func TestFoldersAreNeverReplaced(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		from, to, empty := filepath.Join(dir, "from"), filepath.Join(dir, "to"), filepath.Join(dir, "empty")
		for _, folder := range []string{from, to, empty} {
			want(t, "make", durable.MakeDir(fsys, folder), nil)
		}
		want(t, "file", durable.WriteFile(fsys, filepath.Join(from, "f"), []byte("f")), nil)
		want(t, "rename over an empty folder", fsys.RenameNoReplace(from, empty), fs.ErrExist)
		want(t, "remove a full folder", notNil(fsys.Remove(from)), errAny)
		want(t, "remove an empty folder", fsys.Remove(to), nil)
		want(t, "rename", fsys.RenameNoReplace(from, to), nil)
		if content(t, fsys, filepath.Join(to, "f")) != "f" {
			t.Error("the file did not move with its folder")
		}
		_, err := fsys.Stat(from)
		want(t, "stat the old name", err, fs.ErrNotExist)
		want(t, "remove all", fsys.RemoveAll(to), nil)
		want(t, "remove all of nothing", fsys.RemoveAll(to), nil)
	})
}

var errAny = errors.New("any error")

func notNil(err error) error {
	if err != nil {
		return errAny
	}
	return nil
}

func TestListsAndStats(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		want(t, "make", durable.MakeDir(fsys, filepath.Join(dir, "d", "inner")), nil)
		for _, name := range []string{"b", "B", "a10", "a9"} {
			want(t, "write", durable.WriteFile(fsys, filepath.Join(dir, "d", name), []byte(name)), nil)
		}
		got, err := fsys.ReadDir(filepath.Join(dir, "d"))
		want(t, "list", err, nil)
		if diff := cmp.Diff([]durable.Entry{{"B", false}, {"a10", false}, {"a9", false}, {"b", false}, {"inner", true}}, got); diff != "" {
			t.Error(diff)
		}
		info, err := fsys.Stat(filepath.Join(dir, "d", "a10"))
		if want(t, "stat", err, nil); info != (durable.Info{Size: 3}) {
			t.Errorf("stat: %+v", info)
		}
		if info, err := fsys.Stat(dir); err != nil || !info.Dir {
			t.Errorf("stat of a folder: %+v, %v", info, err)
		}
		_, err = fsys.ReadDir(filepath.Join(dir, "nothing"))
		want(t, "list nothing", err, fs.ErrNotExist)
		_, err = fsys.ReadFile(filepath.Join(dir, "nothing"))
		want(t, "read nothing", err, fs.ErrNotExist)
		want(t, "sync nothing", fsys.SyncDir(filepath.Join(dir, "nothing")), fs.ErrNotExist)
		want(t, "a folder below a file", notNil(fsys.MkdirAll(filepath.Join(dir, "d", "b", "c"))), errAny)
	})
}

func TestClosedFileTakesNoMore(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		file, err := fsys.CreateExclusive(filepath.Join(dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		want(t, "close", file.Close(), nil)
		_, err = file.Write([]byte("x"))
		want(t, "write", err, fs.ErrClosed)
		want(t, "sync", file.Sync(), fs.ErrClosed)
		want(t, "close again", file.Close(), fs.ErrClosed)
	})
}

func TestLocks(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		path := filepath.Join(dir, "LOCK")
		release, err := fsys.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fsys.Lock(path)
		want(t, "lock twice", err, durable.ErrLocked)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("the error does not name the file: %v", err)
		}
		want(t, "release", release(), nil)
		again, err := fsys.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "release again", again(), nil)
		_, err = fsys.Stat(path)
		want(t, "the file stays", err, nil)
		_, err = fsys.Lock(filepath.Join(dir, "nowhere", "LOCK"))
		want(t, "no folder", err, fs.ErrNotExist)
	})
}

func TestReadingInPlaces(t *testing.T) {
	both(t, func(t *testing.T, fsys durable.FS, dir string) {
		name := filepath.Join(dir, "a")
		want(t, "write", durable.WriteFile(fsys, name, []byte("0123456789")), nil)
		opened, err := fsys.Open(name)
		want(t, "open", err, nil)
		part := make([]byte, 4)
		n, err := opened.ReadAt(part, 3)
		want(t, "read", err, nil)
		if n != 4 || string(part) != "3456" || opened.Size() != 10 {
			t.Errorf("%d bytes %q of %d", n, part, opened.Size())
		}
		n, err = opened.ReadAt(part, 8)
		want(t, "read beyond the end", err, io.EOF)
		if n != 2 || string(part[:n]) != "89" {
			t.Errorf("at the end: %q", part[:n])
		}
		want(t, "close", opened.Close(), nil)
		_, err = fsys.Open(filepath.Join(dir, "x"))
		want(t, "open nothing", err, fs.ErrNotExist)
		_, err = fsys.Open(dir)
		want(t, "open a folder", err, syscall.EISDIR)
	})
}
