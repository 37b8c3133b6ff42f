package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/money"
)

// Seen is what a person looks at before asking for something: the holds and
// credits after the last run, and the digest that a request is bound to.
type Seen struct {
	Date           calendar.Date // of the last run
	ManifestSHA256 string
	Holds          []publish.Hold  // pending, by held_since and credit id
	Open           []ledger.Credit // with value left, by credit id
	ConfirmAbove   money.ByCurrency
	chain          *state.Chain
	dir            string
	config         Config
}

// See reads what is there to decide upon. ErrRefused where no night is settled.
func See(_ context.Context, c Config) (*Seen, error) {
	c = c.withDefaults()
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	s := &Seen{dir: stateDir(c, p), config: c, ConfirmAbove: p.work.ConfirmAbove}
	if s.chain, err = state.Open(c.FS, s.dir); err != nil {
		return nil, err
	}
	last := s.chain.Last()
	if last == nil {
		return nil, fmt.Errorf("%w: no night is settled yet, so there is nothing to decide", ErrRefused)
	}
	s.Date, s.ManifestSHA256 = last.Date(), s.chain.LastSHA256()
	content, err := s.chain.ReadOutput(last, heldFile)
	if err != nil {
		return nil, err
	}
	if s.Holds, err = publish.ReadHolds(bytes.NewReader(content), int64(len(content))); err != nil {
		return nil, err
	}
	slices.SortFunc(s.Holds, func(a, b publish.Hold) int {
		return cmp.Or(cmp.Compare(a.HeldSince, b.HeldSince), cmp.Compare(a.CreditID, b.CreditID))
	})
	if content, err = s.chain.ReadOutput(last, openFile); err != nil {
		return nil, err
	}
	s.Open, err = readOpen(content)
	return s, err
}

// IssuedOn returns the credits of a committed run that have value left: what a
// reversal of it takes back.
func (s *Seen) IssuedOn(date calendar.Date) ([]ledger.Credit, error) {
	if s.chain.Manifest(date) == nil {
		return nil, fmt.Errorf("%w: %s is not settled", ErrRefused, date)
	}
	var credits []ledger.Credit
	for _, c := range s.Open {
		if c.Issued == date {
			credits = append(credits, c)
		}
	}
	return credits, nil
}

// NeedsConfirmation reports whether sums are above what one person may take
// back alone.
func (s *Seen) NeedsConfirmation(total money.ByCurrency) bool {
	return aboveBound(s.ConfirmAbove, total) != ""
}

// Waiting are the requests that the next run reads, by id.
func (s *Seen) Waiting() ([]*state.Request, error) { return s.chain.PendingRequests() }

// Ask writes a request for the next run, bound to what was seen. It is refused
// where another run was committed since, and where a confirmation names no
// waiting request or comes from the person who made it.
func (s *Seen) Ask(r *state.Request) (id string, err error) {
	now, err := state.Open(s.config.FS, s.dir)
	if err != nil {
		return "", err
	}
	if now.LastSHA256() != s.ManifestSHA256 {
		return "", fmt.Errorf("%w: the night of %s was committed while you looked; look again", ErrRefused, now.Last().BusinessDate)
	}
	if r.Kind == state.Confirm {
		if err := mayConfirm(now, r); err != nil {
			return "", err
		}
	}
	r.SeenSHA256 = s.ManifestSHA256
	return state.PutRequest(s.config.FS, s.dir, r)
}

func mayConfirm(chain *state.Chain, r *state.Request) error {
	waiting, err := chain.PendingRequests()
	if err != nil {
		return err
	}
	for _, other := range waiting {
		if other.ID != r.Confirms {
			continue
		}
		if other.By == r.By {
			return fmt.Errorf("%w: %s asked for it, so another person confirms", ErrRefused, other.By)
		}
		return nil
	}
	return fmt.Errorf("%w: no request %s waits for the next run", ErrRefused, r.Confirms)
}
