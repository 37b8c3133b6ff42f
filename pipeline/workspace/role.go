package workspace

import (
	"amends/rules/diag"
	"amends/rules/document"
)

// role reads the one key that says what a source holds.
func (p *parser) role(s *Source, f *document.Fields) {
	has := ""
	for _, role := range roles {
		if !f.Has(role) {
			continue
		}
		if has != "" {
			p.report(f.KeyAt(role), codeRole, msgTwoRoles(has, role), "")
			continue
		}
		has = role
		node := f.Get(role)
		switch role {
		case "event":
			p.event(s, node)
		case "dimension":
			p.dimension(s, node)
		case "redemption":
			p.redemption(s, node)
		case "external_credit":
			p.externalCredit(s, node)
		}
	}
	if has == "" {
		p.report(s.At, codeRole, msgNoRole, hintNoRole)
	}
	if has != "" && has != "dimension" {
		if !f.Has("currency") {
			p.report(s.At, codeMissingKey, msgNoCurrency, hintNoCurrency)
		}
		p.neverNull(s, s.CurrencyColumn, "the currency")
	}
	for _, column := range s.Columns() {
		if to := s.NameOf(column.Source); to != column.Source && !s.isNewName(column.Source) {
			p.report(column, codeReference, msgRenamed(column.Source, to), hintRenamed)
		}
	}
}

func (p *parser) event(s *Source, node *document.Node) {
	f := node.Read(eventRecord)
	if f == nil {
		return
	}
	e := &Event{
		ID:       p.columns(f.Need("id")),
		Version:  p.column(f.Get("version")),
		Failure:  s.Name,
		Incident: p.columns(f.Need("incident")),
		Order:    p.column(f.Get("order")),
		Customer: p.column(f.Need("customer")),
		Seller:   p.column(f.Get("seller")),
		Since:    p.column(f.Need("since")),
		Value:    p.column(f.Need("value")),
		Zone:     p.column(f.Get("zone")),
	}
	e.At, _ = f.Need("at").Text("an expression")
	if failure, ok := f.Get("failure").Text("the name of a failure"); ok {
		e.Failure = failure.Source
		if !sourceName.MatchString(e.Failure) {
			p.report(failure, codeName, msgSourceName(e.Failure), "")
		}
	}
	s.Event = e
	p.mustBeMoney(s, e.Value)
	for _, column := range append(append([]diag.Text{}, e.ID...), e.Incident...) {
		p.neverNull(s, column, "part of the event's key")
	}
	p.neverNull(s, e.Customer, "the customer")
	p.neverNull(s, e.Since, "since")
}

func (p *parser) dimension(s *Source, node *document.Node) {
	f := node.Read(dimensionRecord)
	if f == nil {
		return
	}
	d := &Dimension{Key: p.column(f.Need("key")), On: p.column(f.Need("on")), Required: true}
	as, ok := f.Need("as").Text("a name")
	d.As = as
	switch {
	case !ok:
	case !identifier.MatchString(as.Source):
		p.report(as, codeName, msgIdentifier("the dimension", as.Source), hintIdentifier)
	case contains(reserved, as.Source):
		p.report(as, codeName, msgReserved(as.Source), "")
	}
	if required, ok := f.Get("required").Bool(); ok {
		d.Required = required
	}
	s.Dimension = d
	p.neverNull(s, d.Key, "the dimension's key")
}

// reserved names mean something in rules wherever they stand.
var reserved = []string{"amount", "as_of", "business_date", "credited", "credits", "currency", "remaining"}

func (p *parser) redemption(s *Source, node *document.Node) {
	f := node.Read(redemptionRecord)
	if f == nil {
		return
	}
	r := &Redemption{
		ID:       p.column(f.Need("id")),
		Credit:   p.column(f.Need("credit")),
		Customer: p.column(f.Need("customer")),
		Amount:   p.column(f.Need("amount")),
		At:       p.column(f.Need("at")),
	}
	s.Redemption = r
	p.mustBeMoney(s, r.Amount)
	for _, column := range []diag.Text{r.ID, r.Credit, r.Customer, r.Amount, r.At} {
		p.neverNull(s, column, "part of every redemption")
	}
}

func (p *parser) externalCredit(s *Source, node *document.Node) {
	f := node.Read(externalCreditRecord)
	if f == nil {
		return
	}
	x := &ExternalCredit{
		ID:       p.column(f.Need("id")),
		Customer: p.column(f.Need("customer")),
		Order:    p.column(f.Get("order")),
		Amount:   p.column(f.Need("amount")),
		At:       p.column(f.Need("at")),
	}
	s.ExternalCredit = x
	p.mustBeMoney(s, x.Amount)
	for _, column := range []diag.Text{x.ID, x.Customer, x.Amount, x.At} {
		p.neverNull(s, column, "part of every external credit")
	}
}

// mustBeMoney reports a column of amounts whose unit nothing states.
func (p *parser) mustBeMoney(s *Source, column diag.Text) {
	if _, ok := s.Unit(column.Source); !ok && column.Source != "" {
		p.report(column, codeRole, msgNotMoney(column.Source), hintNotMoney(column.Source))
	}
}

// neverNull reports a column under nullable that no row can do without.
func (p *parser) neverNull(s *Source, column diag.Text, what string) {
	for _, text := range s.Nullable {
		if text.Source == column.Source {
			p.report(text, codeRole, msgNullableKey(column.Source, what), hintNullableKey)
		}
	}
}

// crossCheck reports sources that contradict each other. They are sorted.
func (p *parser) crossCheck(sources *document.Node) {
	failures := map[string]*Source{}
	dimensions := map[string]diag.Text{}
	events := 0
	for i := range p.w.Sources {
		s := &p.w.Sources[i]
		if s.Event != nil {
			events++
			first := failures[s.Event.Failure]
			if first == nil {
				failures[s.Event.Failure] = s
			} else if here, there := len(s.Event.Incident), len(first.Event.Incident); here != there && here > 0 && there > 0 {
				p.report(s.Event.Incident[0], codeFailure, msgIncidentColumns(s.Event.Failure, here, first.Name, there), "")
			}
		}
		if s.Dimension != nil && s.Dimension.As.Source != "" {
			as := s.Dimension.As
			if first, taken := dimensions[as.Source]; taken {
				p.report(as, codeName, msgTaken("the dimension", as.Source, first), "")
			} else {
				dimensions[as.Source] = as
			}
		}
	}
	if sources.IsMap() && events == 0 && len(p.doc.Diagnostics()) == 0 {
		sources.Report(codeRole, msgNoEvents(), "add event: to a source")
	}
}
