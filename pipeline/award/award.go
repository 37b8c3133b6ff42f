// Package award holds the plain values that flow between the stages of a run:
// incidents with the awards that rules would give, and what was decided of
// them. It is a leaf with no behaviour but identity and order, so that a stage
// can run on another machine and hand over the same bytes.
package award

import (
	"cmp"
	"slices"
	"strings"

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
	EventID  string
	Customer string
	Order    string // "" where the source has none: the incident stands alone
	Seller   string // "" where there is none
	Since    calendar.Instant
	At       calendar.Instant
	Row      int64 // 0-based in the file
	RowGroup int32
	NewOrder bool     // no earlier run gave or holds anything for its order; only of matched ones
	Facts    Facts    // the values that rules read
	Awards   []Award  // in rulebook order, at least one
	Special  *Special // nil for most; methods of Incident read it
}

// Special is what few incidents have, or those of few workspaces.
type Special struct {
	Values []ir.Value // what approvals read of its row, as its source keeps it
	Report []string   // values of the columns that reports count by, in their order; nil for a released hold

	// Exclusion is the id of the first exclusion that holds, "" where none does.
	Exclusion string
	// ExclusionFaults names exclusions that could not be evaluated: "id: fault".
	ExclusionFaults []string
	// Release is set where a person released a hold: the award is frozen.
	Release *Release
}

// nothingSpecial is what incidents without a Special have. Nobody changes it.
var nothingSpecial Special

func (inc *Incident) special() *Special {
	if inc.Special == nil {
		return &nothingSpecial
	}
	return inc.Special
}

// Own is the incident's Special, made where it had none.
func (inc *Incident) Own() *Special {
	if inc.Special == nil {
		inc.Special = &Special{}
	}
	return inc.Special
}

// CreditID is the id of the one credit that the incident can ever have. Credit
// ids stand in the order of incident ids.
func (inc *Incident) CreditID() string { return CreditIDOf(inc.ID) }

// AppendCreditID appends what CreditID returns.
func (inc *Incident) AppendCreditID(to []byte) []byte {
	return append(append(to, creditPrefix...), strings.TrimPrefix(inc.ID, incidentPrefix)...)
}

// Values are Special.Values.
func (inc *Incident) Values() []ir.Value { return inc.special().Values }

// Report is Special.Report.
func (inc *Incident) Report() []string { return inc.special().Report }

// Exclusion is Special.Exclusion.
func (inc *Incident) Exclusion() string { return inc.special().Exclusion }

// ExclusionFaults are Special.ExclusionFaults.
func (inc *Incident) ExclusionFaults() []string { return inc.special().ExclusionFaults }

// Released is Special.Release: nil but for released holds.
func (inc *Incident) Released() *Release { return inc.special().Release }

// Place is where the incident's row stands.
func (inc *Incident) Place() Place {
	return Place{File: inc.File, RowGroup: int(inc.RowGroup), Row: inc.Row}
}

// Award is what one rule would give for one incident, before any limit.
type Award struct {
	*Rule                        // shared by awards: nobody changes it
	Minor         int64          // rounded once, never above the event's value unless uncapped; may be 0
	Told          *[]MessagePart // its own message; nil where Rule has it
	TableRow      int32          // the row of its rule's decision table, as a spreadsheet counts; 0 without one
	CappedByValue bool
}

// Message is for the customer.
func (a *Award) Message() []MessagePart {
	if a.Told != nil {
		return *a.Told
	}
	return a.Rule.Message
}

// Rule is what awards of one rule have in common.
type Rule struct {
	RuleIndex int // in the rulebook: the order of rules
	RuleID    string
	Priority  int
	Shadow    bool
	Reason    string // reason code
	Terms     string
	Funding   string        // platform or seller: the rule's awards may differ in it
	Message   []MessagePart // for the customer, where all of its awards say the same
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
	Reason     string  // see resolve's list; for issued, the award's reason code
	Repeat     bool    // an earlier run settled it
	GrossMinor int64   // the award before any limit
	Minor      int64   // after; 0 unless issued or held
	Limits     *Limits // nil for most; LimitedBy and Causes read it
}

// Limits are what lowered or holds an award. Decisions may share them: nobody
// changes them.
type Limits struct {
	By     []string
	Causes []Cause // held: why
}

// LimitedBy names what lowered the award, in turn.
func (d *Decision) LimitedBy() []string {
	if d.Limits == nil {
		return nil
	}
	return d.Limits.By
}

// Causes are why the award is held.
func (d *Decision) Causes() []Cause {
	if d.Limits == nil {
		return nil
	}
	return d.Limits.Causes
}

// Limit adds what lowered the award.
func (d *Decision) Limit(by string) {
	d.Limits = &Limits{By: append(slices.Clip(d.LimitedBy()), by), Causes: d.Causes()}
}

// Hold adds why the award is held.
func (d *Decision) Hold(cause Cause) {
	d.Limits = &Limits{By: d.LimitedBy(), Causes: append(slices.Clip(d.Causes()), cause)}
}

// Free forgets why the award was held.
func (d *Decision) Free() {
	if d.Limits != nil {
		d.Limits = &Limits{By: d.Limits.By}
	}
}

// Compare is the one order in which awards go before each other: priority
// (lower first), at, credit id.
func Compare(a, b *Decision) int {
	return cmp.Or(
		cmp.Compare(a.Award.Priority, b.Award.Priority),
		cmp.Compare(a.Incident.At, b.Incident.At),
		cmp.Compare(a.Incident.ID, b.Incident.ID), // as credit ids do
	)
}
