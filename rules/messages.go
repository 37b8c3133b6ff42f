package rules

import (
	"fmt"
	"strings"

	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// Codes of the diagnostics on rulebooks. Those of expressions (R0xx) are
// check's.
const (
	codeSyntax       = "B001"
	codeUnknownKey   = "B002"
	codeDuplicateKey = "B003"
	codeWrongType    = "B004"
	codeMissingKey   = "B005"
	codeBadValue     = "B006"
	codeTwice        = "B010" // one thing in two places
	codeName         = "B011" // a name that cannot be one
	codeTerms        = "B012" // terms that nothing can satisfy
	codeCurrency     = "B013" // unknown currency, or digits that it does not have
	codeTableRule    = "B014" // a rule that does not go with its decision table
	codeReference    = "B020" // a source, terms, rule or key that does not exist
	codeClash        = "B021" // two things that rules would read by one name
	codeCap          = "B022" // an amount is missing for a currency that rows can have
	codeScope        = "B023" // counts by something that the source does not have
	codeMessage      = "B024" // a placeholder that has no value
	codeFunding      = "B025"
	codeAbsent       = "B026" // a rule on a source without files
	codeSellerNull   = "B027" // the seller pays, and may be missing
)

var documentCodes = document.Codes{
	Syntax: codeSyntax, UnknownKey: codeUnknownKey, DuplicateKey: codeDuplicateKey,
	WrongType: codeWrongType, MissingKey: codeMissingKey, BadValue: codeBadValue,
}

// place writes where a text stands, for a message about another place.
func place(at diag.Text) string {
	pos, _ := at.At(0)
	return fmt.Sprintf("%s:%d", pos.File, pos.Line)
}

func msgTwice(what string, first diag.Text) string {
	return fmt.Sprintf("%s is already at %s", what, place(first))
}

func msgFileTwice(path string) string { return fmt.Sprintf("the file %.100q is given twice", path) }

func msgID(id string) string {
	return fmt.Sprintf("the id %.60q has characters other than a-z, 0-9 and -", id)
}

const hintID = "ids are written like late-prime"

func msgReason(code string) string {
	return fmt.Sprintf("the reason %.60q is no code: it has other characters than letters, digits, _, - and .", code)
}

const hintReason = "reasons are written like DELIVERY_LATE; sentences go into message:"

func msgLongMessage(bytes int) string {
	return fmt.Sprintf("the message has %d bytes, and at most %d are sent", bytes, maxMessageBytes)
}

func msgIdentifier(what, name string) string {
	return fmt.Sprintf("%s %.60q cannot be used as a name in expressions", what, name)
}

const hintIdentifier = "names are letters, digits and _, and do not begin with a digit"

const (
	msgTableAmount  = "a rule has either a table or an amount"
	hintTableAmount = "the table's own columns say how much; when: may stand beside it, and must hold as well"
	hintTableName   = "name a CSV file in the folder of this file, such as damaged.csv"
	hintNoTable     = "save the table as a CSV file of that name in the folder of this file"

	msgOneSource = "expected the name of one source"
	hintRuleOn   = "write one rule for each source"
)

func msgWithoutTable(key string) string { return key + ": is for rules with a table" }

func msgTableName(name string) string { return fmt.Sprintf("%.60q is no CSV file", name) }

func msgTableOutside(name string) string {
	return fmt.Sprintf("the table %.60q is outside the rules folder", name)
}

func msgNoTable(path string) string { return fmt.Sprintf("there is no file %.100q", path) }

func msgUntil(until, from fmt.Stringer) string {
	return fmt.Sprintf("the rule ends (until: %s) before it begins (from: %s)", until, from)
}

const (
	msgNoExpiry       = "the terms do not say when a credit expires"
	hintNoExpiry      = "add valid_days: or expires_on:"
	msgTwoExpiries    = "valid_days and expires_on exclude each other"
	hintTwoExpiries   = "keep one; with expires_on, min_valid_days: gives late credits more time"
	msgMinValidDays   = "min_valid_days has no effect without expires_on"
	hintMinValidDays  = "with valid_days every credit has the same time"
	msgLimitNothing   = "the limit limits nothing"
	hintLimitNothing  = "add max_count: or max_amount:"
	msgGuardNothing   = "the guardrails guard nothing"
	hintGuardNothing  = "add max_amount_vs_median: or max_amount:"
	msgNoCategories   = "categories: says nothing"
	hintNoCategories  = "add only: or except: with a list of categories"
	msgStandardTerms  = `the rule names no terms, and there are no terms named "standard"`
	hintStandardTerms = "add terms: to the rule, or standard: under terms:"
)

func msgRemind(remind, valid int) string {
	return fmt.Sprintf("a reminder %d days before the end comes before a credit of %d days begins", remind, valid)
}

func msgBothCategories(category string) string {
	return fmt.Sprintf("the category %.60q is under only: and under except:", category)
}

func msgExpired(terms string, expires, from fmt.Stringer) string {
	return fmt.Sprintf("credits of this rule are born expired: its terms %q expire on %s, and it begins on %s", terms, expires, from)
}

func msgUnknownCurrency(code string) string { return fmt.Sprintf("%.20q is no currency", code) }

const hintCurrency = "currencies are ISO 4217 codes such as USD, GBP, JPY"

func msgDigits(text, code string, digits int) string {
	return fmt.Sprintf("%.40s %s has more digits after the point than the currency, which has %d", text, code, digits)
}

func msgAmount(text, code string) string { return fmt.Sprintf("%.40s %s is too large", text, code) }

func msgNegative(text string) string {
	return fmt.Sprintf("expected an amount that is not negative, found %.40s", text)
}

func msgSellerMayBeNull(column string) string {
	return fmt.Sprintf("%s may be null, and a row without a seller that this rule hits is rejected", column)
}

func hintSellerMayBeNull(column string) string {
	return fmt.Sprintf(`write funding: '%s == nil ? "platform" : "seller"', or let the rule hit only where %s != nil`, column, column)
}

func msgAbsentSource(rule, source string) string {
	return fmt.Sprintf("the source %s has no file yet, so the rule %s is left out", source, rule)
}

func msgUnknownSource(name string) string { return fmt.Sprintf("there is no event source %.60q", name) }

func msgNoSource(names []string) string {
	if len(names) == 0 {
		return "the workspace has no event sources"
	}
	return "the event sources are " + strings.Join(names, ", ")
}

func hintDimension(d *Dimension, names []string) string {
	column := "column"
	if len(d.Columns) > 0 {
		column = d.Columns[len(d.Columns)-1].Name
	}
	return fmt.Sprintf("%s is a dimension: rules on an event source read it as %s.%s; %s", d.Name, d.Name, column, msgNoSource(names))
}

func msgUnknownTerms(name string) string { return fmt.Sprintf("there are no terms named %.60q", name) }

func msgUnknownRule(id string) string { return fmt.Sprintf("there is no rule %.60q", id) }

func msgClash(name, what, other string) string {
	return fmt.Sprintf("%s %.60q has the name of %s", what, name, other)
}

const (
	hintClash          = "rename one of them: an expression could mean either"
	hintClashColumn    = "give the column another name with rename:"
	hintClashDimension = "give the dimension another name with as:, or the column with rename:"
)

func hintClashOf(what string) string {
	switch what {
	case "the column":
		return hintClashColumn
	case "the dimension":
		return hintClashDimension
	}
	return hintClash
}

func msgCap(what string, missing []string) string {
	return fmt.Sprintf("%s names no amount in %s, which rows can have", what, strings.Join(missing, ", "))
}

func hintCap(missing []string) string {
	return fmt.Sprintf("add %s: to it; an award without a cap in its currency is held", missing[0])
}

func msgSellerBudget(sources []string) string {
	return fmt.Sprintf("the budget counts per seller, and %s has no seller", strings.Join(sources, ", "))
}

func msgSellerFunding(source string) string {
	return fmt.Sprintf("the seller cannot fund this rule: %s has no seller", source)
}

func hintSeller(source string) string {
	return fmt.Sprintf("name the column that holds it: seller: under %s in amends.yaml", source)
}

func msgBrace(brace string) string { return fmt.Sprintf("a %s without its partner", brace) }

const hintBrace = "write {{ and }} for braces that are meant literally"

func msgPlaceholderName(text string) string {
	return fmt.Sprintf("the placeholder {%.60s} is not a plain name", text)
}

const hintPlaceholderName = "give the expression a name under define: and use that"

func msgPlaceholderUnknown(name string) string {
	return fmt.Sprintf("there is no {%.60s} for messages", name)
}

const hintPlaceholders = "a message can have {amount}, {expires_on}, {order}, {customer}, {seller}, {source}, {reason}, columns and definitions"

func msgPlaceholderAbsent(name, source string) string {
	return fmt.Sprintf("the placeholder {%s} has no value: %s has no %s", name, source, name)
}

func msgPlaceholderNull(name string) string {
	return fmt.Sprintf("{%.60s} may be null, and a message cannot say nothing", name)
}

func hintPlaceholderNull(name string, kind ir.Kind) string {
	as := strings.ReplaceAll(name, ".", "_")
	switch kind {
	case ir.String:
		return fmt.Sprintf("define a name with a fallback, such as %s_text: %s ?? \"...\"", as, name)
	case ir.Int, ir.Decimal, ir.Money:
		return fmt.Sprintf("define a name with a fallback, such as %s_or_none: %s ?? 0", as, name)
	}
	return fmt.Sprintf("define a name with a fallback, such as %s_or_other: %s ?? other, where other always has a value", as, name)
}

func msgOnSource(message string, sources []string) string {
	return message + " (on " + strings.Join(sources, ", ") + ")"
}

func hintAddOn(fitting []string) string {
	return fmt.Sprintf("add on: [%s] to apply it only there", strings.Join(fitting, ", "))
}

func msgConstantFunding(found string) string {
	return fmt.Sprintf("funding is platform or seller, not %.60q", found)
}

const hintConstantFunding = "write platform, seller, or an expression such as seller_id == nil ? \"platform\" : \"seller\""

const hintDefineOrder = "a definition can only use those above it"

func hintTable(missing []string, where string) string {
	if where != "" {
		where = " (" + where + ")"
	}
	return fmt.Sprintf("add %s: to it%s, or name the currencies that rows can have under currencies: in amends.yaml", missing[0], where)
}
