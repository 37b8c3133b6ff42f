// Package award holds the plain values that flow between the stages of a run:
// incidents with the awards that rules would give, and what was decided of
// them. It is a leaf with no behaviour but identity and order, so that a stage
// can run on another machine and hand over the same bytes.
package award

import (
	"cmp"
	"slices"

	"amends/rules/calendar"
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
	Zone     string      // the row's zone; "" means the workspace's
	Packer   *FactPacker // tells what its facts say; nil: they are JSON
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

// Decision is what was decided of one incident. A large night has more than a million,
// so that what many have alike is kept once.
type Decision struct {
	Incident   *Incident
	Award      *Award  // the chosen one; nil where every award dropped out
	*Verdict           // shared by decisions: nobody changes it; nil until it is decided
	GrossMinor int64   // the award before any limit
	Minor      int64   // after; 0 unless issued or held
	Limits     *Limits // nil for most; LimitedBy and Causes read it
}

// Verdict is what became of an incident, and why.
type Verdict struct {
	Outcome Outcome
	Reason  string // see resolve's list; for issued, the award's reason code
	Repeat  bool   // an earlier run settled it
}

// Decide gives a decision another outcome, and leaves whether it is a repeat.
func (d *Decision) Decide(outcome Outcome, reason string) {
	d.Verdict = &Verdict{Outcome: outcome, Reason: reason, Repeat: d.Verdict != nil && d.Repeat}
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
		a.Incident.Key.Compare(b.Incident.Key), // as credit ids do
	)
}
