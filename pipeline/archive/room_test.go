package archive_test

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
)

// asides counts what lies aside.
type asides struct {
	opened, closed int
	bytes          int64
}

type aside struct {
	content []byte
	of      *asides
}

func (a *asides) open() (archive.Aside, error) {
	a.opened++
	return &aside{of: a}, nil
}

func (a *aside) Write(p []byte) (int, error) {
	a.content = append(a.content, p...)
	a.of.bytes += int64(len(p))
	return len(p), nil
}

func (a *aside) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(a.content).ReadAt(p, at)
}

func (a *aside) Close() error {
	a.of.closed++
	return nil
}

// Many nights that no file answers for lie aside, where they are large: each once by
// itself, and once merged.
func TestLargeNightsLieAside(t *testing.T) {
	t.Parallel()
	const nights, large = 20, 1 << 22
	for _, reference := range []int{large, 10} {
		c := steady(nights)
		for n := range c.postings {
			c.postings[n][0].Reference = strings.Repeat("x", reference)
		}
		var lain asides
		config := c.config(durabletest.New(), nights)
		config.Aside = lain.open
		reader, err := archive.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		given, err := reader.Before(firstDay+nights).Customer("ann", firstDay)
		if err != nil || len(given) != nights {
			t.Fatalf("%d credits, %v", len(given), err)
		}
		credit, err := reader.Before(firstDay + nights).Credit(given[nights-1].CreditID)
		if err != nil || len(credit) != 1 || len(credit[0].Reference) != reference {
			t.Fatalf("%d postings, %v", len(credit), err)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		wantOpened, wantBytes := 0, int64(0)
		if reference == large {
			wantOpened, wantBytes = 2, 2*nights*large
		}
		if lain.opened != wantOpened || lain.closed != wantOpened || lain.bytes < wantBytes || lain.bytes > wantBytes+wantBytes/10 {
			t.Errorf("%d opened, %d closed, %d bytes", lain.opened, lain.closed, lain.bytes)
		}
	}
}

// fullAside is where nothing finds room after so many bytes; what is behind that
// point of a write is lost.
type fullAside struct {
	aside
	room int
}

func (a *fullAside) Write(p []byte) (int, error) {
	if len(a.content)+len(p) <= a.room {
		return a.aside.Write(p)
	}
	n, _ := a.aside.Write(p[:a.room-len(a.content)])
	return n, syscall.ENOSPC
}

// A damaged archive must not stop a night where nothing finds room for temporary
// files: what is made of the nights stays in memory, or comes back.
func TestNoRoomAside(t *testing.T) {
	t.Parallel()
	const nights, reference = 20, 1 << 22
	c := steady(nights)
	for n := range c.postings {
		c.postings[n][0].Reference = strings.Repeat(string(rune('a'+n)), reference)
	}
	for name, room := range map[string]int{"no file": -1, "not for what was in memory": 1 << 20, "not for what came later": nights*reference - 1<<20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lain := asides{}
			config := c.config(durabletest.New(), nights)
			config.Aside = func() (archive.Aside, error) {
				if room < 0 {
					return nil, syscall.ENOSPC
				}
				lain.opened++
				return &fullAside{aside{of: &lain}, room}, nil
			}
			reader, err := archive.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			given, err := reader.Before(firstDay+nights).Customer("ann", firstDay)
			if err != nil || len(given) != nights {
				t.Fatalf("%d credits, %v", len(given), err)
			}
			for n, credit := range given {
				postings, err := reader.Before(firstDay + nights).Credit(credit.CreditID)
				if err != nil || len(postings) != 1 || postings[0].Reference != c.postings[n][0].Reference {
					t.Fatalf("night %d: %d postings, %v", n, len(postings), err)
				}
			}
			if err := reader.Close(); err != nil {
				t.Fatal(err)
			}
			if lain.opened != lain.closed || room >= 0 && lain.opened == 0 {
				t.Errorf("%d opened, %d closed", lain.opened, lain.closed)
			}
		})
	}
}
