package ruletest

import (
	"slices"

	"amends/rules/document"
)

var columnKinds = []string{"string", "int", "decimal", "bool", "time", "date"}

var (
	onKey        = document.Key{Name: "on", Shape: document.Shape{Names: document.SourceNames, Doc: "The source that the rows are of."}}
	dateKey      = document.Key{Name: "business_date", Shape: document.Shape{Kind: document.Day, Doc: "The night that is settled. At the top of the file it holds for every case."}}
	effectiveKey = document.Key{Name: "effective_date", Shape: document.Shape{Kind: document.Day, Default: "the day after the business date", Doc: "The day on which credits become usable."}}
)

// fileRecord is every key of a test file; the records below are those of its
// parts. The parser reads by them, and so do JSON Schemas and editors.
var fileRecord = &document.Record{What: "a test file", Keys: []document.Key{
	onKey, dateKey, effectiveKey,
	{Name: "columns", Shape: document.Shape{Kind: document.ByName, Names: document.RowNames,
		Each: &document.Shape{Kind: document.ByName, Names: document.ColumnNames, Each: &document.Shape{Kind: document.OneOf, Words: columnKinds}},
		Doc:  "Kinds of columns, by source: for tests without data files."}},
	{Name: "base", Shape: document.Shape{Kind: document.ByName, Names: document.RowNames,
		Each: &document.Shape{Kind: document.ByName, Each: rowShape, Doc: "Rows by name; the one called default is what a case begins with."},
		Doc:  "Named rows, by source or dimension: cases say only what differs."}},
	{Name: "accept", Shape: document.Shape{Kind: document.List, Each: &document.Shape{Kind: document.Map, Record: acceptRecord},
		Doc: "Changes of rules that no case need notice, each with the reason."}},
	{Name: "cases", Shape: document.Shape{Kind: document.List, Each: &document.Shape{Kind: document.Map, Record: caseRecord},
		Doc: "One thing that is to be, each."}},
}}

var acceptRecord = &document.Record{What: "an accepted change", Keys: []document.Key{
	{Name: "of", Needed: true, Shape: document.Shape{Doc: "What is changed, as the report names it."}},
	{Name: "change", Needed: true, Shape: document.Shape{Doc: "The change, as the report words it."}},
	{Name: "to", Shape: document.Shape{Doc: "What it is changed to."}},
	{Name: "because", Needed: true, Shape: document.Shape{Doc: "Why it makes no difference."}},
}}

// rowShape is a row: values by column. It may be left empty.
var rowShape = &document.Shape{Kind: document.Map, Or: &document.Shape{Kind: document.Nothing}, Record: &document.Record{What: "a row", Keys: []document.Key{
	onKey,
	{Name: "like", Shape: document.Shape{Names: document.BaseNames, Default: "default", Doc: "The name of the base row that it begins with."}},
}, Rest: &document.Shape{Kind: document.Value, Names: document.ColumnNames, Doc: "The value of a column; customer.tier is that of a dimension."}}}

var caseRecord = &document.Record{What: "a case", Keys: []document.Key{
	{Name: "case", Needed: true, Shape: document.Shape{Doc: "A sentence that says what is to be.", Examples: []string{"Prime members get ten percent"}}},
	onKey, dateKey, effectiveKey,
	{Name: "given", Shape: document.Shape{Kind: document.List, Each: rowShape, Or: rowShape, Default: "the base row",
		Doc: "What differs from the base row, or a list of rows.", Examples: []string{"{customer.tier: prime}"}}},
	{Name: "history", Shape: document.Shape{Kind: document.Map, Record: historyRecord, Doc: "What was before this night."}},
	{Name: "table", Shape: document.Shape{Doc: "A case for each line: what is given => what is expected.", Examples: []string{"item_price => rule | amount"}}},
	{Name: "expect", Shape: document.Shape{Kind: document.Map, Record: expectRecord,
		Or: &document.Shape{Kind: document.OneOf, Words: outcomes,
			Or: &document.Shape{Kind: document.List, Each: &document.Shape{Kind: document.Map, Record: expectRecord, Or: &document.Shape{Kind: document.OneOf, Words: outcomes}}}},
		Doc: "What comes of it: an outcome, what is issued, or a list with one for each row. What is not written is not looked at.", Examples: []string{"{rule: late, amount: 2.50 USD}", "unmatched"}}},
}}

var historyRecord = &document.Record{What: "a history", Keys: []document.Key{
	{Name: "credits", Shape: givens(awardedRecord, "Credits that amends gave.")},
	{Name: "external", Shape: givens(givenRecord, "Credits that others gave.")},
	{Name: "holds", Shape: givens(awardedRecord, "Awards that wait for a person.")},
	{Name: "settled", Shape: document.Shape{Kind: document.OneOf, Words: settledWords, Doc: "What already came of this very incident."}},
	{Name: "credit", Shape: document.Shape{Pattern: amountPattern, Doc: "The credit that this very incident already got, which rules below void: may take back.", Examples: []string{"5.00 USD"}}},
	{Name: "remaining", Shape: document.Shape{Pattern: amountPattern, Default: "all of it", Doc: "What is left of that credit.", Examples: []string{"2.00 USD"}}},
	{Name: "tonight", Shape: document.Shape{Pattern: amountPattern, Default: "nothing", Doc: "What other awards of the night took before, of every budget and of the guardrails.", Examples: []string{"1495.00 USD"}}},
}}

func givens(r *document.Record, doc string) document.Shape {
	return document.Shape{Kind: document.List, Each: &document.Shape{Kind: document.Map, Record: r}, Doc: doc}
}

var givenRecord = &document.Record{What: "something given", Keys: []document.Key{
	{Name: "on", Needed: true, Shape: document.Shape{Kind: document.Day, Doc: "The day on which it was given."}},
	{Name: "amount", Needed: true, Shape: document.Shape{Pattern: amountPattern, Doc: "How much, with its currency.", Examples: []string{"5.00 USD"}}},
	{Name: "customer", Shape: document.Shape{Default: "the row's", Doc: "To whom."}},
	{Name: "order", Shape: document.Shape{Default: "the row's", Doc: "For which order."}},
}}

// awardedRecord is what a rule gave.
var awardedRecord = &document.Record{What: "an earlier award", Keys: append(slices.Clip(givenRecord.Keys),
	document.Key{Name: "rule", Shape: document.Shape{Names: document.RuleNames, Default: "one that no limit names", Doc: "The rule that gave it."}})}

const amountPattern = `\s*-?[0-9]+(\.[0-9]+)?\s+[A-Z]{3}\s*`

// expectRecord has the keys of Fields, which hold for tables of cases too.
var expectRecord = func() *document.Record {
	r := &document.Record{What: "what is expected"}
	for _, field := range Fields {
		r.Keys = append(r.Keys, document.Key{Name: field, Shape: expectShapes[field]})
	}
	return r
}()

var expectShapes = map[string]document.Shape{
	FieldOutcome:   {Kind: document.OneOf, Words: outcomes, Default: Issued, Doc: "What becomes of the row."},
	FieldReason:    {Names: document.ReasonNames, Doc: "The reason code; of what is not issued, why."},
	FieldRule:      {Names: document.RuleNames, Doc: "The rule whose award wins."},
	FieldAmount:    {Pattern: amountPattern, Doc: "What is given, with its currency.", Examples: []string{"5.00 USD"}},
	FieldGross:     {Pattern: amountPattern, Doc: "What the rule would give, before limits.", Examples: []string{"5.00 USD"}},
	FieldTerms:     {Names: document.TermsNames, Doc: "The terms of the credit."},
	FieldFunding:   {Kind: document.OneOf, Words: []string{"platform", "seller"}, Doc: "Who bears the cost."},
	FieldExpires:   {Kind: document.Day, Doc: "The last day on which the credit can be used."},
	FieldMessage:   {Doc: "What the customer reads."},
	FieldMatched:   {Kind: document.Texts, Names: document.RuleNames, Doc: "Every rule that hits, in order."},
	FieldLimitedBy: {Kind: document.Texts, Doc: "The limits that made it less."},
	FieldCauses:    {Kind: document.Texts, Doc: "Why it waits for a person."},
	FieldWouldGive: {Kind: document.Texts, Doc: "Rules that hit, each with what it would give.", Examples: []string{"[late 2.50 USD]"}},
	FieldVoidedBy:  {Doc: "The rule below void: that takes back what is left of the history's credit; none where it stays.", Examples: []string{"charged-back"}},
}

// FileShape is what a test file may say.
func FileShape() *document.Shape {
	return &document.Shape{Kind: document.Map, Record: fileRecord,
		Doc: "Tests of rules: what is given, and what is to come of it. Run them with: amends test."}
}
