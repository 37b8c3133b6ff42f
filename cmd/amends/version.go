package main

import (
	"runtime"
	"runtime/debug"

	"amends/pipeline"
	"amends/rules/calendar"
)

type versionCommand struct{}

// Help is shown by amends version --help.
func (versionCommand) Help() string { return "Example:\n\n  amends version" }

// Run shows what decides outputs: the version of their meaning, and of the time
// zone data that is built in.
func (versionCommand) Run(a *app) error {
	build := "unknown build"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		build = info.Main.Version
	}
	a.print("amends %s (outputs version %s, zone data %s, %s)\n", build, pipeline.Version, calendar.Version(), runtime.Version())
	return nil
}
