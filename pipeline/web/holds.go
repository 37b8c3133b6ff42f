package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/money"
)

// holdsPerPage is how many awards a page of them has.
const holdsPerPage = 100

// holdsData is what the list of holds has beside its table.
type holdsData struct {
	Filter        pipeline.HoldFilter
	Rules, Causes []string
	Review        reviewForm
}

// reviewForm is the form that approves or rejects: one award, or all that fit a
// filter.
type reviewForm struct {
	Form, Seen string
	Credit     string // "" for a filter
	Filter     pipeline.HoldFilter
	Count      int
	What       string // "this award", or how many of what sum
	Held       string // the amount of one award as one may type it, without its currency
	Currency   string
	By, Why    string
}

// filterOf reads the filter of a page's address or form.
func filterOf(values url.Values) pipeline.HoldFilter {
	return pipeline.HoldFilter{
		Rule: strings.TrimSpace(values.Get("rule")), Customer: strings.TrimSpace(values.Get("customer")), Cause: strings.TrimSpace(values.Get("cause")),
	}
}

// filterQuery is a filter as part of an address, ending in & unless it is empty.
func filterQuery(f pipeline.HoldFilter) string {
	values := url.Values{}
	for name, value := range map[string]string{"rule": f.Rule, "customer": f.Customer, "cause": f.Cause} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if query := values.Encode(); query != "" {
		return query + "&"
	}
	return ""
}

// seen is what there is to decide upon, and the view it is of.
func (s *site) seen(r *http.Request) (*pipeline.View, *pipeline.Seen, error) {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return nil, nil, err
	}
	if look.Chain().Last() == nil {
		return nil, nil, &problem{http.StatusNotFound, "No night is settled yet", "So there is nothing to decide."}
	}
	seen, err := look.Seen()
	return look, seen, err
}

func (s *site) holds(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	if look.Chain().Last() == nil {
		return s.show(w, http.StatusOK, "page.html", &view{Title: "Awards that wait", Here: "holds", Parts: []part{{Empty: "No award waits."}}})
	}
	seen, err := look.Seen()
	if err != nil {
		return err
	}
	filter := filterOf(r.URL.Query())
	data := &holdsData{Filter: filter}
	data.Rules, data.Causes = choicesOf(seen.Holds)
	fitting := slices.DeleteFunc(seen.Holds, func(h publish.Hold) bool { return !filter.Fits(&h) })
	at, err := pageOf(r, len(fitting), holdsPerPage)
	if err != nil {
		return err
	}
	asked, err := seen.Asked()
	if err != nil {
		return err
	}
	total, decided, err := pipeline.Standing(fitting, asked)
	if err != nil {
		return err
	}
	what := report.Counted(int64(len(fitting)), "award", "awards") + " of " + report.Amounts(total) + " together"
	if decided > 0 {
		what += ", " + report.Counted(int64(decided), "of them as it is asked for already", "of them as they are asked for already")
	}
	data.Review = reviewForm{Form: s.formToken(), Seen: seen.ManifestSHA256, Filter: filter, Count: len(fitting), What: what}
	v := &view{Title: "Awards that wait", Here: "holds", Data: data,
		Lead: fmt.Sprintf("After the night of %s. Awards that nobody decides lapse.", seen.Date)}
	p := part{ID: "holds", Empty: "No award waits.", Links: at.links("/holds?" + filterQuery(filter))}
	if filter.Set() {
		p.Empty = "No award that waits fits."
	}
	if len(fitting) > 0 {
		p.Lead = sentence(what) + "."
		p.Table = holdTable(fitting[at.from:min(at.from+holdsPerPage, len(fitting))], look.HoldDays(), asked)
	}
	v.Parts = []part{p}
	return s.show(w, http.StatusOK, "holds.html", v)
}

// choicesOf are the rules and the causes of awards: each kind of cause, and each
// with its id.
func choicesOf(holds []publish.Hold) (rules, causes []string) {
	byRule, byCause := map[string]bool{}, map[string]bool{}
	for i := range holds {
		byRule[holds[i].RuleID] = true
		for _, c := range holds[i].HoldCauses {
			byCause[c.Kind], byCause[c.Kind+":"+c.ID] = true, true
		}
	}
	return slices.Sorted(maps.Keys(byRule)), slices.Sorted(maps.Keys(byCause))
}

// holdTable shows awards that wait, with what is asked for them.
func holdTable(holds []publish.Hold, holdDays int, asked map[string]pipeline.Verdict) *table {
	t := &table{Columns: columns("#amount", "asked", "customer", "rule", "since", "lapses on", "because of", "credit")}
	for i := range holds {
		h := &holds[i]
		word := text("–")
		if v, is := asked[h.CreditID]; is {
			word = linked(v.Asks(), "/requests/"+v.Request.ID)
		}
		t.Rows = append(t.Rows, []cell{linked(report.Amount(h.AmountMinor, h.Currency), holdAddress(h)), word,
			linked(h.CustomerID, "/holds?customer="+url.QueryEscape(h.CustomerID)), text(h.RuleID), text(h.HeldSince.String()),
			text(h.HeldSince.AddDays(holdDays).String()), lines(causeLines(h.HoldCauses)), code(h.CreditID)})
	}
	return t
}

func holdAddress(h *publish.Hold) string { return "/holds/" + url.PathEscape(h.CreditID) }

func causeLines(causes []award.Cause) []string {
	var shown []string
	for _, c := range causes {
		shown = append(shown, c.Kind+" "+c.ID+": "+c.Why)
	}
	return shown
}

// hold is one award that waits.
func (s *site) hold(w http.ResponseWriter, r *http.Request) error {
	look, seen, err := s.seen(r)
	if err != nil {
		return err
	}
	id := r.PathValue("credit")
	at := slices.IndexFunc(seen.Holds, func(h publish.Hold) bool { return h.CreditID == id })
	if at < 0 {
		return fmt.Errorf("%w: %s does not wait for a person", errNothing, id)
	}
	h := &seen.Holds[at]
	held := money.Amount{Minor: h.AmountMinor, Currency: h.Currency}
	number, _, _ := strings.Cut(held.String(), " ")
	form := reviewForm{Form: s.formToken(), Seen: seen.ManifestSHA256, Credit: h.CreditID, Count: 1, What: "this award of " + report.Amount(h.AmountMinor, h.Currency),
		Held: number, Currency: h.Currency}
	v := &view{Title: report.Amount(h.AmountMinor, h.Currency) + " for " + h.CustomerID, Here: "holds", Back: &link{"All awards that wait", "/holds"},
		Data: &holdsData{Review: form}}
	v.Parts = []part{holdFacts(h, look), {Title: "Because of", Table: causeTable(h)}, {Title: "What the rules read", Table: factTable(h.Facts)}}
	asked, err := seen.Asked()
	if err != nil {
		return err
	}
	if q, is := asked[h.CreditID]; is {
		v.Alerts = append(v.Alerts, alert{"know", q.Asks() + ":", strings.TrimSuffix(q.Request.Why, ".") + ". Request " + q.Request.ID + " waits for the next night."})
	}
	return s.show(w, http.StatusOK, "hold.html", v)
}

func holdFacts(h *publish.Hold, look *pipeline.View) part {
	p := part{Title: "The award"}
	add := func(name string, c cell) {
		if len(c.Lines) > 0 && c.Lines[0] != "" {
			p.Facts = append(p.Facts, fact{name, c})
		}
	}
	add("Amount", amount(h.AmountMinor, h.Currency))
	if h.GrossMinor != h.AmountMinor {
		add("Before any limit", amount(h.GrossMinor, h.Currency))
	}
	add("Rule", text(h.RuleID))
	add("Reason", text(h.ReasonCode))
	add("Held since", text(h.HeldSince.String()))
	add("Lapses on", text(h.HeldSince.AddDays(look.HoldDays()).String()))
	add("Customer", linked(h.CustomerID, "/holds?customer="+url.QueryEscape(h.CustomerID)))
	add("Order", text(h.OrderID))
	add("Seller", text(h.SellerID))
	add("Funding", text(h.Funding))
	add("Terms", text(h.Terms))
	add("Source", text(h.Source+", event "+h.EventID))
	add("Failure", text(h.Failure))
	add("Began", text(h.Since.String()))
	add("Final", text(h.At.String()))
	add("Credit", code(h.CreditID))
	add("Incident", code(h.IncidentID))
	add("Why", linked("explained, condition by condition", explainAddress(h.CreditID)))
	add("Message", text(messageText(h.Message)))
	return p
}

// messageText is the text for the customer; what is not known yet is in braces.
func messageText(parts []award.MessagePart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Fact != "" {
			b.WriteString("{" + p.Fact + "}")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func causeTable(h *publish.Hold) *table {
	t := &table{Columns: columns("kind", "id", "why")}
	for _, c := range h.HoldCauses {
		t.Rows = append(t.Rows, []cell{text(c.Kind), text(c.ID), text(c.Why)})
	}
	return t
}

// factTable shows the values that rules read. What is no object of JSON, which
// no run writes, is shown as it is.
func factTable(facts string) *table {
	t := &table{Columns: columns("name", "value")}
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(facts), &values); err != nil {
		t.Rows = [][]cell{{text(""), text(facts)}}
		return t
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		shown := string(bytes.TrimSpace(values[name]))
		var plain string
		if json.Unmarshal(values[name], &plain) == nil && shown != "null" {
			shown = plain
		}
		t.Rows = append(t.Rows, []cell{text(name), text(shown)})
	}
	return t
}
