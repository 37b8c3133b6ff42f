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
// and also once they were collected; and where they cannot be read back, that is told.
func TestFactsLieAside(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, test := range map[string]struct {
		open func() (match.Aside, error)
		err  string
	}{
		"memory":      {nil, ""},
		"aside":       {func() (match.Aside, error) { return &file{}, nil }, ""},
		"no file":     {func() (match.Aside, error) { return nil, errors.New("no room") }, ""},
		"no writing":  {func() (match.Aside, error) { return &broken{write: true}, nil }, ""},
		"no reading":  {func() (match.Aside, error) { return &broken{read: true}, nil }, io.ErrUnexpectedEOF.Error()},
		"other bytes": {func() (match.Aside, error) { return &changed{}, nil }, "are not those that were written"},
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
		result := d.merge(t, []*match.Finder{f}, nobody)
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
		if (result.FactsErr == nil) != (name == "memory") {
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
