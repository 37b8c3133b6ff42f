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
func (c *Chain) BeginDry(date calendar.Date, out string) (stage *Stage, err error) {
	if err := c.checkNext(date); err != nil {
		return nil, err
	}
	out = filepath.Clean(out)
	stage = &Stage{chain: c, date: date, out: out, Dir: out + ".staging"}
	if stage.earlier, err = c.checkDryRun(out, "", false); err != nil {
		return nil, err
	}
	if _, err := c.checkDryRun(stage.Dir, "", true); err != nil {
		return nil, err
	}
	if err := c.fsys.RemoveAll(stage.Dir); err != nil {
		return nil, err
	}
	return stage, c.fsys.MkdirAll(stage.Dir)
}

// checkDryRun lets pass a folder that is missing, empty, or a dry run, which an
// unfinished one need not be yet. It returns the digest of the dry run's manifest;
// one that is known is not looked at again.
func (c *Chain) checkDryRun(dir, known string, unfinished bool) (digest string, err error) {
	entries, err := c.fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	content, err := c.fsys.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) && unfinished {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", dir, ErrNotDryRun, err)
	}
	if digest = Digest(content); digest == known {
		return digest, nil
	}
	m, err := DecodeManifest(content)
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", dir, ErrNotDryRun, err)
	}
	if !m.DryRun {
		return "", fmt.Errorf("%s: %w: a committed run", dir, ErrNotDryRun)
	}
	return digest, nil
}

func (s *Stage) replaceDryRun() error {
	fsys := s.chain.fsys
	if _, err := s.chain.checkDryRun(s.out, s.earlier, false); err != nil {
		return err
	}
	if err := fsys.RemoveAll(s.out); err != nil {
		return err
	}
	return fsys.RenameNoReplace(s.Dir, s.out)
}
