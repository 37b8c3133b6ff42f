package pipeline

import (
	"context"
	"fmt"

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
	Open           []ledger.Credit // with value left, by credit id; see LoadOpen
	ConfirmAbove   money.ByCurrency
	records        *records
	config         Config
}

// See reads what is there to decide upon. ErrRefused where no night is settled.
func See(ctx context.Context, c Config) (*Seen, error) {
	v, err := NewReader(c).Look(ctx)
	if err != nil {
		return nil, err
	}
	s, err := v.Seen()
	if err != nil {
		return nil, err
	}
	return s, s.LoadOpen()
}

// Seen returns what there is to decide upon, but for Open. ErrRefused where no
// night is settled.
func (v *View) Seen() (*Seen, error) {
	last := v.Chain().Last()
	if last == nil {
		return nil, fmt.Errorf("%w: no night is settled yet, so there is nothing to decide", ErrRefused)
	}
	holds, err := v.records.lastHolds()
	if err != nil {
		return nil, err
	}
	return &Seen{
		Date: last.Date(), ManifestSHA256: v.Chain().LastSHA256(), Holds: holds, ConfirmAbove: v.project.work.ConfirmAbove,
		records: v.records, config: v.config,
	}, nil
}

// LoadOpen reads Open, which may be long.
func (s *Seen) LoadOpen() (err error) {
	s.Open, err = s.records.lastOpen()
	return err
}

// IssuedOn returns the credits of a committed run that have value left: what a
// reversal of it takes back.
func (s *Seen) IssuedOn(date calendar.Date) ([]ledger.Credit, error) {
	if !s.records.chain.Has(date) {
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
func (s *Seen) Waiting() ([]*state.Request, error) { return s.records.chain.PendingRequests() }

// StillLast is ErrRefused where what was seen, by the digest of its manifest, is
// not what there is now.
func (s *Seen) StillLast(seenSHA256 string) error {
	if seenSHA256 != s.ManifestSHA256 {
		return fmt.Errorf("%w: the night of %s was committed while you looked; look again", ErrRefused, s.Date)
	}
	return nil
}

// Check is nil where Ask would write the request, unless a night is committed
// meanwhile or the same was asked before: ErrUsage for what is no request,
// ErrRefused for one that may not be asked. It binds it to what was seen.
func (s *Seen) Check(r *state.Request) error { return s.check(s.records.chain, r) }

func (s *Seen) check(chain *state.Chain, r *state.Request) error {
	if r.Kind == state.Confirm {
		if err := mayConfirm(chain, r); err != nil {
			return err
		}
	}
	if r.Kind == state.Withdraw {
		if err := mayWithdraw(chain, r); err != nil {
			return err
		}
	}
	r.SeenSHA256 = s.ManifestSHA256
	if _, err := r.Encode(); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return nil
}

// Ask writes a request for the next run, bound to what was seen. It is refused
// where another run was committed since, and where a confirmation names no
// waiting request or comes from the person who made it; a withdrawal, where it
// does not come from that person.
func (s *Seen) Ask(r *state.Request) (id string, err error) {
	dir := s.records.chain.Dir()
	chain, err := state.Open(s.config.FS, dir)
	if err != nil {
		return "", err
	}
	now := Seen{Date: s.Date, ManifestSHA256: chain.LastSHA256()}
	if last := chain.Last(); last != nil {
		now.Date = last.Date()
	}
	if err := now.StillLast(s.ManifestSHA256); err != nil {
		return "", err
	}
	if err := s.check(chain, r); err != nil {
		return "", err
	}
	return state.PutRequest(s.config.FS, dir, r)
}

func mayWithdraw(chain *state.Chain, r *state.Request) error {
	waiting, err := chain.PendingRequests()
	if err != nil {
		return err
	}
	for _, other := range waiting {
		switch {
		case other.ID != r.Withdraws:
		case other.Kind == state.Withdraw:
			return fmt.Errorf("%w: %s is itself a withdrawal", ErrRefused, other.ID)
		case other.By != r.By:
			return fmt.Errorf("%w: %s was made by %s, and who made a request withdraws it", ErrRefused, other.ID, other.By)
		case other.WithdrawnBy(waiting) != nil:
			return fmt.Errorf("%w: %s is withdrawn already", ErrRefused, other.ID)
		default:
			return nil
		}
	}
	return fmt.Errorf("%w: no request %s waits for the next run", ErrRefused, r.Withdraws)
}

func mayConfirm(chain *state.Chain, r *state.Request) error {
	waiting, err := chain.PendingRequests()
	if err != nil {
		return err
	}
	for _, other := range waiting {
		switch {
		case other.ID != r.Confirms:
		case other.Kind != state.Void && other.Kind != state.Reverse:
			return fmt.Errorf("%w: %s is of kind %s; only voids and reversals are confirmed", ErrRefused, other.ID, other.Kind)
		case other.WithdrawnBy(waiting) != nil:
			return fmt.Errorf("%w: %s withdrew it", ErrRefused, other.By)
		case other.By == r.By:
			return fmt.Errorf("%w: %s asked for it, so another person confirms", ErrRefused, other.By)
		default:
			return nil
		}
	}
	return fmt.Errorf("%w: no request %s waits for the next run", ErrRefused, r.Confirms)
}
