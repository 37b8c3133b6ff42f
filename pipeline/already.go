package pipeline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules/calendar"
)

// already answers for a date that is committed. What it was decided on must be as
// it was, and anything else is refused by name: data that changed behind a night is
// for a person to look at. Rules are edited for later nights, and growing tables
// may have grown, but not be gone, and lookback sees their late rows: neither makes a settled night a
// failure, and whoever starts nights by the clock would try it again and again.
func (r *runner) already(m *state.Manifest, effective calendar.Date) (*NightResult, error) {
	result := &NightResult{
		Date: m.Date(), Already: true, Dir: r.chain.RunDir(m.Date()), Sequence: m.Sequence, Manifest: r.chain.SHA256(m),
		Effective: calendar.Date(m.EffectiveDate),
	}
	now, err := r.wouldRead(m)
	if err != nil {
		return nil, err
	}
	d := m.Differences(now)
	differs := d.Data
	if r.options.HasEffective && effective != calendar.Date(m.EffectiveDate) {
		differs = append(differs, fmt.Sprintf("the effective date: it was %s", m.EffectiveDate))
	}
	if len(differs) > 0 {
		return nil, fmt.Errorf("%w: the date is committed already, and what it was made with has changed:\n  %s\nwhat was paid stays paid; give what is missing as an external credit, or void a credit", ErrRefused, strings.Join(differs, "\n  "))
	}
	if r.options.CSV && !listsCSV(m) {
		result.Notes = append(result.Notes, "the night was committed without CSV files, and what is published stays as it is; a dry run with --csv and --out makes them elsewhere")
	}
	result.ChangedRules = d.Rules
	result.Grown = d.Grown
	for _, g := range d.Grown {
		result.Notes = append(result.Notes, g+"; later nights see its late rows within their lookback")
	}
	return result, nil
}

// listsCSV reports whether a run published CSV files beside its tables.
func listsCSV(m *state.Manifest) bool {
	_, listed := m.Output(publish.IssuanceCSVFile)
	return listed
}

// wouldRead lists what a run of a committed date would be made with today. Which
// files are its files is for amends.yaml and the rules that it was made with: a
// source that looks back fewer days now lets go of no file of the night.
func (r *runner) wouldRead(m *state.Manifest) (*state.Manifest, error) {
	p, chain := r.project, r.chain
	now := &state.Manifest{WorkspaceSHA256: state.Digest(p.workspaceBytes), RulebookSHA256: p.rulebook.SHA256, Rules: ruleDigests(p)}
	if now.WorkspaceSHA256 != m.WorkspaceSHA256 || now.RulebookSHA256 != m.RulebookSHA256 {
		var err error
		if p, err = publishedProject(p.dir, chain, m); err != nil {
			return nil, err
		}
	}
	w := window{date: m.Date(), first: chain.Nights()[0].Date()}
	if m.Sequence > 1 {
		w.hasPrior, w.previous = true, chain.Nights()[m.Sequence-2].Date()
	}
	files, err := p.resolveFiles(w, historyDays(p.rulebook, p.work.HorizonDays))
	var missing *MissingFilesError
	if err != nil && !errors.As(err, &missing) { // a file that is gone is a difference
		return nil, err
	}
	known := map[string]bool{}
	for _, in := range m.Inputs {
		known[in.Source] = true
	}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		if s.Dimension != nil && !known[s.Name] {
			continue // no rule reads it, and so the run did not either
		}
		for _, f := range files[s.Name] {
			in, err := inputNow(s, f, m)
			if err != nil {
				return nil, err
			}
			now.Inputs = append(now.Inputs, in)
		}
	}
	return now, nil
}

// inputNow is a file as it is now; where it has the bytes that the run read, it
// is the run's own entry.
func inputNow(s *workspace.Source, f scan.File, m *state.Manifest) (state.Input, error) {
	digest, _, err := fileDigest(f.Path)
	if err != nil {
		return state.Input{}, err
	}
	for _, in := range m.Inputs {
		if in.Source == s.Name && in.Path == f.Name && in.SHA256 == digest {
			return in, nil
		}
	}
	return state.Input{Source: s.Name, Path: f.Name, SHA256: digest, Dated: s.HasDate()}, nil
}

// filesRead are the files that a run read, by source.
func (p *project) filesRead(inputs []state.Input) map[string][]scan.File {
	files := map[string][]scan.File{}
	for _, in := range inputs {
		files[in.Source] = append(files[in.Source], scan.File{Path: p.pathOf(in.Path), Name: in.Path})
	}
	return files
}

func ruleDigests(p *project) []state.RuleDigest {
	var list []state.RuleDigest
	for _, f := range p.rulebook.Files {
		list = append(list, state.RuleDigest{Path: f.Path, Size: int64(len(f.Bytes)), SHA256: state.Digest(f.Bytes)})
	}
	return list
}

func fileDigest(path string) (digest string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// readOpen reads an open.parquet, by credit id as a Book has them.
func readOpen(content []byte) ([]ledger.Credit, error) {
	credits, err := publish.ReadOpen(bytes.NewReader(content), int64(len(content)))
	slices.SortFunc(credits, func(a, b ledger.Credit) int { return cmp.Compare(a.CreditID, b.CreditID) })
	return credits, err
}
