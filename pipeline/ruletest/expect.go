package ruletest

import (
	"slices"
	"strings"

	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/money"
)

// What can be expected of a row, in the words of decisions.parquet and
// issuance.parquet.
const (
	FieldOutcome   = "outcome"
	FieldReason    = "reason" // of an issue the reason code, of a reject the code, of a hold its first cause
	FieldRule      = "rule"
	FieldAmount    = "amount"
	FieldGross     = "gross" // before limits
	FieldTerms     = "terms"
	FieldFunding   = "funding"
	FieldExpires   = "expires_on"
	FieldMessage   = "message"
	FieldMatched   = "matched_rules"
	FieldLimitedBy = "limited_by"
	FieldCauses    = "causes"
	FieldWouldGive = "would_give" // rules that hit, each with its gross: those that are listed are looked at
	FieldVoidedBy  = "voided_by"  // the void rule that takes the history's credit back, or none
)

// Fields are all of them, in the order in which they are shown.
var Fields = []string{
	FieldOutcome, FieldReason, FieldRule, FieldAmount, FieldGross, FieldTerms, FieldFunding, FieldExpires, FieldMessage,
	FieldMatched, FieldLimitedBy, FieldCauses, FieldWouldGive, FieldVoidedBy,
}

var listFields = []string{FieldMatched, FieldLimitedBy, FieldCauses, FieldWouldGive}

// The outcomes of a row. Nothing stands for every one that gives nothing and is
// no mistake in the data.
const (
	Issued      = "issued"
	Held        = "held"
	Suppressed  = "suppressed"
	Denied      = "denied"
	Unmatched   = "unmatched"
	Rejected    = "rejected"
	NotYet      = "not-yet"
	OutOfWindow = "out-of-window"
	Merged      = "merged"
	Nothing     = "nothing"
)

var outcomes = []string{Issued, Held, Suppressed, Denied, Unmatched, Rejected, NotYet, OutOfWindow, Merged, Nothing}

// Expect is what a case expects of one row. Fields that are not written are not
// looked at; an outcome that is not written is issued.
type Expect struct {
	At      diag.Text // empty where nothing is written
	Outcome string
	Fields  []Want // as written, the outcome among them where it is

	edit edit
}

// Written reports whether the author expects anything.
func (e *Expect) Written() bool { return e.Outcome != "" }

// Want is one expected field.
type Want struct {
	Field string
	At    diag.Text // of the key
	Text  diag.Text // of a single value
	List  []string  // of a list
}

// Want returns the expectation of a field.
func (e *Expect) Want(field string) (Want, bool) {
	i := slices.IndexFunc(e.Fields, func(w Want) bool { return w.Field == field })
	if i < 0 {
		return Want{}, false
	}
	return e.Fields[i], true
}

// expectations reads one for each row.
func (p *parser) expectations(node *document.Node, c *Case) []*Expect {
	if node == nil {
		all := make([]*Expect, len(c.Rows))
		for i := range all {
			all[i] = &Expect{At: c.At, edit: edit{kind: editAppend, at: p.caseAt, rows: len(c.Rows)}}
		}
		return all
	}
	if node.IsMap() || node.IsScalar() || node.IsNothing() {
		if len(c.Rows) > 1 {
			node.Report(codeWrongType, msgExpectList(len(c.Rows)), hintExpectList)
			return nil
		}
		if e := p.expect(node); e != nil {
			return []*Expect{e}
		}
		return nil
	}
	var all []*Expect
	items := node.Items("what is expected, or a list with one entry for each row")
	for _, item := range items {
		if e := p.expect(item); e != nil {
			all = append(all, e)
		}
	}
	if len(items) != len(c.Rows) {
		node.Report(codeWrongType, msgExpectCount(len(c.Rows), len(items)), hintExpectList)
	}
	return all
}

func (p *parser) expect(node *document.Node) *Expect {
	e := &Expect{At: node.At()}
	if node.IsScalar() || node.IsNothing() {
		word, ok := node.Word(outcomes...)
		if !ok {
			return nil
		}
		e.Outcome = word
		e.Fields = []Want{{Field: FieldOutcome, At: node.At(), Text: node.At()}}
		e.edit = edit{kind: editScalar}
		return e
	}
	f := node.Read(expectRecord)
	if f == nil {
		return nil
	}
	e.edit = edit{kind: editBlock}
	if node.IsFlow() {
		e.edit.kind = editFlow
	}
	for _, pair := range node.Pairs("what is expected") {
		if !slices.Contains(Fields, pair.Key) {
			continue
		}
		if w, ok := p.want(pair); ok {
			e.Fields = append(e.Fields, w)
		}
	}
	p.finish(e)
	return e
}

// finish fills in the outcome where it is not written.
func (p *parser) finish(e *Expect) {
	e.Outcome = Issued
	if w, ok := e.Want(FieldOutcome); ok {
		e.Outcome = w.Text.Source
	}
}

func (p *parser) want(pair document.Pair) (Want, bool) {
	w := Want{Field: pair.Key, At: pair.At}
	if slices.Contains(listFields, pair.Key) {
		if pair.Value.IsEmptyList() {
			w.List = []string{}
			return w, true
		}
		for _, text := range pair.Value.Texts("a list of names") {
			w.List = append(w.List, text.Source)
		}
		return w, len(w.List) > 0
	}
	text, ok := pair.Value.Text("a value")
	if !ok {
		return w, false
	}
	w.Text = text
	if message, hint := badWant(pair.Key, text.Source); message != "" {
		pair.Value.Report(codeBadValue, message, hint)
		return w, false
	}
	return w, true
}

const wantAmount = "an amount with its currency, such as 5.00 USD"

// badWant says what is wrong with an expected value, if anything is.
func badWant(field, text string) (message, hint string) {
	switch field {
	case FieldOutcome:
		if !slices.Contains(outcomes, text) {
			return msgOutcome(text), document.Suggestion(text, outcomes)
		}
	case FieldAmount, FieldGross:
		if _, err := parseAmount(text); err != nil {
			return msgAmount(text), ""
		}
	case FieldExpires:
		if !isDate(text) {
			return msgDate(text), ""
		}
	case FieldFunding:
		if text != "platform" && text != "seller" {
			return msgFunding(text), document.Suggestion(text, []string{"platform", "seller"})
		}
	}
	return "", ""
}

// parseAmount reads 5.00 USD.
func parseAmount(text string) (money.Amount, error) {
	number, code, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return money.Amount{}, money.ErrCurrency
	}
	return money.ParseAmount(number, strings.TrimSpace(code))
}
