package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/samples"
)

// demo is a small marketplace workspace in a folder of its own, to be bent.
type demo struct {
	t   *testing.T
	dir string
}

const (
	demoDeliveries = 1800
	demoNights     = 12
	demoFirst      = samples.DefaultFirst
	demoLast       = demoFirst + demoNights - 1
)

// demoChanges make the marketplace's terms short and its budget small, so that
// a dozen nights see forfeitures, late redemptions, holds and lapses too.
var demoChanges = map[string][]string{
	"amends.yaml": {"grace_days: 2", "grace_days: 1", "max_reject_percent: 1}", "max_reject_percent: 5}",
		"confirm_above: {EUR: 50.00, GBP: 45.00, JPY: 7500, USD: 50.00}\n", ""}, // tests have bounds of their own
	"rules/tables.yaml": {
		"valid_days: 30", "valid_days: 4",
		"valid_days: 14", "valid_days: 2",
		"remind_days: 7", "remind_days: 2",
		"remind_days: 3", "remind_days: 1",
	},
	"rules/limits.yaml": {
		"{EUR: 700.00, GBP: 600.00, JPY: 90000, USD: 1500.00}", "{EUR: 20.00, GBP: 10.00, JPY: 2000, USD: 25.00}",
		"hold_days: 14", "hold_days: 3",
		"max_count: 5", "max_count: 2",
	},
}

// demoMade is the workspace as its nights left it, file by file; state/ too.
var demoMade = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "amends-demo-*")
	if err != nil {
		return nil, err
	}
	files, err := demoMake(dir)
	return files, errors.Join(err, os.RemoveAll(dir))
})

func demoMake(dir string) (map[string][]byte, error) {
	g, err := samples.New(samples.Options{Dir: dir, Deliveries: demoDeliveries, Nights: demoNights, Seed: 7})
	if err != nil {
		return nil, err
	}
	if err := g.WriteWorkspace(); err != nil {
		return nil, err
	}
	for name, changes := range demoChanges {
		file := filepath.Join(dir, filepath.FromSlash(name))
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(changes); i += 2 {
			if !bytes.Contains(content, []byte(changes[i])) {
				return nil, fmt.Errorf("%s has no %q any more", name, changes[i])
			}
			content = bytes.ReplaceAll(content, []byte(changes[i]), []byte(changes[i+1]))
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return nil, err
		}
	}
	config := pipeline.Config{Dir: dir}
	for _, night := range g.Nights() {
		credits, err := pipeline.OpenCredits(context.Background(), config)
		if err != nil {
			return nil, err
		}
		var open []samples.OpenCredit
		for _, c := range credits {
			open = append(open, samples.OpenCredit{
				CreditID: c.CreditID, CustomerID: c.CustomerID, OrderID: c.OrderID, Currency: c.Currency,
				RemainingMinor: c.Remaining(), EffectiveAt: c.EffectiveAt, ExpiresAt: c.ExpiresAt,
			})
		}
		if err := g.WriteNight(night, open); err != nil {
			return nil, err
		}
		if _, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: night, To: night}, nil); err != nil {
			return nil, err
		}
	}
	return demoTree(dir)
}

// demoTree reads every file below a folder, by name with slashes.
func demoTree(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = content
		return err
	})
	return files, err
}

// newDemo copies the workspace without its state: no night has run.
func newDemo(t *testing.T) *demo { return demoCopy(t, false) }

// newRunDemo copies the workspace with all of its nights committed.
func newRunDemo(t *testing.T) *demo { return demoCopy(t, true) }

func demoCopy(t *testing.T, withState bool) *demo {
	t.Helper()
	files, err := demoMade()
	if err != nil {
		t.Fatal(err)
	}
	w := &demo{t: t, dir: t.TempDir()}
	for name, content := range files {
		if withState || !strings.HasPrefix(name, "state/") {
			w.put(name, content)
		}
	}
	if withState { // folders that are empty between runs
		for _, name := range []string{"state/staging", "state/requests"} {
			if err := os.MkdirAll(w.path(name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return w
}

func (w *demo) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *demo) put(name string, content []byte) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(name), content, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *demo) get(name string) []byte {
	w.t.Helper()
	content, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return content
}

func (w *demo) remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

// replace changes a text of a file, which must be there.
func (w *demo) replace(name, old, new string) {
	w.t.Helper()
	content := string(w.get(name))
	if !strings.Contains(content, old) {
		w.t.Fatalf("%s has no %q", name, old)
	}
	w.put(name, []byte(strings.ReplaceAll(content, old, new)))
}

func (w *demo) config() pipeline.Config { return pipeline.Config{Dir: w.dir} }

func (w *demo) run(from, to calendar.Date) ([]*pipeline.NightResult, error) {
	return pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{From: from, To: to}, nil)
}

func (w *demo) mustRun(from, to calendar.Date) []*pipeline.NightResult {
	w.t.Helper()
	results, err := w.run(from, to)
	if err != nil {
		w.t.Fatalf("%s to %s: %s", from, to, demoMessage(err))
	}
	return results
}

// demoMessage is an error as the command shows it: diagnostics in full.
func demoMessage(err error) string {
	var list *diag.ListError
	if !errors.As(err, &list) {
		return err.Error()
	}
	var b strings.Builder
	list.List.Render(&b)
	return b.String()
}

// verify fails the test on any finding.
func (w *demo) verify(o pipeline.VerifyOptions) *pipeline.VerifyResult {
	w.t.Helper()
	result, err := pipeline.Verify(context.Background(), w.config(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range result.Findings {
		w.t.Errorf("verify: %s: %s", f.File, f.Problem)
	}
	return result
}

func (w *demo) chain() *state.Chain {
	w.t.Helper()
	chain, err := state.Open(durable.OS{}, w.path("state"))
	if err != nil {
		w.t.Fatal(err)
	}
	return chain
}

// demoListing is a folder with the time, size and digest of every file, and the
// times of its folders: what nothing may have touched.
func demoListing(t *testing.T, dir string) map[string]string {
	t.Helper()
	listing := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		line := info.ModTime().String()
		if !entry.IsDir() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(content)
			line += fmt.Sprint(" ", len(content), " ", hex.EncodeToString(sum[:]))
		}
		listing[path] = line
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return listing
}

// untouched runs f and fails where anything in the state's folder changed
// meanwhile: no file, no byte, no time.
func (w *demo) untouched(f func()) {
	w.t.Helper()
	w.unchanged("state", f)
}

// uncommitted runs f, which may leave a lock or staged files, and fails where
// what is committed changed.
func (w *demo) uncommitted(f func()) {
	w.t.Helper()
	w.unchanged("state/manifests", func() { w.unchanged("state/runs", f) })
}

func (w *demo) unchanged(folder string, f func()) {
	w.t.Helper()
	before := demoListing(w.t, w.path(folder))
	f()
	after := demoListing(w.t, w.path(folder))
	for name, was := range before {
		if after[name] != was {
			w.t.Errorf("%s changed: %q, it was %q", name, after[name], was)
		}
	}
	for name := range after {
		if _, there := before[name]; !there {
			w.t.Errorf("%s is new", name)
		}
	}
}

// demoNightsOf visits the nights of the demo.
func demoNightsOf(yield func(calendar.Date) bool) {
	for night := demoFirst; night <= demoLast; night++ {
		if !yield(night) {
			return
		}
	}
}

// newDemoBefore copies the workspace as it was on the evening before a night ran.
func newDemoBefore(t *testing.T, night calendar.Date) *demo {
	t.Helper()
	files, err := demoMade()
	if err != nil {
		t.Fatal(err)
	}
	w := &demo{t: t, dir: t.TempDir()}
	for name, content := range files {
		if !demoIsOf(name, night) {
			w.put(name, content)
		}
	}
	for _, name := range []string{"state/manifests", "state/runs"} {
		if err := os.MkdirAll(w.path(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// demoIsOf reports whether a file is of a later day, of a run of the night or a
// later one, or derived from all of them.
func demoIsOf(name string, night calendar.Date) bool {
	if strings.HasPrefix(name, "state/derived/") {
		return true
	}
	for d := night; d <= demoLast; d++ {
		manifest := fmt.Sprintf("state/manifests/%d.json", d-demoFirst+1)
		if strings.HasPrefix(name, "state/runs/"+d.String()+"/") || name == manifest || d > night && strings.Contains(name, "dt="+d.String()) {
			return true
		}
	}
	return false
}

// undisturbed fails where the run of a night is not, byte for byte, what it was
// in the workspace that was never bent.
func (w *demo) undisturbed(night calendar.Date) {
	w.t.Helper()
	files, err := demoMade()
	if err != nil {
		w.t.Fatal(err)
	}
	name := fmt.Sprintf("state/manifests/%d.json", night-demoFirst+1)
	if !bytes.Equal(w.get(name), files[name]) {
		w.t.Errorf("%s: the run is not the one of the workspace that nothing happened to", night)
	}
}
