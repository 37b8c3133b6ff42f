package pipeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/pipeline/report"
)

// derived are the names of what is derived, below the state.
func (s *shop) derived(fsys *durabletest.FS) []string {
	var names []string
	for name := range s.tree(fsys) {
		if strings.HasPrefix(name, "derived/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// spoil deletes files of what is derived, or flips a byte of them.
func (s *shop) spoil(fsys *durabletest.FS, random *rand.Rand) {
	for _, name := range s.derived(fsys) {
		full := s.stateDir() + "/" + name
		switch random.IntN(4) {
		case 0:
			mustDo(s.t, fsys.Remove(full))
		case 1:
			mustDo(s.t, fsys.Flip(full, random.IntN(len(s.tree(fsys)[name]))))
		}
	}
}

// Nights over an archive that is deleted or damaged before any of them publish
// the bytes of nights over a whole one, and leave the archive of those.
func TestNightsOverADamagedArchive(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)
	whole := s.disk()
	_, err := s.run(whole, first, last)
	mustDo(t, err)
	want := s.tree(whole)
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 0))
		fsys := s.disk()
		for night := first; night <= last; night++ {
			s.spoil(fsys, random)
			if _, err := s.run(fsys, night, night); err != nil {
				t.Fatalf("seed %d, %s: %v", seed, night, err)
			}
		}
		if names := differing(published(want), published(s.tree(fsys))); len(names) > 0 {
			t.Errorf("seed %d: %s", seed, strings.Join(names, "; "))
		}
		// Nobody may have asked for a damaged place; verify looks at all of them.
		s.verifyUntilWell(fsys)
		if names := differing(want, s.tree(fsys)); len(names) > 0 {
			t.Errorf("seed %d, verified: %s", seed, strings.Join(names, "; "))
		}
	}
}

func (s *shop) verifyUntilWell(fsys *durabletest.FS) {
	s.t.Helper()
	for range 2 {
		r, err := pipeline.Verify(context.Background(), s.config(fsys), pipeline.VerifyOptions{})
		mustDo(s.t, err)
		if len(r.Findings) == 0 {
			return
		}
	}
	s.t.Fatalf("verify finds something again")
}

// Verify names a flipped byte in what is derived, wherever it is, and makes the
// file again.
func TestVerifyMendsWhatIsDerived(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, _ := s.parade()
	whole := s.disk()
	_, err := s.run(whole, first, first.AddDays(1))
	mustDo(t, err)
	want := s.tree(whole)
	names := s.derived(whole)
	if len(names) < 3 {
		t.Fatalf("derived: %q", names)
	}
	for i, name := range names {
		for _, at := range []int{0, len(want[name]) / 3, len(want[name]) / 2, len(want[name]) - 200, len(want[name]) - 1} {
			fsys := copyOf(whole)
			mustDo(t, fsys.Flip(s.stateDir()+"/"+name, max(at, 0)))
			r, err := pipeline.Verify(context.Background(), s.config(fsys), pipeline.VerifyOptions{})
			mustDo(t, err)
			if len(r.Findings) != 1 || r.Findings[0].File != name || !strings.Contains(r.Findings[0].Problem, "made again") {
				t.Fatalf("%d: %s, byte %d: findings %v", i, name, at, r.Findings)
			}
			if names := differing(want, s.tree(fsys)); len(names) > 0 {
				t.Fatalf("%s, byte %d: %s", name, at, strings.Join(names, "; "))
			}
		}
	}
}

// A night opens no file per earlier night, and neither do status and explain.
func TestFilesOpenedDoNotGrowWithTheLedger(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	fsys := s.disk()
	_, err := s.run(fsys, first, last.AddDays(-1))
	mustDo(t, err)
	opened := func(what string, do func() error) {
		t.Helper()
		fsys.FailAt(0, durabletest.None)
		mustDo(t, do())
		for night := first; night < last.AddDays(-1); night++ {
			for _, line := range strings.Split(fsys.Log(), "\n") {
				n := int(night-first) + 1
				if strings.Contains(line, "runs/"+night.String()) || strings.HasSuffix(line, fmt.Sprintf("manifests/%d.json", n)) {
					t.Fatalf("%s: %s", what, line)
				}
			}
		}
	}
	config, morning := s.config(fsys), time.Unix(int64(last+1)*24*3600, 0)
	opened("status", func() error { _, err := pipeline.Status(context.Background(), config, morning); return err })
	opened("the night", func() error { _, err := s.run(fsys, last, last); return err })
	opened("explain", func() error {
		_, err := pipeline.Explain(context.Background(), config, pipeline.ExplainRequest{ID: "ann", Kind: report.OfCustomer}, morning)
		return err
	})
}

// A reader that knows the chain as it was before a night asks the volumes that this
// night merged, reads the postings of no night for it, and finds nothing that the
// night posted.
func TestAReaderOfBeforeAsksWhatALaterNightMerged(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade() // eight nights, which become one volume
	fsys := s.disk()
	_, err := s.run(fsys, first, last.AddDays(-1))
	mustDo(t, err)
	before := s.chain(fsys)
	ask := func() []ledger.Given {
		t.Helper()
		a := got(archive.Open(pipeline.ArchiveOf(fsys, before)))(t)
		defer func() { mustDo(t, a.Close()) }()
		return got(a.Before(last.AddDays(9)).Customer("cleo", first))(t)
	}
	want := ask()
	_, err = s.run(fsys, last, last)
	mustDo(t, err)
	fsys.FailAt(0, durabletest.None)
	if after := ask(); len(want) == 0 || !slices.Equal(after, want) {
		t.Errorf("%+v, want %+v", after, want)
	}
	if log := fsys.Log(); strings.Contains(log, "postings.parquet") || !strings.Contains(log, "postings-1-8.volume") {
		t.Errorf("%s", log)
	}
}
