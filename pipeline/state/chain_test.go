package state

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/rules/calendar"
)

// replace puts another content under a name of the state, or none.
func replace(t *testing.T, fsys *durabletest.FS, name, content string) {
	t.Helper()
	if err := fsys.Remove(stateDir + "/" + name); err != nil {
		t.Fatal(err)
	}
	if content != "" {
		mustPut(t, fsys, name, content)
	}
}

func TestOpenNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change     func(t *testing.T, fsys *durabletest.FS)
		file, text string
	}{
		"gap": {func(t *testing.T, fsys *durabletest.FS) { replace(t, fsys, "manifests/2.json", "") },
			"manifests/2.json", "missing"},
		"stray name": {func(t *testing.T, fsys *durabletest.FS) { mustPut(t, fsys, "manifests/03.json", "{}") },
			"manifests/03.json", "not the name"},
		"zero": {func(t *testing.T, fsys *durabletest.FS) { mustPut(t, fsys, "manifests/0.json", "{}") },
			"manifests/0.json", "not the name"},
		"other file": {func(t *testing.T, fsys *durabletest.FS) { mustPut(t, fsys, "manifests/4", "{}") },
			"manifests/4", "not the name"},
		"no JSON": {func(t *testing.T, fsys *durabletest.FS) { replace(t, fsys, "manifests/3.json", "{") },
			"manifests/3.json", "no manifest"},
		"newer version": {func(t *testing.T, fsys *durabletest.FS) { replace(t, fsys, "manifests/3.json", `{"version": 2}`) },
			"manifests/3.json", "reads 1 to 1"},
		"white space": {func(t *testing.T, fsys *durabletest.FS) {
			replace(t, fsys, "manifests/3.json", fsys.Tree()["ws/state/manifests/3.json"]+"\n")
		}, "manifests/3.json", "not as this program writes it"},
		"unknown field": {func(t *testing.T, fsys *durabletest.FS) {
			replace(t, fsys, "manifests/3.json", strings.Replace(fsys.Tree()["ws/state/manifests/3.json"], "{", `{"colour": 1,`, 1))
		}, "manifests/3.json", "colour"},
		"swapped": {func(t *testing.T, fsys *durabletest.FS) {
			replace(t, fsys, "manifests/3.json", fsys.Tree()["ws/state/manifests/2.json"])
		}, "manifests/3.json", "number 2"},
		"rewritten past": {func(t *testing.T, fsys *durabletest.FS) {
			edited := strings.Replace(fsys.Tree()["ws/state/manifests/1.json"], `"timezone": "UTC"`, `"timezone": "EST"`, 1)
			replace(t, fsys, "manifests/1.json", edited)
			replace(t, fsys, "runs/2024-10-04/manifest.json", edited)
		}, "manifests/2.json", "previous_sha256"},
		"copy gone": {func(t *testing.T, fsys *durabletest.FS) { replace(t, fsys, "runs/2024-10-05/manifest.json", "") },
			"runs/2024-10-05/manifest.json", "missing"},
		"copy differs": {func(t *testing.T, fsys *durabletest.FS) {
			if err := fsys.Flip("/ws/state/runs/2024-10-06/manifest.json", 100); err != nil {
				t.Fatal(err)
			}
		}, "runs/2024-10-06/manifest.json", "other bytes"},
		"last rewritten": {func(t *testing.T, fsys *durabletest.FS) {
			if err := fsys.Flip("/ws/state/manifests/3.json", 30); err != nil {
				t.Fatal(err)
			}
		}, "3.json", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := durabletest.New()
			mustRun(t, fsys, day1, day1+1, day1+2)
			test.change(t, fsys)
			_, err := Open(fsys, stateDir)
			var problem *BrokenError
			if !errors.As(err, &problem) || !errors.Is(err, ErrBroken) {
				t.Fatalf("got %v", err)
			}
			if !strings.HasSuffix(problem.File, test.file) || !strings.Contains(problem.Problem, test.text) {
				t.Errorf("got %v, want %s: %s", err, test.file, test.text)
			}
		})
	}
}

func TestFlippedByteInAnyFileOfARunIsFound(t *testing.T) {
	t.Parallel()
	for name, content := range outputsOf(day1) {
		if content == "" {
			continue // it has no byte to flip
		}
		fsys := durabletest.New()
		mustRun(t, fsys, day1, day1+1)
		if err := fsys.Flip("/ws/state/runs/2024-10-04/"+name, 3); err != nil {
			t.Fatal(err)
		}
		chain := mustOpen(t, fsys)
		findings, err := chain.Verify()
		if err != nil || len(findings) != 1 || findings[0].File != "runs/2024-10-04/"+name ||
			!strings.Contains(findings[0].Problem, "sha256") {
			t.Errorf("%s: findings %v, %v", name, findings, err)
		}
		if _, err := chain.ReadOutput(must(t)(chain.Manifest(day1)), name); !errors.Is(err, ErrBroken) {
			t.Errorf("%s was read: %v", name, err)
		}
	}
}

func TestVerifyFindsMissingAndUnknownFiles(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1)
	replace(t, fsys, "runs/2024-10-04/postings.parquet", "")
	replace(t, fsys, "runs/2024-10-04/amends.yaml", "longer than it was before")
	mustPut(t, fsys, "runs/2024-10-04/rules/extra.yaml", "x")
	mustPut(t, fsys, "runs/2024-10-03/orphan", "x") // no run leaves the folder of a date before the last one
	mustPut(t, fsys, "runs/2024-10-05/manifest.json", "x")
	mustPut(t, fsys, "staging/2024-10-05/held.parquet", "x")
	chain := mustOpen(t, fsys)
	unfinished, err := chain.Unfinished()
	if diff := cmp.Diff([]string{"staging/2024-10-05", "runs/2024-10-05"}, unfinished); diff != "" || err != nil {
		t.Error(diff, err)
	}
	findings, err := chain.Verify()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range findings {
		files = append(files, f.File)
	}
	want := []string{"runs/2024-10-04/amends.yaml", "runs/2024-10-04/postings.parquet",
		"runs/2024-10-04/rules/extra.yaml", "runs/2024-10-03"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
	if _, err := chain.ReadOutput(chain.Last(), "nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an output that never was: %v", err)
	}
	_, err = chain.ReadOutput(chain.Last(), PostingsFile)
	if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "runs/2024-10-04/postings.parquet") {
		t.Errorf("postings: %v", err)
	}
}

func TestDefinitionsOutliveTheirSource(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1)
	chain := mustOpen(t, fsys)
	stage, err := chain.Begin(day1 + 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(day1 + 1)
	m.Definitions = nil // the source is gone for a night
	if err := errors.Join(stageFiles(fsys, stage, day1+1), stage.Commit(m)); err != nil {
		t.Fatal(err)
	}
	same := manifestOf(day1).Definitions
	if changed := ChangedDefinitions(chain.Last(), same); changed != nil {
		t.Errorf("unchanged, but %q", changed)
	}
	for name, d := range map[string]Definition{
		"failure": {Failure: "lost", Incident: []KeyColumn{{"id", "string"}}, Since: "shipped_at"},
		"kind":    {Failure: "late", Incident: []KeyColumn{{"id", "int"}}, Since: "shipped_at"},
		"columns": {Failure: "late", Incident: []KeyColumn{{"id", "string"}, {"n", "int"}}, Since: "shipped_at"},
		"since":   {Failure: "late", Incident: []KeyColumn{{"id", "string"}}, Since: "ordered_at"},
	} {
		changed := ChangedDefinitions(chain.Last(), map[string]Definition{"deliveries": d, "new": d})
		if len(changed) != 1 || !strings.Contains(changed[0], `"deliveries"`) {
			t.Errorf("%s: %q", name, changed)
		}
	}
	if changed := ChangedDefinitions(nil, same); changed != nil {
		t.Errorf("before the first run: %q", changed)
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	was := func() *Manifest {
		return &Manifest{WorkspaceSHA256: "w", RulebookSHA256: "r", Rules: []RuleDigest{{"a.yaml", 1, "x"}, {"b.yaml", 1, "x"}},
			Inputs: []Input{{"d", "dt=1", 1, "x", 1, true}, {"d", "dt=2", 1, "x", 1, true}, {"c", "all", 1, "x", 1, false}}}
	}
	tests := map[string]struct {
		change func(*Manifest)
		want   Differences
	}{
		"nothing":     {change: func(*Manifest) {}},
		"other order": {change: func(m *Manifest) { slices.Reverse(m.Inputs); slices.Reverse(m.Rules) }},
		"workspace": {func(m *Manifest) { m.WorkspaceSHA256 = "v" },
			Differences{Rules: []string{"amends.yaml has other content"}}},
		"rulebook": {func(m *Manifest) { m.RulebookSHA256 = "v" },
			Differences{Rules: []string{"the rulebook has another digest"}}},
		"rule": {func(m *Manifest) { m.Rules[0].SHA256, m.RulebookSHA256 = "y", "v" },
			Differences{Rules: []string{"rule file a.yaml has other content"}}},
		"rule gone": {func(m *Manifest) { m.Rules = m.Rules[:1] },
			Differences{Rules: []string{"rule file b.yaml is gone"}}},
		"dated file": {func(m *Manifest) { m.Inputs[1].SHA256 = "y" },
			Differences{Data: []string{"d: dt=2 has other content"}}},
		"dated is new": {func(m *Manifest) { m.Inputs = append(m.Inputs, Input{"d", "dt=3", 1, "x", 1, true}) },
			Differences{Data: []string{"d: dt=3 is new"}}},
		"dated gone": {func(m *Manifest) { m.Inputs = m.Inputs[1:] },
			Differences{Data: []string{"d: dt=1 is gone"}}},
		"table grew": {func(m *Manifest) { m.Inputs[2].Rows, m.Inputs[2].SHA256 = 2, "y" },
			Differences{Grown: []string{"c: all has grown or changed since"}}},
		"table has another file": {func(m *Manifest) { m.Inputs = append(m.Inputs, Input{"b", "all", 1, "x", 1, false}) },
			Differences{Grown: []string{"b: all is new"}}},
		"table gone": {func(m *Manifest) { m.Inputs = m.Inputs[1:2] },
			Differences{Data: []string{"c: all is gone", "d: dt=1 is gone"}}},
		"table written anew under another name": {func(m *Manifest) { m.Inputs[2] = Input{"c", "whole", 1, "y", 1, false} },
			Differences{Grown: []string{"c: all is gone, and others of its table are there", "c: whole is new"}}},
		"all of it": {func(m *Manifest) { m.WorkspaceSHA256, m.Inputs[0].SHA256, m.Inputs[2].SHA256 = "v", "y", "y" },
			Differences{[]string{"amends.yaml has other content"}, []string{"d: dt=1 has other content"}, []string{"c: all has grown or changed since"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := was()
			test.change(now)
			if diff := cmp.Diff(test.want, was().Differences(now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func dryRun(fsys durable.FS, chain *Chain, date calendar.Date, out string) error {
	stage, err := chain.BeginDry(date, out)
	if err != nil {
		return err
	}
	if err := stageFiles(fsys, stage, date); err != nil {
		return err
	}
	return stage.Commit(manifestOf(date))
}

func TestDryRunLeavesTheChainAndReplacesItself(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1)
	before := committed(fsys)
	chain := mustOpen(t, fsys)
	out := chain.DryRunDir(day1 + 1)
	mustPut(t, fsys, "dry-runs/2024-10-05.staging/unfinished", "x")
	for range 2 {
		if err := dryRun(fsys, earlier(t, chain, day1+1), day1+1, out); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, committed(fsys)); diff != "" {
		t.Error(diff)
	}
	if chain.Last().BusinessDate != Day(day1) {
		t.Error("the dry run is in the chain")
	}
	mustRun(t, fsys, day1+1)
	files := fsys.Tree()
	dry, err := DecodeManifest([]byte(files["ws/state/dry-runs/2024-10-05/manifest.json"]))
	if err != nil || !dry.DryRun {
		t.Fatalf("%+v, %v", dry, err)
	}
	dry.DryRun = false
	if content, _ := dry.Encode(); string(content) != files["ws/state/manifests/2.json"] {
		t.Error("the run differs from its dry run in more than that")
	}
	if err := dryRun(fsys, earlier(t, mustOpen(t, fsys), day1+1), day1+1, out); err != nil {
		t.Errorf("a replay: %v", err)
	}
	if _, err := earlier(t, mustOpen(t, fsys), day1+1).Begin(day1 + 1); !errors.Is(err, ErrStale) {
		t.Errorf("a run on an earlier chain: %v", err)
	}
}

func TestDryRunSparesOtherFolders(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1)
	mustPut(t, fsys, "../home/letters.txt", "dear")
	mustPut(t, fsys, "../json/manifest.json", `{"name": "an app"}`)
	chain := mustOpen(t, fsys)
	for _, out := range []string{"/ws/home", "/ws/json", chain.RunDir(day1)} {
		before := fsys.Tree()
		if err := dryRun(fsys, chain, day1+1, out); !errors.Is(err, ErrNotDryRun) {
			t.Errorf("%s: %v", out, err)
		}
		if diff := cmp.Diff(before, fsys.Tree()); diff != "" {
			t.Errorf("%s: %s", out, diff)
		}
	}
	if err := dryRun(fsys, chain, day1+1, filepath.Join("/ws", "fresh")); err != nil {
		t.Error(err)
	}
}

func TestManifestBytesIgnoreTheOrderOfLists(t *testing.T) {
	t.Parallel()
	one, two := manifestOf(day1), manifestOf(day1)
	one.Version, two.Version = ManifestVersion, ManifestVersion
	slices.SortFunc(one.Outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(two.Outputs, func(a, b Output) int { return strings.Compare(b.Name, a.Name) })
	first, err1 := one.Encode()
	second, err2 := two.Encode()
	if err1 != nil || err2 != nil || string(first) != string(second) {
		t.Errorf("%v, %v:\n%s\n%s", err1, err2, first, second)
	}
	if again, err := DecodeManifest(first); err != nil || again.Date() != day1 {
		t.Errorf("%+v, %v", again, err)
	}
}

// Of two copies of a manifest that differ, the next manifest tells the bad one.
func TestTheNextManifestTellsWhichCopyIsBad(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"manifests/1.json", runName(day1) + "/manifest.json"} {
		fsys := durabletest.New()
		mustRun(t, fsys, day1)
		mustRun(t, fsys, day1+1)
		content, err := fsys.ReadFile(stateDir + "/" + bad)
		if err != nil {
			t.Fatal(err)
		}
		replace(t, fsys, bad, strings.Replace(string(content), `"program": "1"`, `"program": "2"`, 1)) // still JSON, and canonical
		_, err = Open(fsys, stateDir)
		var broken *BrokenError
		if !errors.As(err, &broken) || broken.File != bad {
			t.Errorf("%s was changed: %v", bad, err)
		}
	}
}

// A chain knows the nights that were committed since, as far as they go on from it.
func TestNightsSinceAChainWasOpened(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustRun(t, fsys, day1, day1+1)
	before := mustOpen(t, fsys)
	since := func(n int) []Night {
		t.Helper()
		nights, err := before.Since(n)
		if err != nil {
			t.Fatal(err)
		}
		return nights
	}
	if got := since(3); got != nil {
		t.Errorf("nothing was committed: %v", got)
	}
	mustRun(t, fsys, day1+2, day1+3)
	want := mustOpen(t, fsys).Nights()[2:]
	for n := 3; n <= 4; n++ {
		if diff := cmp.Diff(want[:n-2], since(n)); diff != "" {
			t.Errorf("up to night %d: %s", n, diff)
		}
	}
	if len(since(2)) > 0 || since(5) != nil || len(before.Nights()) != 2 {
		t.Errorf("%v, %v, %v", since(2), since(5), before.Nights())
	}
	for n, content := range map[int]string{4: "{}", 3: ""} {
		replace(t, fsys, manifestName(n), content)
		if got := since(4); got != nil {
			t.Errorf("manifest %d is %q: %v", n, content, got)
		}
	}
}
