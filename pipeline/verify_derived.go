package pipeline

import (
	"errors"

	"amends/pipeline/archive"
	"amends/pipeline/state"
)

// derived holds what is derived from the chain to it, and makes again what is
// not well, where no run holds the lock. It is a finding all the same: bytes that
// nobody wrote are on the disk.
func (v *verifier) derived() error {
	if len(v.result.Findings) > 0 {
		return nil // made from what is not well itself
	}
	checkpoints, err := v.chain.VerifyCheckpoints()
	if err != nil {
		return err
	}
	c := archiveOf(v.config.FS, v.chain)
	volumes, err := archive.Verify(c)
	if err != nil {
		return err
	}
	if len(checkpoints)+len(volumes) == 0 || !v.chain.Current() {
		return nil // a night that is committed meanwhile has its own
	}
	for _, f := range volumes {
		c.Suspect = append(c.Suspect, f.File)
	}
	after := "; it was made again"
	if err := v.mend(c); err != nil {
		after = "; it was not made again (" + err.Error() + "): it can be deleted, and the next run makes it"
	}
	for _, f := range checkpoints {
		v.find(f.File, f.Problem+after)
	}
	for _, f := range volumes {
		v.find(state.DerivedFolder+"/"+f.File, f.Problem+after)
	}
	v.mended = len(v.result.Findings)
	return nil
}

// mend makes what is derived again. The chain was walked, and must still be the
// whole one.
func (v *verifier) mend(c archive.Config) (err error) {
	release, err := state.Lock(v.config.FS, v.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if !v.chain.Current() {
		return state.ErrStale
	}
	return errors.Join(v.chain.Checkpoint(), archive.Keep(c))
}
