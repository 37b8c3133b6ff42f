package report

import "amends/rules/money"

// Analysis is one night as report.html shows it: the summary, and what those
// who review it ask next. It is plain data: integers and words, no clock and no
// float, so that the page has the same bytes on every machine. Money is in minor
// units beside a currency; shares are basis points (1/10,000); dates are
// YYYY-MM-DD. Every list is in a fixed order and bounded; what a bound left out
// is counted beside it.
type Analysis struct {
	DryRun  bool
	Summary *Summary

	Movements []Movement
	Waiting   []WaitingMoney // by currency
	// Holds are the awards that lapsed tonight, and those that wait for a person,
	// soonest lapse first; HoldsMore is how many of these it leaves out.
	Holds     []WaitingAward
	HoldsMore int64
	Requests  []RequestEffect // in the order in which they were decided
	Rules     []RuleAnalysis  // in rulebook order
	Overlaps  []Overlap
	// OverlapsMore is how many pairs of rules Overlaps leaves out.
	OverlapsMore int64
	Limits       []LimitAnalysis
	Budgets      []BudgetAnalysis
	Breakdowns   []Breakdown
	Expiry       []ExpiryWeek
	Forecasts    []ForecastScore
	Examples     []Example
	Rejects      []RejectExample
	Anomalies    []Anomaly
	// MoreCustomers are unlike before like those among Anomalies, and not listed.
	MoreCustomers int64
	// NightsBefore are the settled nights that tonight is compared with. Below
	// NightsToCompare there are no Anomalies.
	NightsBefore, NightsToCompare int
}

// WaitingMoney sums the awards that wait for a person in one currency.
type WaitingMoney struct {
	Currency       string
	Count          int64 // that wait after tonight
	Minor          int64
	LapseNextCount int64 // of them, that lapse on the next night unless somebody decides
	LapseNextMinor int64
	LapsedCount    int64 // tonight, beside those that wait
	LapsedMinor    int64
}

// WaitingAward is one award that waits for a person, or lapsed tonight. It lapses
// on the night of LapsesOn.
type WaitingAward struct {
	CreditID, CustomerID, OrderID string
	Rule, Currency                string
	Minor                         int64
	HeldSince, LapsesOn           string
	Lapsed                        bool // tonight
	LapsesNext                    bool // on the day after tonight's
	Causes                        string
}

// RequestEffect is what a person asked for and what came of it tonight. Asked
// sums what its targets were worth when the night began: what was left of
// credits, and what holds would give; Done is what was voided, issued or
// rejected because of it.
type RequestEffect struct {
	ID, Kind, By, Why     string
	Outcome, Detail       string
	AskedCount, DoneCount int64
	Asked, Done           money.ByCurrency
}

// The movements of value.
const (
	MoveIssued     = "issued"
	MoveHeld       = "held" // tonight's new holds
	MoveForfeited  = "forfeited"
	MoveReinstated = "reinstated"
	MoveRedeemed   = "redeemed"
	MoveVoided     = "voided"
)

// Movement is what moved tonight in one currency and funding, against the last
// settled night and the median of those before. Of each currency all six
// movements are there with every funding together (Funding ""); beside them each
// funding that moved tonight or in the nights before.
type Movement struct {
	What     string
	Currency string
	Funding  string // platform or seller; "" where every funding is meant
	Count    int64
	Minor    int64
	Last     *NightFigure // nil before the first settled night
	Median   *NightFigure // of the nights before, at most 28; nil where there are none; Date is ""
	Nights   int          // that the median is of
	// Series is the nights before, oldest first, at most 28, and tonight as its
	// last: what a small line chart draws. A night without the movement is 0.
	Series []NightFigure
}

// NightFigure is one night's count and sum of a movement.
type NightFigure struct {
	Date  string
	Count int64
	Minor int64
}

// RuleAnalysis is one rule's night, by currency in Money.
type RuleAnalysis struct {
	Rule, Place, Mode string // Place is rules/late.yaml:12; Mode live or shadow
	Hits, Wins        int64  // incidents that it would give something; those whose award is its, issued
	SettledHits       int64  // of its hits, those that an earlier night settled
	Money             []RuleMoney
}

// RuleMoney is one rule in one currency.
type RuleMoney struct {
	Currency   string
	Wins       int64
	GrossMinor int64 // of its hits, before any limit
	// SettledMinor is of GrossMinor what an earlier night settled: given, denied
	// or held. Nothing of it could be issued tonight.
	SettledMinor int64
	Minor        int64 // issued
	MeanMinor    int64 // of what it issued, half to even
	ShareBasis   int64 // of all that was issued in the currency
	// MarginalMinor is what would not have been issued tonight without the rule:
	// the night is resolved again without it, so where another rule would have
	// paid instead, only the difference counts. MarginalHeldMinor is the same of
	// new holds. Either may be negative, where the rule kept others out. Rows stay
	// as they were matched: one that the rule rejected stays rejected, and an
	// incident of several sources stays with the one that counted.
	MarginalMinor     int64
	MarginalHeldMinor int64
	Amounts           []AmountBin // histogram of issued amounts, bins side by side
}

// AmountBin counts amounts in [FromMinor, ToMinor).
type AmountBin struct {
	FromMinor, ToMinor int64
	Count              int64
}

// Overlap counts the incidents on which both rules hit; A stands before B in
// the rulebook, or is the same.
type Overlap struct {
	A, B  string
	Count int64
}

// LimitAnalysis is what one limit did, in one currency.
type LimitAnalysis struct {
	Limit, Per, Currency string
	Rules                []string // whose awards it counts; none: every rule's
	WindowDays           int
	MaxMinor, MaxCount   int64 // 0: none
	Trimmed, Denied      int64 // awards
	Held                 int64
	// TakenMinor is gross minus given, of trimmed and denied ones. What several
	// limits lowered counts for the last of them, here and in Trimmed.
	TakenMinor int64
	Near       []NearLimit
	NearMore   int64 // that Near leaves out
}

// NearLimit is one customer or order at or above four fifths of a limit after
// tonight.
type NearLimit struct {
	ID         string // of the customer or order
	UsedMinor  int64
	UsedCount  int64
	UsedBasis  int64 // of the limit, the larger of sum and count
	TonightMin int64 // of it, issued or held tonight, in minor units
}

// BudgetAnalysis is one budget's scope tonight: how it was used up, award by
// award in the order in which they go before each other.
type BudgetAnalysis struct {
	Budget, Per, Scope, Currency string // Scope is the rule's or seller's id; "" per run
	MaxMinor, UsedMinor          int64
	UsedBasis                    int64
	Awards, Refused              int64 // that fitted; that did not
	RefusedMinor                 int64
	Burn                         []BurnPoint // at most 200, first and last among them
	// ScopesMore is how many scopes of this budget and currency are not shown: the
	// same in each of its lines.
	ScopesMore int64
}

// BurnPoint is what was used of a budget after so many awards in order.
type BurnPoint struct {
	Awards    int64
	UsedMinor int64
}

// Breakdown is the night by the values of one column of one event source.
type Breakdown struct {
	Source, Column string
	TooMany        bool            // more values, or longer ones, than can be counted: Lines is empty
	Lines          []BreakdownLine // by share of what was issued, then by incidents
	More           int64           // values beyond Lines
	// Credits of holds that were released tonight, where the hold did not keep
	// the column's value: they are in no line.
	UnknownCredits int64
	UnknownIssued  money.ByCurrency
}

// BreakdownLine is one value of a column: how many events became final since
// the last night, how many incidents are new, and what was issued.
type BreakdownLine struct {
	Value         string // "" where the column is null or empty
	Events        int64  // rows whose at lies since the last settled night
	Incidents     int64  // that a live rule hit, counted on one night each
	LateIncidents int64  // of them, those whose event is not among Events
	Credits       int64  // issued tonight
	LateCredits   int64  // of them, those whose event is not among Events
	Issued        money.ByCurrency
	// Per 1,000 of Events, in hundredths: 12.34 is 1234. Both sides are about the
	// same events: what is late counts in neither. 0 where Rated is false.
	IncidentsPer1000, CreditsPer1000 int64
	Rated                            bool // there are enough events for a rate
}

// ExpiryWeek is outstanding value after tonight whose last usable day lies in
// one week, and how much of it is expected to be forfeited, from what became of
// past weeks.
type ExpiryWeek struct {
	Currency         string
	Monday           string // the week's first day
	Later            bool   // this week and all after it: the last line of a currency
	WeeksAhead       int    // of tonight's week; below 0: expired, in its grace
	Credits          int64
	OutstandingMinor int64
	ExpectedMinor    int64 // of it; valid with Past > 0
	Past             int   // how many past weeks the expectation is from
	RateAhead        int   // how many weeks ahead those were looked at: WeeksAhead, or the nearest above it
}

// ForecastScore holds what was expected of a past week against what came of the
// same credits.
type ForecastScore struct {
	Currency         string
	Monday           string
	WeeksAhead       int    // when the forecast was made
	Made             string // the night
	OutstandingMinor int64  // that night
	ExpectedMinor    int64  // of it, to be forfeited
	ActualMinor      int64  // of it, forfeited and not reinstated
	Past             int    // how many past weeks the forecast was from
}

// Example is one decision in a sentence, with where it came from.
type Example struct {
	Why        string // largest or random
	Sentence   string // "$10.00 because …"
	Outcome    string
	CreditID   string
	CustomerID string
	OrderID    string
	Source     string
	EventID    string
	Rule       string
	Place      string // of the rule
	Minor      int64
	Currency   string
	Facts      []ExplainedValue // the values that rules read
}

// RejectExample is rejected rows of one source and code, a few of them with
// their places.
type RejectExample struct {
	Source, Code string
	Count        int64
	Rows         []RejectRow
}

// RejectRow is one rejected row.
type RejectRow struct {
	File   string
	Row    int64 // 0-based in the file
	Column string
	Detail string
}

// The kinds of anomalies.
const (
	AnomalyFar     = "far"     // far from its own history
	AnomalyFirst   = "first"   // a rule's first hits
	AnomalyStopped = "stopped" // a rule that hit and stopped
)

// Anomaly is a rule, a value of a column or a customer that is not as it was.
type Anomaly struct {
	Kind     string
	Subject  string // rule, customer, or source.column of a value
	ID       string // of the rule or customer, or the value
	Currency string
	Sentence string // what is unusual, with the figures it is held against
	Minor    int64
	Count    int64
}
