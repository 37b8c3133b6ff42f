package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report/page"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

func (w *demo) dryRun(from, to calendar.Date, out string) ([]*pipeline.NightResult, error) {
	return pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{From: from, To: to, DryRun: true, Out: out}, nil)
}

func (w *demo) mustDryRun(from, to calendar.Date, out string) []*pipeline.NightResult {
	w.t.Helper()
	results, err := w.dryRun(from, to, out)
	if err != nil {
		w.t.Fatal(demoMessage(err))
	}
	return results
}

// demoSameAsRun holds a dry run's files to those of the night's run: all bytes, but
// that the manifest and the page say what it is. Where the nights before it were
// dry runs too, its link to them is another.
func demoSameAsRun(t *testing.T, dry, run string, linked bool) {
	t.Helper()
	want, err := demoTree(run)
	if err != nil {
		t.Fatal(err)
	}
	got, err := demoTree(dry)
	if err != nil {
		t.Fatal(err)
	}
	m, err := state.DecodeManifest(got["manifest.json"])
	if err != nil {
		t.Fatal(err)
	}
	if !m.DryRun {
		t.Errorf("%s: its manifest does not say that it is a dry run", dry)
	}
	m.DryRun = false
	demoRelabel(t, dry, got, m)
	if !linked {
		committed, err := state.DecodeManifest(want["manifest.json"])
		if err != nil {
			t.Fatal(err)
		}
		m.PreviousSHA256 = committed.PreviousSHA256
	}
	if got["manifest.json"], err = m.Encode(); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(got) {
		t.Errorf("%s has %d files, the run %d", dry, len(got), len(want))
	}
	for name, content := range want {
		if !bytes.Equal(content, got[name]) {
			t.Errorf("%s: %s is not what the run writes", dry, name)
		}
	}
}

// demoRelabel makes the page of a dry run, and the manifest's line of it, what
// those of the committed night are.
func demoRelabel(t *testing.T, dry string, files map[string][]byte, m *state.Manifest) {
	t.Helper()
	relabeled := bytes.ReplaceAll(files[publish.ReportFile], []byte(page.DryRunLabel), []byte(page.CommittedLabel))
	relabeled = bytes.ReplaceAll(relabeled, []byte(page.DryRunFlag), nil)
	if bytes.Equal(relabeled, files[publish.ReportFile]) {
		t.Errorf("%s: its page does not say that it is a dry run", dry)
	}
	files[publish.ReportFile] = relabeled
	for i := range m.Outputs {
		if m.Outputs[i].Name == publish.ReportFile {
			sum := sha256.Sum256(relabeled)
			m.Outputs[i].Size, m.Outputs[i].SHA256 = int64(len(relabeled)), hex.EncodeToString(sum[:])
		}
	}
}

func TestADryRunWritesWhatTheRunWrites(t *testing.T) {
	t.Parallel()
	const night = demoFirst + 6
	w := newDemoBefore(t, night)
	var results []*pipeline.NightResult
	for range 2 { // the second replaces the first
		w.uncommitted(func() { results = w.mustDryRun(night, night, "") })
	}
	dry := w.path("state/dry-runs/" + night.String())
	if r := results[0]; !r.DryRun || r.Already || r.Dir != dry || r.Summary == nil || r.Manifest != "" {
		t.Errorf("result %+v, want a dry run in %s", r, dry)
	}
	w.mustRun(night, night)
	w.undisturbed(night)
	demoSameAsRun(t, dry, w.path("state/runs/"+night.String()), true)
	w.verify(pipeline.VerifyOptions{})
}

// A dry run needs no state, and leaves none but itself.
func TestADryRunOfTheFirstNight(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.mustDryRun(demoFirst, demoFirst, w.path("out"))
	entries, err := os.ReadDir(w.path("state"))
	if len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state holds %v, %v", entries, err)
	}
	demoSameAsRun(t, w.path("out"), newRunDemo(t).path("state/runs/"+demoFirst.String()), true)
}

// Over a range each night sees what the dry runs before it would have issued.
func TestADryRunOfARangeSimulatesTheLedger(t *testing.T) {
	t.Parallel()
	made, w := newRunDemo(t), newDemo(t)
	w.mustRun(demoFirst, demoFirst+1)
	w.uncommitted(func() { w.mustDryRun(demoFirst+2, demoLast, w.path("out")) })
	for night := demoFirst + 2; night <= demoLast; night++ {
		demoSameAsRun(t, w.path("out/"+night.String()), made.path("state/runs/"+night.String()), night == demoFirst+2)
	}
}

// A dry run of dates that are committed sees the ledger as it was before them,
// and may ask what other rules would have done.
func TestADryRunOfACommittedDateSeesTheLedgerBeforeIt(t *testing.T) {
	t.Parallel()
	const night = demoFirst + 5
	w := newRunDemo(t)
	w.uncommitted(func() { w.mustDryRun(night, night+2, "") })
	for d := calendar.Date(night); d <= night+2; d++ {
		demoSameAsRun(t, w.path("state/dry-runs/"+d.String()), w.path("state/runs/"+d.String()), d == night)
	}
	issued := func(r *pipeline.NightResult) (minor int64) {
		for _, line := range r.Summary.Issued {
			minor += line.Minor
		}
		return minor
	}
	before := w.mustDryRun(night, night, w.path("out"))[0]
	w.replace("rules/late.yaml", "0.05 * item_price", "0.01 * item_price")
	w.uncommitted(func() {
		if after := w.mustDryRun(night, night, w.path("out"))[0]; issued(after) >= issued(before) {
			t.Errorf("a fifth of a rule's share issues %d, not less than %d", issued(after), issued(before))
		}
	})
}

func TestADryRunReplacesNothingButADryRun(t *testing.T) {
	t.Parallel()
	const night = demoFirst + 2
	w := newDemoBefore(t, night)
	w.put("notes/todo.txt", []byte("do not lose"))
	w.put("almost/manifest.json", []byte("{}\n"))
	for name, out := range map[string]string{
		"a folder with a file":      w.path("notes"),
		"the workspace":             w.dir,
		"the state":                 w.path("state"),
		"a committed run":           w.path("state/runs/" + demoFirst.String()),
		"all runs":                  w.path("state/runs"),
		"a manifest of another":     w.path("almost"),
		"a file":                    w.path("amends.yaml"),
		"a folder, spelled unclean": w.path("notes") + string(filepath.Separator),
	} {
		w.unchanged(".", func() {
			if _, err := w.dryRun(night, night, out); err == nil {
				t.Errorf("%s: the dry run took it", name)
			} else if name != "a file" && !errors.Is(err, state.ErrNotDryRun) {
				t.Errorf("%s: error %v, want ErrNotDryRun", name, err)
			}
		})
	}
	if err := os.Mkdir(w.path("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.mustDryRun(night, night, w.path("empty"))
	w.mustDryRun(night, night, w.path("empty"))
	w.mustRun(night, night)
	w.undisturbed(night)
}

// A dry run over a gap is refused as a run is.
func TestADryRunKeepsTheOrderOfDates(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoFirst+2)
	w.untouched(func() {
		_, err := w.dryRun(demoFirst+4, demoFirst+4, w.path("out"))
		demoRefused(t, err, (demoFirst + 4).String(), (demoFirst + 2).String())
	})
}
