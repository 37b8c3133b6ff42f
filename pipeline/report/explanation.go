package report

// The subjects that can be explained, in the order in which a bare id is tried.
const (
	OfEvent    = "event"
	OfOrder    = "order"
	OfCustomer = "customer"
	OfCredit   = "credit"
)

// What an explanation is made of.
const (
	BasisReplay    = "replay"    // the committed night, run again from the bytes it was made with
	BasisDryRun    = "dry-run"   // today's rules on the ledger before the night
	BasisPublished = "published" // the night's decisions.parquet alone: its inputs have changed since
)

// The outcomes of a condition. Unknown is a value that is not there: a null, or
// a dimension without the row or with contradicting ones. Fault is a value that
// cannot be: an overflow, a division by zero, a key that a table lacks.
const (
	IsTrue    = "true"
	IsFalse   = "false"
	IsUnknown = "unknown"
	IsFault   = "fault"
)

// The outcomes of rows beside those of award.Outcome.
const (
	RowRejected    = "rejected"
	RowMerged      = "merged"
	RowNotYet      = "not-yet"
	RowOutOfWindow = "out-of-window"
	RowUnmatched   = "unmatched"
)

// Explanation says why decisions came out as they did: every event of one night
// that an id names. Dates are YYYY-MM-DD, times RFC 3339 in UTC, amounts minor
// units of the event's currency.
type Explanation struct {
	Kind         string             `json:"kind"` // what the id is: event, order, customer, credit
	ID           string             `json:"id"`
	BusinessDate string             `json:"business_date"`
	AsOf         string             `json:"as_of"`    // the instant that ends it
	Timezone     string             `json:"timezone"` // the workspace's: texts show times in it
	Basis        string             `json:"basis"`    // replay, dry-run or published
	Notes        []string           `json:"notes"`
	Events       []ExplainedEvent   `json:"events"` // those with a decision first
	More         int                `json:"more"`   // events that fit beyond those shown
	Postings     []ExplainedPosting `json:"postings"`
}

// ExplainedEvent is one row, or one released hold, with all that led to its
// outcome.
type ExplainedEvent struct {
	Sentence    string             `json:"sentence"`
	Later       string             `json:"later,omitempty"` // what became of it on later nights
	Source      string             `json:"source"`
	EventID     string             `json:"event_id"`
	IncidentID  string             `json:"incident_id,omitempty"`
	CreditID    string             `json:"credit_id,omitempty"`
	CustomerID  string             `json:"customer_id,omitempty"`
	OrderID     string             `json:"order_id,omitempty"`
	SellerID    string             `json:"seller_id,omitempty"`
	File        string             `json:"file,omitempty"`
	Row         int64              `json:"row"` // 0-based in the file
	Since       string             `json:"since,omitempty"`
	At          string             `json:"at,omitempty"` // when its severity is final
	Currency    string             `json:"currency,omitempty"`
	Outcome     string             `json:"outcome"`
	Reason      string             `json:"reason,omitempty"`
	Detail      string             `json:"detail,omitempty"`      // a clause more: the reject's, what it was merged with
	ReleasedBy  string             `json:"released_by,omitempty"` // who approved its hold
	Approval    *ExplainedApproval `json:"approval,omitempty"`    // how ReleasedBy did, where it is known
	Credit      *ExplainedCredit   `json:"credit,omitempty"`      // issued on a settled night
	GrossMinor  int64              `json:"gross_minor"`           // the chosen award before any limit
	AmountMinor int64              `json:"amount_minor"`
	LimitedBy   []string           `json:"limited_by"`
	Causes      []ExplainedCause   `json:"causes"` // held: why
	Rules       []ExplainedRule    `json:"rules"`
	Exclusions  []ExplainedGuard   `json:"exclusions"`
	Approvals   []ExplainedGuard   `json:"approvals"`
	Steps       []ExplainedStep    `json:"steps"`   // from the award to the amount, in order
	History     []ExplainedGiven   `json:"history"` // what counted against it
	Facts       []ExplainedValue   `json:"facts"`   // with basis published: the values that rules read
	Settled     *ExplainedPosting  `json:"settled,omitempty"`
	Nearest     string             `json:"nearest,omitempty"` // unmatched: the rule that failed on one condition only
}

// ExplainedCredit is what was published of a credit that was issued: when it can
// be used, the least that must be spent beside it, and what the customer read.
type ExplainedCredit struct {
	EffectiveAt      string `json:"effective_at"`
	ExpiresAt        string `json:"expires_at"` // the first instant at which it cannot be used
	MinPurchaseMinor int64  `json:"min_purchase_minor,omitempty"`
	Message          string `json:"message,omitempty"`
}

// ExplainedApproval is how a person let a hold go. HeldMinor is what was held,
// Minor what was approved of it, Why in the words of that person.
type ExplainedApproval struct {
	Request   string `json:"request"`
	By        string `json:"by"`
	After     string `json:"after"` // the last night that the person had seen
	Minor     int64  `json:"minor"`
	HeldMinor int64  `json:"held_minor"`
	Why       string `json:"why"`
}

// ExplainedRule is one rule of the event's source on its row.
type ExplainedRule struct {
	ID         string               `json:"id"`
	Place      string               `json:"place"`               // rules/late.yaml:12
	TableRow   string               `json:"table_row,omitempty"` // of its decision table: damaged.csv row 7
	Shadow     bool                 `json:"shadow"`
	Inactive   string               `json:"inactive,omitempty"` // why it is not evaluated on this date
	Outcome    string               `json:"outcome,omitempty"`  // of `when`; "" where it was not evaluated
	Conditions []ExplainedCondition `json:"conditions"`
	Amount     []ExplainedValue     `json:"amount"`           // in steps, the last the rounded one
	Phrase     string               `json:"phrase,omitempty"` // the amount in words: 10 % of $74.20
	Minor      int64                `json:"minor"`            // what it would give
	ByValue    bool                 `json:"capped_by_value"`
	Chosen     bool                 `json:"chosen"`
	Fault      string               `json:"fault,omitempty"`     // of the amount
	NearMiss   *ExplainedCondition  `json:"near_miss,omitempty"` // the one condition that failed
}

// Hit reports whether the rule gives an award.
func (r *ExplainedRule) Hit() bool { return r.Outcome == IsTrue && r.Fault == "" }

// ExplainedGuard is an exclusion or an approval rule.
type ExplainedGuard struct {
	ID         string               `json:"id"`
	Place      string               `json:"place"`
	Outcome    string               `json:"outcome"`
	Conditions []ExplainedCondition `json:"conditions"`
}

// ExplainedCondition is one operand of `and` with the values that it read.
// Parts are the sides of an `or`.
type ExplainedCondition struct {
	Text      string               `json:"text"`
	Place     string               `json:"place"`
	Outcome   string               `json:"outcome"`
	Fault     string               `json:"fault,omitempty"`
	Values    []ExplainedValue     `json:"values"`
	Parts     []ExplainedCondition `json:"parts,omitempty"`
	Threshold *ExplainedThreshold  `json:"threshold,omitempty"` // of one that is false
}

// ExplainedThreshold is how far from holding a comparison was. Distance is ""
// where there is no order between the sides, such as of texts.
type ExplainedThreshold struct {
	Expression string `json:"expression"`
	Value      string `json:"value"`
	Needs      string `json:"needs"`              // 1 or more
	Distance   string `json:"distance,omitempty"` // 3 short
}

// ExplainedValue is a name or an expression and its value.
type ExplainedValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ExplainedCause is why an award is held.
type ExplainedCause struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Why  string `json:"why"`
}

// The effects of a step.
const (
	StepFits     = "fits"
	StepTrims    = "trims"
	StepDenies   = "denies"
	StepHolds    = "holds"
	StepDrops    = "drops"    // another award of the order counts
	StepApproved = "approved" // a person released what it held
)

// ExplainedStep is one step of resolution that the award came to.
type ExplainedStep struct {
	Step        string `json:"step"` // combine, limit, approval, budget, guardrail
	ID          string `json:"id,omitempty"`
	Place       string `json:"place,omitempty"`
	Effect      string `json:"effect"`
	BeforeMinor int64  `json:"before_minor"`
	AfterMinor  int64  `json:"after_minor"`
	Why         string `json:"why,omitempty"`
}

// ExplainedGiven is one earlier credit, credit given elsewhere, pending hold or
// other award of the night that counted.
type ExplainedGiven struct {
	Date      string   `json:"date"`
	Kind      string   `json:"kind"` // credit, elsewhere, hold, tonight
	ID        string   `json:"id,omitempty"`
	OrderID   string   `json:"order_id,omitempty"`
	Minor     int64    `json:"minor"`
	Currency  string   `json:"currency"`
	CountedBy []string `json:"counted_by"` // limit:per-customer, combine, credits(90)
}

// ExplainedPosting is one movement of the ledger that the subject has, on any
// committed night.
type ExplainedPosting struct {
	Date       string `json:"date"`
	Kind       string `json:"kind"`
	CreditID   string `json:"credit_id"`
	IncidentID string `json:"incident_id"`
	EventID    string `json:"event_id,omitempty"`
	OrderID    string `json:"order_id,omitempty"`
	RuleID     string `json:"rule_id,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Minor      int64  `json:"minor"`
	Currency   string `json:"currency"`
}
