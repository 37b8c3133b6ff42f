package state

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// ErrTotals is why a manifest does not add up.
var ErrTotals = errors.New("totals do not add up")

// checkTotals holds a manifest to itself and to the one before: per currency
// opening + issued + reinstated − redeemed − forfeited − voided = closing, what
// one run closes with the next opens with, and the files' sums are those of the
// roll-forward.
func checkTotals(last, m *Manifest) error {
	currencies := slices.Sorted(maps.Keys(m.RollForward))
	for _, currency := range currencies {
		r := m.RollForward[currency]
		for _, v := range []int64{r.Opening, r.Issued, r.Reinstated, r.Redeemed, r.Forfeited, r.Voided, r.Closing} {
			if v < 0 {
				return fmt.Errorf("%w: roll-forward of %s has a negative amount: %+v", ErrTotals, currency, r)
			}
		}
		in := sum(r.Opening, r.Issued, r.Reinstated)
		out := sum(r.Redeemed, r.Forfeited, r.Voided, r.Closing)
		if in.Cmp(out) != 0 {
			return fmt.Errorf("%w: %s: opening, issued and reinstated are %s, the rest %s", ErrTotals, currency, in, out)
		}
	}
	if last != nil {
		for _, currency := range slices.Sorted(maps.Keys(last.RollForward)) {
			if _, there := m.RollForward[currency]; !there {
				currencies = append(currencies, currency)
			}
		}
	}
	for _, currency := range currencies {
		var closed int64
		if last != nil {
			closed = last.RollForward[currency].Closing
		}
		if opened := m.RollForward[currency].Opening; opened != closed {
			return fmt.Errorf("%w: %s opens with %d, the run before closed with %d", ErrTotals, currency, opened, closed)
		}
	}
	return checkFileSums(m)
}

// checkFileSums compares the sums of files with the movements that they list.
func checkFileSums(m *Manifest) error {
	for _, c := range []struct {
		file  string
		plus  string
		minus []string
		moved func(Moved) int64
	}{
		{"issuance.parquet", "amount_minor", nil, func(r Moved) int64 { return r.Issued }},
		{"forfeiture.parquet", "forfeited_minor", nil, func(r Moved) int64 { return r.Forfeited }},
		{"open.parquet", "granted_minor", []string{"redeemed_minor", "forfeited_minor", "voided_minor"},
			func(r Moved) int64 { return r.Closing }},
	} {
		out, ok := m.Output(c.file)
		if !ok {
			continue // a store without that file has nothing to compare
		}
		currencies := slices.Collect(maps.Keys(m.RollForward))
		currencies = append(currencies, slices.Collect(maps.Keys(out.SumsMinor[c.plus]))...)
		slices.Sort(currencies)
		for _, currency := range slices.Compact(currencies) {
			total, err := parseSum(out.SumsMinor[c.plus][currency])
			if err != nil {
				return fmt.Errorf("%w: %s: %w", ErrTotals, c.file, err)
			}
			for _, column := range c.minus {
				part, err := parseSum(out.SumsMinor[column][currency])
				if err != nil {
					return fmt.Errorf("%w: %s: %w", ErrTotals, c.file, err)
				}
				total.Sub(total, part)
			}
			if want := sum(c.moved(m.RollForward[currency])); total.Cmp(want) != 0 {
				return fmt.Errorf("%w: %s has %s %s, the roll-forward %s", ErrTotals, c.file, total, currency, want)
			}
		}
	}
	return nil
}

func sum(values ...int64) *big.Int {
	total := new(big.Int)
	for _, v := range values {
		total.Add(total, big.NewInt(v))
	}
	return total
}

func parseSum(digits string) (*big.Int, error) {
	if digits == "" {
		return new(big.Int), nil
	}
	total, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, fmt.Errorf("sum %q is no integer", digits)
	}
	return total, nil
}
