package match

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"amends/pipeline/award"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// originOf is the origin of an incident of a file, as far as its row does not say it.
func (s *Source) originOf(file string) award.Origin {
	return award.Origin{Source: s.event.Source, Failure: s.event.Failure, File: file, Currency: s.event.Currency, Packer: s.factPacker}
}

// parts reads what makes up an event; rows without them cannot be an incident.
// The texts are those of the batch.
func (s *Source) parts(inc *award.Incident, p *award.Parties, batch *ir.Batch, i int) (zone *time.Location, reject RowReject, ok bool) {
	if column, ok := s.parties(inc, p, batch, i); !ok {
		return nil, RowReject{Code: CodeNullKey, Column: column, Detail: "is null or empty, and every event needs it"}, false
	}
	if !s.night.pays(inc.Currency) {
		return nil, RowReject{Code: CodeUnknownCurrency, Column: s.event.CurrencyColumn, Detail: fmt.Sprintf("%.20q is not among the workspace's currencies", inc.Currency)}, false
	}
	if s.zone >= 0 {
		inc.Zone, _ = Text(batch.Columns[s.zone].Value(i))
	}
	if zone, ok = s.zones.get(inc.Zone); !ok {
		return nil, RowReject{Code: CodeUnknownZone, Column: s.event.Zone, Detail: fmt.Sprintf("%.60q is no time zone", inc.Zone)}, false
	}
	since := batch.Columns[s.since].Value(i)
	switch since.Kind {
	case ir.Time:
		inc.Since = calendar.Instant(since.I)
	case ir.Date:
		inc.Since = calendar.StartOfDay(calendar.Date(since.I), zone)
	default:
		return nil, RowReject{Code: CodeNullKey, Column: s.event.Since, Detail: "is null or empty, and every event needs it"}, false
	}
	return zone, RowReject{}, true
}

// parties reads the ids, into p, and the currency, and names the first column that every
// event needs and that this one lacks.
func (s *Source) parties(inc *award.Incident, p *award.Parties, batch *ir.Batch, i int) (column string, ok bool) {
	for n, c := range s.id {
		text, ok := Text(batch.Columns[c].Value(i))
		if !ok || text == "" {
			return s.event.ID[n], false
		}
		p.EventID = text
	}
	if len(s.id) > 1 {
		p.EventID = s.joinedID(batch, i)
	}
	if p.Customer, ok = Text(batch.Columns[s.cust].Value(i)); !ok || p.Customer == "" {
		return s.event.Customer, false
	}
	if s.order >= 0 {
		p.Order, _ = Text(batch.Columns[s.order].Value(i))
	}
	if s.seller >= 0 {
		p.Seller, _ = Text(batch.Columns[s.seller].Value(i))
	}
	if s.version >= 0 && batch.Columns[s.version].Value(i).Null() {
		return s.event.Version, false
	}
	if s.curr >= 0 {
		if inc.Currency, ok = Text(batch.Columns[s.curr].Value(i)); !ok {
			return s.event.CurrencyColumn, false
		}
	}
	return "", true
}

func (s *Source) joinedID(batch *ir.Batch, i int) string {
	ids := make([]string, len(s.id))
	for n, c := range s.id {
		ids[n], _ = Text(batch.Columns[c].Value(i))
	}
	return strings.Join(ids, "/")
}

func (n Night) pays(currency string) bool {
	if len(n.Currencies) == 0 {
		_, known := money.Digits(currency)
		return known
	}
	return slices.Contains(n.Currencies, currency)
}

// window says of an incident with its times whether it is final and in the
// window, which is the class matched, and otherwise what its row is.
func (s *Source) window(inc *award.Incident) (class, RowReject) {
	switch {
	case s.event.Growing && inc.At < s.growing:
		return outOfWindow, RowReject{}
	case inc.At < inc.Since:
		return rejected, RowReject{Code: CodeAtBeforeSince, Detail: fmt.Sprintf("at %s is before since %s", inc.At, inc.Since)}
	case inc.At >= s.night.AsOf:
		return notYet, RowReject{}
	case inc.Since < s.horizon:
		return outOfWindow, RowReject{}
	}
	return matched, RowReject{}
}
