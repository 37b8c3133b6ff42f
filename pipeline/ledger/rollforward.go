package ledger

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"amends/rules/money"
)

// ErrNotConserved is why a roll-forward does not hold.
var ErrNotConserved = errors.New("value appeared or disappeared")

// Movement is a roll-forward of one currency, in minor units:
// Opening + Issued + Reinstated − Redeemed − Forfeited − Voided = Closing.
type Movement struct {
	Opening, Issued, Reinstated, Redeemed, Forfeited, Voided, Closing int64
}

// RollForward sums postings per currency between what was outstanding before
// them and after them, and checks that nothing appeared or disappeared: the
// error is ErrNotConserved, or money.ErrOverflow. Currencies that stood at zero
// and did not move are left out.
func RollForward(before, after money.ByCurrency, postings []Posting) (map[string]Movement, error) {
	return RollForwardOf(before, after, func(yield func(Kind, money.Amount) bool) {
		for i := range postings {
			if !yield(postings[i].Kind, money.Amount{Minor: postings[i].Minor, Currency: postings[i].Currency}) {
				return
			}
		}
	})
}

// RollForwardOf is RollForward of postings of which only that is known which
// decides it.
func RollForwardOf(before, after money.ByCurrency, postings iter.Seq2[Kind, money.Amount]) (map[string]Movement, error) {
	movements := map[string]Movement{}
	for kind, moved := range postings {
		m := movements[moved.Currency]
		sum := m.sum(kind)
		if sum == nil {
			continue // moves nothing
		}
		total, err := money.AddInts(*sum, moved.Minor)
		if err != nil {
			return nil, fmt.Errorf("sum of %s in %.40q: %w", kind, moved.Currency, err)
		}
		*sum = total
		movements[moved.Currency] = m
	}
	for currency, minor := range before {
		m := movements[currency]
		m.Opening = minor
		movements[currency] = m
	}
	for currency, minor := range after {
		m := movements[currency]
		m.Closing = minor
		movements[currency] = m
	}
	for _, currency := range slices.Sorted(maps.Keys(movements)) {
		m := movements[currency]
		if m == (Movement{}) {
			delete(movements, currency)
		}
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("roll-forward of %.40q: %w", currency, err)
		}
	}
	return movements, nil
}

func (m *Movement) sum(kind Kind) *int64 {
	switch kind {
	case Issue:
		return &m.Issued
	case Reinstate:
		return &m.Reinstated
	case Redeem:
		return &m.Redeemed
	case Forfeit:
		return &m.Forfeited
	case Void:
		return &m.Voided
	}
	return nil
}

// check returns ErrNotConserved where the identity does not hold: what came in
// is summed against what went out or stayed.
func (m Movement) check() error {
	in, err := sumOf(m.Opening, m.Issued, m.Reinstated)
	if err != nil {
		return err
	}
	out, err := sumOf(m.Redeemed, m.Forfeited, m.Voided, m.Closing)
	if err != nil {
		return err
	}
	if in != out {
		return fmt.Errorf("%w: opening %d + issued %d + reinstated %d − redeemed %d − forfeited %d − voided %d is not closing %d",
			ErrNotConserved, m.Opening, m.Issued, m.Reinstated, m.Redeemed, m.Forfeited, m.Voided, m.Closing)
	}
	return nil
}

func sumOf(values ...int64) (int64, error) {
	var sum int64
	for _, value := range values {
		var err error
		if sum, err = money.AddInts(sum, value); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
