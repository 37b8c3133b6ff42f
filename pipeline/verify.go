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

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
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

// ledger replays every posting, and holds each run's roll-forward, open credits
// and issuance to the balance that they come to.
func (v *verifier) ledger(ctx context.Context) error {
	book := ledger.NewBook()
	totals := map[string]ledger.Movement{}
	for i := range v.chain.Nights() {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := v.chain.ManifestOf(i + 1)
		if err != nil {
			return err
		}
		name := "runs/" + m.BusinessDate.String() + "/"
		postings, err := postingsOf(v.chain, m)
		if err != nil {
			v.find(name+state.PostingsFile, err.Error())
			return nil
		}
		before := book.Outstanding()
		for _, p := range postings {
			if err := book.Apply(p); err != nil {
				v.find(name+state.PostingsFile, fmt.Sprintf("posting %s of incident %s: %v", p.ID, p.IncidentID, err))
				return nil
			}
			if p.Kind == ledger.Issue {
				v.result.Credits++
			}
		}
		moved, err := ledger.RollForward(before, book.Outstanding(), postings)
		if err != nil {
			v.find(name+state.PostingsFile, err.Error())
			return nil
		}
		v.rollForward(m, moved, totals)
		if err := v.open(m, book, postings); err != nil {
			return err
		}
	}
	v.result.Totals = rollForwardLines(totals)
	return nil
}

func (v *verifier) rollForward(m *state.Manifest, moved, totals map[string]ledger.Movement) {
	if len(moved) != len(m.RollForward) {
		v.find(fmt.Sprintf("manifests/%d.json", m.Sequence), "its roll-forward has other currencies than its postings")
	}
	for currency, got := range moved {
		if state.Moved(got) != m.RollForward[currency] {
			v.find(fmt.Sprintf("manifests/%d.json", m.Sequence), fmt.Sprintf("roll-forward of %s is %+v, its postings come to %+v", currency, m.RollForward[currency], got))
		}
		t, seen := totals[currency]
		if !seen {
			t.Opening = got.Opening
		}
		t.Issued += got.Issued
		t.Reinstated += got.Reinstated
		t.Redeemed += got.Redeemed
		t.Forfeited += got.Forfeited
		t.Voided += got.Voided
		t.Closing = got.Closing
		totals[currency] = t
	}
}

// open compares open.parquet and issuance.parquet with the ledger.
func (v *verifier) open(m *state.Manifest, book *ledger.Book, postings []ledger.Posting) error {
	name := "runs/" + m.BusinessDate.String() + "/"
	content, err := v.chain.ReadOutput(m, openFile)
	if err != nil {
		return err
	}
	credits, err := readOpen(content)
	if err != nil {
		v.find(name+openFile, err.Error())
		return nil
	}
	if !slices.Equal(credits, book.Open()) {
		v.find(name+openFile, "is not what the postings up to this run add up to")
	}
	if content, err = v.chain.ReadOutput(m, issuanceFile); err != nil {
		return err
	}
	rows, err := publish.ReadIssuance(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		v.find(name+issuanceFile, err.Error())
		return nil
	}
	issued := map[string]money.Amount{}
	for _, p := range postings {
		if p.Kind == ledger.Issue {
			issued[p.CreditID] = money.Amount{Minor: p.Minor, Currency: p.Currency}
		}
	}
	if len(rows) != len(issued) {
		v.find(name+issuanceFile, fmt.Sprintf("has %d rows, and the postings issue %d credits", len(rows), len(issued)))
	}
	for _, r := range rows {
		if got := (money.Amount{Minor: r.AmountMinor, Currency: r.Currency}); issued[r.CreditID] != got {
			v.find(name+issuanceFile, fmt.Sprintf("credit %s is %s, its posting %s", r.CreditID, got, issued[r.CreditID]))
		}
	}
	return nil
}

const issuanceFile = "issuance.parquet"

// replay runs a committed night again from the bytes that it was made with, and
// compares every output.
func (v *verifier) replay(ctx context.Context, m *state.Manifest) (err error) {
	name := "runs/" + m.BusinessDate.String()
	p, err := v.projectOf(m)
	if err != nil {
		return err
	}
	for _, in := range append(slices.Clone(m.Inputs), m.Schemas...) {
		digest, _, err := fileDigest(p.pathOf(in.Path))
		if err != nil {
			v.find(name, fmt.Sprintf("cannot be replayed: %v", err))
			return nil
		}
		if digest != in.SHA256 {
			v.find(name, fmt.Sprintf("cannot be replayed: %s has other bytes than the run read", in.Path))
			return nil
		}
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

// projectOf is the workspace and rulebook as the run published them.
func (v *verifier) projectOf(m *state.Manifest) (*project, error) {
	content, err := v.chain.ReadOutput(m, publish.WorkspaceFile)
	if err != nil {
		return nil, err
	}
	var files []rules.File
	for _, r := range m.Rules {
		bytes, err := v.chain.ReadOutput(m, publish.RulesFolder+"/"+r.Path)
		if err != nil {
			return nil, err
		}
		files = append(files, rules.File{Path: r.Path, Bytes: bytes})
	}
	p, list, err := parseProject(v.config.Dir, content, files)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("the run of %s: its own rulebook: %w", m.BusinessDate, err)
	}
	return p, nil
}
