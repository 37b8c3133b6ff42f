package pipeline_test

import (
	"bytes"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"amends/pipeline/durable"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

func (s *shop) chain(fsys durable.FS) *state.Chain {
	s.t.Helper()
	chain, err := state.Open(fsys, s.stateDir())
	mustDo(s.t, err)
	return chain
}

// published picks, of the files below a state's folder, those that consumers
// may read: runs, manifests and requests. Temporary files begin with a dot.
func published(files map[string]string) map[string]string {
	out := maps.Clone(files)
	maps.DeleteFunc(out, func(name, _ string) bool {
		folder, _, _ := strings.Cut(name, "/")
		return !slices.Contains([]string{"runs", "manifests", "requests"}, folder) || strings.HasPrefix(path.Base(name), ".")
	})
	return out
}

// differing names the files that are not the same in two states.
func differing(want, got map[string]string) []string {
	var names []string
	for name := range want {
		if content, there := got[name]; !there {
			names = append(names, name+" is missing")
		} else if content != want[name] {
			names = append(names, name+" has other bytes")
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			names = append(names, name+" is one too many")
		}
	}
	slices.Sort(names)
	return names
}

func date(t failer, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	mustDo(t, err)
	return d
}

func (s *shop) issuance(chain *state.Chain, night calendar.Date) []publish.Issuance {
	s.t.Helper()
	return readOutput(s.t, chain, night, "issuance.parquet", publish.ReadIssuance)
}

// manifestOn is the manifest of a committed night.
func manifestOn(t failer, chain *state.Chain, night calendar.Date) *state.Manifest {
	t.Helper()
	m, err := chain.Manifest(night)
	mustDo(t, err)
	return m
}

// manifestsOf are all manifests of a chain.
func manifestsOf(t failer, chain *state.Chain) []*state.Manifest {
	t.Helper()
	var all []*state.Manifest
	for i := range chain.Nights() {
		m, err := chain.ManifestOf(i + 1)
		mustDo(t, err)
		all = append(all, m)
	}
	return all
}

// readOutput reads one published file of a night, digest checked.
func readOutput[R any](t failer, chain *state.Chain, night calendar.Date, name string, read func(io.ReaderAt, int64) ([]R, error)) []R {
	t.Helper()
	content, err := chain.ReadOutput(manifestOn(t, chain, night), name)
	mustDo(t, err)
	rows, err := read(bytes.NewReader(content), int64(len(content)))
	mustDo(t, err)
	return rows
}
