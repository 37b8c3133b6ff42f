package publish

import (
	"amends/pipeline/award"
	"amends/rules/calendar"
)

// In every row type, "" and 0 stand for null in the columns that DESIGN marks
// optional, and money is minor units of the row's currency.

// Issuance is one credit to post to a customer's account.
type Issuance struct {
	CreditID         string
	IncidentID       string
	Source           string
	EventID          string
	CustomerID       string
	OrderID          string // optional
	SellerID         string // optional
	AmountMinor      int64  // above zero
	Currency         string
	ReasonCode       string
	RuleID           string
	Funding          string // platform or seller
	EffectiveAt      calendar.Instant
	ExpiresAt        calendar.Instant // after EffectiveAt; the credit is unusable from here on
	Terms            string           // optional: the terms' name
	MinPurchaseMinor int64            // optional
	CategoriesOnly   []string         // optional; a JSON array in the file
	CategoriesExcept []string         // optional; a JSON array in the file
	SoldBy           string           // optional
	Stackable        bool
	Transferable     bool   // false: credits are not transferable
	Message          string // optional: the text for the customer
	ApprovedBy       string // optional: who released the hold
	RulebookSHA256   string
}

// Forfeiture is the unused value of one expired credit.
type Forfeiture struct {
	CreditID       string
	CustomerID     string
	OrderID        string // optional
	Currency       string
	GrantedMinor   int64
	RedeemedMinor  int64
	ForfeitedMinor int64
	EffectiveAt    calendar.Instant
	ExpiresAt      calendar.Instant
	ReasonCode     string // of the credit that expired
}

// Adjustment is one void or reinstatement.
type Adjustment struct {
	CreditID    string
	Kind        string // void or reinstate
	AmountMinor int64
	Currency    string
	Why         string
}

// Hold is an award that waits for a person: all that is needed to let it go on
// from there on a later night, without the event's file.
type Hold struct {
	CreditID       string
	IncidentID     string
	Failure        string
	Source         string
	EventID        string
	CustomerID     string
	OrderID        string // optional
	SellerID       string // optional
	AmountMinor    int64  // what approval would issue
	GrossMinor     int64  // before any limit
	Currency       string
	ReasonCode     string
	RuleID         string
	Priority       int
	Funding        string
	Terms          string              // optional
	Message        []award.MessagePart // optional; amount and dates are not known yet
	Since          calendar.Instant
	At             calendar.Instant
	Zone           string // optional: the row's zone
	Facts          string // canonical JSON of the values that rules read
	HoldCauses     []award.Cause
	HeldSince      calendar.Date // the business date that held it first
	RulebookSHA256 string
}

// Decision is what became of one incident that matched. A hold that is released
// on a night whose files still hold its row has two: the row's and the release.
type Decision struct {
	IncidentID   string
	Source       string
	EventID      string
	CustomerID   string
	OrderID      string // optional
	SellerID     string // optional
	Outcome      award.Outcome
	Reason       string
	Repeat       bool     // an earlier run settled it
	Released     bool     // a person released its hold
	RuleID       string   // optional: the chosen award's
	MatchedRules []string // in rulebook order; a JSON array in the file
	Facts        string
	GrossMinor   int64
	AmountMinor  int64
	Currency     string
	LimitedBy    []string // optional; a JSON array in the file
}

// Reject is one row that was not used, of any source: events, redemptions,
// external credits.
type Reject struct {
	Source   string
	File     string // relative to the workspace
	RowGroup int
	Row      int64 // 0-based in the file
	Code     string
	Column   string // optional
	Detail   string // optional
}

// Expiring is a credit whose customer is to be reminded.
type Expiring struct {
	CreditID       string
	CustomerID     string
	RemainingMinor int64
	Currency       string
	ExpiresAt      calendar.Instant
	Terms          string // optional
}

// Redemption is what became of one row of a redemption source.
type Redemption struct {
	RedemptionID string
	CreditID     string
	CustomerID   string
	AmountMinor  int64 // what the row asked for
	Currency     string
	At           calendar.Instant
	Outcome      string
	AppliedMinor int64
	ExcessMinor  int64 // asked for and not applied
	File         string
	RowGroup     int
	Row          int64
}

// RequestOutcome is what became of one request of a person. Asked is what its
// targets came to as the night began, Done what the night gave, ended or took
// back: minor units by currency. Confirmations and withdrawals have neither.
type RequestOutcome struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	By      string           `json:"by"`
	Why     string           `json:"why"` // as the person wrote it
	Targets []string         `json:"targets"`
	Asked   map[string]int64 `json:"asked_minor"`
	Done    map[string]int64 `json:"done_minor"`
	Outcome string           `json:"outcome"`
	Detail  string           `json:"detail,omitempty"`
}
