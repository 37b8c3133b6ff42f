package rules

import (
	"amends/rules/document"
	"amends/rules/grid"
)

// idPattern, identifierPattern and reasonPattern are what validID,
// validIdentifier and validReason accept.
const (
	idPattern         = `[a-z0-9-]{1,100}`
	identifierPattern = `[A-Za-z_][A-Za-z0-9_]{0,99}`
	reasonPattern     = `[A-Za-z0-9_.-]{1,100}`
)

// fileRecord is every key of a rulebook file; the records below are those of its
// entries. The parser reads by them, and so do JSON Schemas and editors.
var fileRecord = &document.Record{What: "a rulebook file", Keys: []document.Key{
	{Name: "combine", Shape: document.Shape{Kind: document.OneOf, Words: []string{"highest", "sum"}, Default: "highest",
		Doc: "How the incidents of one order add up: the highest award counts, less what the order already got, or the sum of all."}},
	{Name: "tables", Shape: document.Shape{Kind: document.ByName, Pattern: identifierPattern, Each: &document.Shape{Kind: document.Tree},
		Doc:      "Constants by key, for expressions: caps.late[currency]. A table may stand in several files, with other keys in each.",
		Examples: []string{"{caps: {late: {USD: 10.00, JPY: 1500}}}"}}},
	{Name: "define", Shape: document.Shape{Kind: document.ByName, Names: document.SourceNames, Each: definitions,
		Doc: "Expressions with a name, by source: every expression of the source may use the name."}},
	{Name: "terms", Shape: document.Shape{Kind: document.ByName, Pattern: idPattern, Each: &document.Shape{Kind: document.Map, Record: termsRecord},
		Doc: "The conditions of credits, by name. Rules that name none have those called standard."}},
	{Name: "exclude", Shape: listOf(exclusionRecord, "Events that deliberately get nothing, although a rule hits them. The id of the first that holds is the reason.")},
	{Name: "rules", Shape: listOf(ruleRecord, "What earns a credit, and how much. Of several rules that hit one incident the highest award wins.")},
	{Name: "limits", Shape: listOf(limitRecord, "Caps per customer or order, over so many days.")},
	{Name: "budgets", Shape: listOf(budgetRecord, "Caps on what one night spends: in total, per rule or per seller.")},
	{Name: "approval", Shape: listOf(approvalRecord, "Awards that wait for a person. `amount` is the award after limits.")},
	{Name: "hold_days", Shape: days(1, "14", "How many days an award waits for a person before it lapses.")},
	{Name: "min_award", Shape: amounts("Awards below this are not given.")},
	{Name: "void", Shape: listOf(voidRecord, "Open credits whose rest is taken back each night, as far as the condition holds.")},
	{Name: "guardrails", Shape: document.Shape{Kind: document.Map, Record: guardrailsRecord,
		Doc: "Out of the ordinary, a night holds every new award of the currency until a person looks."}},
}}

var definitions = &document.Shape{Kind: document.ByName, Pattern: identifierPattern,
	Each:     &document.Shape{Kind: document.Expression, Doc: "An expression of this source."},
	Examples: []string{`{days_late: "days_between(promised_at, delivered_at ?? as_of)"}`}}

func listOf(r *document.Record, doc string) document.Shape {
	return document.Shape{Kind: document.List, Each: &document.Shape{Kind: document.Map, Record: r}, Doc: doc}
}

func days(low int, otherwise, doc string) document.Shape {
	return document.Shape{Kind: document.Whole, Low: low, High: maxDays, Default: otherwise, Doc: doc}
}

func amounts(doc string) document.Shape {
	return document.Shape{Kind: document.Amounts, Doc: doc, Examples: []string{"{USD: 10.00, JPY: 1500}"}}
}

func idKey(doc string) document.Key {
	return document.Key{Name: "id", Needed: true, Shape: document.Shape{Pattern: idPattern, Doc: doc + " Lower-case letters, digits and hyphens."}}
}

func whenKey(doc, example string) document.Key {
	return document.Key{Name: "when", Needed: true, Shape: document.Shape{Kind: document.Expression, Doc: doc, Examples: []string{example}}}
}

var onAnyKey = document.Key{Name: "on", Shape: document.Shape{Kind: document.Texts, Names: document.SourceNames, Default: "every source",
	Doc: "The sources that it looks at: one, or a list."}}

// onlyRulesKey is of what counts the awards of some rules alone.
func onlyRulesKey(besides, doc string) document.Key {
	otherwise := "every rule"
	if besides != "" {
		otherwise += ", and " + besides
	}
	return document.Key{Name: "rules", Shape: document.Shape{Kind: document.Texts, Names: document.RuleNames, Pattern: idPattern, Default: otherwise,
		Doc: doc, Examples: []string{"same-day-late", "[late-prime, late]"}}}
}

var ruleRecord = &document.Record{What: "a rule", Keys: []document.Key{
	idKey("The rule's name, in reports and beside every credit."),
	{Name: "on", Needed: true, Shape: document.Shape{Names: document.SourceNames, Doc: "The source whose events the rule looks at."}},
	{Name: "when", Shape: document.Shape{Kind: document.Expression, Examples: []string{"days_late >= 1"},
		Doc: "The condition under which the rule hits an event. Needed, unless there is a decision table."}},
	{Name: "amount", Shape: document.Shape{Kind: document.Expression, Examples: []string{"min(0.10 * item_price, 10.00)"},
		Doc: "What the rule would give, rounded once at the end. Needed, unless there is a decision table."}},
	{Name: "table", Shape: document.Shape{Names: document.TableFiles, Pattern: `.*\.csv`, Examples: []string{"damaged.csv"},
		Doc: "A decision table, a CSV file beside this one: its rows are conditions and amounts. It stands in place of amount."}},
	{Name: "hits", Shape: document.Shape{Kind: document.OneOf, Words: grid.HitsWords(), Default: grid.HitsWords()[0],
		Doc: "Which row of the decision table counts where several hit."}},
	{Name: "gaps", Shape: document.Shape{Kind: document.OneOf, Words: []string{"reported", "allowed"}, Default: "reported",
		Doc: "Whether cases that no row of the decision table covers are reported."}},
	{Name: "reason", Needed: true, Shape: document.Shape{Names: document.ReasonNames, Pattern: reasonPattern, Examples: []string{"DELIVERY_LATE"},
		Doc: "The reason code that goes out with the credit."}},
	{Name: "terms", Shape: document.Shape{Names: document.TermsNames, Default: defaultTerms, Doc: "The terms of the credits: a name below terms."}},
	{Name: "funding", Shape: document.Shape{Kind: document.Expression, Words: []string{"platform", "seller"}, Default: "platform",
		Doc:      "Who bears the cost: platform, seller, or an expression that gives one of them.",
		Examples: []string{`seller_id != nil ? "seller" : "platform"`}}},
	{Name: "priority", Shape: document.Shape{Kind: document.Whole, Low: -maxPriority, High: maxPriority, Default: "100",
		Doc: "Lower goes first where a budget is short."}},
	{Name: "mode", Shape: document.Shape{Kind: document.OneOf, Words: []string{"live", "shadow"}, Default: "live",
		Doc: "A shadow rule is tried and reported, and gives nothing."}},
	{Name: "from", Shape: document.Shape{Kind: document.Day, Doc: "The first business date on which the rule is tried."}},
	{Name: "until", Shape: document.Shape{Kind: document.Day, Doc: "The last business date on which the rule is tried."}},
	{Name: "uncapped", Shape: document.Shape{Kind: document.Truth, Default: "false", Doc: "Whether an award may exceed the event's value."}},
	{Name: "message", Shape: document.Shape{Kind: document.Message,
		Doc:      "What the customer reads. Names of columns and of entries of define stand in braces; {amount} and {expires_on} are those of the credit.",
		Examples: []string{"We are sorry that order {order_id} came late. {amount} is in your account until {expires_on}."}}},
}}

var exclusionRecord = &document.Record{What: "an exclusion", Keys: []document.Key{
	idKey("The reason that reports show."), onAnyKey,
	whenKey("The condition under which an event gets nothing.", "customer.abuse_flag"),
}}

var approvalRecord = &document.Record{What: "an approval", Keys: []document.Key{
	idKey("Why the award waits, as reports show it."), onAnyKey,
	whenKey("The condition under which an award waits; `amount` is the award after limits.", "amount > 20.00"),
}}

var voidRecord = &document.Record{What: "a void rule", Keys: []document.Key{
	idKey("The reason that reports show."),
	whenKey("The condition on an open credit and its customer, order or seller under which its rest is taken back.", "customer.abuse_flag"),
}}

var limitRecord = &document.Record{What: "a limit", Keys: []document.Key{
	idKey("The limit's name, as reports show it."),
	{Name: "per", Needed: true, Shape: document.Shape{Kind: document.OneOf, Words: []string{"customer", "order"}, Doc: "Whose credits are counted together."}},
	onlyRulesKey("what others gave counts too", "The rules whose credits count, and whose awards it bounds: one, or a list. What was given elsewhere is of no rule."),
	{Name: "window_days", Shape: days(1, "as far back as the horizon", "How many days back credits count.")},
	{Name: "max_count", Shape: document.Shape{Kind: document.Whole, Low: 0, High: maxPriority, Doc: "The most credits within the window."}},
	{Name: "max_amount", Shape: amounts("The most that they may add up to within the window.")},
	{Name: "exceed", Needed: true, Shape: document.Shape{Kind: document.OneOf, Words: []string{"trim", "deny", "hold"},
		Doc: "What happens above it: trim gives what is left, deny gives nothing, hold waits for a person."}},
}}

var budgetRecord = &document.Record{What: "a budget", Keys: []document.Key{
	idKey("The budget's name, as reports show it."),
	{Name: "per", Needed: true, Shape: document.Shape{Kind: document.OneOf, Words: []string{"run", "rule", "seller"}, Doc: "What is counted together: the whole night, each rule or each seller."}},
	onlyRulesKey("", "The rules whose awards spend from it: one, or a list."),
	{Name: "max_amount", Needed: true, Shape: amounts("The most that one night may give.")},
	{Name: "exceed", Needed: true, Shape: document.Shape{Kind: document.OneOf, Words: []string{"hold", "deny"},
		Doc: "What happens above it: hold waits for a person, deny gives nothing."}},
}}

var guardrailsRecord = &document.Record{What: "guardrails", Keys: []document.Key{
	{Name: "max_amount_vs_median", Shape: document.Shape{Kind: document.Number, Examples: []string{"3.0"},
		Doc: "A night above so many times the median of the nights before it is out of the ordinary."}},
	{Name: "median_days", Shape: days(1, "28", "Over how many nights the median is taken.")},
	{Name: "min_history", Shape: days(1, "7", "How many nights there must be before the median counts.")},
	{Name: "max_amount", Shape: amounts("A night above this is out of the ordinary, whatever the nights before it gave.")},
}}

var termsRecord = &document.Record{What: "terms", Keys: []document.Key{
	{Name: "valid_days", Shape: days(1, "", "How many days a credit can be used. Either this or expires_on.")},
	{Name: "expires_on", Shape: document.Shape{Kind: document.Day, Doc: "The last day on which a credit can be used. Either this or valid_days."}},
	{Name: "min_valid_days", Shape: days(1, "", "With expires_on: a credit can be used for at least so many days.")},
	{Name: "min_purchase", Shape: amounts("The smallest order that a credit can be used for.")},
	{Name: "categories", Shape: document.Shape{Kind: document.Map, Record: categoriesRecord, Doc: "What a credit can be used for."}},
	{Name: "sold_by", Shape: document.Shape{Kind: document.OneOf, Words: []string{"first-party", "third-party"}, Default: "both",
		Doc: "Whose goods a credit can be used for."}},
	{Name: "stackable", Shape: document.Shape{Kind: document.Truth, Default: "true", Doc: "Whether it can be used together with other credits."}},
	{Name: "remind_days", Shape: days(0, "0", "How many days before its end the customer is reminded; 0 is never.")},
}}

var categoriesRecord = &document.Record{What: "categories", Keys: []document.Key{
	{Name: "only", Shape: document.Shape{Kind: document.Texts, Doc: "The categories that it can be used for."}},
	{Name: "except", Shape: document.Shape{Kind: document.Texts, Doc: "The categories that it cannot be used for."}},
}}

// FileShape is what a rulebook file may say.
func FileShape() *document.Shape {
	return &document.Shape{Kind: document.Map, Record: fileRecord,
		Doc: "Rules of amends: which failures earn a credit, how much, and within which limits. After a change: amends check."}
}
