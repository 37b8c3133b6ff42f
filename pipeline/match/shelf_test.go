package match_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/match"
)

// changed is a file that gives other bytes back than it was given.
type changed struct{ file }

func (c *changed) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.file.ReadAt(p, at)
	p[0]++
	return n, err
}

// Facts say the same wherever they lie, also of an incident that was changed since,
// and also once they were collected; and where they cannot be read back, that is told:
// by Merge, which lays them, or after it.
func TestFactsLieAside(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	later := &broken{}
	for name, test := range map[string]struct {
		open          func() (match.Aside, error)
		mergeErr, err string
		memory        bool
	}{
		"memory":           {memory: true},
		"aside":            {open: func() (match.Aside, error) { return &file{}, nil }},
		"no file":          {open: func() (match.Aside, error) { return nil, errors.New("no room") }, memory: true},
		"no writing":       {open: func() (match.Aside, error) { return &broken{write: true}, nil }, memory: true},
		"no reading":       {open: func() (match.Aside, error) { return &broken{read: true}, nil }, mergeErr: io.ErrUnexpectedEOF.Error()},
		"other bytes":      {open: func() (match.Aside, error) { return &changed{}, nil }, mergeErr: "are not those that were written"},
		"no reading later": {open: func() (match.Aside, error) { return later, nil }, err: io.ErrUnexpectedEOF.Error()},
	} {
		source := s.source(t, lateRule)
		f := source.NewFinder()
		if test.open != nil {
			f.PutFactsAside(test.open, 1)
		}
		var d feed
		const rows = 300 // several of each part
		for i := range rows {
			d.find(f, "deliveries", award.Place{Row: int64(i)}, batch(source, []row{late().with(row{
				"delivery_id": text(fmt.Sprint("d", i)), "order_id": text(fmt.Sprint("o", i)), "days_late": whole(int64(i + 1)),
			})}), nil)
		}
		result, err := d.tryMerge([]*match.Finder{f}, nobody)
		if (err != nil) != (test.mergeErr != "") || err != nil && !strings.Contains(err.Error(), test.mergeErr) {
			t.Errorf("%s: %v, want %q", name, err, test.mergeErr)
		}
		if err != nil {
			continue
		}
		later.read = test.err != ""
		for round := range 2 {
			for _, inc := range result.Incidents {
				other := *inc
				other.SetAwards(nil)
				want := fmt.Sprintf(`"days_late":%d,`, inc.Row+1)
				for _, got := range []string{inc.Facts().JSON(), other.Facts().JSON()} {
					if test.err == "" && !strings.Contains(got+",", want) || test.err != "" && got != "" {
						t.Fatalf("%s, round %d, row %d: %q, want %s", name, round, inc.Row, got, want)
					}
				}
			}
			runtime.GC()
		}
		if (result.FactsErr == nil) != test.memory {
			t.Fatalf("%s: FactsErr", name)
		}
		if result.FactsErr == nil {
			continue
		}
		if err := result.FactsErr(); (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", name, err, test.err)
		}
	}
}
