// Package award holds the plain values that flow between the stages of a run:
// incidents with the awards that rules would give, and what was decided of
// them. It is a leaf with no behaviour but identity and order, so that a stage
// can run on another machine and hand over the same bytes.
package award

import (
	"cmp"

	"amends/rules/calendar"
	"amends/rules/ir"
)

// Place is where a row stands.
type Place struct {
	File     string // relative to the workspace
	RowGroup int
	Row      int64 // 0-based in the file
}

// Origin is what many incidents have in common: where they were read, and what
// few different rows have.
type Origin struct {
	Source   string
	Failure  string
	File     string // relative to the workspace
	Currency string
	Zone     string // the row's zone; "" means the workspace's
}

// Incident is one real-world failure with every award that rules would give
// for it: the rows of its key are merged.
type Incident struct {
	*Origin         // shared by incidents once they are matched: nobody changes it
	ID       string // see Key
	CreditID string
	EventID  string
	Customer string
	Order    string // "" where the source has none: the incident stands alone
	Seller   string // "" where there is none
	Since    calendar.Instant
	At       calendar.Instant
	Row      int64 // 0-based in the file
	RowGroup int32
	Values   []ir.Value // what approvals read of its row, as its source keeps it
	Facts    Facts      // the values that rules read
	Awards   []Award    // in rulebook order, at least one
	Report   []string   // values of the columns that reports count by, in their order; nil for a released hold

	// Exclusion is the id of the first exclusion that holds, "" where none does.
	Exclusion string
	// ExclusionFaults names exclusions that could not be evaluated: "id: fault".
	ExclusionFaults []string
	// Release is set where a person released a hold: the award is frozen.
	Release *Release
}

// Place is where the incident's row stands.
func (inc *Incident) Place() Place {
	return Place{File: inc.File, RowGroup: int(inc.RowGroup), Row: inc.Row}
}

// Award is what one rule would give for one incident, before any limit.
type Award struct {
	*Rule                       // shared by awards: nobody changes it
	Minor         int64         // rounded once, never above the event's value unless uncapped; may be 0
	Message       []MessagePart // for the customer
	TableRow      int32         // the row of its rule's decision table, as a spreadsheet counts; 0 without one
	CappedByValue bool
}

// Rule is what awards of one rule have in common.
type Rule struct {
	RuleIndex int // in the rulebook: the order of rules
	RuleID    string
	Priority  int
	Shadow    bool
	Reason    string // reason code
	Terms     string
	Funding   string // platform or seller: the rule's awards may differ in it
}

// MessagePart is text, or a fact known once the award is resolved.
type MessagePart struct {
	Text string `json:"text,omitempty"`
	Fact string `json:"fact,omitempty"` // "amount" or "expires_on"
}

// Release is a person's approval of a hold.
type Release struct {
	RequestID  string
	By         string
	Causes     []Cause // what held it: all satisfied by the approval
	GrossMinor int64
	HeldSince  calendar.Date
}

// Outcome is what became of an incident.
type Outcome string

// The outcomes of a matched incident.
const (
	Issued     Outcome = "issued"
	Held       Outcome = "held"
	Suppressed Outcome = "suppressed"
	Denied     Outcome = "denied" // a suppression that is final: it is posted
)

// Cause is why an award is held: a kind and the id of what said so.
type Cause struct {
	Kind string `json:"kind"` // exclusion, combine, limit, approval, budget, guardrail
	ID   string `json:"id"`
	Why  string `json:"why"` // a sentence's worth: exceeds 40.00 USD in 90 days
}

// Decision is what was decided of one incident.
type Decision struct {
	Incident   *Incident
	Award      *Award // the chosen one; nil where every award dropped out
	Outcome    Outcome
	Reason     string // see resolve's list; for issued, the award's reason code
	Repeat     bool   // an earlier run settled it
	GrossMinor int64  // the award before any limit
	Minor      int64  // after; 0 unless issued or held
	LimitedBy  []string
	Causes     []Cause // held: why
}

// Compare is the one order in which awards go before each other: priority
// (lower first), at, credit id.
func Compare(a, b *Decision) int {
	return cmp.Or(
		cmp.Compare(a.Award.Priority, b.Award.Priority),
		cmp.Compare(a.Incident.At, b.Incident.At),
		cmp.Compare(a.Incident.CreditID, b.Incident.CreditID),
	)
}
