package match_test

import (
	"errors"
	"io"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/match"
)

// broken is a file that fails.
type broken struct {
	file
	write, read bool
}

func (b *broken) Write(p []byte) (int, error) {
	if b.write {
		return len(p) / 2, io.ErrShortWrite
	}
	return b.file.Write(p)
}

func (b *broken) ReadAt(p []byte, at int64) (int, error) {
	if b.read {
		return 0, io.ErrUnexpectedEOF
	}
	return b.file.ReadAt(p, at)
}

// A row that no rule hits is found again beside a later version that one does,
// also where what is kept of it lies aside or could not be put there; and where
// it cannot be read back, that is an error.
func TestRowsThatWerePassedLieAside(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, test := range map[string]struct {
		open  func() (match.Aside, error)
		fails bool
	}{
		"memory":     {nil, false},
		"aside":      {func() (match.Aside, error) { return &file{}, nil }, false},
		"no file":    {func() (match.Aside, error) { return nil, errors.New("no room") }, false},
		"no writing": {func() (match.Aside, error) { return &broken{write: true}, nil }, false},
		"no reading": {func() (match.Aside, error) { return &broken{read: true}, nil }, true},
		"changed":    {func() (match.Aside, error) { return &changed{}, nil }, true},
	} {
		source := s.source(t, lateRule)
		f := source.NewFinder()
		if test.open != nil {
			f.PutAside(test.open, 1)
		}
		var d feed
		for i, r := range []row{late().with(row{"days_late": whole(0)}), late().with(row{"version": whole(2)})} {
			place, b := award.Place{File: "a.parquet", RowGroup: i, Row: int64(i)}, batch(source, []row{r})
			f.Find(place, b, nil)
			d.batches = append(d.batches, fed{"deliveries", place, b})
		}
		result, err := d.tryMerge([]*match.Finder{f}, nobody)
		if (err != nil) != test.fails {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if got := outcomes(result, "deliveries"); got != "matched merged" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
