package workspace

import (
	"fmt"
	"strings"

	"amends/rules/diag"
	"amends/rules/document"
)

// Codes of the diagnostics on amends.yaml.
const (
	codeSyntax       = "W001"
	codeUnknownKey   = "W002"
	codeDuplicateKey = "W003"
	codeWrongType    = "W004"
	codeMissingKey   = "W005"
	codeBadValue     = "W006"
	codeZone         = "W010"
	codeCurrency     = "W011"
	codeName         = "W012" // a name that cannot be one, or that two things have
	codePath         = "W013"
	codeRole         = "W014" // no role, or several, or columns that contradict it
	codeFailure      = "W015"
	codeLookback     = "W016"
	codeCron         = "W017"
	codeReference    = "W018"
	codeUnavailable  = "W019" // not in this version
)

var documentCodes = document.Codes{
	Syntax: codeSyntax, UnknownKey: codeUnknownKey, DuplicateKey: codeDuplicateKey,
	WrongType: codeWrongType, MissingKey: codeMissingKey, BadValue: codeBadValue,
}

const msgEmpty = "the file is empty"

func msgZone(name string) string { return fmt.Sprintf("there is no time zone %.60q", name) }

const hintZone = "zones have IANA names such as America/New_York or UTC"

func msgCurrency(code string) string { return fmt.Sprintf("%.20q is no currency", code) }

func msgConfirmAmount(text, code string) string {
	return fmt.Sprintf("%.40q is no amount of %s", text, code)
}

const hintCurrency = "currencies are ISO 4217 codes such as USD, GBP, JPY"

func msgCurrencyUnlisted(code string) string {
	return fmt.Sprintf("%s is not under currencies:, so every row would be rejected", code)
}

const msgNoCurrency = "the key \"currency\" is missing"

const hintNoCurrency = "name the column that holds it, or one constant such as USD"

func msgTwice(what, name string) string { return fmt.Sprintf("%s %.60q stands twice", what, name) }

func msgTaken(what, name string, first diag.Text) string {
	pos, _ := first.At(0)
	return fmt.Sprintf("%s %.60q is already on line %d", what, name, pos.Line)
}

func msgSourceName(name string) string {
	return fmt.Sprintf("the source's name %.60q has characters other than letters, digits, _ and -", name)
}

func msgRenamed(from, to string) string {
	return fmt.Sprintf("the column %.60q is renamed to %s", from, to)
}

const hintRenamed = "use its new name everywhere but under rename:"

func msgIdentifier(what, name string) string {
	return fmt.Sprintf("%s %.60q cannot be used as a name in expressions", what, name)
}

const hintIdentifier = "names are letters, digits and _, and do not begin with a digit"

func msgReserved(name string) string { return fmt.Sprintf("%q already means something in rules", name) }

func msgObjectStore(path string) string {
	return fmt.Sprintf("object stores (%.60s) are not available in this version", path)
}

const hintObjectStore = "name a folder of a local or mounted filesystem"

const msgSameFolder = "state and rules name the same folder"

func msgPlaceholder(text string) string {
	return fmt.Sprintf("unknown placeholder %.60s in a path", text)
}

const hintPlaceholder = "{date} is the only one; alternatives are written {a,b}"

func msgPattern(pattern string) string {
	return fmt.Sprintf("%.100q is no valid pattern of paths", pattern)
}

var roles = []string{"event", "dimension", "redemption", "external_credit"}

const msgNoRole = "the source does not say what it holds"

var hintNoRole = "add one of " + strings.Join(roles, ", ")

func msgTwoRoles(first, second string) string {
	return fmt.Sprintf("a source has one role, and this one has %s and %s", first, second)
}

func msgNotMoney(column string) string {
	return fmt.Sprintf("%.60q holds amounts, and money: does not say in which unit", column)
}

func hintNotMoney(column string) string {
	return fmt.Sprintf("add money: {%s: minor} for integers in cents, or major for decimals", column)
}

func msgNullableKey(column, what string) string {
	return fmt.Sprintf("%.60q is %s, which cannot be null", column, what)
}

const hintNullableKey = "rows without it are rejected; leave it out of nullable:"

func msgIncidentColumns(failure string, columns int, other string, otherColumns int) string {
	return fmt.Sprintf("incidents of the failure %.60q have %d key columns here and %d in %s, so they could never be the same", failure, columns, otherColumns, other)
}

func msgLookback(lookback, horizon int) string {
	return fmt.Sprintf("lookback_days: %d reaches behind horizon_days: %d", lookback, horizon)
}

func msgCron(spec, why string) string {
	return fmt.Sprintf("%.60q is no cron schedule: %.100s", spec, why)
}

const hintCron = "write five fields, minute hour day month weekday, such as \"30 2 * * *\""

const whyCronZone = "the zone is that of the workspace"

func msgCronNever(spec string) string { return fmt.Sprintf("the schedule %.60q never comes", spec) }

func msgDuration(text string) string {
	return fmt.Sprintf("expected a duration from 0s to %s, such as 3h or 45m, found %.40q", maxWait, text)
}

const (
	msgTwoURLs = "url and url_env both say where to, and there is one place"
	msgNoURL   = "nothing says where to notify"
	hintURLs   = "write url: https://…, or url_env: the name of an environment variable that holds it, where the URL is a secret"
)

func msgURL(text string) string {
	return fmt.Sprintf("expected an https:// or http:// URL without a password, found %.60q", text)
}

func msgVariable(text string) string {
	return fmt.Sprintf("%.60q cannot be the name of an environment variable", text)
}

func msgEvent(text string) string {
	return fmt.Sprintf("expected %s, found %.40q", strings.Join(NotifyEvents, ", "), text)
}

func msgTimeout(text string) string {
	return fmt.Sprintf("expected a duration from 1s to %s, such as 10s, found %.40q", maxNotifyTimeout, text)
}

func msgUnknownSource(name string) string { return fmt.Sprintf("there is no source %.60q", name) }

func msgNoEvents() string { return "no source has events, so there is nothing for rules to read" }

func msgPercent(found string) string {
	return fmt.Sprintf("expected a percentage from 0 to 100, found %s", found)
}
