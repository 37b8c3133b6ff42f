package state

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"amends/rules/calendar"
)

// ErrNotDryRun is why a folder is not replaced: it holds something else than a
// dry run.
var ErrNotDryRun = errors.New("the folder holds something else than a dry run")

// DryRunDir returns where a dry run of a date goes unless it is told.
func (c *Chain) DryRunDir(date calendar.Date) string {
	return filepath.Join(c.dir, "dry-runs", date.String())
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
