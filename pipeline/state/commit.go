package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// Stage is a folder in which a run is written before it counts.
type Stage struct {
	// Dir is the folder to publish into. It exists and is empty.
	Dir string
	// Aside lists what was moved out of the way, below the state's folder:
	// leftovers of runs that never became one.
	Aside []string

	chain   *Chain
	date    calendar.Date
	out     string // where a dry run goes; "" for a run
	earlier string // digest of the manifest of the dry run that was there; "" for none
}

// Begin prepares a run of a date. It needs the state's lock, and a chain that
// was opened under it: ErrStale where there are newer manifests. A date that is
// committed is ErrCommitted, an earlier one ErrOrder. Staged files and run
// folders that no manifest names are moved to aside/.
func (c *Chain) Begin(date calendar.Date) (*Stage, error) {
	count, err := c.count()
	if err != nil {
		return nil, err
	}
	if count != len(c.nights) {
		return nil, fmt.Errorf("%w: %d manifests, %d when the run began", ErrStale, count, len(c.nights))
	}
	if err := c.checkNext(date); err != nil {
		return nil, err
	}
	stage := &Stage{chain: c, date: date, Dir: filepath.Join(c.dir, stagingFolder, date.String())}
	if stage.Aside, err = c.setAside(); err != nil {
		return nil, err
	}
	return stage, c.fsys.MkdirAll(stage.Dir)
}

func (c *Chain) checkNext(date calendar.Date) error {
	switch last := c.Last(); {
	case !date.Valid():
		return fmt.Errorf("business date %d: %w", date, calendar.ErrRange)
	case c.Has(date):
		return fmt.Errorf("%s: %w", date, ErrCommitted)
	case last != nil && date < last.Date():
		return fmt.Errorf("%s: %w: the last run is of %s", date, ErrOrder, last.BusinessDate)
	}
	return nil
}

// setAside moves what no manifest names out of staging/ and runs/.
func (c *Chain) setAside() (moved []string, err error) {
	named := map[string]bool{}
	for _, n := range c.nights {
		named[runName(n.Date())] = true
	}
	for _, folder := range []string{stagingFolder, runsFolder} {
		entries, err := c.fsys.ReadDir(filepath.Join(c.dir, folder)) // hidden names too
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		before := len(moved)
		for _, e := range entries {
			if name := path.Join(folder, e.Name); !named[name] {
				target, err := c.moveAside(name)
				if err != nil {
					return nil, err
				}
				moved = append(moved, target)
			}
		}
		if len(moved) == before {
			continue
		}
		for _, changed := range []string{asideFolder, folder} {
			if err := c.fsys.SyncDir(filepath.Join(c.dir, changed)); err != nil {
				return nil, err
			}
		}
	}
	return moved, nil
}

// moveAside gives a leftover the first free name aside/<folder>-<name>.<n>.
func (c *Chain) moveAside(name string) (string, error) {
	aside := filepath.Join(c.dir, asideFolder)
	if err := durable.MakeDir(c.fsys, aside); err != nil {
		return "", err
	}
	taken, err := c.fsys.ReadDir(aside)
	if err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		base := path.Dir(name) + "-" + path.Base(name) + "." + strconv.Itoa(n)
		if slices.ContainsFunc(taken, func(e durable.Entry) bool { return e.Name == base }) {
			continue
		}
		err := c.fsys.RenameNoReplace(filepath.Join(c.dir, filepath.FromSlash(name)), filepath.Join(aside, base))
		return path.Join(asideFolder, base), err
	}
}

// Commit makes the staged run the latest of the chain. It sets the manifest's
// version, sequence and previous digest, keeps the definitions of sources that
// are gone, checks that the manifest adds up and that the folder holds its
// outputs and nothing else; then it moves the folder to its place and writes the
// manifest, which is the commit. ErrStale means that another writer was first.
// After an error the state is the one before, unless it is ErrUncertain.
func (s *Stage) Commit(m *Manifest) error {
	content, err := s.finish(m)
	if err != nil {
		return err
	}
	c := s.chain
	if s.out != "" {
		if err := s.replaceDryRun(); err != nil {
			return err
		}
		c.add(m, Digest(content))
		return nil
	}
	run := c.RunDir(s.date)
	if err := c.fsys.RenameNoReplace(s.Dir, run); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w: %w", ErrStale, err)
		}
		return err
	}
	for _, parent := range []string{filepath.Dir(s.Dir), filepath.Dir(run)} {
		if err := c.fsys.SyncDir(parent); err != nil {
			return err
		}
	}
	if err := c.store.PutIfAbsent(manifestName(m.Sequence), content); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w: %w", ErrStale, err)
		}
		return err
	}
	c.add(m, Digest(content))
	return nil
}

// finish completes the manifest and writes it into the staged folder.
func (s *Stage) finish(m *Manifest) ([]byte, error) {
	c := s.chain
	if m.Date() != s.date {
		return nil, fmt.Errorf("manifest of %s for the run of %s", m.BusinessDate, s.date)
	}
	m.Version, m.Sequence, m.PreviousSHA256 = ManifestVersion, len(c.nights)+1, c.LastSHA256()
	m.DryRun = s.out != ""
	m.Definitions = keepDefinitions(c.Last(), m.Definitions)
	if err := checkGap(c.Last(), m); err != nil {
		return nil, err
	}
	if err := checkTotals(c.Last(), m); err != nil {
		return nil, fmt.Errorf("run of %s: %w", s.date, err)
	}
	if err := s.checkFiles(m); err != nil {
		return nil, err
	}
	content, err := m.Encode()
	if err != nil {
		return nil, err
	}
	decoded, err := DecodeManifest(content) // also that the next Open can read it
	if err != nil {
		return nil, err
	}
	*m = *decoded
	if err := durable.WriteFile(c.fsys, filepath.Join(s.Dir, manifestFile), content); err != nil {
		return nil, err
	}
	written, err := c.fsys.ReadFile(filepath.Join(s.Dir, manifestFile))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(written, content) {
		return nil, fmt.Errorf("%s: read back with other bytes than were written", filepath.Join(s.Dir, manifestFile))
	}
	return content, c.fsys.SyncDir(s.Dir)
}

// keepDefinitions adds the definitions of sources that the run does not have, so
// that a source which comes back must mean the same.
func keepDefinitions(last *Manifest, now map[string]Definition) map[string]Definition {
	all := map[string]Definition{}
	if last != nil {
		for source, d := range last.Definitions {
			all[source] = d
		}
	}
	for source, d := range now {
		all[source] = d
	}
	return all
}

// checkGap needs the dates between two runs to be skipped by name.
func checkGap(last, m *Manifest) error {
	if last == nil || m.BusinessDate == last.BusinessDate+1 {
		if m.Skipped != nil {
			return fmt.Errorf("run of %s skips dates where there are none to skip", m.BusinessDate)
		}
		return nil
	}
	gap := Span{From: last.BusinessDate + 1, To: m.BusinessDate - 1}
	if m.Skipped == nil || *m.Skipped != gap {
		return fmt.Errorf("%w: %s to %s", ErrGap, gap.From, gap.To)
	}
	return nil
}

// checkFiles holds the staged folder to the manifest's outputs, names and sizes.
func (s *Stage) checkFiles(m *Manifest) error {
	found, err := walk(s.chain.fsys, s.Dir, "")
	if err != nil {
		return err
	}
	for _, name := range found {
		out, ok := m.Output(name)
		if !ok {
			return fmt.Errorf("%s: staged, and no output of the manifest", filepath.Join(s.Dir, name))
		}
		info, err := s.chain.fsys.Stat(filepath.Join(s.Dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if info.Size != out.Size {
			return fmt.Errorf("%s: %d bytes, the manifest says %d", filepath.Join(s.Dir, name), info.Size, out.Size)
		}
	}
	for _, out := range m.Outputs {
		if !slices.Contains(found, out.Name) {
			return fmt.Errorf("%s: not staged, and an output of the manifest", filepath.Join(s.Dir, out.Name))
		}
	}
	return nil
}

// walk lists the files below a folder, with slashes, in order of their folders.
func walk(fsys durable.FS, dir, prefix string) ([]string, error) {
	entries, err := fsys.ReadDir(filepath.Join(dir, filepath.FromSlash(prefix)))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := path.Join(prefix, e.Name)
		if !e.Dir {
			names = append(names, name)
			continue
		}
		inner, err := walk(fsys, dir, name)
		if err != nil {
			return nil, err
		}
		names = append(names, inner...)
	}
	return names, nil
}

// Discard removes the staged files of a run that was given up before Commit. A
// stage that is not discarded is moved aside by the next Begin.
func (s *Stage) Discard() error { return s.chain.fsys.RemoveAll(s.Dir) }
