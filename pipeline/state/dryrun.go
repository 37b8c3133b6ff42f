package state

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"amends/rules/calendar"
)

// ErrNotDryRun is why a folder is not replaced: it holds something else than a
// dry run.
var ErrNotDryRun = errors.New("the folder holds something else than a dry run")

// DryRunDir returns where a dry run of a date goes unless it is told.
func (c *Chain) DryRunDir(date calendar.Date) string {
	return filepath.Join(c.dir, dryRunsFolder, date.String())
}

// DryRuns lists the names below the folder of dry runs: dates, and whatever else
// lies there. Those that went to another folder are not known here.
func (c *Chain) DryRuns() ([]string, error) { return c.store.List(dryRunsFolder) }

// ReadDryRun reads the manifest of a date's dry run and its digest;
// fs.ErrNotExist where there is none, ErrNotDryRun where it is something else.
func (c *Chain) ReadDryRun(date calendar.Date) (m *Manifest, digest string, err error) {
	file := path.Join(dryRunsFolder, date.String(), manifestFile)
	content, err := c.store.Read(file)
	if err != nil {
		return nil, "", err
	}
	if m, err = DecodeManifest(content); err != nil {
		return nil, "", fmt.Errorf("%s: %w: %w", file, ErrNotDryRun, err)
	}
	if !m.DryRun || m.Date() != date {
		return nil, "", fmt.Errorf("%s: %w: a run of %s", file, ErrNotDryRun, m.BusinessDate)
	}
	return m, Digest(content), nil
}

// ReadDryOutput reads a file of a dry run once its size and SHA-256 are those of
// the manifest; otherwise a BrokenError names it: another dry run may have taken
// its place meanwhile.
func (c *Chain) ReadDryOutput(m *Manifest, name string) ([]byte, error) {
	out, ok := m.Output(name)
	if !ok {
		return nil, fmt.Errorf("the dry run of %s has no %s: %w", m.BusinessDate, name, fs.ErrNotExist)
	}
	return c.readAs(path.Join(dryRunsFolder, m.BusinessDate.String(), name), out)
}

// BeginDry prepares a dry run of a date: the same as Begin, without the lock and
// without touching the chain on disk. In memory the chain goes on from the dry
// run, so that one date after another can be simulated: use one of Before. Commit then replaces what an earlier dry run left
// in out; a folder with anything else in it is ErrNotDryRun.
func (c *Chain) BeginDry(date calendar.Date, out string) (*Stage, error) {
	if err := c.checkNext(date); err != nil {
		return nil, err
	}
	out = filepath.Clean(out)
	stage := &Stage{chain: c, date: date, out: out, Dir: out + ".staging"}
	for _, dir := range []string{out, stage.Dir} {
		if err := c.checkDryRun(dir, dir == stage.Dir); err != nil {
			return nil, err
		}
	}
	if err := c.fsys.RemoveAll(stage.Dir); err != nil {
		return nil, err
	}
	return stage, c.fsys.MkdirAll(stage.Dir)
}

// checkDryRun lets pass a folder that is missing, empty, or a dry run, which an
// unfinished one need not be yet.
func (c *Chain) checkDryRun(dir string, unfinished bool) error {
	entries, err := c.fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := c.fsys.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) && unfinished {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %w", dir, ErrNotDryRun, err)
	}
	m, err := DecodeManifest(content)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", dir, ErrNotDryRun, err)
	}
	if !m.DryRun {
		return fmt.Errorf("%s: %w: a committed run", dir, ErrNotDryRun)
	}
	return nil
}

func (s *Stage) replaceDryRun() error {
	fsys := s.chain.fsys
	if err := s.chain.checkDryRun(s.out, false); err != nil {
		return err
	}
	if err := fsys.RemoveAll(s.out); err != nil {
		return err
	}
	return fsys.RenameNoReplace(s.Dir, s.out)
}
