package ruletest

import (
	"slices"
	"strings"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
	"amends/rules/money"
)

var documentCodes = document.Codes{
	Syntax: codeSyntax, UnknownKey: codeUnknownKey, DuplicateKey: codeDuplicateKey,
	WrongType: codeWrongType, MissingKey: codeMissingKey, BadValue: codeBadValue,
}

// Parse reads test files in the order of their paths. The suite is never nil,
// and whole only where no diagnostic is an error. Sources are the workspace's sources
// of events, which hints name; whether rows fit them is for Ready.
func Parse(files []File, sources ...string) (*Suite, diag.List) {
	p := &parser{sources: sources, suite: &Suite{
		Files: files, Columns: map[string]map[string]Declared{}, Base: map[string]map[string]*Row{}, order: map[string][]string{},
	}, names: map[string]diag.Text{}}
	for _, file := range files {
		doc := document.Load(file.Path, file.Bytes, documentCodes)
		p.doc = doc
		found := doc.Diagnostics()
		switch {
		case doc.Root != nil && !doc.Root.IsNothing():
			p.file(doc.Root)
			found = doc.Diagnostics()
		case !found.HasErrors():
			p.list.Add(diag.Diagnostic{Pos: diag.Pos{File: file.Path, Line: 1, Col: 1}, Severity: diag.Warning, Code: codeEmpty, Message: msgEmpty, Hint: hintEmpty})
		}
		p.list = append(p.list, found...)
	}
	p.list.Sort()
	return p.suite, p.list
}

type parser struct {
	suite *Suite
	doc   *document.Document
	names map[string]diag.Text // of cases
	list  diag.List

	sources []string

	// of the file at hand
	on              diag.Text
	date, effective calendar.Date
	dated, shifted  bool
	caseAt          diag.Text // of the case at hand; empty where it stands in braces
}

func (p *parser) file(root *document.Node) {
	f := root.Read(fileRecord)
	p.on, _ = f.Get("on").Text("the name of a source")
	p.date, p.dated = f.Get("business_date").Date()
	p.effective, p.shifted = f.Get("effective_date").Date()
	for _, pair := range f.Get("columns").Pairs("columns by source") {
		p.columns(pair)
	}
	for _, pair := range f.Get("base").Pairs("named rows by source or dimension") {
		p.base(pair)
	}
	for _, node := range f.Get("accept").Items("a list of changes") {
		p.accept(node)
	}
	for _, node := range f.Get("cases").Items("a list of cases") {
		p.test(node)
	}
}

func (p *parser) accept(node *document.Node) {
	f := node.Read(acceptRecord)
	if f == nil {
		return
	}
	a := Accept{At: node.At()}
	for key, into := range map[string]*string{"of": &a.Of, "change": &a.Change, "because": &a.Because} {
		if text, ok := f.Need(key).Text("a text"); ok {
			*into = oneSpace(text.Source)
		}
	}
	if text, ok := f.Get("to").Text("a text"); ok {
		a.To = oneSpace(text.Source)
	}
	p.suite.Accepts = append(p.suite.Accepts, a)
}

var kinds = map[string]ir.Kind{
	"bool": ir.Bool, "int": ir.Int, "decimal": ir.Decimal, "string": ir.String, "time": ir.Time, "date": ir.Date, "duration": ir.Duration,
}

func (p *parser) columns(pair document.Pair) {
	columns := p.suite.Columns[pair.Key]
	if columns == nil {
		columns = map[string]Declared{}
		p.suite.Columns[pair.Key] = columns
	}
	for _, column := range pair.Value.Pairs("kinds by column, such as {order_id: string}") {
		word, ok := column.Value.Word(columnKinds...)
		if !ok {
			continue
		}
		if first, twice := columns[column.Key]; twice && first.Kind != kinds[word] {
			p.list.Add(column.At.Diagnose(0, codeTwice, msgColumnTwice(pair.Key+"."+column.Key, first.At, first.Kind), ""))
			continue
		}
		columns[column.Key] = Declared{Kind: kinds[word], At: column.At}
	}
}

func (p *parser) base(pair document.Pair) {
	rows := p.suite.Base[pair.Key]
	if rows == nil {
		rows = map[string]*Row{}
		p.suite.Base[pair.Key] = rows
	}
	for _, named := range pair.Value.Pairs("rows by name, such as {default: {...}}") {
		if first, twice := rows[named.Key]; twice {
			p.list.Add(named.At.Diagnose(0, codeTwice, msgTwice("the base row "+named.Key+" of "+pair.Key, first.At), ""))
			continue
		}
		row := p.row(named.Value, pair.At)
		if row == nil {
			continue
		}
		row.On, row.OnAt, row.At = pair.Key, pair.At, named.At
		rows[named.Key] = row
		p.suite.order[pair.Key] = append(p.suite.order[pair.Key], named.Key)
	}
}

// row reads a map of values by column.
func (p *parser) row(node *document.Node, on diag.Text) *Row {
	row := &Row{On: on.Source, OnAt: on, At: node.At()}
	if node.IsNothing() {
		return row
	}
	pairs := node.Pairs("a row: values by column")
	if !node.IsMap() {
		return nil
	}
	for _, pair := range pairs {
		switch pair.Key {
		case "on":
			if text, ok := pair.Value.Text("the name of a source"); ok {
				row.On, row.OnAt = text.Source, text
			}
			continue
		case "like":
			row.Like, _ = pair.Value.Text("the name of a base row")
			continue
		}
		cell := Cell{Name: pair.Key, At: pair.At, Value: pair.Value.At(), Null: pair.Value.IsNothing(), Quoted: pair.Value.Quoted()}
		if !cell.Null && !pair.Value.IsScalar() {
			if pair.Value.IsMap() {
				pair.Value.Report(codeWrongType, msgMapCell, hintMapCell(pair.Key))
				continue
			}
			pair.Value.Text("one value")
			continue
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

func (p *parser) test(node *document.Node) {
	f := node.Read(caseRecord)
	if f == nil {
		return
	}
	c := &Case{At: node.At()}
	if p.caseAt = node.At(); node.IsFlow() {
		p.caseAt = diag.Text{}
	}
	if text, ok := f.Need("case").Text("a sentence that says what is to be"); ok {
		c.Name, c.At = text.Source, text
	}
	on := p.on
	if text, ok := f.Get("on").Text("the name of a source"); ok {
		on = text
	}
	c.Date, c.Effective = p.date, p.effective
	date, dated := f.Get("business_date").Date()
	if dated {
		c.Date = date
	}
	effective, shifted := f.Get("effective_date").Date()
	switch {
	case shifted:
		c.Effective = effective
	case dated || !p.shifted:
		c.Effective = c.Date.AddDays(1)
	}
	if !dated && !p.dated && !f.Has("business_date") {
		p.list.Add(c.At.Diagnose(0, codeMissingKey, `the key "business_date" is missing`, "write it once at the top of the file, or in the case"))
	}
	c.History = p.history(f.Get("history"))
	p.before(c.Date, c.History.Credits, -1)
	p.before(c.Date, c.History.Holds, -1)
	p.before(c.Date, c.History.External, 0)
	c.Rows = p.given(f.Get("given"), on, c.At)
	if f.Has("table") {
		p.table(c, f)
		return
	}
	p.credited(&c.History, c.At)
	c.Expect = p.expectations(f.Get("expect"), c)
	p.add(c)
}

func (p *parser) add(c *Case) {
	for _, row := range c.Rows {
		if row.On == "" {
			p.list.Add(c.At.Diagnose(0, codeMissingKey, `the key "on" is missing: which source are the rows of?`, p.onHint()))
			break
		}
	}
	if first, twice := p.names[c.Name]; twice && c.Name != "" {
		p.list.Add(c.At.Diagnose(0, codeTwice, msgTwice("a case of this name", first), "cases are told apart by their sentences"))
		return
	}
	p.names[c.Name] = c.At
	p.suite.Cases = append(p.suite.Cases, c)
}

// onHint says how a source of rows is named, with one that there is.
func (p *parser) onHint() string {
	const where = " at the top of the file, in the case, or in the row"
	switch len(p.sources) {
	case 0:
		return "write `on:` and the name of a source" + where
	case 1:
		return "write `on: " + p.sources[0] + "`" + where
	}
	return "write `on: " + p.sources[0] + "`" + where + "; there are " + strings.Join(p.sources, ", ")
}

// given reads the rows of a case: one, several, or the base row as it is.
func (p *parser) given(node *document.Node, on, at diag.Text) []*Row {
	if node == nil || node.IsMap() || node.IsNothing() {
		row := &Row{On: on.Source, OnAt: on, At: at}
		if node != nil {
			row = p.row(node, on)
		}
		return []*Row{row}
	}
	var rows []*Row
	for _, item := range node.Items("a row, or a list of rows") {
		if row := p.row(item, on); row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		rows = []*Row{{On: on.Source, OnAt: on, At: at}}
	}
	return rows
}

var settledWords = []string{"issued", "denied", "rejected", "lapsed", "held"}

func (p *parser) history(node *document.Node) (h History) {
	f := node.Read(historyRecord)
	if f == nil {
		return h
	}
	h.Credits = p.givens(f.Get("credits"), awardedRecord, "a list of credits")
	h.External = p.givens(f.Get("external"), givenRecord, "a list of credits given elsewhere")
	h.Holds = p.givens(f.Get("holds"), awardedRecord, "a list of awards that wait")
	h.Settled, _ = f.Word("settled")
	for _, key := range amountKeys {
		if text, ok := f.Get(key).Text(wantAmount); ok {
			p.historyAmount(&h, key, text)
		}
	}
	return h
}

// amountKeys are the keys of a history that are one amount; columns of tables
// may be called history.tonight.
var amountKeys = []string{"credit", "remaining", "tonight"}

func (p *parser) historyAmount(h *History, key string, text diag.Text) {
	amount, err := parseAmount(text.Source)
	switch {
	case err != nil:
		p.list.Add(text.Diagnose(0, codeBadValue, msgAmount(text.Source), ""))
		return
	case amount.Minor < 0 || amount.Minor == 0 && key != "tonight":
		p.list.Add(text.Diagnose(0, codeBadValue, msgAboveZero(key), ""))
		return
	}
	*map[string]*money.Amount{"credit": &h.Credit, "remaining": &h.Remaining, "tonight": &h.Tonight}[key] = amount
}

// credited reports what no credit can be.
func (p *parser) credited(h *History, at diag.Text) {
	switch {
	case h.Remaining.Currency == "":
	case h.Credit.Currency == "":
		p.list.Add(at.Diagnose(0, codeMissingKey, msgRemainingAlone, hintRemainingAlone))
	case h.Remaining.Currency != h.Credit.Currency || h.Remaining.Minor > h.Credit.Minor:
		p.list.Add(at.Diagnose(0, codeConflict, msgRemaining(h.Credit, h.Remaining), ""))
	}
	if h.Credit.Currency != "" && h.Settled != "" && h.Settled != Issued {
		p.list.Add(at.Diagnose(0, codeConflict, msgCreditSettled(h.Settled), ""))
	}
}

// before reports what was given later than so many days after the night, or is
// nothing.
func (p *parser) before(night calendar.Date, given []Given, days int) {
	for _, g := range given {
		if g.On != 0 && night != 0 && g.On > night.AddDays(days) {
			p.list.Add(g.At.Diagnose(0, codeBadValue, msgTooLate(g.On, night), "history is what earlier nights did"))
		}
		if g.Currency != "" && g.Minor <= 0 {
			p.list.Add(g.At.Diagnose(0, codeBadValue, "what was given is above zero", ""))
		}
	}
}

func (p *parser) givens(node *document.Node, record *document.Record, what string) (all []Given) {
	for _, item := range node.Items(what) {
		f := item.Read(record)
		if f == nil {
			continue
		}
		g := Given{At: item.At()}
		g.On, _ = f.Need("on").Date()
		if text, ok := f.Need("amount").Text(wantAmount); ok {
			amount, err := parseAmount(text.Source)
			if err != nil {
				f.Get("amount").Report(codeBadValue, msgAmount(text.Source), "")
			}
			g.Minor, g.Currency = amount.Minor, amount.Currency
		}
		if text, ok := f.Get("customer").Text("a customer's id"); ok {
			g.Customer = text.Source
		}
		if text, ok := f.Get("order").Text("an order's id"); ok {
			g.Order = text.Source
		}
		if text, ok := f.Get("rule").Text("a rule's id"); ok {
			g.Rule, g.ruleAt = text.Source, text
		}
		all = append(all, g)
	}
	return all
}

// baseNames are the names of the base rows of a source or dimension, sorted.
func (s *Suite) baseNames(of string) []string { return slices.Sorted(slices.Values(s.order[of])) }
