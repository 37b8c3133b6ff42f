// Package rules is the language that operations people write: text becomes a
// Rulebook, a Rulebook and a Catalog become a checked Program. It knows no
// files, no Arrow and no clock.
package rules

import (
	"slices"
	"strings"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/grid"
	"amends/rules/money"
)

// File is one file of the rules folder: its path relative to that folder, with
// slashes, and its bytes.
type File struct {
	Path  string
	Bytes []byte
}

// Rulebook is every rule of a workspace, in order: files in bytewise order of
// their paths, and within a file as written. Texts are parsed, not yet checked.
type Rulebook struct {
	Files      []File // sorted by Path; of CSV files those that some rule names
	SHA256     string // hex, over the paths and bytes of Files, length-prefixed
	Combine    Combine
	Tables     map[string]*Table
	Defines    map[string][]Define // by source, in order
	Terms      map[string]*Terms
	Exclusions []Exclusion
	Rules      []Rule
	Limits     []Limit
	Budgets    []Budget
	Approvals  []Approval
	Voids      []Void
	HoldDays   int              // default 14
	MinAward   money.ByCurrency // a currency without an entry: one minor unit
	Guardrails *Guardrails      // nil where there are none

	broken bool                 // Parse reported errors: there is no program of it
	lost   bool                 // one of them is of a part that could not be read, and may have named something
	places map[string]diag.Text // of what has no place of its own: min_award, "define " and a source
}

// Combine says how the incidents of one order add up.
type Combine uint8

// The ways to combine. Highest is the default.
const (
	Highest Combine = iota // the highest award of the order, net of what it already got
	Sum
)

// Table is a tree of constants: either Entries by key or one Leaf.
type Table struct {
	At      diag.Text // the key's place
	Entries map[string]*Table
	Leaf    string // the scalar as written
	Quoted  bool   // a quoted leaf is a string whatever it looks like

	leafAt diag.Text // the leaf's place
}

// Define is a named expression of one source.
type Define struct {
	Name string
	Expr diag.Text
	At   diag.Text // the name's place
}

// Terms are the conditions of a credit. Amounts are per currency, in minor units.
type Terms struct {
	Name             string
	At               diag.Text
	ValidDays        int           // expires at the local midnight that ends effective date + ValidDays; 0 with ExpiresOn
	ExpiresOn        calendar.Date // the last usable day; valid only with HasExpiresOn
	HasExpiresOn     bool
	MinValidDays     int
	MinPurchase      money.ByCurrency
	CategoriesOnly   []string
	CategoriesExcept []string
	SoldBy           string // "" or first-party, third-party
	Stackable        bool   // default true
	RemindDays       int    // 0: no reminder
}

// Exclusion is a deliberate suppression; the first that holds gives the reason.
type Exclusion struct {
	ID   string
	On   []string // sources; empty means every one
	When diag.Text
	At   diag.Text // the id's place

	onAt []diag.Text // the place of each source in On
}

// Mode says whether a rule pays or is only evaluated and reported.
type Mode uint8

// The modes of a rule.
const (
	Live Mode = iota
	Shadow
)

// Rule is one rule as written.
type Rule struct {
	ID         string
	On         string
	When       diag.Text
	Amount     diag.Text
	Reason     string
	Terms      string    // name of the terms; "" means the terms named "standard"
	Funding    diag.Text // platform, seller, or an expression that gives one of them
	Priority   int       // lower goes first; default 100
	Mode       Mode
	From       calendar.Date // with HasFrom: the first business date it is evaluated on
	HasFrom    bool
	Until      calendar.Date // with HasUntil: the last
	HasUntil   bool
	Uncapped   bool // the award may exceed the event's value
	Message    diag.Text
	HasMessage bool
	At         diag.Text // the id's place

	// Table is a decision table that stands for Amount, and beside When says
	// which events the rule hits; nil where there is none.
	Table *RuleTable

	onAt, termsAt diag.Text // the places of On and Terms
}

// RuleTable is a decision table as a rule names it.
type RuleTable struct {
	Name        string // as written: damaged.csv
	At          diag.Text
	Path        string // in Rulebook.Files; "" where there is no such file
	Hits        grid.Hits
	GapsAllowed bool
	Sheet       *grid.Sheet // nil where the file has errors, which Parse reported
}

// Per is what a limit or budget counts by.
type Per uint8

// The scopes of limits (customer, order) and budgets (run, rule, seller).
const (
	PerCustomer Per = iota + 1
	PerOrder
	PerRun
	PerRule
	PerSeller
)

// Exceed is what happens to an award above a limit or budget.
type Exceed uint8

// The ways to go on above a cap.
const (
	Deny Exceed = iota + 1
	Trim
	Hold
)

// RuleIDs are the rules that a limit or budget is about; none are all of them.
type RuleIDs []string

// Has reports whether a rule's awards count; an id of "" is what no rule gave.
func (ids RuleIDs) Has(id string) bool { return len(ids) == 0 || slices.Contains(ids, id) }

// Cover reports whether whatever counts in others counts in these.
func (ids RuleIDs) Cover(others RuleIDs) bool {
	none := func(id string) bool { return !slices.Contains(ids, id) }
	return len(ids) == 0 || len(others) > 0 && !slices.ContainsFunc(others, none)
}

// Of says for people whose awards are counted: " of rule late", " of rules late
// and lost"; nothing where those of every rule are.
func (ids RuleIDs) Of() string {
	switch n := len(ids); n {
	case 0:
		return ""
	case 1:
		return " of rule " + ids[0]
	default:
		return " of rules " + strings.Join(ids[:n-1], ", ") + " and " + ids[n-1]
	}
}

// Limit is a cap per customer or order over a window of posting dates (D-N, D].
type Limit struct {
	ID         string
	Per        Per
	Rules      RuleIDs
	WindowDays int // 0: without a window, as far back as the horizon
	MaxCount   int // with HasCount
	HasCount   bool
	MaxAmount  money.ByCurrency // empty: no amount cap
	Exceed     Exceed
	At         diag.Text

	rulesAt []diag.Text // the place of each rule in Rules
}

// Budget is a cap on what one run spends, in total, per rule or per seller.
type Budget struct {
	ID        string
	Per       Per
	Rules     RuleIDs
	MaxAmount money.ByCurrency
	Exceed    Exceed // Hold or Deny
	At        diag.Text

	rulesAt []diag.Text // the place of each rule in Rules
}

// Approval holds an award until a person approves.
type Approval struct {
	ID   string
	On   []string // empty means every source
	When diag.Text
	At   diag.Text

	onAt []diag.Text // the place of each source in On
}

// Void cancels what remains of open credits for which it holds.
type Void struct {
	ID   string
	When diag.Text
	At   diag.Text
}

// Guardrails hold every new award of a currency whose night is out of the ordinary.
type Guardrails struct {
	MaxAmountVsMedian money.Decimal // 0: not checked
	MedianDays        int
	MinHistory        int
	MaxAmount         money.ByCurrency
	At                diag.Text
}

// WithLeaf is the table as one constant, as its author would write it: a leaf
// with another text, at the same place.
func (t Table) WithLeaf(leaf string) Table {
	t.Leaf = leaf
	t.leafAt.Source = leaf
	return t
}

// Place is where a section stands that has no place of its own, such as
// min_award; empty where the rulebook does not have it.
func (b *Rulebook) Place(section string) diag.Text { return b.places[section] }
