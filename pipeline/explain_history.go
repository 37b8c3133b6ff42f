package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"amends/pipeline/ledger"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/rules/ir"
)

// earlier is one thing given before an award: on another night, elsewhere, or
// tonight in front of it.
type earlier struct {
	resolve.Given
	kind string // credit, elsewhere, hold, tonight
	id   string // of the credit, or tonight's event
}

// given is everything that the customer, or the order, was given before tonight.
func (b *eventBuilder) given(ofOrder bool) []earlier {
	h, inc := b.night.history, b.decision.Incident
	var list []earlier
	see := func(kind string, given []resolve.Given) {
		for _, g := range given {
			list = append(list, earlier{Given: g, kind: kind})
		}
	}
	credit := func(g ledger.Given) bool {
		list = append(list, earlier{Given: toGiven(g), kind: "credit", id: g.CreditID})
		return true
	}
	if ofOrder {
		see("elsewhere", h.external.order[inc.Order()])
		see("hold", h.holds.order[inc.Order()])
		h.book.Order(inc.Order(), credit)
	} else {
		see("elsewhere", h.external.customer[inc.Customer()])
		see("hold", h.holds.customer[inc.Customer()])
		h.book.Customer(inc.Customer(), credit)
	}
	return list
}

// count keeps what counts in a window and remembers by what.
func (b *eventBuilder) count(given []earlier, days int, by string) []earlier {
	policy := b.night.policy()
	var counted []earlier
	for _, e := range given {
		if policy.Counts(e.Given, days) {
			b.remember(e, by)
			counted = append(counted, e)
		}
	}
	return counted
}

// remember puts an entry into the event's history once, with all that counted
// it. Two alike are two where one thing counted both.
func (b *eventBuilder) remember(e earlier, by string) {
	date := e.Date.String()
	for i := range b.event.History {
		h := &b.event.History[i]
		same := h.Date == date && h.Kind == e.kind && h.ID == e.id && h.OrderID == e.OrderID && h.Minor == e.Minor && h.Currency == e.Currency
		if same && !slices.Contains(h.CountedBy, by) {
			h.CountedBy = append(h.CountedBy, by)
			return
		}
	}
	b.event.History = append(b.event.History, report.ExplainedGiven{
		Date: date, Kind: e.kind, ID: e.id, OrderID: e.OrderID, Minor: e.Minor, Currency: e.Currency, CountedBy: []string{by},
	})
}

// readHistory adds what credits(N) and credited(N) counted: no holds, and
// nothing of tonight.
func (b *eventBuilder) readHistory(r *reader) {
	for _, slot := range r.slots {
		if slot.Origin != ir.FromHistory {
			continue
		}
		given := slices.DeleteFunc(b.given(false), func(e earlier) bool { return e.kind == "hold" })
		b.count(given, slot.Days, slot.Name)
	}
	slices.SortStableFunc(b.event.History, func(x, y report.ExplainedGiven) int {
		return cmp.Or(strings.Compare(x.Date, y.Date), strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID))
	})
}
