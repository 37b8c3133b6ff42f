package workspace

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/money"
)

// What holds where amends.yaml does not say.
const (
	defaultHorizonDays = 400
	defaultGraceDays   = 2
)

var defaultAccounts = Accounts{Expense: "6100", Liability: "2300", Breakage: "4900", Clearing: "2310"}

// maxDays bounds every number of days that people write: past it they meant
// something else.
const maxDays = 3650

const days = "a whole number of days"

// Parse reads amends.yaml; name is its path for messages. The workspace is
// never nil, and is whole only where no diagnostic is an error.
func Parse(name string, data []byte) (*Workspace, diag.List) {
	doc := document.Load(name, data, documentCodes)
	p := &parser{doc: doc, w: &Workspace{
		File: name, State: "state", Rules: "rules", Location: time.UTC,
		HorizonDays: defaultHorizonDays, GraceDays: defaultGraceDays,
		Accounts: defaultAccounts, Checks: map[string]Check{},
	}}
	switch {
	case doc.Root != nil:
		p.workspace(doc.Root)
	case len(doc.Diagnostics()) == 0:
		doc.Report(codeMissingKey, msgEmpty, "")
	}
	return p.w, doc.Diagnostics()
}

type parser struct {
	doc *document.Document
	w   *Workspace
}

// report adds a diagnostic at a place.
func (p *parser) report(at diag.Text, code, message, hint string) {
	p.doc.Add(at.Diagnose(0, code, message, hint))
}

func (p *parser) workspace(root *document.Node) {
	f := root.Read(workspaceRecord)
	if f == nil {
		return
	}
	w := p.w
	w.Timezone, w.Location = p.zone(f.Need("timezone"))
	w.State = p.folder(f.Get("state"), w.State)
	w.Rules = p.folder(f.Get("rules"), w.Rules)
	if path.Clean(w.State) == path.Clean(w.Rules) {
		p.report(cmp.Or(f.Get("state"), f.Get("rules")).At(), codePath, msgSameFolder, "")
	}
	if n, ok := f.Int("horizon_days", days); ok {
		w.HorizonDays = n
	}
	if n, ok := f.Int("grace_days", days); ok {
		w.GraceDays = n
	}
	p.currencies(f.Get("currencies"))
	sources := f.Need("sources")
	for _, pair := range sources.Pairs("sources by name") {
		p.source(pair)
	}
	slices.SortFunc(w.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	p.crossCheck(sources)
	for _, pair := range f.Get("checks").Pairs("checks by source") {
		p.check(pair)
	}
	p.accounts(f.Get("accounts"))
	p.confirmAbove(f.Get("confirm_above"))
	p.schedule(f.Get("schedule"))
	p.notify(f.Get("notify"))
	if report := f.Get("report").Read(reportRecord); report != nil {
		if !report.Has("csv") {
			report.Need("by")
		}
		w.ReportBy = p.columns(report.Get("by"))
		w.ReportCSV, _ = report.Get("csv").Bool()
	}
}

// zone reads the name of a time zone. Without one it is UTC.
func (p *parser) zone(node *document.Node) (string, *time.Location) {
	text, ok := node.Text("the name of a time zone")
	if !ok {
		return "UTC", time.UTC
	}
	location, err := calendar.Load(text.Source)
	if err != nil {
		p.report(text, codeZone, msgZone(text.Source), hintZone)
		return "UTC", time.UTC
	}
	return text.Source, location
}

// folder reads the path of a local folder.
func (p *parser) folder(node *document.Node, otherwise string) string {
	text, ok := node.Text("the path of a folder")
	if !ok || !p.local(text) {
		return otherwise
	}
	return text.Source
}

// local reports paths in object stores.
func (p *parser) local(text diag.Text) bool {
	if strings.Contains(text.Source, "://") {
		p.report(text, codeUnavailable, msgObjectStore(text.Source), hintObjectStore)
		return false
	}
	return true
}

func (p *parser) currencies(node *document.Node) {
	for _, text := range node.Texts("a list of currencies") {
		switch _, known := money.Digits(text.Source); {
		case !known:
			p.report(text, codeCurrency, msgCurrency(text.Source), hintCurrency)
		case slices.Contains(p.w.Currencies, text.Source):
			p.report(text, codeDuplicateKey, msgTwice("the currency", text.Source), "")
		default:
			p.w.Currencies = append(p.w.Currencies, text.Source)
		}
	}
	slices.Sort(p.w.Currencies)
}

// confirmAbove reads {USD: 500.00} into minor units.
func (p *parser) confirmAbove(node *document.Node) {
	for _, pair := range node.Pairs("amounts by currency, such as {USD: 500.00}") {
		if _, known := money.Digits(pair.Key); !known {
			p.report(pair.At, codeCurrency, msgCurrency(pair.Key), hintCurrency)
			continue
		}
		text, ok := pair.Value.NumberText("an amount in " + pair.Key)
		if !ok {
			continue
		}
		amount, err := money.ParseAmount(text, pair.Key)
		if err != nil || amount.Minor < 0 {
			pair.Value.Report(codeBadValue, msgConfirmAmount(text, pair.Key), "")
			continue
		}
		if p.w.ConfirmAbove == nil {
			p.w.ConfirmAbove = money.ByCurrency{}
		}
		p.w.ConfirmAbove[pair.Key] = amount.Minor
	}
}

func (p *parser) check(pair document.Pair) {
	if p.w.Source(pair.Key) == nil {
		var names []string
		for _, s := range p.w.Sources {
			names = append(names, s.Name)
		}
		p.report(pair.At, codeReference, msgUnknownSource(pair.Key), document.Suggestion(pair.Key, names))
	}
	f := pair.Value.Read(checkRecord)
	if f == nil {
		return
	}
	check := Check{At: pair.At}
	check.MinRows, _ = f.Int("min_rows", "a whole number of rows")
	percent := f.Get("max_reject_percent")
	check.MaxRejectPercent, check.HasMaxRejectPercent = percent.Decimal("a percentage from 0 to 100")
	if check.MaxRejectPercent > 100*money.One {
		percent.Report(codeBadValue, msgPercent(percent.At().Source), "")
	}
	p.w.Checks[pair.Key] = check
}

func (p *parser) accounts(node *document.Node) {
	f := node.Read(accountsRecord)
	for key, account := range map[string]*string{
		"expense": &p.w.Accounts.Expense, "liability": &p.w.Accounts.Liability, "breakage": &p.w.Accounts.Breakage,
		"clearing": &p.w.Accounts.Clearing,
	} {
		if text, ok := f.Get(key).Text("the name of an account"); ok {
			*account = text.Source
		}
	}
}

// columns reads a column or a list of columns, each of which stands once.
func (p *parser) columns(node *document.Node) []diag.Text {
	var columns []diag.Text
	for _, text := range node.Texts("the name of a column, or a list of names") {
		if named(columns, text.Source) {
			p.report(text, codeDuplicateKey, msgTwice("the column", text.Source), "")
			continue
		}
		columns = append(columns, text)
	}
	return columns
}

// column reads the name of one column.
func (p *parser) column(node *document.Node) diag.Text {
	text, _ := node.Text("the name of a column")
	return text
}
