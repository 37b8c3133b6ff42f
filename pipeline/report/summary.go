// Package report is what people read of a night: the summary as text and JSON.
// It adds nothing up that the run did not: every figure here comes from rows
// that the same run published.
package report

import "amends/rules/money"

// Summary is summary.json: one night in figures. Money is in minor units by
// ISO 4217 code. Every list is in a fixed order; nothing here names a clock, a
// machine or a duration.
type Summary struct {
	Version       int    `json:"version"` // of this schema: 1
	BusinessDate  string `json:"business_date"`
	EffectiveDate string `json:"effective_date"`
	AsOf          string `json:"as_of"`
	Timezone      string `json:"timezone"`

	Sources      []SourceFlow      `json:"sources"`
	Rules        []RuleLine        `json:"rules"`
	Issued       []MoneyLine       `json:"issued"`       // by rule, reason, funding and currency
	Held         []MoneyLine       `json:"held"`         // tonight's new holds, likewise
	Forfeited    []MoneyLine       `json:"forfeited"`    // by reason and currency
	Suppressions []ReasonLine      `json:"suppressions"` // by reason; gross is what rules would have given
	Denials      []ReasonLine      `json:"denials"`
	HoldCauses   []CauseLine       `json:"hold_causes"`
	Trims        []TrimLine        `json:"trims"`
	Rejects      []RejectLine      `json:"rejects"`
	Redemptions  []RedemptionLine  `json:"redemptions"`
	Adjustments  []AdjustmentLine  `json:"adjustments"`
	HoldFlow     HoldFlow          `json:"hold_flow"`
	RollForward  []RollForwardLine `json:"roll_forward"` // one a currency, sorted
	Issuable     money.ByCurrency  `json:"issuable"`     // new awards before guardrails: what later medians see
	Guardrails   []BreachLine      `json:"guardrails"`   // those that were breached
	Requests     []RequestLine     `json:"requests"`
	ShadowFaults []CountLine       `json:"shadow_faults"` // by rule
	VoidFaults   []CountLine       `json:"void_faults"`   // void rules that could not be evaluated, by "id: fault"
	Expiring     []MoneyLine       `json:"expiring"`      // credits to remind of, by terms and currency
	Notices      []string          `json:"notices"`       // what an operator should know of this night, in sentences
}

// SourceFlow is every row of one event source by what became of it: Read is
// always the sum of the rest.
type SourceFlow struct {
	Source      string `json:"source"`
	Files       int    `json:"-"` // for the text: summary.json does not depend on how rows lie in files
	Read        int64  `json:"read"`
	Rejected    int64  `json:"rejected"`
	OutOfWindow int64  `json:"out_of_window"`
	NotYet      int64  `json:"not_yet"`
	Unmatched   int64  `json:"unmatched"`
	Merged      int64  `json:"merged"`
	Suppressed  int64  `json:"suppressed"` // denials included
	Held        int64  `json:"held"`
	Issued      int64  `json:"issued"`
}

// Outcomes is the sum of what became of the rows.
func (f SourceFlow) Outcomes() int64 {
	return f.Rejected + f.OutOfWindow + f.NotYet + f.Unmatched + f.Merged + f.Suppressed + f.Held + f.Issued
}

// RuleLine is one rule's night: on how many incidents it hit, and on how many
// its award was the one chosen and issued or held.
type RuleLine struct {
	Rule   string           `json:"rule"`
	Mode   string           `json:"mode"` // live or shadow
	Hits   int64            `json:"hits"`
	Wins   int64            `json:"wins"`
	Gross  money.ByCurrency `json:"gross"`  // of its hits
	Issued money.ByCurrency `json:"issued"` // of its wins
}

// MoneyLine is a count of credits and their sum in one currency.
type MoneyLine struct {
	Rule     string `json:"rule,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Terms    string `json:"terms,omitempty"`
	Funding  string `json:"funding,omitempty"`
	Currency string `json:"currency"`
	Count    int64  `json:"count"`
	Minor    int64  `json:"minor"`
}

// ReasonLine is a count of incidents and what rules would have given for them.
type ReasonLine struct {
	Reason string           `json:"reason"`
	Count  int64            `json:"count"`
	Repeat int64            `json:"repeat"` // of them, settled by an earlier run
	Gross  money.ByCurrency `json:"gross"`
}

// CauseLine is what holds were held by; one hold may have several causes.
type CauseLine struct {
	Kind   string           `json:"kind"`
	ID     string           `json:"id"`
	Count  int64            `json:"count"`
	Amount money.ByCurrency `json:"amount"`
}

// TrimLine is what one limit took off awards that were given all the same.
type TrimLine struct {
	By     string           `json:"by"`
	Count  int64            `json:"count"`
	Amount money.ByCurrency `json:"amount"` // gross minus given
}

// RejectLine counts rejected rows of one source and code.
type RejectLine struct {
	Source string `json:"source"`
	Code   string `json:"code"`
	Count  int64  `json:"count"`
}

// RedemptionLine counts redemptions of one outcome and currency.
type RedemptionLine struct {
	Outcome      string `json:"outcome"`
	Currency     string `json:"currency"`
	Count        int64  `json:"count"`
	Minor        int64  `json:"minor"` // as asked for
	AppliedMinor int64  `json:"applied_minor"`
}

// AdjustmentLine counts voids and reinstatements.
type AdjustmentLine struct {
	Kind     string `json:"kind"`
	Why      string `json:"why"`
	Currency string `json:"currency"`
	Count    int64  `json:"count"`
	Minor    int64  `json:"minor"`
}

// HoldFlow is how holds came and went: Opening + New − Released − Rejected −
// Lapsed = Closing. A released hold that tonight's limits denied or
// suppressed has left as well.
type HoldFlow struct {
	Opening  int64 `json:"opening"`
	New      int64 `json:"new"`
	Released int64 `json:"released"`
	Rejected int64 `json:"rejected"`
	Lapsed   int64 `json:"lapsed"`
	Closing  int64 `json:"closing"`
}

// RollForwardLine is one currency's liability: Opening + Issued + Reinstated −
// Redeemed − Forfeited − Voided = Closing.
type RollForwardLine struct {
	Currency   string `json:"currency"`
	Opening    int64  `json:"opening"`
	Issued     int64  `json:"issued"`
	Reinstated int64  `json:"reinstated"`
	Redeemed   int64  `json:"redeemed"`
	Forfeited  int64  `json:"forfeited"`
	Voided     int64  `json:"voided"`
	Closing    int64  `json:"closing"`
}

// BreachLine is a guardrail that held a currency's new awards.
type BreachLine struct {
	Guardrail string `json:"guardrail"`
	Currency  string `json:"currency"`
	Minor     int64  `json:"minor"`
	Bound     string `json:"bound"` // in words
}

// RequestLine is what came of a person's request. Asked is what its targets came
// to as the night began, Done what the night gave, ended or took back.
type RequestLine struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	By      string           `json:"by"`
	Why     string           `json:"why"`
	Asked   money.ByCurrency `json:"asked_minor"`
	Done    money.ByCurrency `json:"done_minor"`
	Outcome string           `json:"outcome"`
	Detail  string           `json:"detail,omitempty"`
}

// CountLine is a named count.
type CountLine struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}
