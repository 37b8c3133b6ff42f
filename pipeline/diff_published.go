package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
)

// diffFolder is one run's or dry run's folder.
type diffFolder struct {
	dir      string
	manifest *state.Manifest
	sha256   string
}

const manifestFile = "manifest.json"

// published compares what two runs or dry runs published, file by file held to
// their manifests first.
func (d *differ) published(ctx context.Context) (*report.Diff, error) {
	if d.request.HasRange || d.request.With != "" {
		return nil, fmt.Errorf("%w: two folders of runs are compared as they are, without dates or --with", ErrUsage)
	}
	var sides [2][]diffFolder
	for i, dir := range d.request.Folders {
		var err error
		if sides[i], err = d.folders(dir); err != nil {
			return nil, err
		}
	}
	if err := d.sameNights(sides); err != nil {
		return nil, err
	}
	var books [2]*diffRules
	for i, folders := range sides {
		last := folders[len(folders)-1]
		var err error
		if books[i], err = d.rulesOf(last, filepath.ToSlash(filepath.Clean(d.request.Folders[i]))); err != nil {
			return nil, err
		}
	}
	d.changes = ruleChanges(books[0], books[1])
	d.chooseColumns(books[0])
	for i, to := range []**diffSide{&d.a, &d.b} {
		*to = newDiffSide(books[i], d.by)
		for _, f := range sides[i] {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := d.read(f, *to); err != nil {
				return nil, err
			}
		}
	}
	d.differentGround(sides)
	out, err := d.compare()
	if err != nil {
		return nil, err
	}
	out.Basis = report.DiffPublished
	return out, nil
}

// folders lists the run in a folder, or the runs of a range of dry runs in
// folders below it.
func (d *differ) folders(dir string) ([]diffFolder, error) {
	f, err := d.folder(dir)
	if err == nil {
		return []diffFolder{f}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries, readErr := d.config.FS.ReadDir(dir)
	if errors.Is(readErr, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s: no such folder", ErrUsage, dir)
	}
	if readErr != nil {
		return nil, readErr
	}
	var list []diffFolder
	for _, e := range entries {
		if _, err := calendar.ParseDate(e.Name); err != nil || !e.Dir {
			continue
		}
		f, err := d.folder(filepath.Join(dir, e.Name))
		if err != nil {
			return nil, notRun(filepath.Join(dir, e.Name), err)
		}
		if n := len(list); n > 0 && f.manifest.PreviousSHA256 != list[n-1].sha256 {
			return nil, fmt.Errorf("%w: %s does not go on from %s: it is not of one range of nights", ErrUsage, f.dir, list[n-1].dir)
		}
		list = append(list, f)
	}
	if len(list) == 0 {
		return nil, notRun(dir, err)
	}
	return list, nil
}

func notRun(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s holds no run: it has no %s, which a run or dry run writes last", ErrUsage, dir, manifestFile)
	}
	return err
}

func (d *differ) folder(dir string) (diffFolder, error) {
	content, err := d.config.FS.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return diffFolder{}, err
	}
	m, err := state.DecodeManifest(content)
	if err != nil {
		return diffFolder{}, fmt.Errorf("%s: %w", filepath.Join(dir, manifestFile), err)
	}
	return diffFolder{dir: dir, manifest: m, sha256: state.Digest(content)}, nil
}

// sameNights refuses runs of different dates.
func (d *differ) sameNights(sides [2][]diffFolder) error {
	dates := func(list []diffFolder) (out []state.Day) {
		for _, f := range list {
			out = append(out, f.manifest.BusinessDate)
		}
		return out
	}
	a, b := dates(sides[0]), dates(sides[1])
	if !slices.Equal(a, b) {
		return fmt.Errorf("%w: %s is of %s and %s of %s: only the same nights can be compared", ErrUsage,
			d.request.Folders[0], nightsText(a), d.request.Folders[1], nightsText(b))
	}
	for _, f := range sides[0] {
		d.nights = append(d.nights, diffNight{f.manifest.Date(), calendar.Date(f.manifest.EffectiveDate)})
	}
	return nil
}

func nightsText(days []state.Day) string {
	if len(days) == 1 {
		return days[0].String()
	}
	return fmt.Sprintf("%s to %s (%d nights)", days[0], days[len(days)-1], len(days))
}

// content is a published file once its bytes are those of the manifest.
func (d *differ) content(f diffFolder, name string) ([]byte, error) {
	file := filepath.Join(f.dir, filepath.FromSlash(name))
	out, ok := f.manifest.Output(name)
	if !ok {
		return nil, fmt.Errorf("%s: its manifest lists no %s", f.dir, name)
	}
	content, err := d.config.FS.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: missing, and the manifest beside it lists it", file)
	}
	if err != nil {
		return nil, err
	}
	if got := state.Digest(content); got != out.SHA256 {
		return nil, fmt.Errorf("%s: has changed since the run: sha256 %s, and the manifest says %s", file, got, out.SHA256)
	}
	return content, nil
}

func (d *differ) rulesOf(f diffFolder, name string) (*diffRules, error) {
	work, err := d.content(f, publish.WorkspaceFile)
	if err != nil {
		return nil, err
	}
	var files []rules.File
	for _, r := range f.manifest.Rules {
		content, err := d.content(f, publish.RulesFolder+"/"+r.Path)
		if err != nil {
			return nil, err
		}
		files = append(files, rules.File{Path: r.Path, Bytes: content})
	}
	p, list, err := parseProject(d.config.Dir, work, files)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("%s: its own rulebook: %w", f.dir, err)
	}
	return &diffRules{name: name, what: "what is published in " + name, project: p}, nil
}

// readRows reads a table of a run.
func readRows[R any](d *differ, f diffFolder, name string, to *[]R, read func(io.ReaderAt, int64) ([]R, error)) error {
	content, err := d.content(f, name)
	if err != nil {
		return err
	}
	if *to, err = read(bytes.NewReader(content), int64(len(content))); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(f.dir, name), err)
	}
	return nil
}

// read adds what one run published to a side.
func (d *differ) read(f diffFolder, to *diffSide) error {
	out := &publish.Night{Date: f.manifest.Date()}
	requests, err := d.content(f, publish.RequestsFile)
	if err == nil {
		out.Requests, err = publish.ReadRequests(requests)
	}
	guardrails, guardErr := d.content(f, publish.SummaryFile)
	if guardErr == nil {
		guardErr = to.guarded(out.Date, guardrails)
	}
	if err := errors.Join(err, guardErr,
		readRows(d, f, publish.DecisionsFile, &out.Decisions, publish.ReadDecisions),
		readRows(d, f, publish.IssuanceFile, &out.Issuance, publish.ReadIssuance),
		readRows(d, f, publish.HeldFile, &out.Holds, publish.ReadHolds),
		readRows(d, f, publish.PostingsFile, &out.Postings, publish.ReadPostings),
		readRows(d, f, publish.ExpiringFile, &out.Expiring, publish.ReadExpiring),
		readRows(d, f, publish.RejectsFile, &out.Rejects, publish.ReadRejects),
		readRows(d, f, publish.RedemptionsFile, &out.Redemptions, publish.ReadRedemptions),
	); err != nil {
		return err
	}
	moved := map[string]ledger.Movement{}
	for currency, m := range f.manifest.RollForward {
		moved[currency] = ledger.Movement(m)
	}
	if err := to.add(out, moved, nil); err != nil {
		return fmt.Errorf("%s: %w", f.dir, err)
	}
	return nil
}

// guarded takes over the guardrails of a night's summary.
func (s *diffSide) guarded(date calendar.Date, summary []byte) error {
	var said struct {
		Guardrails []report.BreachLine `json:"guardrails"`
	}
	if err := json.Unmarshal(summary, &said); err != nil {
		return fmt.Errorf("%s of %s: %w", publish.SummaryFile, date, err)
	}
	for _, b := range said.Guardrails {
		s.breached = append(s.breached, diffBreach{b.Guardrail, date, b.Currency})
	}
	return nil
}

// differentGround says where the runs did not begin alike: then not only their
// rules differ.
func (d *differ) differentGround(sides [2][]diffFolder) {
	a, b := sides[0][0].manifest, sides[1][0].manifest
	if a.PreviousSHA256 != b.PreviousSHA256 {
		d.note("The two did not begin from the same ledger: the nights before them differ.")
	}
	for k := range sides[0] {
		a, b := sides[0][k].manifest, sides[1][k].manifest
		if changed := differentInput(a.Inputs, b.Inputs); changed != "" {
			d.note("On %s the two did not read the same rows: %s.", a.BusinessDate, changed)
		}
		if a.WorkspaceSHA256 != b.WorkspaceSHA256 {
			d.note("On %s the two had different bytes of %s.", a.BusinessDate, WorkspaceFile)
		}
	}
}

// differentInput names the first file that both read with different bytes. A
// file that only one read is a matter of its rules.
func differentInput(a, b []state.Input) string {
	for _, x := range a {
		for _, y := range b {
			if cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Path, y.Path)) == 0 && x.SHA256 != y.SHA256 {
				return x.Source + ": " + x.Path + " has other bytes"
			}
		}
	}
	return ""
}
