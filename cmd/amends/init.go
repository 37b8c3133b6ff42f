package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"amends/pipeline"
	"amends/rules/calendar"
	"amends/samples"
)

type initCommand struct{}

// Help is shown by amends init --help.
func (initCommand) Help() string {
	return `It writes amends.yaml, rules/late.yaml, README.md and a week of made-up deliveries into the workspace's folder, and never over anything that is there.

Example:

  amends -C credits init`
}

// starterZone is the zone of the starter's days: its data ends yesterday there,
// which is the night that a run without --date settles.
const starterZone = "America/New_York"

// Run makes the starter workspace.
func (initCommand) Run(a *app) error {
	dir := a.config.Dir
	for _, name := range []string{pipeline.WorkspaceFile, "README.md", "rules", "data", "state"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%s is there already, and init writes over nothing: name an empty folder with -C DIR", filepath.Join(dir, name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	zone, err := calendar.Load(starterZone)
	if err != nil {
		return err
	}
	yesterday := calendar.DateOf(calendar.Instant(now().UnixMicro()), zone).AddDays(-1)
	if err := samples.WriteStarter(dir, yesterday); err != nil {
		return err
	}
	a.print("A workspace is in %s, with deliveries up to %s. README.md there says what is what. Next:\n\n", dir, yesterday)
	for _, next := range []string{"check", "run --dry-run", "run"} {
		a.print("  %s\n", a.command(next))
	}
	return nil
}
