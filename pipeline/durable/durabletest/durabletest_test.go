package durabletest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"amends/pipeline/durable"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestPowerCutTakesWhatWasNotSynced(t *testing.T) {
	t.Parallel()
	fsys := New()
	must(t, fsys.MkdirAll("/kept"), fsys.SyncDir("/"), fsys.MkdirAll("/lost"))
	must(t, durable.WriteFile(fsys, "/kept/named", []byte("abc")), fsys.SyncDir("/kept"))
	must(t, durable.WriteFile(fsys, "/kept/unnamed", []byte("abc")))
	file, err := fsys.CreateExclusive("/kept/unsynced")
	must(t, err)
	_, err = file.Write([]byte("abc"))
	must(t, err, file.Close(), fsys.SyncDir("/kept"), fsys.Remove("/kept/unnamed"))
	must(t, durable.WriteFile(fsys, "/kept/late", []byte("x")))

	after := fsys.Crash(Everything, 0).Tree()
	want := map[string]string{"kept/named": "abc", "kept/unsynced": "", "kept/unnamed": "abc"} // its removal was not synced
	if !maps.Equal(after, want) {
		t.Errorf("after a power cut: %q, want %q", after, want)
	}
	if !maps.Equal(fsys.Crash(Nothing, 0).Tree(), fsys.Tree()) {
		t.Error("the death of a process took something")
	}
}

func TestSomeLossIsDecidedByTheSeed(t *testing.T) {
	t.Parallel()
	fsys := New()
	for i := range 6 {
		must(t, durable.WriteFile(fsys, fmt.Sprint("/f", i), []byte("abc")))
	}
	file, err := fsys.CreateExclusive("/tail")
	must(t, err)
	_, err = file.Write([]byte("synced"))
	must(t, err, file.Sync())
	_, err = file.Write([]byte(" and more"))
	must(t, err, file.Close())
	trees := map[string]bool{}
	for seed := range uint64(40) {
		tree := fsys.Crash(Some, seed).Tree()
		if !maps.Equal(tree, fsys.Crash(Some, seed).Tree()) {
			t.Fatal("one seed, two outcomes")
		}
		if tail, ok := tree["tail"]; ok && (!strings.HasPrefix(tail, "synced") || len(tail) > len("synced and more")) {
			t.Errorf("seed %d: what was synced is %q", seed, tail)
		}
		trees[fmt.Sprint(slices.Sorted(maps.Keys(tree)), tree["tail"])] = true
	}
	if len(trees) < 20 {
		t.Errorf("40 seeds gave only %d outcomes", len(trees))
	}
}

func TestFailedSyncNeverBecomesDurable(t *testing.T) {
	t.Parallel()
	fsys := New()
	file, err := fsys.CreateExclusive("/f")
	must(t, err, fsys.SyncDir("/"))
	_, err = file.Write([]byte("abc"))
	must(t, err)
	fsys.FailAt(1, EIO)
	if err := file.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("sync: %v", err)
	}
	must(t, file.Sync(), file.Close()) // as Linux does: the second says nothing
	if got := fsys.Crash(Everything, 0).Tree()["f"]; got != "" {
		t.Errorf("%q survived", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[Fault]struct {
		err     error
		written int // of a write of six bytes
		exists  bool
	}{
		EIO: {syscall.EIO, 0, false}, ENOSPC: {syscall.ENOSPC, 3, false}, ShortWrite: {syscall.EIO, 3, false},
		Late: {syscall.EIO, 6, true}, Stop: {ErrStopped, 0, false},
	}
	for fault, want := range tests {
		fsys := New()
		fsys.FailAt(1, fault)
		if err := fsys.MkdirAll("/d"); !errors.Is(err, want.err) {
			t.Errorf("%s: mkdir gave %v", fault, err)
		}
		if _, err := fsys.Stat("/d"); fault != Stop && (err == nil) != want.exists {
			t.Errorf("%s: the folder is there: %v", fault, err == nil)
		} else if fault == Stop && !errors.Is(err, ErrStopped) {
			t.Errorf("a dead process went on: %v", err)
		}
		fsys = New()
		file, err := fsys.CreateExclusive("/f")
		must(t, err)
		fsys.FailAt(1, fault)
		n, err := file.Write([]byte("sixsix"))
		if n != want.written || fault != ShortWrite && !errors.Is(err, want.err) || fault == ShortWrite && err != nil {
			t.Errorf("%s: write gave %d, %v", fault, n, err)
		}
	}
}

func TestWriteFileReportsAShortWrite(t *testing.T) {
	t.Parallel()
	for op, want := range map[int]error{1: syscall.EIO, 2: io.ErrShortWrite, 3: syscall.EIO, 4: syscall.EIO} {
		fsys := New()
		fsys.FailAt(op, ShortWrite) // create, write, sync, close
		if err := durable.WriteFile(fsys, "/f", []byte("abc")); !errors.Is(err, want) {
			t.Errorf("operation %d: %v, want %v", op, err, want)
		}
		if fsys.Ops() > 4 || !strings.HasPrefix(fsys.Log(), "1 create /f") {
			t.Errorf("log %q", fsys.Log())
		}
	}
}

func TestMakeDirSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	fsys := New()
	must(t, durable.MakeDir(fsys, "/a/b/c"))
	if info, err := fsys.Crash(Everything, 0).Stat("/a/b/c"); err != nil || !info.Dir {
		t.Errorf("the folder is gone: %v", err)
	}
	// Made by a process that died before it could sync.
	fsys = New()
	must(t, durable.MakeDir(fsys, "/a"), fsys.MkdirAll("/a/b"))
	fsys.Restart()
	must(t, durable.MakeDir(fsys, "/a/b"))
	if _, err := fsys.Crash(Everything, 0).Stat("/a/b"); err != nil {
		t.Errorf("the folder is gone: %v", err)
	}
}

func TestRestartFreesLocksAndKeepsFiles(t *testing.T) {
	t.Parallel()
	fsys := New()
	_, err := fsys.Lock("/LOCK")
	must(t, err, durable.WriteFile(fsys, "/f", []byte("abc")))
	fsys.FailAt(1, Stop)
	if err := fsys.SyncDir("/"); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	fsys.Restart()
	_, err = fsys.Lock("/LOCK")
	must(t, err)
	if got, err := fsys.ReadFile("/f"); err != nil || !bytes.Equal(got, []byte("abc")) {
		t.Errorf("%q, %v", got, err)
	}
	if _, there := fsys.Crash(Everything, 0).Tree()["f"]; there {
		t.Error("a restart made a name durable")
	}
}
