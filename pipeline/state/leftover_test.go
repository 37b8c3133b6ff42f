package state

import (
	"errors"
	"strings"
	"testing"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
)

// hidden are the names in the state that begin with a dot.
func hidden(fsys *durabletest.FS) map[string]bool {
	names := map[string]bool{}
	for name := range fsys.Tree() {
		if strings.Contains(name, "/.") {
			names[strings.TrimPrefix(name, "ws/state/")] = true
		}
	}
	return names
}

// diedBeforeRemove is a file system whose process dies between link and remove: the
// manifest stands, under both names.
type diedBeforeRemove struct{ *durabletest.FS }

func (diedBeforeRemove) Remove(string) error { return errors.New("killed") }

// What a process that was killed beside its link left is removed by the next one
// that has the lock; what may be another's, or a request that is being written,
// stays.
func TestTemporaryFilesOfTheDeadAreRemoved(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, diedBeforeRemove{fsys}, day1)
	if left := hidden(fsys); !left["manifests/.1.json.0.tmp"] {
		t.Fatalf("left: %v", left)
	}
	before := committed(fsys)
	mustPut(t, fsys, "manifests/.2.json.17.tmp", "half of a mani")
	mustPut(t, fsys, "derived/.chain-1.json.0.tmp", "half of a check")
	stay := []string{"manifests/.1.json.swp", "manifests/.01.json.0.tmp", "manifests/.x.json.0.tmp", "derived/.postings-1-8.volume", "requests/.rq1_0a.json.0.tmp"}
	for _, name := range stay {
		mustPut(t, fsys, name, "another's")
	}
	release, err := Lock(fsys, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	left := hidden(fsys)
	for _, name := range stay {
		if !left[name] {
			t.Errorf("%s is gone", name)
		}
		delete(left, name)
	}
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if after := committed(fsys); len(after) != len(before) {
		t.Errorf("%d files are committed, %d before", len(after), len(before))
	}
	mustRun(t, fsys, day1+1)
	if chain := mustOpen(t, fsys); len(chain.Nights()) != 2 {
		t.Errorf("%d nights", len(chain.Nights()))
	}
}

// Who has not got the lock removes nothing: another is at work.
func TestTemporaryFilesOfTheLivingStay(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	release, err := Lock(fsys, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, fsys, "manifests/.1.json.0.tmp", "being written")
	if _, err := Lock(fsys, stateDir); !errors.Is(err, durable.ErrLocked) {
		t.Fatal(err)
	}
	if !hidden(fsys)["manifests/.1.json.0.tmp"] {
		t.Error("it is gone")
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
