package main

import (
	"bytes"
	"errors"
	"path/filepath"

	"amends/pipeline/archive"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
)

// derive makes what a ledger's last night would have derived from it, where the
// ledger was made by a program that did not: no measured night is to pay for it.
func derive(dir string) (err error) {
	fsys := durable.OS{}
	release, err := state.Lock(fsys, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	chain, err := state.Open(fsys, dir)
	if err != nil {
		return err
	}
	c := archive.Config{FS: fsys, Dir: filepath.Join(dir, state.DerivedFolder), Postings: func(n int, visit func(first int, postings []ledger.Posting) error) error {
		m, err := chain.ManifestOf(n)
		if err != nil {
			return err
		}
		content, err := chain.ReadOutput(m, state.PostingsFile)
		if err != nil {
			return err
		}
		postings, err := publish.ReadPostings(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return err
		}
		return visit(0, postings)
	}}
	for _, n := range chain.Nights() {
		c.Nights = append(c.Nights, archive.Night{Date: n.Date(), SHA256: n.SHA256})
	}
	return errors.Join(chain.Checkpoint(), archive.Keep(c))
}
