package main

import (
	"slices"
	"strings"

	"amends/rules/calendar"
)

// otherFlags are flags that a command has not and that people look for there, with
// where they find what they want.
var otherFlags = []struct{ command, flag, hint string }{
	{"run", "--html", "run always makes the page: report.html in the night's folder, which is state/runs/DATE, with --dry-run state/dry-runs/DATE or --out DIR"},
	{"explain", "--html", "explain has text and --json; amends serve shows the same as a page, at /explain"},
	{"diff", "--dry-run", "diff always runs in memory and writes nothing"},
}

// flagHint says what to do about a command line that could not be parsed.
func flagHint(args []string, err error) string {
	for _, other := range otherFlags {
		if slices.Contains(args, other.command) && strings.HasPrefix(err.Error(), "unknown flag "+other.flag) {
			return other.hint
		}
	}
	if word, ok := strings.CutPrefix(err.Error(), "unexpected argument "); ok {
		if _, err := calendar.ParseDate(word); err == nil && len(args) > 0 && args[0] == "run" {
			return "did you mean --date " + word + "?"
		}
	}
	return "amends --help lists commands, amends COMMAND --help their flags"
}
