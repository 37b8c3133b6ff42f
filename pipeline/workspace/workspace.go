// Package workspace reads amends.yaml: where the data lies, what its columns
// mean, and how a night is run. A Workspace that Parse returns without an error
// is whole and consistent in itself; whether the files have the columns that it
// names is for those who read them, which is why every name keeps its place.
// Nothing here opens a file or reads a clock.
package workspace

import (
	"time"

	"amends/rules/diag"
	"amends/rules/money"
)

// Workspace is amends.yaml.
type Workspace struct {
	File        string
	Timezone    string         // IANA name
	Location    *time.Location // of Timezone, from the embedded zone data
	State       string         // folder of the ledger and the published runs; default "state"
	Rules       string         // folder of the rulebook; default "rules"
	HorizonDays int            // how far back history is remembered; default 400
	Currencies  []string       // that rows may have, sorted; empty: any
	Sources     []Source       // sorted by name
	Checks      map[string]Check
	GraceDays   int // between expiry and forfeiture; default 2
	Accounts    Accounts
	// ConfirmAbove are the sums, in minor units, above which a second person
	// confirms a void or a reversal; nil where one person's word is enough. A
	// currency that it does not name has the bound zero.
	ConfirmAbove money.ByCurrency
	Schedule     *Schedule   // nil where runs are started by hand
	Notify       *Notify     // nil where nobody is told
	ReportBy     []diag.Text // columns that reports break totals down by
	ReportCSV    bool        // a CSV file beside each published Parquet file
}

// Source is one set of files. Exactly one of Event, Dimension, Redemption and
// ExternalCredit is set. Columns are named as rules see them, after Rename.
type Source struct {
	Name           string
	At             diag.Text // the name's place
	Files          diag.Text // a pattern of paths, with {date} or without
	LookbackDays   int       // also the files, or rows, of so many days before
	Optional       bool      // missing files are no failure
	Event          *Event
	Dimension      *Dimension
	Redemption     *Redemption
	ExternalCredit *ExternalCredit
	Currency       string    // the one currency of every row; "" where a column says, or nothing does
	CurrencyColumn diag.Text // Source is "" where Currency says, or nothing does
	Money          []MoneyColumn
	Nullable       []diag.Text // columns that may be null
	Renames        []Rename
	Timestamps     string // zone of timestamps stored without one; default UTC
	TimestampsIn   *time.Location
}

// Event makes a source one that rules can be `on`. Of the optional columns,
// Source is "" where amends.yaml names none.
type Event struct {
	ID       []diag.Text
	Version  diag.Text // optional
	Failure  string    // default: the source's name
	Incident []diag.Text
	Order    diag.Text // optional
	Customer diag.Text
	Seller   diag.Text // optional
	Since    diag.Text
	At       diag.Text // an expression
	Value    diag.Text
	Zone     diag.Text // optional
}

// Dimension is a table that rows join by key; rules read it as As.column.
type Dimension struct {
	As       diag.Text
	Key      diag.Text // the dimension's own column
	On       diag.Text // the event's column
	Required bool      // default true: a missing row is a fault, not a null
}

// Redemption is a source of what customers spent.
type Redemption struct{ ID, Credit, Customer, Amount, At diag.Text }

// ExternalCredit is a source of compensation given elsewhere. Order is
// optional.
type ExternalCredit struct{ ID, Customer, Order, Amount, At diag.Text }

// Unit says what the numbers of a money column count.
type Unit uint8

// The units of money columns.
const (
	Minor Unit = iota + 1 // integers: cents, yen, fils
	Major                 // decimals or doubles: dollars, yen, dinars
)

// MoneyColumn is a column that holds amounts in the row's currency.
type MoneyColumn struct {
	Column diag.Text
	Unit   Unit
}

// Rename gives a column of the file the name that rules read.
type Rename struct{ From, To diag.Text }

// Check is what a source's rows must satisfy, or the run stops.
type Check struct {
	MinRows             int
	MaxRejectPercent    money.Decimal // of the rows read; with HasMaxRejectPercent
	HasMaxRejectPercent bool
	At                  diag.Text
}

// Accounts are the names in the journal columns of postings: what credits cost,
// what is owed, what expired unused, and what customers spent.
type Accounts struct{ Expense, Liability, Breakage, Clearing string }

// Schedule is when `serve` runs a night.
type Schedule struct {
	Cron         string // five fields, in the workspace's zone
	WaitForFiles time.Duration
}

// Source returns the source of a name, or nil.
func (w *Workspace) Source(name string) *Source {
	for i := range w.Sources {
		if w.Sources[i].Name == name {
			return &w.Sources[i]
		}
	}
	return nil
}

// Columns returns every column that amends.yaml names for the source, each time
// that it does, with its place; as rules see them, after Renames. What `at`
// reads is not among them.
func (s *Source) Columns() []diag.Text {
	var all []diag.Text
	add := func(columns ...diag.Text) {
		for _, column := range columns {
			if column.Source != "" {
				all = append(all, column)
			}
		}
	}
	if e := s.Event; e != nil {
		add(e.ID...)
		add(e.Version)
		add(e.Incident...)
		add(e.Order, e.Customer, e.Seller, e.Since, e.Value, e.Zone)
	}
	if d := s.Dimension; d != nil {
		add(d.Key)
	}
	if r := s.Redemption; r != nil {
		add(r.ID, r.Credit, r.Customer, r.Amount, r.At)
	}
	if x := s.ExternalCredit; x != nil {
		add(x.ID, x.Customer, x.Order, x.Amount, x.At)
	}
	add(s.CurrencyColumn)
	for _, m := range s.Money {
		add(m.Column)
	}
	add(s.Nullable...)
	return all
}

// Unit returns what a money column counts, and false for every other column.
func (s *Source) Unit(column string) (Unit, bool) {
	for _, m := range s.Money {
		if m.Column.Source == column {
			return m.Unit, true
		}
	}
	return 0, false
}

// IsNullable reports whether a column may be null.
func (s *Source) IsNullable(column string) bool { return named(s.Nullable, column) }

// NameOf returns the name that rules read for a column of the file.
func (s *Source) NameOf(fileColumn string) string {
	for _, r := range s.Renames {
		if r.From.Source == fileColumn {
			return r.To.Source
		}
	}
	return fileColumn
}

// isNewName reports whether a column gets the name by renaming.
func (s *Source) isNewName(name string) bool {
	for _, r := range s.Renames {
		if r.To.Source == name {
			return true
		}
	}
	return false
}

func named(texts []diag.Text, name string) bool {
	for _, text := range texts {
		if text.Source == name {
			return true
		}
	}
	return false
}
