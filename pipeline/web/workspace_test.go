package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/rules/calendar"
	"amends/samples"
)

const (
	demoNights = 9
	demoFirst  = samples.DefaultFirst
	demoLast   = demoFirst + demoNights - 2 // the last night that is settled
	demoNext   = demoLast + 1               // its data is there
)

// demoChanges make a person look at awards that are not large, and leave out
// the guardrail that would hold them again.
var demoChanges = map[string][]string{
	"amends.yaml": {"max_reject_percent: 1}", "max_reject_percent: 5}",
		"confirm_above: {EUR: 50.00, GBP: 45.00, JPY: 7500, USD: 50.00}\n", ""}, // tests have bounds of their own
	"rules/limits.yaml": {
		"  max_amount_vs_median: 4.0\n  median_days: 28\n  min_history: 7\n", "",
		"hold_days: 14", "hold_days: 30",
	},
	"rules/tables.yaml": {"{EUR: 55.00, GBP: 48.00, JPY: 9000, USD: 60.00}", "{EUR: 3.00, GBP: 3.00, JPY: 300, USD: 3.00}"},
}

// demoMade is a workspace with all of its nights but the last one settled.
var demoMade = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "amends-web-*")
	if err != nil {
		return nil, err
	}
	err = demoMake(dir)
	files, walked := demoTree(dir)
	return files, errors.Join(err, walked, os.RemoveAll(dir))
})

func demoMake(dir string) error {
	g, err := samples.New(samples.Options{Dir: dir, Deliveries: 1400, Nights: demoNights, Seed: 7})
	if err != nil {
		return err
	}
	if err := g.WriteWorkspace(); err != nil {
		return err
	}
	for name, changes := range demoChanges {
		file := filepath.Join(dir, filepath.FromSlash(name))
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for i := 0; i < len(changes); i += 2 {
			if !bytes.Contains(content, []byte(changes[i])) {
				return fmt.Errorf("%s has no %q any more", name, changes[i])
			}
			content = bytes.ReplaceAll(content, []byte(changes[i]), []byte(changes[i+1]))
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	config := pipeline.Config{Dir: dir}
	var open []samples.OpenCredit
	for _, night := range g.Nights() {
		if err := g.WriteNight(night, open); err != nil {
			return err
		}
		if night == demoNext {
			return nil
		}
		if _, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: night, To: night}, nil); err != nil {
			return err
		}
		if open, err = demoOpen(config); err != nil {
			return err
		}
	}
	return nil
}

// demoOpen is what customers may spend, and the holds: their orders stay known.
func demoOpen(c pipeline.Config) ([]samples.OpenCredit, error) {
	seen, err := pipeline.See(context.Background(), c)
	if err != nil {
		return nil, err
	}
	var open []samples.OpenCredit
	for _, c := range seen.Open {
		open = append(open, samples.OpenCredit{CreditID: c.CreditID, CustomerID: c.CustomerID, OrderID: c.OrderID, Currency: c.Currency,
			RemainingMinor: c.Remaining(), EffectiveAt: c.EffectiveAt, ExpiresAt: c.ExpiresAt})
	}
	for _, h := range seen.Holds {
		open = append(open, samples.OpenCredit{CreditID: h.CreditID, CustomerID: h.CustomerID, OrderID: h.OrderID, Currency: h.Currency})
	}
	return open, nil
}

func demoTree(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	return files, err
}

// demo is a copy of that workspace, to be bent.
type demo struct {
	t   *testing.T
	dir string
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	files, err := demoMade()
	if err != nil {
		t.Fatal(err)
	}
	w := &demo{t: t, dir: t.TempDir()}
	for name, content := range files {
		w.put(name, content)
	}
	return w
}

// newEmptyDemo has data and rules, and no night is settled.
func newEmptyDemo(t *testing.T) *demo {
	w := newDemo(t)
	if err := os.RemoveAll(w.path("state")); err != nil {
		t.Fatal(err)
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

func (w *demo) config() pipeline.Config { return pipeline.Config{Dir: w.dir} }

// runNext settles the next night.
func (w *demo) runNext() {
	w.t.Helper()
	w.run(demoNext, false)
}

func (w *demo) run(date calendar.Date, dry bool) {
	w.t.Helper()
	if _, err := pipeline.Run(w.t.Context(), w.config(), pipeline.RunOptions{From: date, To: date, DryRun: dry}, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *demo) see() *pipeline.Seen {
	w.t.Helper()
	seen, err := pipeline.See(w.t.Context(), w.config())
	if err != nil {
		w.t.Fatal(err)
	}
	return seen
}

// pending are the names of the requests' files.
func (w *demo) pending() []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.path("state/requests"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, strings.TrimSuffix(e.Name(), ".json"))
		}
	}
	return names
}

// issuance are the credits that a night issued.
func (w *demo) issuance(date calendar.Date) []publish.Issuance {
	w.t.Helper()
	content := w.get("state/runs/" + date.String() + "/" + publish.IssuanceFile)
	rows, err := publish.ReadIssuance(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}
