package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// HoldFilter chooses among the awards that wait; "" is any.
type HoldFilter struct {
	Rule     string
	Customer string
	Cause    string // a kind, or kind:id
}

// Set reports whether the filter asks for anything.
func (f HoldFilter) Set() bool { return f != HoldFilter{} }

// Fits reports whether an award is one that the filter asks for.
func (f HoldFilter) Fits(h *publish.Hold) bool {
	if f.Rule != "" && h.RuleID != f.Rule || f.Customer != "" && h.CustomerID != f.Customer {
		return false
	}
	if f.Cause == "" {
		return true
	}
	kind, id, named := strings.Cut(f.Cause, ":")
	for _, c := range h.HoldCauses {
		if c.Kind == kind && (!named || c.ID == id) {
			return true
		}
	}
	return false
}

// HoldChoice names awards that wait: by id, by filter, or all of them.
type HoldChoice struct {
	Credits []string
	HoldFilter
	All bool
}

// Choose returns the awards that are named. ErrUsage where they are named in no
// way or in several, ErrRefused where a name is none or nothing fits.
func (c HoldChoice) Choose(holds []publish.Hold) ([]publish.Hold, error) {
	ways := 0
	for _, given := range []bool{len(c.Credits) > 0, c.Set(), c.All} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, fmt.Errorf("%w: name credits, or a filter such as --rule, or --all: one of the three", ErrUsage)
	}
	missing := make(map[string]bool, len(c.Credits))
	for _, id := range c.Credits {
		missing[id] = true
	}
	var chosen []publish.Hold
	for i := range holds {
		if h := &holds[i]; c.All || c.Set() && c.Fits(h) || missing[h.CreditID] {
			chosen = append(chosen, *h)
			delete(missing, h.CreditID)
		}
	}
	for _, id := range c.Credits {
		if missing[id] {
			return nil, fmt.Errorf("%w: %s does not wait for a person", ErrRefused, id)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%w: no award that waits fits", ErrRefused)
	}
	return chosen, nil
}

// Review is an approval or a rejection before it is asked for: the awards, and
// what they come to.
type Review struct {
	Request *state.Request
	Chosen  []publish.Hold // without those for which the same is asked already
	Total   money.ByCurrency
	Notes   []string // what others asked of the awards that were named
}

// Title says what the request does, and to how much.
func (r *Review) Title() string {
	verb := "End without a credit"
	if r.Request.Kind == state.Approve {
		verb = "Let go"
	}
	return fmt.Sprintf("%s %s of %s together", verb, report.Counted(int64(len(r.Chosen)), "award", "awards"), report.Amounts(r.Total))
}

// Nothing reports that the same is asked already for every award that was named.
func (r *Review) Nothing() bool { return len(r.Chosen) == 0 }

// Review makes an approval or a rejection of awards that wait. r has its kind,
// by and why; amount, where it is not "", lowers the approval of one award. An
// award is left out where the same is asked for it already: an approval without
// an amount is the same as any other, for the lower amount counts.
func (s *Seen) Review(r state.Request, choice HoldChoice, amount string) (*Review, error) {
	named, err := choice.Choose(s.Holds)
	if err != nil {
		return nil, err
	}
	review := &Review{Request: &r, Chosen: named, Total: money.ByCurrency{}}
	if amount != "" {
		if err := review.lower(amount); err != nil {
			return nil, err
		}
	}
	if err := review.leaveOut(s); err != nil {
		return nil, err
	}
	for i := range review.Chosen {
		h := &review.Chosen[i]
		r.Credits = append(r.Credits, h.CreditID)
		minor := h.AmountMinor
		if r.AmountMinor != 0 {
			minor = r.AmountMinor
		}
		if err := review.Total.Add(h.Currency, minor); err != nil {
			return nil, err
		}
	}
	return review, nil
}

// leaveOut drops the awards for which the same is asked already, and notes what
// is asked for the others.
func (r *Review) leaveOut(s *Seen) error {
	asked, err := s.Asked()
	if err != nil {
		return err
	}
	named := r.Chosen
	r.Chosen = nil
	for i := range named {
		h := &named[i]
		v, is := asked[h.CreditID]
		word, _ := verdictOf(r.Request, h) // lower has held the amount to the award
		switch {
		case is && v.Request.Kind == word.Request.Kind && (r.Request.AmountMinor == 0 || v.same(word)):
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s already (%s); no second request is needed", h.CreditID, v.Asks(), v.Request.ID))
			continue
		case is && word.Minor < v.Minor:
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s (%s), which this overrules", h.CreditID, v.Asks(), v.Request.ID))
		case is:
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s (%s), which overrules this", h.CreditID, v.Asks(), v.Request.ID))
		}
		r.Chosen = append(r.Chosen, *h)
	}
	if more := len(r.Notes) - maxDetails; more > 0 {
		r.Notes = append(r.Notes[:maxDetails:maxDetails], fmt.Sprintf("and %d more that others asked for", more))
	}
	return nil
}

// lower puts a lower amount into the approval of one award.
func (r *Review) lower(text string) error {
	if len(r.Chosen) != 1 {
		return fmt.Errorf("%w: an amount is for one award, and %d are named", ErrUsage, len(r.Chosen))
	}
	h := r.Chosen[0]
	amount, err := money.ParseAmount(text, h.Currency)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	held := money.Amount{Minor: h.AmountMinor, Currency: h.Currency}
	if amount.Minor < 1 || amount.Minor > held.Minor {
		return fmt.Errorf("%w: amount %s: want more than nothing, and at most the %s that are held", ErrUsage, amount, held)
	}
	r.Request.AmountMinor, r.Request.Currency = amount.Minor, amount.Currency
	return nil
}

// TakenBack returns the credits that a void or a reversal takes the rest of.
// ErrRefused where there is none, or a name is no credit with value left. Open
// must be loaded.
func (s *Seen) TakenBack(r *state.Request) ([]ledger.Credit, error) {
	if r.Kind == state.Reverse {
		chosen, err := s.IssuedOn(r.Run)
		if err == nil && len(chosen) == 0 {
			err = fmt.Errorf("%w: no credit of %s has value left", ErrRefused, r.Run)
		}
		return chosen, err
	}
	at := make(map[string]int, len(s.Open))
	for i := range s.Open {
		at[s.Open[i].CreditID] = i
	}
	var chosen []ledger.Credit
	for _, id := range r.Credits {
		i, ok := at[id]
		if !ok {
			return nil, fmt.Errorf("%w: %s is no credit with value left", ErrRefused, id)
		}
		chosen = append(chosen, s.Open[i])
	}
	return chosen, nil
}

// Remaining is what is left of credits, by currency.
func Remaining(credits []ledger.Credit) (money.ByCurrency, error) {
	total := money.ByCurrency{}
	for _, c := range credits {
		if err := total.Add(c.Currency, c.Remaining()); err != nil {
			return nil, err
		}
	}
	return total, nil
}
