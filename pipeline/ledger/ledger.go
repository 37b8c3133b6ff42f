// Package ledger records credits as append-only postings. A balance is always
// the sum of its postings; nothing here reads a clock or a file.
//
// A Book is what the postings so far add up to, and refuses one that breaks a
// rule: value paid twice, taken twice, or taken from what is not there. A Night
// turns what happened on one business date into postings: redemptions, then
// voids, then forfeitures, then issues. What may be issued, held or denied is
// decided elsewhere, and so is where the postings are kept.
package ledger

import (
	"cmp"
	"errors"
	"slices"

	"amends/rules/calendar"
)

// Kind says what a posting does.
type Kind string

// The kinds. The first five move value; the others have none, and say what
// became of an incident instead of an issue.
const (
	Issue     Kind = "issue"
	Redeem    Kind = "redeem"
	Void      Kind = "void"
	Reinstate Kind = "reinstate"
	Forfeit   Kind = "forfeit"
	Deny      Kind = "deny"
	Hold      Kind = "hold"
	Reject    Kind = "reject"
	Lapse     Kind = "lapse"
)

// Posting is one immutable ledger movement.
type Posting struct {
	ID           string // "po1_" and 32 hex digits: a hash of business facts
	BusinessDate calendar.Date
	Kind         Kind
	CreditID     string
	IncidentID   string
	CustomerID   string
	OrderID      string // "" where there is none
	SellerID     string // "" where there is none
	Source       string
	EventID      string
	Currency     string
	Minor        int64            // > 0; 0 for deny, hold, reject, lapse
	At           calendar.Instant // redeem, reinstate: when it was redeemed; otherwise as_of of the run
	Reference    string           // what caused it: a redemption, request or rule id; forfeit: the expiry
	RuleID       string
	// Reason is the reason code of an issue, deny, hold or lapse, why a person
	// rejected, why a void was made, and for a reinstate the kind that had taken the value:
	// "forfeit" or "void".
	Reason        string
	Terms         string
	Funding       string
	EffectiveAt   calendar.Instant // issue only
	ExpiresAt     calendar.Instant // issue only
	DebitAccount  string           // "" where no value moves
	CreditAccount string
}

// Why a Book refuses a posting. Overflow is money.ErrOverflow.
var (
	ErrPaidTwice          = errors.New("paid twice")
	ErrRepeatedPosting    = errors.New("posting id repeated")
	ErrRepeatedRedemption = errors.New("redemption applied twice")
	ErrOverdrawn          = errors.New("more than there is")
	ErrPartial            = errors.New("less than what remains")
	ErrUnknownCredit      = errors.New("unknown credit")
	ErrWrongCustomer      = errors.New("another customer's credit")
	ErrWrongCurrency      = errors.New("another currency than the credit's")
	ErrWrongIncident      = errors.New("another incident than the credit's")
	ErrTerm               = errors.New("outside the credit's term")
	ErrVoided             = errors.New("not before the void")
	ErrDateOrder          = errors.New("business date before that of an earlier posting")
	ErrSettled            = errors.New("incident was paid already")
	ErrNotHeld            = errors.New("no pending hold")
	ErrMalformed          = errors.New("malformed")
)

// Accounts names the four accounts of the journal.
type Accounts struct {
	Expense   string // what credits cost
	Liability string // what is owed to customers
	Breakage  string // what expired unused
	Clearing  string // what was spent
}

// sides returns the debit and the credit account of a kind; took is the kind
// that had taken the value of a reinstatement.
func (a Accounts) sides(kind, took Kind) (debit, credit string) {
	switch kind {
	case Issue:
		return a.Expense, a.Liability
	case Redeem:
		return a.Liability, a.Clearing
	case Forfeit:
		return a.Liability, a.Breakage
	case Void:
		return a.Liability, a.Expense
	case Reinstate:
		debit, credit = a.sides(took, "")
		return credit, debit
	}
	return "", ""
}

// steps are the kinds in the order of a night. What is reinstated goes with the
// redemption it is for.
var steps = [...]Kind{Redeem, Void, Forfeit, Issue, Deny, Hold, Reject, Lapse}

// step returns where a kind stands in the order of a night; -1 for no kind.
func (k Kind) step() int8 {
	if k == Reinstate {
		k = Redeem
	}
	return int8(slices.Index(steps[:], k))
}

// Compare is the order in which postings are applied, and so the only one in
// which a chain can be replayed: business date, step of the night, then
// redemptions by instant and id with what each reinstates before it, everything
// else by credit and incident; ties end in the posting id. It is 0 only for
// postings of one id.
func Compare(a, b Posting) int { return a.Compare(&b) }

// Compare is Compare of two postings, without a copy of either.
func (p *Posting) Compare(o *Posting) int {
	order := cmp.Compare(p.BusinessDate, o.BusinessDate)
	if order == 0 && p.Kind != o.Kind {
		order = cmp.Compare(p.Kind.step(), o.Kind.step())
	}
	if order == 0 && p.Kind.step() == 0 {
		order = cmp.Or(cmp.Compare(p.At, o.At), cmp.Compare(p.Reference, o.Reference))
	}
	return cmp.Or(order,
		cmp.Compare(p.CreditID, o.CreditID),
		cmp.Compare(p.IncidentID, o.IncidentID),
		-cmp.Compare(p.Kind, o.Kind), // "reinstate" goes before "redeem"
		cmp.Compare(p.Reason, o.Reason),
		cmp.Compare(p.ID, o.ID),
	)
}

// Rank is the first part of the order of the postings of one date: of two with
// other ranks, the one of the lower step, or in it of the lesser credit, goes
// first.
func (p *Posting) Rank() (step int8, creditID string) {
	if step = p.Kind.step(); step == 0 {
		return step, "" // by instant and reference
	}
	return step, p.CreditID
}
