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
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// already answers for a date that is committed: the same again is done already;
// anything else is refused by name. Growing tables may have grown: lookback
// sees their late rows.
func (r *runner) already(m *state.Manifest, effective calendar.Date) (*NightResult, error) {
	result := &NightResult{Date: m.Date(), Already: true, Dir: r.chain.RunDir(m.Date()), Sequence: m.Sequence, Manifest: r.chain.SHA256(m), Effective: calendar.Date(m.EffectiveDate)}
	var differs []string
	if got := state.Digest(r.project.workspaceBytes); got != m.WorkspaceSHA256 {
		differs = append(differs, WorkspaceFile+" is not the one that the run was made with")
	}
	if r.project.rulebook.SHA256 != m.RulebookSHA256 {
		differs = append(differs, r.ruleChanges(m)...)
	}
	if r.options.HasEffective && effective != calendar.Date(m.EffectiveDate) {
		differs = append(differs, fmt.Sprintf("the effective date was %s, not %s", m.EffectiveDate, effective))
	}
	changed, grown, err := inputChanges(r.project, m)
	if err != nil {
		return nil, err
	}
	differs = append(differs, changed...)
	added, err := r.addedFiles(m)
	if err != nil {
		return nil, err
	}
	if differs = append(differs, added...); len(differs) > 0 {
		return nil, fmt.Errorf("%w: the date is committed already, and what it was made with has changed:\n  %s\nwhat was paid stays paid; give what is missing as an external credit, or void a credit", ErrRefused, strings.Join(differs, "\n  "))
	}
	for _, g := range grown {
		result.Notes = append(result.Notes, g+" has other rows than the run read; later nights see them within their lookback")
	}
	return result, nil
}

func (r *runner) ruleChanges(m *state.Manifest) []string {
	var differs []string
	was := map[string]string{}
	for _, rule := range m.Rules {
		was[rule.Path] = rule.SHA256
	}
	for _, f := range r.project.rulebook.Files {
		digest, known := was[f.Path]
		switch {
		case !known:
			differs = append(differs, showRule(r.project.work, f.Path)+" is new")
		case digest != state.Digest(f.Bytes):
			differs = append(differs, showRule(r.project.work, f.Path)+" has changed")
		}
		delete(was, f.Path)
	}
	for _, rule := range m.Rules {
		if _, gone := was[rule.Path]; gone {
			differs = append(differs, showRule(r.project.work, rule.Path)+" is gone")
		}
	}
	return differs
}

// inputChanges compares the files that a run read with what they are now.
func inputChanges(p *project, m *state.Manifest) (changed, grown []string, err error) {
	for _, in := range m.Inputs {
		digest, err := fileDigest(p.pathOf(in.Path))
		switch {
		case errors.Is(err, os.ErrNotExist):
			changed = append(changed, in.Path+" is gone")
		case err != nil:
			return nil, nil, err
		case digest == in.SHA256:
		case in.Dated:
			changed = append(changed, in.Path+" has changed")
		default:
			grown = append(grown, in.Path)
		}
	}
	return slices.Compact(changed), slices.Compact(grown), nil
}

// addedFiles are dated files that the run did not read and would read now.
func (r *runner) addedFiles(m *state.Manifest) ([]string, error) {
	w := window{date: m.Date(), first: r.chain.Manifests()[0].Date()}
	if m.Sequence > 1 {
		w.hasPrior, w.previous = true, r.chain.Manifests()[m.Sequence-2].Date()
	}
	files, err := r.project.resolveFiles(w, historyDays(r.project.rulebook, nil, r.project.work.HorizonDays))
	var missing *MissingFilesError
	if errors.As(err, &missing) {
		return nil, nil // inputChanges named them
	}
	if err != nil {
		return nil, err
	}
	read := map[string]bool{}
	for _, in := range m.Inputs {
		read[in.Source+"\x00"+in.Path] = true
	}
	var added []string
	for i := range r.project.work.Sources {
		s := &r.project.work.Sources[i]
		if !s.HasDate() || s.Dimension != nil {
			continue // a dimension that nothing read is not among the inputs
		}
		for _, f := range files[s.Name] {
			if !read[s.Name+"\x00"+f.Name] {
				added = append(added, f.Name+" is new")
			}
		}
	}
	return added, nil
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func readOpen(content []byte) ([]ledger.Credit, error) {
	return publish.ReadOpen(bytes.NewReader(content), int64(len(content)))
}

// sortedPostings is a run's postings in the order in which they were applied.
func sortedPostings(postings []ledger.Posting) []ledger.Posting {
	slices.SortFunc(postings, func(a, b ledger.Posting) int { return cmp.Or(ledger.Compare(a, b)) })
	return postings
}
