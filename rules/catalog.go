package rules

import (
	"amends/rules/diag"
	"amends/rules/ir"
)

// Catalog is what rules may read: the sources that rules can be `on`, and the
// dimensions that join to them, with the columns that their files have. The
// pipeline builds it from amends.yaml and the files' schemas; names are already
// as rules see them, after `rename`.
type Catalog struct {
	Sources    []Source    // sorted by name
	Dimensions []Dimension // sorted by name
	// Absent are event sources that have no file yet: their columns are not
	// known, and rules on them are left out with a warning.
	Absent []string
	// Currencies that rows may have: amends.yaml's `currencies`, or those of its
	// constant currencies; empty where the workspace does not say.
	Currencies []string
}

// Source is one event source.
type Source struct {
	Name     string
	Columns  []Column
	Currency string // the one currency of every row; "" where a column says
	// Column names of the event's parts, as rules see them; "" where absent.
	CurrencyColumn, Order, Customer, Seller, Since, Value, Zone string
	At                                                          diag.Text // the expression of `at`
}

// Dimension is a table joined by key, read as name.column.
type Dimension struct {
	Name     string
	At       diag.Text // where it is named, for diagnostics; may be empty
	On       string    // the event's column that holds the key
	Columns  []Column
	Required bool // a missing row is a fault, not a null
}

// Column is one readable column.
type Column struct {
	Name string
	Type ir.Type
}
