package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"amends/rules/calendar"
)

// Redemption is one row that says a credit was used.
type Redemption struct {
	ID         string // counts once per credit
	CreditID   string
	CustomerID string
	Currency   string
	Minor      int64
	At         calendar.Instant // when it was used, however late the row
	Index      int              // the caller's: its row
}

// RedemptionOutcome is what became of a Redemption.
type RedemptionOutcome string

// The outcomes of a Redemption. All but the first two leave no posting, so a
// row that is read again on another night has its outcome anew.
const (
	Applied         RedemptionOutcome = "applied"
	AppliedPartly   RedemptionOutcome = "applied-partly"   // up to what there was
	Duplicate       RedemptionOutcome = "duplicate"        // the same row again
	Conflicting     RedemptionOutcome = "conflicting"      // an id that was applied, with other facts
	UnknownCredit   RedemptionOutcome = "unknown-credit"   // none was issued in an earlier run
	WrongCustomer   RedemptionOutcome = "wrong-customer"   // credits are not transferable
	WrongCurrency   RedemptionOutcome = "wrong-currency"   //
	NotPositive     RedemptionOutcome = "not-positive"     // an amount of zero or less
	BeforeEffective RedemptionOutcome = "before-effective" //
	Expired         RedemptionOutcome = "expired"          // used at the expiry or after it
	Voided          RedemptionOutcome = "voided"           // used at the void or after it
	NothingLeft     RedemptionOutcome = "nothing-left"     // used in its term, but others had used it up
	NotYet          RedemptionOutcome = "not-yet"          // used at as_of or after it: a later night's
)

// RedemptionResult is a Redemption with what became of it, in minor units.
type RedemptionResult struct {
	Redemption
	Outcome         RedemptionOutcome
	AppliedMinor    int64
	ExcessMinor     int64 // asked for beyond what there was: AppliedPartly and NothingLeft only
	ReinstatedMinor int64 // the part of AppliedMinor that had been forfeited or voided
}

// Redeem applies redemptions by instant, id and then all their facts, so that
// the order of rows decides nothing; of identical rows the first is applied.
// One made in its credit's term counts however late its row comes: what was
// forfeited since, or voided after it, is reinstated first, as far as needed.
// The results are in the order of application, one for each redemption.
func (n Night) Redeem(book *Book, redemptions []Redemption) ([]Posting, []RedemptionResult, error) {
	redemptions = slices.SortedFunc(slices.Values(redemptions), compareRedemptions)
	var postings []Posting
	results := make([]RedemptionResult, 0, len(redemptions))
	for _, r := range redemptions {
		result := RedemptionResult{Redemption: r}
		credit, refused := n.refusal(book, &r)
		if refused != "" {
			result.Outcome = refused
			results = append(results, result)
			continue
		}
		var err error
		if postings, err = n.redeem(book, postings, credit, &result); err != nil {
			return nil, nil, fmt.Errorf("redemption %.60q: %w", r.ID, err)
		}
		results = append(results, result)
	}
	return postings, results, nil
}

func compareRedemptions(a, b Redemption) int {
	return cmp.Or(
		cmp.Compare(a.At, b.At),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.CreditID, b.CreditID),
		cmp.Compare(a.CustomerID, b.CustomerID),
		cmp.Compare(a.Currency, b.Currency),
		cmp.Compare(a.Minor, b.Minor),
		cmp.Compare(a.Index, b.Index),
	)
}

// refusal returns why a redemption cannot be applied, "" where it may be. What
// lies after the night is not looked at; what was applied already is not judged
// again.
func (n Night) refusal(book *Book, r *Redemption) (Credit, RedemptionOutcome) {
	if r.At >= n.AsOf {
		return Credit{}, NotYet
	}
	if r.Minor <= 0 {
		return Credit{}, NotPositive
	}
	credit, ok := book.Credit(r.CreditID)
	if !ok {
		return Credit{}, UnknownCredit
	}
	if book.RedemptionSeen(r.CreditID, r.ID) {
		if book.posted(redemptionID(r)) {
			return credit, Duplicate
		}
		return credit, Conflicting
	}
	switch {
	case r.CustomerID != credit.CustomerID:
		return credit, WrongCustomer
	case r.Currency != credit.Currency:
		return credit, WrongCurrency
	case r.At < credit.EffectiveAt:
		return credit, BeforeEffective
	case r.At >= credit.ExpiresAt:
		return credit, Expired
	case credit.VoidedAt != 0 && r.At >= credit.VoidedAt:
		return credit, Voided
	}
	return credit, ""
}

// redeem applies a redemption that no rule refuses, as far as there is value.
func (n Night) redeem(book *Book, postings []Posting, credit Credit, result *RedemptionResult) ([]Posting, error) {
	r := &result.Redemption
	// The redemption is before the expiry, and before the void if there was
	// one: whatever either took was not theirs to take yet.
	there := credit.Remaining() + credit.ForfeitedMinor + credit.VoidedMinor
	result.AppliedMinor = min(r.Minor, there)
	result.ExcessMinor = r.Minor - result.AppliedMinor
	switch {
	case result.AppliedMinor == 0:
		result.Outcome = NothingLeft
		return postings, nil
	case result.ExcessMinor > 0:
		result.Outcome = AppliedPartly
	default:
		result.Outcome = Applied
	}

	missing := max(result.AppliedMinor-credit.Remaining(), 0)
	result.ReinstatedMinor = missing
	var err error
	for _, taken := range []struct {
		by    Kind
		minor int64
	}{{Forfeit, credit.ForfeitedMinor}, {Void, credit.VoidedMinor}} {
		minor := min(missing, taken.minor)
		if minor == 0 {
			continue
		}
		missing -= minor
		p := n.posting(Reinstate, credit, minor, r.ID)
		p.At, p.Reason = r.At, string(taken.by)
		if postings, err = n.post(book, postings, p); err != nil {
			return nil, err
		}
	}
	p := n.posting(Redeem, credit, result.AppliedMinor, r.ID)
	p.At, p.ID = r.At, redemptionID(r).String()
	return n.post(book, postings, p)
}
