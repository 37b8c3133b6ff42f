package state

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// Finding is something that is not as the manifests say.
type Finding struct {
	File    string // below the state's folder
	Problem string
}

func (f Finding) String() string { return f.File + ": " + f.Problem }

// Verify checks every run of the chain with VerifyRun, and that runs/ holds
// nothing else but what an unfinished run may have left. The error is one of
// reading, not of what was found.
func (c *Chain) Verify() ([]Finding, error) {
	var findings []Finding
	named := map[string]bool{}
	for i, n := range c.nights {
		m, err := c.ManifestOf(i + 1)
		if err != nil {
			return nil, err
		}
		found, err := c.VerifyRun(m)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
		named[n.BusinessDate.String()] = true
	}
	unfinished, err := c.Unfinished()
	if err != nil {
		return nil, err
	}
	entries, err := c.fsys.ReadDir(filepath.Join(c.dir, runsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if name := path.Join(runsFolder, e.Name); !named[e.Name] && !slices.Contains(unfinished, name) {
			findings = append(findings, Finding{name, "no manifest names it"})
		}
	}
	return findings, nil
}

// Unfinished lists what a run that did not get to its commit left, below the
// state's folder: staged files, and the folder of a date after the last one.
// The next run sets it aside.
func (c *Chain) Unfinished() ([]string, error) {
	var left []string
	staged, err := c.store.List(stagingFolder)
	if err != nil {
		return nil, err
	}
	for _, name := range staged {
		left = append(left, path.Join(stagingFolder, name))
	}
	runs, err := c.store.List(runsFolder)
	if err != nil {
		return nil, err
	}
	for _, name := range runs {
		date, err := calendar.ParseDate(name)
		if err != nil || c.Last() != nil && date <= c.Last().Date() {
			continue
		}
		// A run's folder comes to its place with its manifest in it.
		if _, err := c.store.Read(path.Join(runsFolder, name, manifestFile)); err == nil {
			left = append(left, path.Join(runsFolder, name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return left, nil
}

// VerifyRun checks one run of the chain: its totals, the size and SHA-256 of
// every output, files that its manifest does not name, and the requests that it
// consumed. What is in the files is for publish.Reread.
func (c *Chain) VerifyRun(m *Manifest) ([]Finding, error) {
	var findings []Finding
	var last *Manifest
	if m.Sequence > 1 {
		var err error
		if last, err = c.ManifestOf(m.Sequence - 1); err != nil {
			return nil, err
		}
	}
	for _, err := range []error{checkTotals(last, m), checkGap(last, m)} {
		if err != nil {
			findings = append(findings, Finding{manifestName(m.Sequence), err.Error()})
		}
	}
	for _, out := range m.Outputs {
		_, err := c.ReadOutput(m, out.Name)
		if err := collect(&findings, err); err != nil {
			return nil, err
		}
	}
	unknown, err := unknownFiles(c.fsys, c.RunDir(m.Date()), m)
	if err != nil {
		return nil, err
	}
	for _, name := range unknown {
		findings = append(findings, Finding{path.Join(runName(m.Date()), name), "not in the manifest"})
	}
	for _, r := range m.Requests {
		if err := collect(&findings, c.verifyRequest(r)); err != nil {
			return nil, err
		}
	}
	return findings, nil
}

// collect keeps what a BrokenError says and returns any other error.
func collect(findings *[]Finding, err error) error {
	var problem *BrokenError
	if errors.As(err, &problem) {
		*findings = append(*findings, Finding{problem.File, problem.Problem})
		return nil
	}
	return err
}

func unknownFiles(fsys durable.FS, dir string, m *Manifest) ([]string, error) {
	names, err := walk(fsys, dir, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		_, known := m.Output(name)
		return known || name == manifestFile
	}), nil
}

func (c *Chain) verifyRequest(r RequestInput) error {
	content, err := c.store.Read(requestName(r.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return broken(requestName(r.ID), "missing, and the run consumed it")
	}
	if err != nil {
		return err
	}
	if got := Digest(content); got != r.SHA256 {
		return broken(requestName(r.ID), "sha256 is %s, the run consumed %s", got, r.SHA256)
	}
	return nil
}
