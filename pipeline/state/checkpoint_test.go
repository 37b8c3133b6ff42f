package state

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"amends/pipeline/durable/durabletest"
	"amends/rules/calendar"
)

// checkpointed are three nights with a checkpoint of some of them.
func checkpointed(t *testing.T, of int) *durabletest.FS {
	t.Helper()
	fsys := durabletest.New()
	for i := range 3 {
		mustRun(t, fsys, day1+calendar.Date(i))
		if i+1 == of {
			mustCheckpoint(t, fsys)
		}
	}
	return fsys
}

func mustCheckpoint(t *testing.T, fsys *durabletest.FS) {
	t.Helper()
	if err := mustOpen(t, fsys).Checkpoint(); err != nil {
		t.Fatal(err)
	}
}

func mustWalk(t *testing.T, fsys *durabletest.FS) *Chain {
	t.Helper()
	chain, err := Walk(fsys, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// Whatever checkpoint there is, the chain is the one that a walk finds; with one,
// two manifests and their copies are the most that is read of three.
func TestACheckpointChangesCostOnly(t *testing.T) {
	t.Parallel()
	damage := map[string]func(content string) string{
		"whole":       func(c string) string { return c },
		"gone":        func(string) string { return "" },
		"cut":         func(c string) string { return c[:len(c)/2] },
		"byte":        func(c string) string { return strings.Replace(c, "2024-10-04", "2024-10-03", 1) },
		"no digest":   func(c string) string { return c[strings.Index(c, "\n")+1:] },
		"other":       func(c string) string { return resealed(strings.Replace(c, Digest([]byte("x"))[:5], "00000", 1)) },
		"other chain": func(c string) string { return resealed(strings.ReplaceAll(c, `"sha256":"`, `"sha256":"f`)) },
		"version":     func(c string) string { return resealed(strings.Replace(c, `"version":1`, `"version":2`, 1)) },
	}
	for of := 1; of <= 3; of++ {
		for name, change := range damage {
			fsys := checkpointed(t, of)
			content := fsys.Tree()["ws/state/"+checkpointName(of)]
			if content == "" {
				t.Fatalf("no checkpoint of %d: %v", of, fsys.Log())
			}
			want := mustWalk(t, fsys)
			replace(t, fsys, checkpointName(of), change(content))
			fsys.FailAt(0, durabletest.None)
			got := mustOpen(t, fsys)
			reads := strings.Count(fsys.Log(), "/manifests/")
			if !reflect.DeepEqual(got.Nights(), want.Nights()) || !reflect.DeepEqual(got.Last(), want.Last()) {
				t.Errorf("%d nights, checkpoint %s: %+v, a walk finds %+v", of, name, got, want)
			}
			if name == "whole" && reads != 4-of {
				t.Errorf("%d nights in the checkpoint, and %d manifests were read:\n%s", of, reads, fsys.Log())
			}
			for n := 1; n <= 3; n++ {
				if m := must(t)(got.ManifestOf(n)); m.Sequence != n || m.Date() != day1+calendar.Date(n-1) {
					t.Errorf("manifest %d is %+v", n, m)
				}
			}
		}
	}
}

// resealed gives a changed checkpoint a digest that fits.
func resealed(content string) string {
	rest := content[strings.Index(content, "\n")+1:]
	return Digest([]byte(rest)) + "\n" + rest
}

// What a checkpoint keeps Open from reading, Verify reads, and so does who asks
// for it.
func TestDamageBehindACheckpointIsFound(t *testing.T) {
	t.Parallel()
	fsys := checkpointed(t, 3)
	if err := fsys.Flip("/ws/state/manifests/1.json", 200); err != nil {
		t.Fatal(err)
	}
	chain := mustOpen(t, fsys)
	if _, err := chain.Manifest(day1); !errors.Is(err, ErrBroken) {
		t.Errorf("a damaged manifest was read: %v", err)
	}
	if _, err := Walk(fsys, stateDir); !errors.Is(err, ErrBroken) {
		t.Errorf("a walk found %v", err)
	}
	fsys = checkpointed(t, 3)
	if err := fsys.Flip("/ws/state/manifests/3.json", 200); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(fsys, stateDir); !errors.Is(err, ErrBroken) {
		t.Errorf("the last manifest is damaged: %v", err)
	}
}

// A checkpoint that lies in whole sentences is for Verify to find, and for the
// next Checkpoint to replace.
func TestVerifyHoldsCheckpointsToTheChain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"damaged":     func(c string) string { return strings.Replace(c, "2024-10-04", "2024-10-03", 1) },
		"is not what": func(c string) string { return resealed(strings.Replace(c, "2024-10-04", "2024-10-03", 1)) },
	} {
		fsys := checkpointed(t, 3)
		content := fsys.Tree()["ws/state/"+checkpointName(3)]
		replace(t, fsys, checkpointName(3), change(content))
		findings, err := mustWalk(t, fsys).VerifyCheckpoints()
		if err != nil || len(findings) != 1 || findings[0].File != checkpointName(3) || !strings.Contains(findings[0].Problem, name) {
			t.Errorf("%s: findings %v, %v", name, findings, err)
		}
		if err := mustWalk(t, fsys).Checkpoint(); err != nil {
			t.Fatal(err)
		}
		if fsys.Tree()["ws/state/"+checkpointName(3)] != content {
			t.Errorf("%s: the checkpoint was not made again", name)
		}
	}
}

// Whatever operation fails, and whatever a crash then loses, the chain opens as
// it was, and the next checkpoint comes to the same file.
func TestACheckpointThatFails(t *testing.T) {
	t.Parallel()
	before := checkpointed(t, 2)
	counted := before.Crash(durabletest.Nothing, 0)
	chain := mustOpen(t, counted)
	counted.FailAt(0, durabletest.None)
	if err := chain.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	ops, want := counted.Ops(), counted.Tree()
	if want["ws/state/"+checkpointName(2)] != "" || want["ws/state/"+checkpointName(3)] == "" {
		t.Fatalf("checkpoints: %v", counted.Log())
	}
	for op := 1; op <= ops; op++ {
		for _, fault := range durabletest.Faults() {
			for _, loss := range []durabletest.Loss{durabletest.Nothing, durabletest.Everything, durabletest.Some} {
				fsys := before.Crash(durabletest.Nothing, 0)
				chain := mustOpen(t, fsys)
				fsys.FailAt(op, fault)
				_ = chain.Checkpoint() // may have come to its end
				after := fsys.Crash(loss, uint64(op))
				if got := mustOpen(t, after); len(got.Nights()) != 3 || got.LastSHA256() != chain.LastSHA256() {
					t.Fatalf("%s at %d: %d nights", fault, op, len(got.Nights()))
				}
				mustCheckpoint(t, after)
				for name, content := range want {
					if after.Tree()[name] != content {
						t.Fatalf("%s at %d: %s differs", fault, op, name)
					}
				}
			}
		}
	}
}
