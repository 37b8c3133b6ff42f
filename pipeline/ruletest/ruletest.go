// Package ruletest is the tests that stand beside rules, as their authors write
// them: the format of *_test.yaml, what came of a case held against what was
// expected, coverage, mutants, and how all of it is shown. Its law: a case is
// decided by nothing but its own rows, history and date, and what it expects is
// said in the words that a run publishes. It also finds the numbers of a rulebook
// that can be tried at other values, as mutants and for sweeps.
//
// It decides nothing itself: whoever runs the cases takes their rows through the
// stages of a night, and hands back what came of them.
package ruletest

import (
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// File is one file of tests: its path relative to the workspace, with slashes,
// and its bytes.
type File struct {
	Path  string
	Bytes []byte
}

// Suite is every test of a workspace. Base rows and columns are shared by all
// files; cases stand in the order of files, and within a file as written.
type Suite struct {
	Files   []File
	Columns map[string]map[string]Declared // by source or dimension, then column
	Base    map[string]map[string]*Row     // by source or dimension, then name
	Cases   []*Case
	Accepts []Accept

	order map[string][]string // names of base rows as written
}

// Accept says of a change of the rules that no case needs to notice it, and why.
type Accept struct {
	At      diag.Text
	Of      string // as it is listed: rule late, table caps.late.USD
	Change  string // the words before the change, as they are listed
	To      string // the words after it; "" accepts every change of these words
	Because string
}

// Declared is a column whose kind a test file says, for a workspace without
// data.
type Declared struct {
	Kind ir.Kind
	At   diag.Text
}

// Case is one test: rows, what was before, and what is expected of each row.
type Case struct {
	Name      string
	At        diag.Text
	Date      calendar.Date
	Effective calendar.Date
	Rows      []*Row
	History   History
	Expect    []*Expect // as many as Rows
}

// Place is where the case stands.
func (c *Case) Place() diag.Pos {
	pos, _ := c.At.At(0)
	return pos
}

// Row is one row, by the names that rules use.
type Row struct {
	On    string
	OnAt  diag.Text
	Like  diag.Text // the base row to begin with; Source is "" for the default
	Cells []Cell
	At    diag.Text
}

// Cell is one value as written.
type Cell struct {
	Name   string // a column, dimension.field, or a dimension alone
	At     diag.Text
	Value  diag.Text
	Null   bool
	Quoted bool // a text whatever it looks like
}

// History is what earlier nights did.
type History struct {
	Credits  []Given // issued by earlier runs
	External []Given // given elsewhere
	Holds    []Given // waiting for a person
	Settled  string  // how an earlier run settled the first row's incident; "" where none did
	// Tonight is what other awards of the night took before: of every budget that
	// an award of the case falls under, and of the guardrails. Without a currency,
	// nothing.
	Tonight money.Amount
	// Credit is what an earlier run issued for the first row's incident, and
	// Remaining what is left of it, all of it without a currency: void rules see
	// them. Without a currency of Credit there is no such credit.
	Credit, Remaining money.Amount
}

// Given is something that a customer got before.
type Given struct {
	At       diag.Text
	On       calendar.Date
	Minor    int64
	Currency string
	Customer string // "" is the first row's
	Order    string // "" is none
	Rule     string // "" is one that no limit names

	ruleAt diag.Text
}

// Codes of the diagnostics on test files.
const (
	codeSyntax       = "T001"
	codeUnknownKey   = "T002"
	codeDuplicateKey = "T003"
	codeWrongType    = "T004"
	codeMissingKey   = "T005"
	codeBadValue     = "T006"
	codeTwice        = "T007"
	codeTable        = "T008"
	codeName         = "T010" // a source, column, base row or rule that does not exist
	codeValue        = "T011" // a value that its column cannot have
	codeLacks        = "T012" // a column that rules read and no row gives
	codeConflict     = "T013" // parts of a case that contradict each other
	codeEmpty        = "T015" // a file without a word; T014 is of declared columns
)
