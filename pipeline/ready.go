package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"amends/pipeline/workspace"
	"amends/rules/calendar"
)

// What follows is for whoever starts nights by the clock: questions that are
// asked every minute, and so read little.

// workspaceOnly reads amends.yaml without the rules.
func (r *Reader) workspaceOnly() (*workspace.Workspace, error) {
	content, err := readBounded(filepath.Join(r.config.Dir, WorkspaceFile))
	if err != nil {
		return nil, err
	}
	work, list := workspace.Parse(WorkspaceFile, content)
	return work, list.Err()
}

// Timetable is `schedule` and `timezone` of amends.yaml as it is now; the
// schedule is nil where there is none. Rules are not read.
func (r *Reader) Timetable() (*workspace.Schedule, *time.Location, error) {
	work, err := r.workspaceOnly()
	if err != nil {
		return nil, nil, err
	}
	return work.Schedule, work.Location, nil
}

// LastSettled is the last committed business date; ok is false before the first
// night. Rules are not read.
func (r *Reader) LastSettled() (date calendar.Date, ok bool, err error) {
	work, err := r.workspaceOnly()
	if err != nil {
		return 0, false, err
	}
	records, err := r.recordsOf(stateDir(r.config, &project{work: work}))
	if err != nil || records.chain.Last() == nil {
		return 0, false, err
	}
	return records.chain.Last().Date(), true, nil
}

// NextUnsettled is the date that a dry run means where none is named: the one
// after the last settled, before the first night yesterday.
func NextUnsettled(c Config, now time.Time) (calendar.Date, error) {
	last, ok, err := NewReader(c).LastSettled()
	if err != nil {
		return 0, err
	}
	if ok {
		return last.AddDays(1), nil
	}
	return Yesterday(c, now)
}

// FilesReady tells whether the files of the next night are there, without
// replaying the ledger: a MissingFilesError where they are not. Run looks again.
func (r *Reader) FilesReady(ctx context.Context, date calendar.Date) error {
	v, err := r.Look(ctx)
	if err != nil {
		return err
	}
	return v.filesReady(date)
}

func (v *View) filesReady(date calendar.Date) error {
	w := window{date: date, first: date}
	if runs := v.Chain().Nights(); len(runs) > 0 {
		w.hasPrior, w.previous, w.first = true, runs[len(runs)-1].Date(), runs[0].Date()
		for _, n := range runs {
			if n.Skipped != nil {
				w.left = append(w.left, *n.Skipped)
			}
		}
	}
	if _, err := v.project.resolveFiles(w, historyDays(v.project.rulebook, v.project.work.HorizonDays)); err != nil {
		return fmt.Errorf("%s: %w", date, err)
	}
	return nil
}
