package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"amends/pipeline/publish"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules/diag"
	"amends/rules/money"
)

// checkRows applies the workspace's checks: too few rows, or too many rejected,
// stop the run before anything is decided. Only rows that are new since the last
// run count, or the days of lookback would hide an empty night.
func (n *night) checkRows() error {
	var list diag.List
	rejects := n.rejectRows()
	for _, name := range slices.Sorted(maps.Keys(n.work.Checks)) {
		c := n.work.Checks[name]
		read, window, bad, err := n.freshRows(n.work.Source(name), rejects)
		if err != nil {
			return err
		}
		if window < int64(c.MinRows) {
			list.Add(c.At.Diagnose(0, "W110", fmt.Sprintf("source %q: %d rows are new for %s, and the check wants at least %d", name, window, n.date, c.MinRows), "is a file missing or cut short?"))
		}
		if c.HasMaxRejectPercent && tooMany(int64(len(bad)), read, c.MaxRejectPercent) {
			list.Add(c.At.Diagnose(0, "W111", fmt.Sprintf("source %q: %d of %d rows were rejected, and the check allows %s %%: %s",
				name, len(bad), read, c.MaxRejectPercent, firstOf(bad)), "mend the rows, or raise the check for a dry run to see them all in rejects.parquet"))
		}
	}
	return list.Err()
}

// freshRows counts what a source has new tonight: the rows of files of the dates
// since the last run. Of a growing table that is every row, since a rejected one
// may not say how old it is; window are those in its window.
func (n *night) freshRows(s *workspace.Source, rejects []publish.Reject) (read, window int64, bad []publish.Reject, err error) {
	fresh := map[string]bool{}
	if s.HasDate() {
		files, _, err := scan.Resolve(n.project.dir, s.Files.Source, n.previousDate().AddDays(1), n.date)
		if err != nil {
			return 0, 0, nil, fmt.Errorf("source %q: %w", s.Name, err)
		}
		for _, f := range files {
			fresh[f.Name] = true
		}
	}
	for _, in := range n.inputs {
		if in.Source == s.Name && (!s.HasDate() || fresh[in.Path]) {
			read += in.Rows
		}
	}
	for _, r := range rejects {
		if r.Source == s.Name && (!s.HasDate() || fresh[r.File]) {
			bad = append(bad, r)
		}
	}
	window = read
	if c, ok := n.matched.Counts[s.Name]; ok && !s.HasDate() {
		window -= c.OutOfWindow
	}
	return read, window, bad, nil
}

// tooMany compares rejected/read with percent, exactly.
func tooMany(rejected, read int64, percent money.Decimal) bool {
	share, err := money.DivInts(rejected*100, max(read, 1), money.Up)
	return err != nil || share > percent
}

func firstOf(rejects []publish.Reject) string {
	if len(rejects) == 0 {
		return ""
	}
	r := rejects[0]
	return fmt.Sprintf("the first is %s row %d: %s: %s", r.File, r.Row, r.Code, r.Detail)
}
