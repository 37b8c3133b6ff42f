// Package resolve decides what becomes of awards: one award per incident, then
// combine, limits, approval, budgets and guardrails, each step leaving a reason.
// Its law: every incident has exactly one decision, no decision pays more than
// its award, and the same incidents in any order are decided the same.
//
// It is pure. What earlier nights gave comes as a History, what approval rules
// say comes from an Approver; files, expressions and postings are for others.
//
// A night calls Resolve once per customer (steps 1 to 7 of a resolution), then
// Settle (step 8) and Guard (step 9) once with the decisions of all customers.
package resolve

import (
	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// Reasons of decisions. An issued award has its own reason code. A held one has
// the kind and id of its first cause, such as approval:large.
const (
	ShadowOnly      = "shadow-only"      // suppressed: only shadow rules would give anything
	ZeroAmount      = "zero-amount"      // suppressed: no live rule gives more than zero
	ExcludedPrefix  = "excluded:"        // suppressed: followed by the exclusion's id
	AlreadyIssued   = "already-issued"   // suppressed: settled by an earlier run
	AlreadyDenied   = "already-denied"   // suppressed: settled by an earlier run
	AlreadyRejected = "already-rejected" // suppressed: settled by an earlier run
	AlreadyLapsed   = "already-lapsed"   // suppressed: settled by an earlier run
	AlreadyHeld     = "already-held"     // suppressed: the hold of an earlier run is pending
	Combined        = "combined"         // suppressed: the order has or gets a higher award
	LimitPrefix     = "limit:"           // denied: followed by the limit's id
	BudgetPrefix    = "budget:"          // denied: followed by the budget's id
)

// Kinds of causes that hold an award. Those of approvals come from the Approver.
const (
	ExclusionCause = "exclusion" // an exclusion could not be evaluated
	CombineCause   = "combine"   // id CombineID
	LimitCause     = "limit"
	BudgetCause    = "budget"
	GuardrailCause = "guardrail" // id MaxAmountID or VsMedianID
)

// Ids of causes that no rule of the rulebook names, and what LimitedBy says of
// an award that was lowered to what its order had not yet got.
const (
	CombineID        = "highest"
	MaxAmountID      = "max-amount"
	VsMedianID       = "vs-median"
	LimitedByCombine = "combine"
)

// Policy is the part of a rulebook that decides between awards, and the night it
// is applied to.
type Policy struct {
	Combine     rules.Combine
	Limits      []rules.Limit    // in file order
	Budgets     []rules.Budget   // in file order
	MinAward    money.ByCurrency // a currency without an entry: one minor unit
	Guardrails  *rules.Guardrails
	Date        calendar.Date // the business date D: history after it does not count
	HorizonDays int           // history counts from D − HorizonDays, exclusive; 0: all of it
}

// Given is one earlier credit (issued less voided), external credit or pending
// hold, on its posting date. One of zero or less counts for nothing, not even as
// one credit: nothing was given.
type Given struct {
	Date     calendar.Date
	OrderID  string
	Currency string
	Minor    int64
}

// History is what earlier nights did. A hold that a person released has ended:
// neither Customer nor Order includes it.
type History interface {
	// Settled returns how an earlier run settled an incident: issue, deny,
	// reject, lapse, or hold while a hold is pending and nothing else settled it.
	Settled(incidentID string) (kind string, ok bool)
	// Customer returns what a customer was given, in any order.
	Customer(id string) []Given
	// Order returns what was given for an order, in any order.
	Order(id string) []Given
}

// Approver evaluates the approval rules for what an incident would be paid, in
// minor units of its currency. Rules that hold and rules with a fault both come
// back as causes.
type Approver func(inc *award.Incident, minor int64) []award.Cause

// Resolve decides the incidents of one customer, in any order, up to step 7:
// issued ones still have budgets and guardrails before them. Decisions come in
// order of their credit ids. A nil approve says that there are no approval
// rules. Calls may run at once where history and approve allow it. An error means
// that the arguments break their contract (an incident twice or without awards,
// two customers, an unknown kind of settlement).
func Resolve(incidents []*award.Incident, history History, policy *Policy, approve Approver) ([]*award.Decision, error) {
	if err := policy.validate(); err != nil {
		return nil, err
	}
	sorted, err := byCreditID(incidents)
	if err != nil {
		return nil, err
	}
	decisions := make([]*award.Decision, len(sorted))
	for i, inc := range sorted {
		if decisions[i], err = begin(inc, history); err != nil {
			return nil, err
		}
	}
	n := &night{policy: policy, history: history, orders: map[string][]Given{}, usages: map[scope]*Usage{}}
	if policy.Combine == rules.Highest {
		n.combine(payable(decisions))
	}
	n.limit(payable(decisions))
	if approve != nil {
		for _, d := range payable(decisions) {
			for _, cause := range approve(d.Incident, d.Minor) {
				hold(d, cause)
			}
		}
	}
	return decisions, nil
}

// night is what the steps of one customer share.
type night struct {
	policy  *Policy
	history History
	orders  map[string][]Given // by order: what history said, asked once
	usages  map[scope]*Usage
}

func (n *night) order(id string) []Given {
	given, ok := n.orders[id]
	if !ok {
		given = n.history.Order(id)
		n.orders[id] = given
	}
	return given
}

// inWindow reports whether a posting counts in a window of so many days that
// ends with tonight: (D − days, D], or the horizon where days is 0.
func (p *Policy) inWindow(g Given, days int) bool {
	if days == 0 {
		days = p.HorizonDays
	}
	if g.Minor <= 0 || g.Date > p.Date {
		return false
	}
	return days == 0 || int64(g.Date) > int64(p.Date)-int64(days)
}

// minAwardMinor is the least that an award may be lowered to.
func (p *Policy) minAwardMinor(code string) int64 { return max(p.MinAward[code], 1) }
