package workspace

import (
	"amends/rules/document"
)

// maxCheckRows bounds min_rows.
const maxCheckRows = 1_000_000_000_000

const (
	namePattern       = `[A-Za-z0-9_-]{1,100}`
	identifierPattern = `[A-Za-z_][A-Za-z0-9_]{0,99}`
	durationPattern   = `([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+`
)

var unitWords = []string{"minor", "major"}

func columnKey(name string, needed bool, doc string) document.Key {
	return document.Key{Name: name, Needed: needed, Shape: document.Shape{Names: document.ColumnNames, Doc: doc}}
}

func columnsKey(name string, needed bool, doc string) document.Key {
	return document.Key{Name: name, Needed: needed, Shape: document.Shape{Kind: document.Texts, Names: document.ColumnNames, Doc: doc}}
}

func textKey(name string, needed bool, doc string, examples ...string) document.Key {
	return document.Key{Name: name, Needed: needed, Shape: document.Shape{Doc: doc, Examples: examples}}
}

func wholeKey(name string, low, high int, otherwise, doc string) document.Key {
	return document.Key{Name: name, Shape: document.Shape{Kind: document.Whole, Low: low, High: high, Default: otherwise, Doc: doc}}
}

func truthKey(name, otherwise, doc string) document.Key {
	return document.Key{Name: name, Shape: document.Shape{Kind: document.Truth, Default: otherwise, Doc: doc}}
}

func mapKey(name string, r *document.Record, doc string) document.Key {
	return document.Key{Name: name, Shape: document.Shape{Kind: document.Map, Record: r, Doc: doc}}
}

// workspaceRecord is every key of amends.yaml; the records below are those of
// its parts. The parser reads by them, and so do JSON Schemas and editors.
var workspaceRecord = &document.Record{What: "a workspace", Keys: []document.Key{
	textKey("timezone", true, "The zone whose days and midnights count, by its IANA name.", "America/New_York", "Europe/Berlin", "UTC"),
	{Name: "state", Shape: document.Shape{Default: "state", Doc: "The folder of the ledger and of what each night publishes: keep it, back it up."}},
	{Name: "rules", Shape: document.Shape{Default: "rules", Doc: "The folder of the rules: every *.yaml in it; *_test.yaml are tests."}},
	wholeKey("horizon_days", 1, maxDays, "400", "How many days back history is remembered. Older incidents are out of window."),
	{Name: "currencies", Shape: document.Shape{Kind: document.Texts, Pattern: "[A-Z]{3}", Default: "any", Examples: []string{"[USD, GBP, JPY]"},
		Doc: "The currencies that rows may have."}},
	{Name: "sources", Needed: true, Shape: document.Shape{Kind: document.ByName, Pattern: namePattern,
		Each: &document.Shape{Kind: document.Map, Record: sourceRecord}, Doc: "Where the data is and what its columns mean, by a name of your choice."}},
	{Name: "checks", Shape: document.Shape{Kind: document.ByName, Names: document.AnySources,
		Each: &document.Shape{Kind: document.Map, Record: checkRecord}, Doc: "What must hold of a source's rows, by source; else the night stops and nothing is written."}},
	wholeKey("grace_days", 0, maxDays, "2", "Days between expiry and forfeiture, for redemptions that arrive late."),
	mapKey("accounts", accountsRecord, "Names of accounts in the journal columns of postings."),
	{Name: "confirm_above", Shape: document.Shape{Kind: document.Amounts, Examples: []string{"{USD: 500.00}"},
		Doc: "Sums above which a second person confirms a void or a reversal."}},
	mapKey("schedule", scheduleRecord, "When amends serve settles a night."),
	mapKey("report", reportRecord, "What reports break totals down by."),
	mapKey("notify", notifyRecord, "Who is told of a night."),
}}

var sourceRecord = &document.Record{What: "a source", Keys: []document.Key{
	textKey("files", true, "A pattern of paths, from this folder. With {date} each day has files of its own; without it, one growing table.",
		"data/deliveries/dt={date}/*.parquet", "data/customers.parquet"),
	wholeKey("lookback_days", 0, maxDays, "0", "The files, or rows, of so many days before count too: for rows that come late."),
	truthKey("optional", "false", "Whether missing files are no failure."),
	mapKey("event", eventRecord, "Rows are failures that rules can be `on`. A source is an event, a dimension, a redemption or an external credit."),
	mapKey("dimension", dimensionRecord, "Rows are joined to events by key, and read as name.column."),
	mapKey("redemption", redemptionRecord, "Rows are uses of credits."),
	mapKey("external_credit", externalCreditRecord, "Rows are credits that others gave: they count against limits and history."),
	{Name: "currency", Shape: document.Shape{Names: document.ColumnNames, Examples: []string{"USD", "currency"}, Doc: "The column of each row's currency, or one constant for all: USD."}},
	{Name: "money", Shape: document.Shape{Kind: document.ByName, Names: document.ColumnNames, Each: &document.Shape{Kind: document.OneOf, Words: unitWords,
		Doc: "minor: whole cents; major: dollars with a point."}, Examples: []string{"{item_price: minor}"}, Doc: "The columns that are amounts, each with its unit."}},
	columnsKey("nullable", false, "The columns that may be empty. An empty value elsewhere is a fault where a rule needs it."),
	{Name: "rename", Shape: document.Shape{Kind: document.ByName, Each: &document.Shape{Pattern: identifierPattern, Doc: "The name in rules."},
		Examples: []string{`{"Case Status": case_status}`}, Doc: "Other names for columns whose own cannot stand in rules."}},
	{Name: "timestamps", Shape: document.Shape{Default: "UTC", Doc: "The zone of timestamps that are stored without one."}},
}}

var eventRecord = &document.Record{What: "an event", Keys: []document.Key{
	columnsKey("id", true, "The column, or columns, that tell one row from another."),
	columnKey("version", false, "Of several rows of one incident the highest counts. Without it, rows that differ are rejected."),
	{Name: "failure", Shape: document.Shape{Pattern: namePattern, Default: "the source's name",
		Doc: "The kind of failure. Sources of one failure pay the same incident once."}},
	columnsKey("incident", true, "What makes two rows the same failure: it is paid once."),
	columnKey("order", false, "The order that it belongs to. Without it an incident stands alone."),
	columnKey("customer", true, "Who gets the credit."),
	columnKey("seller", false, "Who sold it, for funding and budgets."),
	columnKey("since", true, "An early time that never changes once written, such as the order's or the shipping's."),
	{Name: "at", Needed: true, Shape: document.Shape{Kind: document.Expression, Examples: []string{"delivered_at ?? (promised_at + hours(168))"},
		Doc: "The instant from which it is known how bad it is."}},
	columnKey("value", true, "What it is about, in money: an award never exceeds it, unless its rule is uncapped."),
	columnKey("zone", false, "The column of a row's own time zone, for its calendar days."),
}}

var dimensionRecord = &document.Record{What: "a dimension", Keys: []document.Key{
	{Name: "as", Needed: true, Shape: document.Shape{Pattern: identifierPattern, Doc: "The name in rules: customer makes customer.tier."}},
	columnKey("key", true, "Its own column that says which row it is."),
	{Name: "on", Needed: true, Shape: document.Shape{Doc: "The column of events, or open credits, that holds the key."}},
	truthKey("required", "true", "Whether a missing row is a fault. With false its fields may be null."),
}}

var redemptionRecord = &document.Record{What: "a redemption", Keys: []document.Key{
	columnKey("id", true, "What tells one use from another."), columnKey("credit", true, "The credit's id, as amends issued it."),
	columnKey("customer", true, "Who used it."), columnKey("amount", true, "How much was used."), columnKey("at", true, "When."),
}}

var externalCreditRecord = &document.Record{What: "an external credit", Keys: []document.Key{
	columnKey("id", true, "What tells one from another."), columnKey("customer", true, "Who got it."),
	columnKey("order", false, "The order that it was given for."), columnKey("amount", true, "How much."), columnKey("at", true, "When."),
}}

var checkRecord = &document.Record{What: "checks of a source", Keys: []document.Key{
	wholeKey("min_rows", 0, maxCheckRows, "0", "The fewest rows of a night."),
	{Name: "max_reject_percent", Shape: document.Shape{Kind: document.Number, High: 100, Doc: "The most rejected rows, of a hundred."}},
}}

var accountsRecord = &document.Record{What: "accounts", Keys: []document.Key{
	{Name: "expense", Shape: document.Shape{Default: defaultAccounts.Expense, Doc: "Bears the cost of credits."}},
	{Name: "liability", Shape: document.Shape{Default: defaultAccounts.Liability, Doc: "What is owed to customers."}},
	{Name: "breakage", Shape: document.Shape{Default: defaultAccounts.Breakage, Doc: "Takes what was never used."}},
	{Name: "clearing", Shape: document.Shape{Default: defaultAccounts.Clearing, Doc: "Stands against redemptions."}},
}}

var scheduleRecord = &document.Record{What: "a schedule", Keys: []document.Key{
	textKey("cron", true, "Minute, hour, day of the month, month and weekday, in the workspace's zone.", "30 2 * * *"),
	{Name: "wait_for_files", Shape: document.Shape{Pattern: durationPattern, Examples: []string{"3h"}, Doc: "How long a night waits for files that are not there yet; at most a day."}},
}}

var reportRecord = &document.Record{What: "report", Keys: []document.Key{
	columnsKey("by", false, "Columns by whose values totals are broken down."),
	truthKey("csv", "false", "Whether each published Parquet file has a CSV file beside it."),
}}

var notifyRecord = &document.Record{What: "notify", Keys: []document.Key{
	textKey("url", false, "The address that is called. Either this or url_env."),
	{Name: "url_env", Shape: document.Shape{Pattern: identifierPattern, Doc: "The variable of the environment that holds the address: for addresses that are secret."}},
	{Name: "on", Shape: document.Shape{Kind: document.Words, Words: NotifyEvents, Default: "failure and held", Doc: "What it is told of."}},
	{Name: "timeout", Shape: document.Shape{Pattern: durationPattern, Default: "10s", Examples: []string{"10s"}, Doc: "How long one call may take: 1s to 1m."}},
	wholeKey("retries", 0, maxNotifyRetries, "3", "How often a call that failed is tried again."),
}}

// FileShape is what amends.yaml may say.
func FileShape() *document.Shape {
	return &document.Shape{Kind: document.Map, Record: workspaceRecord,
		Doc: "The workspace file of amends: where the data is, what its columns mean, and how a night is run. After a change: amends check."}
}
