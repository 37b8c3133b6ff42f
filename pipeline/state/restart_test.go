package state

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
)

// TestSuccessSurvivesAPowerCut kills the first run of a state at each operation,
// lets another process finish it or find it committed, and cuts the power: what
// the second process called done must be there.
func TestSuccessSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	workspace := func() *durabletest.FS {
		fsys := durabletest.New()
		if err := durable.MakeDir(fsys, "/ws"); err != nil {
			t.Fatal(err)
		}
		fsys.FailAt(0, durabletest.None)
		return fsys
	}
	undisturbed := workspace()
	mustRun(t, undisturbed, day1)
	operations, want := undisturbed.Ops(), committed(undisturbed)
	for _, fault := range []durabletest.Fault{durabletest.Stop, durabletest.EIO, durabletest.Late} {
		for n := 1; n <= operations; n++ {
			for seed := range uint64(4) {
				fsys := workspace()
				fsys.FailAt(n, fault)
				first := runNight(fsys, day1)
				where := fmt.Sprintf("%s at operation %d:\n%s\n%v", fault, n, fsys.Log(), first)
				fsys.Restart()
				if err := runNight(fsys, day1); err != nil {
					t.Fatalf("the second process: %v after %s", err, where)
				}
				loss := durabletest.Some
				if seed == 0 {
					loss = durabletest.Everything
				}
				if diff := cmp.Diff(want, committed(fsys.Crash(loss, seed))); diff != "" {
					t.Fatalf("lost after %s\n%s", where, diff)
				}
			}
		}
	}
}
