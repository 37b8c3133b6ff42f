package state

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/rules/calendar"
)

func TestCommitBuildsTheChain(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	if chain := mustOpen(t, fsys); chain.Last() != nil {
		t.Error("a state that does not exist has runs")
	}
	mustRun(t, fsys, day1, day1+1, day1+2)
	chain := mustOpen(t, fsys)
	if len(chain.Nights()) != 3 || chain.Last().BusinessDate != Day(day1+2) || chain.Last().Sequence != 3 {
		t.Fatalf("chain of %d ends with %+v", len(chain.Nights()), chain.Last())
	}
	if m := must(t)(chain.Manifest(day1 + 1)); m.Sequence != 2 || m.PreviousSHA256 != chain.SHA256(must(t)(chain.Manifest(day1))) {
		t.Errorf("second manifest: %+v", m)
	}
	if chain.Has(day1+3) || chain.Has(day1-1) || must(t)(chain.Manifest(day1-1)) != nil {
		t.Error("dates that never ran have manifests")
	}
	var seen []string
	for i := range chain.Nights()[1:] {
		m := must(t)(chain.ManifestOf(i + 2))
		content, err := chain.ReadOutput(m, PostingsFile)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, string(content))
		none, err := chain.OpenOutput(m, "rules/none.yaml")
		if err != nil || none.Size() != 0 {
			t.Errorf("an empty file: %v", err)
		}
		if err := none.Close(); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"postings of 2024-10-05", "postings of 2024-10-06"}; !slices.Equal(seen, want) {
		t.Errorf("postings %q", seen)
	}
	if findings, err := chain.Verify(); err != nil || len(findings) != 0 {
		t.Errorf("findings %v, %v", findings, err)
	}
}

// TestEveryFailureLeavesOldOrNew fails each operation of a run in each way,
// crashes, and needs the state before or after the run; and the run repeated
// must give the state of one that was never disturbed.
func TestEveryFailureLeavesOldOrNew(t *testing.T) {
	t.Parallel()
	base := func() *durabletest.FS {
		fsys := durabletest.New()
		if err := runNight(fsys, day1); err != nil {
			t.Fatal(err)
		}
		return fsys.Crash(durabletest.Nothing, 0)
	}
	before := committed(base())
	undisturbed := base()
	undisturbed.FailAt(0, durabletest.None)
	mustRun(t, undisturbed, day1+1)
	operations, after := undisturbed.Ops(), committed(undisturbed)
	if operations < 30 {
		t.Fatalf("only %d operations", operations)
	}
	for _, fault := range durabletest.Faults() {
		for n := 1; n <= operations; n++ {
			for seed := range uint64(5) {
				loss := []durabletest.Loss{durabletest.Nothing, durabletest.Everything, durabletest.Some}[min(seed, 2)]
				fsys := base()
				fsys.FailAt(n, fault)
				err := runNight(fsys, day1+1)
				where := fmt.Sprintf("%s at operation %d, seed %d:\n%s\n%v", fault, n, seed, fsys.Log(), err)
				next := fsys.Crash(loss, seed)
				chain, openErr := Open(next, stateDir)
				if openErr != nil {
					t.Fatalf("%v after %s", openErr, where)
				}
				want := before
				if chain.Last().BusinessDate == Day(day1+1) {
					want = after
				}
				if err == nil && fault != durabletest.Stop && chain.Last().BusinessDate != Day(day1+1) {
					t.Fatalf("a run that said it was committed is lost: %s", where)
				}
				got := committed(next)
				maps.DeleteFunc(got, func(name, _ string) bool { // a run that no manifest names does not count
					return chain.Last().BusinessDate == Day(day1) && strings.HasPrefix(name, "ws/state/runs/2024-10-05/")
				})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("neither old nor new: %s\n%s", diff, where)
				}
				if err := runNight(next, day1+1); err != nil {
					t.Fatalf("the run repeated: %v after %s", err, where)
				}
				if diff := cmp.Diff(after, committed(next)); diff != "" {
					t.Fatalf("the run repeated differs: %s\n%s", diff, where)
				}
			}
		}
	}
}

func TestLeftoversAreSetAsideNotDeleted(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1)
	for _, name := range []string{"/ws/state/staging/2024-10-05/a", "/ws/state/runs/2024-10-05/b"} {
		if err := errors.Join(fsys.MkdirAll(filepath.Dir(name)), durable.WriteFile(fsys, name, []byte("left"))); err != nil {
			t.Fatal(err)
		}
	}
	chain := mustOpen(t, fsys)
	for range 2 { // the second time the stage itself is the leftover
		stage, err := chain.Begin(day1 + 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(stage.Aside) == 0 {
			t.Error("nothing was said to be moved")
		}
	}
	files := fsys.Tree()
	for _, name := range []string{"aside/staging-2024-10-05.1/a", "aside/runs-2024-10-05.1/b"} {
		if files["ws/state/"+name] != "left" {
			t.Errorf("%s is missing: %v", name, slices.Sorted(maps.Keys(files)))
		}
	}
	if _, ok := files["ws/state/aside/staging-2024-10-05.2"]; ok {
		t.Error("an empty stage is a file")
	}
}

func TestStaleWriterLoses(t *testing.T) {
	t.Parallel()
	// Without the lock, as on a file system whose locks do not work.
	tests := map[string]struct{ slow, fast calendar.Date }{
		"same date":  {day1 + 1, day1 + 1},
		"other date": {day1 + 2, day1 + 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := durabletest.New()
			mustRun(t, fsys, day1)
			slow := mustOpen(t, fsys)
			stage, err := slow.Begin(test.slow)
			if err != nil {
				t.Fatal(err)
			}
			// The slow writer's stage is out of the fast one's sight.
			if err := fsys.RenameNoReplace(stage.Dir, "/elsewhere"); err != nil {
				t.Fatal(err)
			}
			mustRun(t, fsys, test.fast)
			want := committed(fsys)
			if err := errors.Join(fsys.RenameNoReplace("/elsewhere", stage.Dir), stageFiles(fsys, stage, test.slow)); err != nil {
				t.Fatal(err)
			}
			m := manifestOf(test.slow)
			if test.slow != day1+1 {
				m.Skipped = &Span{Day(day1 + 1), Day(test.slow - 1)}
			}
			if err := stage.Commit(m); !errors.Is(err, ErrStale) {
				t.Errorf("commit: %v, want ErrStale", err)
			}
			if _, err := slow.Begin(test.slow); !errors.Is(err, ErrStale) {
				t.Errorf("begin: %v, want ErrStale", err)
			}
			chain := mustOpen(t, fsys)
			if chain.Last().BusinessDate != Day(test.fast) {
				t.Errorf("the chain ends with %s", chain.Last().BusinessDate)
			}
			for file, content := range want {
				if committed(fsys)[file] != content {
					t.Errorf("%s was changed", file)
				}
			}
		})
	}
}

func TestBeginRefusesDates(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1, day1+1)
	chain := mustOpen(t, fsys)
	for date, want := range map[calendar.Date]error{
		day1: ErrCommitted, day1 + 1: ErrCommitted, day1 - 1: ErrOrder, calendar.MaxDate + 1: calendar.ErrRange,
	} {
		if _, err := chain.Begin(date); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", date, err, want)
		}
	}
}

func TestCommitRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		date   calendar.Date
		change func(*Manifest)
		want   error
		text   string
	}{
		"gap":                {day1 + 3, func(*Manifest) {}, ErrGap, "2024-10-05 to 2024-10-06"},
		"gap of other dates": {day1 + 3, func(m *Manifest) { m.Skipped = &Span{Day(day1 + 1), Day(day1 + 1)} }, ErrGap, ""},
		"skip without a gap": {day1 + 1, func(m *Manifest) { m.Skipped = &Span{Day(day1 + 1), Day(day1)} }, nil, "none to skip"},
		"another date":       {day1 + 1, func(m *Manifest) { m.BusinessDate++ }, nil, "2024-10-06"},
		"unconserved": {day1 + 1, func(m *Manifest) { m.RollForward["USD"] = Moved{Issued: 2, Voided: 1} },
			ErrTotals, "USD"},
		"opening from nowhere": {day1 + 1, func(m *Manifest) { m.RollForward["EUR"] = Moved{Opening: 2, Closing: 2} },
			ErrTotals, "EUR opens with 2"},
		"issuance differs": {day1 + 1, func(m *Manifest) {
			m.RollForward["USD"] = Moved{Issued: 2, Closing: 2}
			m.Outputs = append(m.Outputs, Output{Name: "issuance.parquet", SumsMinor: map[string]map[string]string{"amount_minor": {"USD": "3"}}})
		}, ErrTotals, "issuance.parquet has 3 USD"},
		"missing output": {day1 + 1, func(m *Manifest) { m.Outputs = append(m.Outputs, Output{Name: "more"}) }, nil, "more: not staged"},
		"unlisted file": {day1 + 1, func(m *Manifest) {
			m.Outputs = slices.DeleteFunc(m.Outputs, func(o Output) bool { return o.Name == "amends.yaml" })
		}, nil, "amends.yaml: staged"},
		"size": {day1 + 1, func(m *Manifest) { m.Outputs[0].Size++ }, nil, "the manifest says"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := durabletest.New()
			mustRun(t, fsys, day1)
			before := committed(fsys)
			chain := mustOpen(t, fsys)
			stage, err := chain.Begin(test.date)
			if err != nil {
				t.Fatal(err)
			}
			if err := stageFiles(fsys, stage, test.date); err != nil {
				t.Fatal(err)
			}
			m := manifestOf(test.date)
			test.change(m)
			err = stage.Commit(m)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %v, want %v and %q", err, test.want, test.text)
			}
			if diff := cmp.Diff(before, committed(fsys)); diff != "" {
				t.Error(diff)
			}
			if err := stage.Discard(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()
	for name, lockIn := range map[string]func() (durable.FS, string){
		"simulated": func() (durable.FS, string) { return durabletest.New(), "/s" },
		"machine":   func() (durable.FS, string) { return durable.OS{}, filepath.Join(t.TempDir(), "new", "state") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys, dir := lockIn()
			release, err := Lock(fsys, dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Lock(fsys, dir); !errors.Is(err, ErrLocked) {
				t.Errorf("second lock: %v", err)
			}
			if err := release(); err != nil {
				t.Fatal(err)
			}
			if _, err := fsys.Stat(filepath.Join(dir, "LOCK")); err != nil {
				t.Errorf("the lock's file is gone: %v", err)
			}
			again, err := Lock(fsys, dir)
			if err != nil {
				t.Fatalf("after the release: %v", err)
			}
			if err := again(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRunOnTheMachine(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	release, err := Lock(durable.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := Open(durable.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	for date := day1; date < day1+2; date++ { // one chain goes on from its own commit
		stage, err := chain.Begin(date)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(stageFiles(durable.OS{}, stage, date), stage.Commit(manifestOf(date))); err != nil {
			t.Fatal(err)
		}
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(durable.OS{}, dir)
	if err != nil || len(again.Nights()) != 2 {
		t.Fatalf("%v, %v", again, err)
	}
	if findings, err := again.Verify(); err != nil || len(findings) != 0 {
		t.Errorf("findings %v, %v", findings, err)
	}
}
