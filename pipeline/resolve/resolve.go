// Package resolve decides what becomes of awards: one award per incident, then
// combine, limits, approval, budgets and guardrails, each step leaving a reason.
// Its law: every incident has exactly one decision, no decision pays more than
// its award, and the same incidents in any order are decided the same.
//
// It is pure. What earlier nights gave comes as a History, what approval rules
// say comes from an Approver; files, expressions and postings are for others.
//
// A night resolves each customer (steps 1 to 7 of a resolution), and adds what its
// decisions ask for to an Asked, on which it calls Settle (step 8) and Guard (step 9)
// once with the decisions of all customers.
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
	RuleID   string // "" for what no rule gave, such as external credits
	Currency string
	Minor    int64
}

// History is what earlier nights did; several goroutines may ask at once. A hold that a person released has ended:
// neither Customer nor Order includes it.
type History interface {
	// Settled returns how an earlier run settled the incident of a key: issue, deny,
	// reject, lapse, or hold while a hold is pending and nothing else settled it.
	Settled(incident award.Key) (kind string, ok bool)
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
// rules. An error means that the arguments break their contract (an incident
// twice or without awards, two customers, an unknown kind of settlement).
func Resolve(incidents []*award.Incident, history History, policy *Policy, approve Approver) ([]*award.Decision, error) {
	r, err := NewResolver(history, policy, approve)
	if err != nil {
		return nil, err
	}
	return r.Resolve(make([]*award.Decision, 0, len(incidents)), incidents)
}

// Resolver is Resolve for one customer after another. It keeps its memory from
// one to the next. It is not safe for concurrent use; several may work at once
// where history and approve allow it.
type Resolver struct {
	policy  *Policy
	history History
	approve Approver

	orders    []orderGiven       // of the customer at hand, the first fewOrders asked for: what history said, asked once
	others    map[string][]Given // of the customer at hand: what it said of other orders
	customer  []*Usage           // by limit; nil for one per order, or that was not asked for
	perOrder  map[scope]*Usage
	spare     []*Usage // of customers before
	inUse     []*Usage
	limits    []*Usage // of the award at hand, by limit
	lowered   map[*rules.Limit]*award.Limits
	verdicts  map[award.Verdict]*award.Verdict
	last      *award.Verdict // that was asked for
	left      []*award.Decision
	decisions []award.Decision // room for so many more
	again     []*award.Decision
	room      int // how many that were, at first
}

// NewResolver makes a resolver. The error is about the policy.
func NewResolver(history History, policy *Policy, approve Approver) (*Resolver, error) {
	if err := policy.validate(); err != nil {
		return nil, err
	}
	n := len(policy.Limits)
	return &Resolver{
		policy: policy, history: history, approve: approve,
		perOrder: map[scope]*Usage{}, lowered: map[*rules.Limit]*award.Limits{}, verdicts: map[award.Verdict]*award.Verdict{}, customer: make([]*Usage, n), limits: make([]*Usage, n),
	}, nil
}

// Resolve appends the decisions of one customer's incidents; see the function
// Resolve.
func (n *Resolver) Resolve(to []*award.Decision, incidents []*award.Incident) ([]*award.Decision, error) {
	sorted, err := byCreditID(incidents)
	if err != nil {
		return nil, err
	}
	n.begin()
	from := len(to)
	for _, inc := range sorted {
		d := n.decision(inc)
		if err := n.start(d); err != nil {
			return nil, err
		}
		to = append(to, d)
	}
	decisions := to[from:]
	if n.policy.Combine == rules.Highest {
		n.combine(n.payable(decisions))
	}
	n.limit(n.payable(decisions))
	if n.approve != nil {
		for _, d := range n.payable(decisions) {
			for _, cause := range n.approve(d.Incident, d.Minor) {
				hold(d, cause)
			}
		}
	}
	return to, nil
}

// fewOrders is up to how many orders of a customer are looked through; most customers
// have one. A map of more is not worth emptying.
const fewOrders = 8

// orderGiven is what an order was given.
type orderGiven struct {
	id    string
	given []Given
}

// begin forgets the customer before.
func (n *Resolver) begin() {
	if len(n.perOrder) > fewOrders {
		n.perOrder = map[scope]*Usage{}
	}
	n.orders, n.others = n.orders[:0], nil
	clear(n.perOrder)
	clear(n.customer)
	n.spare, n.inUse = append(n.spare, n.inUse...), n.inUse[:0]
}

// Memory is taken for some decisions at a time: for twice as many as the last
// time, since a resolver may get one customer or all.
const (
	minDecisionRoom = 8
	maxDecisionRoom = 256
)

func (n *Resolver) decision(inc *award.Incident) *award.Decision {
	if last := len(n.again) - 1; last >= 0 {
		d := n.again[last]
		n.again = n.again[:last]
		*d = award.Decision{Incident: inc}
		return d
	}
	if len(n.decisions) == 0 {
		n.room = min(max(2*n.room, minDecisionRoom), maxDecisionRoom)
		n.decisions = make([]award.Decision, n.room)
	}
	d := &n.decisions[0]
	n.decisions = n.decisions[1:]
	d.Incident = inc
	return d
}

// Reuse gives decisions back that nobody looks at any more: their memory is that of
// decisions to come.
func (n *Resolver) Reuse(decisions []*award.Decision) { n.again = append(n.again, decisions...) }

// payable returns the decisions that would still pay, now or after an approval,
// in the order in which awards go before each other. They are valid until the
// next call.
func (n *Resolver) payable(decisions []*award.Decision) []*award.Decision {
	n.left = n.left[:0]
	for _, d := range decisions {
		if d.Outcome == award.Issued || d.Outcome == award.Held {
			n.left = append(n.left, d)
		}
	}
	Sort(n.left)
	return n.left
}

func (n *Resolver) order(id string) []Given {
	for i := range n.orders {
		if n.orders[i].id == id {
			return n.orders[i].given
		}
	}
	if given, ok := n.others[id]; ok {
		return given
	}
	given := n.history.Order(id)
	if len(n.orders) < fewOrders {
		n.orders = append(n.orders, orderGiven{id, given})
		return given
	}
	if n.others == nil {
		n.others = map[string][]Given{}
	}
	n.others[id] = given
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
