package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/report"
	"amends/rules/calendar"
)

// MissingFilesError is why a night cannot start yet.
type MissingFilesError struct{ Sources []MissingSource }

// MissingSource is a source that lacks files.
type MissingSource struct {
	Source string
	Files  string          // as amends.yaml says it: data/defects/dt={date}/*.parquet
	Dates  []calendar.Date // those without a file, rising; none where files has no {date}
}

// maxMissingSpans bounds how many spans of dates a line lists.
const maxMissingSpans = 5

// Missing names every file that is missing, one by one: for programs.
func (e *MissingFilesError) Missing() []string {
	var names []string
	for _, s := range e.Sources {
		if len(s.Dates) == 0 {
			names = append(names, s.String())
		}
		for _, d := range s.Dates {
			names = append(names, MissingSource{s.Source, s.Files, []calendar.Date{d}}.String())
		}
	}
	return names
}

// Error has a line for each source, and a way out.
func (e *MissingFilesError) Error() string {
	lines := make([]string, 0, len(e.Sources)+1)
	for _, s := range e.Sources {
		lines = append(lines, s.String())
	}
	return strings.Join(append(lines, "run again when they are there; a source that may have no file on a day says `optional: true` in "+WorkspaceFile), "\n")
}

// String is a source's line.
func (s MissingSource) String() string {
	if len(s.Dates) == 0 {
		return fmt.Sprintf("source %q: no file matches %s", s.Source, s.Files)
	}
	first := strings.ReplaceAll(s.Files, "{date}", s.Dates[0].String())
	if len(s.Dates) == 1 {
		return fmt.Sprintf("source %q: no file for %s: expected %s", s.Source, s.Dates[0], first)
	}
	return fmt.Sprintf("source %q: no file for %s, %s: expected %s and so on", s.Source, report.Counted(int64(len(s.Dates)), "date", "dates"), dateSpans(s.Dates), first)
}

// dateSpans writes rising dates as spans: 2026-01-05 to 2026-01-08, 2026-01-11.
func dateSpans(dates []calendar.Date) string {
	var spans []string
	shown := 0
	for from := 0; from < len(dates) && len(spans) < maxMissingSpans; from = shown {
		for shown = from + 1; shown < len(dates) && dates[shown] == dates[shown-1].AddDays(1); shown++ {
		}
		span := dates[from].String()
		if last := dates[shown-1]; last > dates[from] {
			span += " to " + last.String()
		}
		spans = append(spans, span)
	}
	text := strings.Join(spans, ", ")
	if more := len(dates) - shown; more > 0 {
		text += fmt.Sprintf(" and %s more", report.Count(int64(more)))
	}
	return text
}
