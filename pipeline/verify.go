package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// Verify holds a state to its own record: the chain and every digest, each file
// read a second time by a library that shares no code with the writer, and all
// postings replayed from the first, which finds an incident that was paid
// twice. With Replay it also runs nights again and compares every byte.
func Verify(ctx context.Context, c Config, o VerifyOptions) (*VerifyResult, error) {
	c = c.withDefaults()
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	v := &verifier{config: c, dir: stateDir(c, p), result: &VerifyResult{}}
	chain, err := state.Walk(c.FS, v.dir)
	var broken *state.BrokenError
	if errors.As(err, &broken) {
		v.find(broken.File, broken.Problem)
		return v.result, nil
	}
	if err != nil {
		return nil, err
	}
	v.chain = chain
	if err := v.files(); err != nil {
		return nil, err
	}
	if len(v.result.Findings) == 0 {
		if err := v.ledger(ctx); err != nil {
			return nil, err
		}
	}
	if err := v.derived(); err != nil {
		return nil, err
	}
	if o.HasReplay && !chain.Has(o.Replay) {
		return nil, fmt.Errorf("%w: %s is not committed, so there is nothing to replay", ErrUsage, o.Replay)
	}
	for i, night := range chain.Nights() {
		if len(v.result.Findings) > v.mended || !(o.ReplayAll || o.HasReplay && night.Date() == o.Replay) {
			continue
		}
		m, err := chain.ManifestOf(i + 1)
		if err != nil {
			return nil, err
		}
		if err := v.replay(ctx, m); err != nil {
			return nil, err
		}
	}
	return v.result, nil
}

type verifier struct {
	config Config
	dir    string
	chain  *state.Chain
	result *VerifyResult
	mended int // of the findings: those that were about what is derived
}

func (v *verifier) find(file, problem string) {
	v.result.Findings = append(v.result.Findings, Finding{File: file, Problem: problem})
}

// files checks digests, then reads every file again with the other library.
func (v *verifier) files() error {
	findings, err := v.chain.Verify()
	if err != nil {
		return err
	}
	if v.result.Unfinished, err = v.chain.Unfinished(); err != nil {
		return err
	}
	bad := map[string]bool{}
	for _, f := range findings {
		v.find(f.File, f.Problem)
		bad[f.File] = true
	}
	for i := range v.chain.Nights() {
		m, err := v.chain.ManifestOf(i + 1)
		if err != nil {
			return err
		}
		v.result.Runs++
		if v.result.First == "" {
			v.result.First = m.BusinessDate.String()
		}
		v.result.Last = m.BusinessDate.String()
		for _, out := range m.Outputs {
			name := "runs/" + m.BusinessDate.String() + "/" + out.Name
			v.result.Files++
			v.result.Rows += out.Rows
			if bad[name] || !strings.HasSuffix(out.Name, ".parquet") {
				continue
			}
			if err := publish.Reread(v.config.FS, filepath.Join(v.dir, filepath.FromSlash(name)), publish.Output(out)); err != nil {
				v.find(name, err.Error())
			}
		}
	}
	return nil
}

// replay runs a committed night again from the bytes that it was made with, and
// compares every output.
func (v *verifier) replay(ctx context.Context, m *state.Manifest) (err error) {
	name := "runs/" + m.BusinessDate.String()
	p, err := publishedProject(v.config.Dir, v.chain, m)
	if err != nil {
		return err
	}
	if !v.asRead(name, p, m) {
		return nil
	}
	s, err := newSession(v.config, p, v.chain, m.Date())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	n := s.begin(m.Date(), calendar.Date(m.EffectiveDate))
	n.withCSV = listsCSV(m)
	n.files, n.learnFrom = p.filesRead(m.Inputs), p.filesRead(append(slices.Clone(m.Inputs), m.Schemas...))
	out, err := n.run(ctx)
	if err != nil {
		v.find(name, fmt.Sprintf("the replay failed: %v", err))
		return nil
	}
	digests, err := publish.Digests(out)
	if err != nil {
		return err
	}
	for _, want := range m.Outputs {
		switch got, ok := digests[want.Name]; {
		case ok && got == want.SHA256:
		case want.Name == publish.ReportFile:
			// The page moves no money, its digest is in the manifest, and its drawing
			// changes with the program; all that it shows is compared as rows.
			v.result.Notes = append(v.result.Notes, name+"/"+want.Name+": this version of amends draws the page otherwise; it is as the run published it")
		default:
			v.find(name+"/"+want.Name, "the replay gives other bytes")
		}
		delete(digests, want.Name)
	}
	for _, extra := range slices.Sorted(maps.Keys(digests)) {
		v.find(name+"/"+extra, "the replay publishes it, the run did not")
	}
	if err := v.sameManifest(name, n, m); err != nil {
		return err
	}
	v.result.Replayed = append(v.result.Replayed, m.BusinessDate.String())
	return nil
}

// asRead reports whether the files that a run read are as they were. A growing table
// that changed is no problem of the state: the night is one that cannot be replayed.
// Any other file that is not what it was is a finding, also beside such a table.
func (v *verifier) asRead(name string, p *project, m *state.Manifest) bool {
	changed := ""
	for i, in := range append(slices.Clone(m.Inputs), m.Schemas...) {
		digest, _, err := fileDigest(p.pathOf(in.Path))
		switch {
		case err != nil:
			v.find(name, fmt.Sprintf("cannot be replayed: %v", err))
			return false
		case digest == in.SHA256:
		case in.Dated || i >= len(m.Inputs):
			v.find(name, fmt.Sprintf("cannot be replayed: %s has other bytes than the run read", in.Path))
			return false
		case changed == "":
			changed = in.Path
		}
	}
	if changed != "" {
		v.result.NotReplayed = append(v.result.NotReplayed, NotReplayed{Date: m.BusinessDate.String(), Table: changed})
	}
	return changed == ""
}

// sameManifest compares what the manifest says beside its outputs.
func (v *verifier) sameManifest(name string, n *night, m *state.Manifest) error {
	again := n.manifest(nil)
	again.Version, again.Sequence, again.PreviousSHA256, again.Outputs = m.Version, m.Sequence, m.PreviousSHA256, m.Outputs
	again.Program, again.ZoneDataVersion = m.Program, m.ZoneDataVersion
	want, err := m.Encode()
	if err != nil {
		return err
	}
	got, err := again.Encode()
	if err == nil && !bytes.Equal(want, got) {
		v.find(name+"/manifest.json", "the replay gives another manifest")
	}
	return err
}
