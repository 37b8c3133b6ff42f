package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// maxDryRunsShown keeps a folder that nobody clears from making a long page.
const maxDryRunsShown = 100

// dryRuns lists what lies in the folder of dry runs, whatever it is.
func (s *site) dryRuns(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	names, err := look.Chain().DryRuns()
	if err != nil {
		return err
	}
	slices.Reverse(names) // the latest date first
	t := &table{Columns: nightColumns()}
	for _, name := range names[:min(len(names), maxDryRunsShown)] {
		t.Rows = append(t.Rows, s.dryRow(look.Chain(), name))
	}
	if more := len(names) - maxDryRunsShown; more > 0 {
		t.More = "and " + report.Counted(int64(more), "more folder", "more folders")
	}
	p := part{Table: t, Empty: "There is no dry run."}
	if len(t.Rows) == 0 {
		p.Table = nil
	}
	v := &view{Title: "Dry runs", Here: "dry-runs", Parts: []part{p},
		Lead: "What nights would do, from amends run --dry-run. Nothing of it is committed. Dry runs with --out are where they were put."}
	return s.show(w, http.StatusOK, "page.html", v)
}

func (s *site) dryRow(chain *state.Chain, name string) []cell {
	odd := func(why string) []cell {
		return []cell{text(name), bad(why, nightFigures+1)}
	}
	if strings.HasSuffix(name, ".staging") {
		return odd("at work, or not finished")
	}
	date, err := calendar.ParseDate(name)
	if err != nil {
		return odd("not the name of a dry run")
	}
	m, digest, err := chain.ReadDryRun(date)
	if err != nil {
		return odd(dryProblem(err))
	}
	base := "/dry-runs/" + name
	summary, err := s.summaryOf(digest, m, chain.ReadDryOutput)
	if err != nil {
		return odd(dryProblem(err))
	}
	return append(append([]cell{linked(name, base)}, nightCells(summary)...), reportCell(m, base))
}

func dryProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "not finished: it has no manifest"
	case errors.Is(err, state.ErrNotDryRun):
		return "something else than a dry run"
	}
	return "its files are not what its manifest says: " + err.Error()
}

func (s *site) dryRunOf(r *http.Request) (runFolder, error) {
	date, err := dateOf(r)
	if err != nil {
		return runFolder{}, err
	}
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return runFolder{}, err
	}
	m, digest, err := look.Chain().ReadDryRun(date)
	if err != nil {
		return runFolder{}, &problem{http.StatusNotFound, "There is no such dry run", date.String() + ": " + dryProblem(err)}
	}
	return runFolder{manifest: m, digest: digest, base: "/dry-runs/" + date.String(), read: dryReader(look.Chain())}, nil
}

// dryReader reads a dry run's files. One whose files are others has been
// replaced while it was read, or was tampered with; neither breaks the state.
func dryReader(chain *state.Chain) func(*state.Manifest, string) ([]byte, error) {
	return func(m *state.Manifest, name string) ([]byte, error) {
		content, err := chain.ReadDryOutput(m, name)
		if err != nil {
			return nil, &problem{http.StatusConflict, "This dry run is not whole",
				fmt.Sprintf("%s: %s\nIt may have been replaced just now: load the page again, or make it anew.", m.BusinessDate, dryProblem(err))}
		}
		return content, nil
	}
}

func (s *site) dryRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.dryRunOf(r)
	if err != nil {
		return err
	}
	return s.showRun(w, run, &view{Title: "Dry run of " + run.manifest.BusinessDate.String(), Here: "dry-runs",
		Lead: "What the night would do. Nothing of it is committed.", Back: &link{"All dry runs", "/dry-runs"}})
}

func (s *site) dryReport(w http.ResponseWriter, r *http.Request) error {
	run, err := s.dryRunOf(r)
	if err != nil {
		return err
	}
	return s.showReport(w, r, run)
}

func (s *site) dryFile(w http.ResponseWriter, r *http.Request) error {
	run, err := s.dryRunOf(r)
	if err != nil {
		return err
	}
	return s.saveFile(w, r, run, "amends-dry-run-"+run.manifest.BusinessDate.String())
}
