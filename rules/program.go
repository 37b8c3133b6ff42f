package rules

import (
	"sync"

	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/vm"
)

// Program is a checked Rulebook: every expression typed, every name resolved to
// a slot. It is immutable and safe for concurrent use.
type Program struct {
	Book    *Rulebook
	Sources map[string]*SourceProgram // one for each source of the catalog
	Voids   *VoidProgram              // never nil
}

// SourceProgram is what runs on the rows of one source. All its expressions
// read the same slots, by index.
type SourceProgram struct {
	Name       string
	Defines    map[string]ir.Type // of every definition of the source, used or not
	Slots      []ir.Slot          // only what some expression reads; in order of first use
	At         *Expr              // the instant when severity is final
	Rules      []RuleProgram
	Exclusions []GuardProgram
	Approvals  []GuardProgram // may read the slot `amount`: the award after limits
}

// RuleProgram is one rule of a source, in rulebook order.
type RuleProgram struct {
	Index   int   // in Book.Rules: the order of the whole rulebook
	Rule    *Rule // in Book.Rules
	When    *Expr // bool
	Amount  *Expr // money
	Funding *Expr // string; platform or seller
	Message []MessagePart
	Table   *TableProgram // nil where the rule has no decision table
}

// GuardProgram is an exclusion or approval as it reads on one source.
type GuardProgram struct {
	ID   string
	When *Expr // bool
}

// VoidProgram is the void rules, evaluated on open credits: their slots are
// dimensions that join on the credit's customer, order or seller, and amount,
// remaining, currency, as_of, business_date.
type VoidProgram struct {
	Slots []ir.Slot
	Voids []GuardProgram
}

// MessagePart is literal text, or a placeholder: an expression, or one of the
// facts known only once the award is resolved ({amount}, {expires_on}).
type MessagePart struct {
	Literal string
	Expr    *Expr  // nil where Literal or Fact is set
	Fact    string // "amount" or "expires_on"
}

// Expr is one checked expression with its evaluator.
type Expr struct {
	Text  diag.Text
	Node  ir.Node
	Reads []int // the slots it reads, ascending
	eval  func() evaluator
}

// evaluator is the reference evaluator of one expression, or why there is none.
type evaluator struct {
	program *vm.Program
	fault   *ir.Fault
}

// evaluated gives the expression its evaluator, which is made when a row is
// first evaluated: a check, and most of a night, ask for none.
func (e *Expr) evaluated(slots []ir.Slot) {
	e.eval = sync.OnceValue(func() evaluator {
		program, err := vm.Compile(e.Node, slots)
		if err != nil { // unreachable: a checked expression reads its own slots
			return evaluator{fault: &ir.Fault{Code: ir.OutOfDomain, Detail: err.Error()}}
		}
		return evaluator{program: program}
	})
}

// Eval evaluates the expression on a row whose Values follow the slots of its
// source. Exactly one of the results counts: a nil fault means the value.
func (e *Expr) Eval(row *ir.Row) (ir.Value, *ir.Fault) {
	eval := e.eval()
	if eval.fault != nil {
		return ir.Value{}, eval.fault
	}
	return eval.program.Eval(row)
}
