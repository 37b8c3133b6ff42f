package pipeline_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"amends/pipeline/durable/durabletest"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// disturbance is a run that is disturbed: nights on top of a state, and what an
// undisturbed run makes of them.
type disturbance struct {
	shop        *shop
	first, last calendar.Date
	before      *durabletest.FS // not to be written: copy it
	committed   int             // manifests before
	want        map[string]string

	mu     sync.Mutex
	nights map[string]int // states from which a rerun came out right, and how many nights each has
}

// copyOf is a file system with the same content, all of it durable.
func copyOf(fsys *durabletest.FS) *durabletest.FS { return fsys.Crash(durabletest.Nothing, 0) }

// tree is the files of the shop's state by name below it.
func (s *shop) tree(fsys *durabletest.FS) map[string]string {
	prefix := strings.Trim(s.stateDir(), "/") + "/"
	out := map[string]string{}
	for name, content := range fsys.Tree() {
		if below, ok := strings.CutPrefix(name, prefix); ok {
			out[below] = content
		}
	}
	return out
}

// disturb prepares the nights first to last of a shop for which those before
// ran, with two requests waiting: one lets a hold go, one voids a credit.
func disturb(t *testing.T, s *shop, begin, first, last calendar.Date) *disturbance {
	t.Helper()
	fsys := s.disk()
	if begin < first {
		_, err := s.run(fsys, begin, first.AddDays(-1))
		mustDo(t, err)
		s.ask(fsys)
	}
	d := &disturbance{shop: s, first: first, last: last, before: fsys, committed: len(s.chain(fsys).Nights()), nights: map[string]int{}}
	undisturbed := copyOf(fsys)
	_, err := s.run(undisturbed, first, last)
	mustDo(t, err)
	d.want = published(s.tree(undisturbed))
	if begin < first {
		requireRich(t, s, undisturbed, last)
	}
	return d
}

// ask approves the first hold of the last run, and voids its first open credit.
func (s *shop) ask(fsys *durabletest.FS) {
	s.t.Helper()
	chain := s.chain(fsys)
	last := chain.Last().Date()
	holds := readOutput(s.t, chain, last, "held.parquet", publish.ReadHolds)
	open := readOutput(s.t, chain, last, "open.parquet", publish.ReadOpen)
	for _, r := range []*state.Request{
		{Kind: state.Approve, Credits: []string{holds[0].CreditID}, By: "ines", Why: "checked", SeenSHA256: chain.LastSHA256()},
		{Kind: state.Void, Credits: []string{open[0].CreditID}, By: "ines", Why: "paid in cash", SeenSHA256: chain.LastSHA256()},
	} {
		_, err := state.PutRequest(fsys, s.stateDir(), r)
		mustDo(s.t, err)
	}
}

// requireRich fails where the nights are too poor to show anything.
func requireRich(t *testing.T, s *shop, fsys *durabletest.FS, night calendar.Date) {
	t.Helper()
	chain := s.chain(fsys)
	kinds := map[string]int{}
	for _, m := range manifestsOf(t, chain) {
		for _, p := range readOutput(t, chain, m.Date(), state.PostingsFile, publish.ReadPostings) {
			kinds[string(p.Kind)]++
		}
	}
	for _, kind := range []string{"issue", "redeem", "void", "forfeit", "reinstate", "hold", "lapse"} {
		if kinds[kind] == 0 {
			t.Errorf("up to %s there is no posting of kind %s: %v", night, kind, kinds)
		}
	}
	if len(chain.Last().Requests) != 2 {
		t.Errorf("the run of %s consumed %d requests, want 2", night, len(chain.Last().Requests))
	}
}

// attempt runs the nights with one fault and returns how many of them the
// caller may count on, and whether one more may stand.
func (d *disturbance) attempt(t *testing.T, op int, fault durabletest.Fault) (fsys *durabletest.FS, sure int, perhaps bool) {
	t.Helper()
	fsys = copyOf(d.before)
	fsys.FailAt(op, fault)
	results, err := d.shop.run(fsys, d.first, d.last)
	if want := int(d.last-d.first) + 1; err == nil && len(results) != want {
		t.Fatalf("%d of %d nights, and no error", len(results), want)
	}
	return fsys, len(results), errors.Is(err, state.ErrUncertain) || errors.Is(err, durabletest.ErrStopped)
}

// hold checks what a crash left: a chain that opens, as long as it may be, every
// file of it as its manifest says; and then that the same run, not disturbed,
// comes to the same bytes. Most crashes leave what another left before them.
func (d *disturbance) hold(t *testing.T, after *durabletest.FS, sure int, perhaps bool) {
	t.Helper()
	left := digestOf(after.Tree())
	d.mu.Lock()
	got, known := d.nights[left]
	d.mu.Unlock()
	if !known {
		got = d.nightsOf(t, after)
	}
	if got != sure && !(perhaps && got == sure+1) {
		t.Fatalf("%d nights stand; the run had reported %d, one more possible: %v", got, sure, perhaps)
	}
	if known {
		return
	}
	d.finish(t, after)
	d.mu.Lock()
	d.nights[left] = got
	d.mu.Unlock()
}

// nightsOf counts the disturbed nights that stand, every file as it should be.
func (d *disturbance) nightsOf(t *testing.T, after *durabletest.FS) int {
	t.Helper()
	chain, err := state.Open(after, d.shop.stateDir())
	if err != nil {
		t.Fatalf("the state does not open: %v", err)
	}
	for _, m := range manifestsOf(t, chain) {
		findings, err := chain.VerifyRun(m)
		if err != nil || len(findings) > 0 {
			t.Fatalf("run of %s: %v %v", m.BusinessDate, findings, err)
		}
	}
	return len(chain.Nights()) - d.committed
}

func digestOf(files map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %d ", name, len(files[name]))
		io.WriteString(h, files[name])
	}
	return string(h.Sum(nil))
}

// finish runs the nights once more; what came of it stays, also through a cut.
func (d *disturbance) finish(t *testing.T, fsys *durabletest.FS) {
	t.Helper()
	if _, err := d.shop.run(fsys, d.first, d.last); err != nil {
		t.Fatalf("the rerun: %v", err)
	}
	tree := d.shop.tree(fsys.Crash(durabletest.Everything, 0))
	if names := differing(d.want, published(tree)); len(names) > 0 {
		t.Fatalf("the rerun differs from an undisturbed run: %s", strings.Join(names, "; "))
	}
	for name := range tree {
		if strings.HasPrefix(name, "staging/") {
			t.Fatalf("the rerun left %s", name)
		}
	}
}

var losses = []durabletest.Loss{durabletest.Nothing, durabletest.Everything, durabletest.Some}

// everyOperation disturbs each operation of the run with each fault, then lets
// each kind of crash come. A stride above 1 takes, for each fault, others of the
// operations after the first ones, which make the state's folders.
func (d *disturbance) everyOperation(t *testing.T, stride int) {
	counted := copyOf(d.before)
	counted.FailAt(0, durabletest.None)
	_, err := d.shop.run(counted, d.first, d.last)
	mustDo(t, err)
	operations := strings.Split(counted.Log(), "\n")
	if testing.Short() {
		stride = 7
	}
	for _, fault := range durabletest.Faults() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for op := 1; op <= len(operations); op++ {
				if op > firstOperations && (op+int(fault))%stride != 0 {
					continue
				}
				if reads(operations[op-1]) && fault != durabletest.EIO && fault != durabletest.Stop {
					continue // one failed read is as another
				}
				d.operation(t, op, fault, operations[op-1])
			}
		})
	}
}

// firstOperations is how many operations a run begins with before it reads the
// chain.
const firstOperations = 20

func reads(operation string) bool {
	name := strings.Fields(operation)[1]
	return name == "read" || name == "open" || name == "readat" || name == "readdir" || name == "stat"
}

func (d *disturbance) operation(t *testing.T, op int, fault durabletest.Fault, name string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("with %s at operation %s", fault, name)
		}
	}()
	fsys, sure, perhaps := d.attempt(t, op, fault)
	for i, loss := range losses {
		seed := uint64(op*len(losses) + i)
		d.hold(t, fsys.Crash(loss, seed), sure, perhaps)
	}
	if fault == durabletest.Stop && !reads(name) { // the process dies, the machine goes on, and dies when all is done
		fsys.Restart()
		d.finish(t, fsys)
	}
}

func TestEveryOperationOfTheFirstNightFails(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, _ := s.parade()
	disturb(t, s, first, first, first).everyOperation(t, 4)
}

func TestEveryOperationOfALaterNightFails(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)
	disturb(t, s, first, last, last).everyOperation(t, 1)
}

// A range holds the ledger in memory from night to night: a fault in its second
// night must not undo the first, nor lead the rerun astray.
func TestFaultsWithinARangeOfNights(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)
	last = first.AddDays(2)
	d := disturb(t, s, first, first, last)
	counted := copyOf(d.before)
	counted.FailAt(0, durabletest.None)
	_, err := s.run(counted, first, last)
	mustDo(t, err)
	operations := strings.Split(counted.Log(), "\n")
	faults := durabletest.Faults()
	for n, op := 0, 3; op <= len(operations); n, op = n+1, op+11 {
		d.operation(t, op, faults[n%len(faults)], operations[op-1])
	}
}

// A machine that loses power again and again: each run gets a little further or
// not at all, and what comes out in the end is the same.
func TestOneCrashAfterAnother(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)
	d := disturb(t, s, first, last, last)
	for seed := range uint64(4) {
		fsys := copyOf(d.before)
		for crash := range uint64(8) {
			fsys.FailAt(int(seed*31+crash*53)%150+1, durabletest.Stop)
			if _, err := s.run(fsys, first, last); err == nil {
				break
			}
			fsys = fsys.Crash(losses[(seed+crash)%3], seed*100+crash)
		}
		fsys.FailAt(0, durabletest.None)
		d.finish(t, fsys)
	}
}

// The manifest is linked, and its folder cannot be synced: the run may stand or
// not, says so, and either is right.
func TestUncertainCommit(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)
	d := disturb(t, s, first, last, last)
	counted := copyOf(d.before)
	counted.FailAt(0, durabletest.None)
	_, err := s.run(counted, last, last)
	mustDo(t, err)
	operations := strings.Split(counted.Log(), "\n")
	linked := slices.IndexFunc(operations, func(line string) bool { return strings.Contains(line, " link ") })
	if linked < 0 || !strings.HasSuffix(operations[linked+1], "manifests") {
		t.Fatalf("after the link comes %q", operations[linked+1])
	}
	for loss, want := range map[durabletest.Loss]int{durabletest.Nothing: 1, durabletest.Everything: 0} {
		fsys := copyOf(d.before)
		fsys.FailAt(linked+2, durabletest.EIO) // operations count from 1
		results, err := s.run(fsys, last, last)
		if !errors.Is(err, state.ErrUncertain) || len(results) != 0 {
			t.Fatalf("%d nights, %v", len(results), err)
		}
		after := fsys.Crash(loss, 0)
		if got := len(s.chain(after).Nights()) - d.committed; got != want {
			t.Errorf("%d nights stand, want %d", got, want)
		}
		results, err = s.run(after, last, last)
		mustDo(t, err)
		if results[0].Already != (want == 1) {
			t.Errorf("after the crash the night was there already: %v", results[0].Already)
		}
		d.finish(t, after)
	}
}

// What the crashes are held to is worth something only if it is always the same.
func TestTwoUndisturbedRunsAreTheSame(t *testing.T) {
	t.Parallel()
	dirs := []*shop{newShop(t, t.TempDir(), paradeCustomers()...), newShop(t, t.TempDir(), paradeCustomers()...)}
	var trees []map[string]string
	for _, s := range dirs {
		first, last := s.parade()
		s.spend(first, last)
		fsys := s.disk()
		_, err := s.run(fsys, first, last)
		mustDo(t, err)
		trees = append(trees, published(s.tree(fsys)))
	}
	if names := differing(trees[0], trees[1]); len(names) > 0 {
		t.Errorf("two folders, two outcomes: %v", names)
	}
	if len(slices.Collect(maps.Keys(trees[0]))) < 10*paradeNights || !bytes.Contains([]byte(trees[0]["manifests/1.json"]), []byte(paradeFrom)) {
		t.Errorf("only %d files", len(trees[0]))
	}
}
