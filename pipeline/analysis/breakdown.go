package analysis

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"amends/pipeline/report"
	"amends/rules/money"
)

// maxBreakdownLines is what a person reads of one column.
const maxBreakdownLines = 50

// perThousand is 1,000 events in hundredths.
const perThousand = 100_000

// MinRateEvents is below how many events a value has no rates: of a handful, one
// incident more or less is hundreds per 1,000.
const MinRateEvents = 20

// ColumnNight is one night by the values of one column of one event source.
type ColumnNight struct {
	Source, Column string
	tooMany        bool
	maxValues      int
	values         map[string]*valueNight
	unknownCredits int64
	unknownIssued  money.ByCurrency
}

type valueNight struct {
	events, incidents, credits int64
	lateIncidents, lateCredits int64                 // of them, not of these events
	issued                     map[string]TrendValue // by currency
}

// NewColumnNight starts with the events of each value. With tooMany, or with
// more than maxValues, nothing is told by value.
func NewColumnNight(source, column string, events map[string]int64, tooMany bool, maxValues int) *ColumnNight {
	c := &ColumnNight{
		Source: source, Column: column, tooMany: tooMany, maxValues: maxValues, values: map[string]*valueNight{}, unknownIssued: money.ByCurrency{},
	}
	for value, n := range events {
		if v := c.value(value); v != nil {
			v.events = n
		}
	}
	return c
}

// value returns the figures of a value, nil where there are too many.
func (c *ColumnNight) value(value string) *valueNight {
	if c.tooMany {
		return nil
	}
	v, known := c.values[value]
	if !known {
		if len(c.values) > c.maxValues { // null is one beside them
			c.tooMany, c.values = true, nil
			return nil
		}
		v = &valueNight{issued: map[string]TrendValue{}}
		c.values[value] = v
	}
	return v
}

// AddIncident counts a new incident of a value. It is late where its event is
// not among tonight's: it came or was proven after the night of its time.
func (c *ColumnNight) AddIncident(value string, late bool) {
	if v := c.value(value); v != nil {
		v.incidents++
		if late {
			v.lateIncidents++
		}
	}
}

// AddCredit counts a credit that was issued for an incident of a value, late as
// in AddIncident.
func (c *ColumnNight) AddCredit(value, currency string, minor int64, late bool) {
	v := c.value(value)
	if v == nil {
		return
	}
	v.credits++
	if late {
		v.lateCredits++
	}
	issued := v.issued[currency]
	issued.Count++
	issued.Minor = plus(issued.Minor, minor)
	v.issued[currency] = issued
}

// AddUnknown counts a credit of which nobody knows the value any more.
func (c *ColumnNight) AddUnknown(currency string, minor int64) {
	c.unknownCredits++
	c.unknownIssued[currency] = plus(c.unknownIssued[currency], minor)
}

// Breakdown is the column as the report shows it. Values are by the share that
// they have of what was issued in each currency, added up over currencies: sums
// of two currencies cannot be held against each other. Then by incidents,
// credits, events and the value.
func (c *ColumnNight) Breakdown() report.Breakdown {
	b := report.Breakdown{Source: c.Source, Column: c.Column, TooMany: c.tooMany, UnknownCredits: c.unknownCredits, UnknownIssued: c.unknownIssued}
	if c.tooMany {
		return b
	}
	shares := c.shares()
	values := slices.SortedFunc(maps.Keys(c.values), func(a, b string) int {
		x, y := c.values[a], c.values[b]
		return cmp.Or(-shares[a].Cmp(shares[b]), -cmp.Compare(x.incidents, y.incidents), -cmp.Compare(x.credits, y.credits),
			-cmp.Compare(x.events, y.events), cmp.Compare(a, b))
	})
	shown := min(len(values), maxBreakdownLines)
	b.More = int64(len(values) - shown)
	for _, value := range values[:shown] {
		v := c.values[value]
		line := report.BreakdownLine{
			Value: value, Events: v.events, Incidents: v.incidents, LateIncidents: v.lateIncidents,
			Credits: v.credits, LateCredits: v.lateCredits, Issued: money.ByCurrency{}, Rated: v.events >= MinRateEvents,
		}
		for currency, issued := range v.issued {
			line.Issued[currency] = issued.Minor
		}
		if line.Rated {
			line.IncidentsPer1000 = scaled(v.incidents-v.lateIncidents, perThousand, v.events)
			line.CreditsPer1000 = scaled(v.credits-v.lateCredits, perThousand, v.events)
		}
		b.Lines = append(b.Lines, line)
	}
	return b
}

// shares is each value's exact share of what was issued, summed over currencies.
func (c *ColumnNight) shares() map[string]*big.Rat {
	totals := money.ByCurrency{}
	for _, v := range c.values {
		for currency, issued := range v.issued {
			totals[currency] = plus(totals[currency], issued.Minor)
		}
	}
	none := new(big.Rat)
	shares := make(map[string]*big.Rat, len(c.values))
	for value, v := range c.values {
		shares[value] = none
		for currency, issued := range v.issued {
			if total := totals[currency]; total > 0 {
				shares[value] = new(big.Rat).Add(shares[value], big.NewRat(issued.Minor, total))
			}
		}
	}
	return shares
}

// Trend is the column as later nights read it: of each currency the values that
// got most.
func (c *ColumnNight) Trend() TrendColumn {
	t := TrendColumn{Source: c.Source, Column: c.Column, TooMany: c.tooMany, Currencies: []TrendValueList{}}
	by := map[string][]TrendValue{}
	for value, v := range c.values {
		for currency, issued := range v.issued {
			issued.Value = value
			by[currency] = append(by[currency], issued)
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		values := by[currency]
		slices.SortFunc(values, func(a, b TrendValue) int {
			return cmp.Or(-cmp.Compare(a.Minor, b.Minor), cmp.Compare(a.Value, b.Value))
		})
		kept := values[:min(len(values), TrendValues)]
		slices.SortFunc(kept, func(a, b TrendValue) int { return cmp.Compare(a.Value, b.Value) })
		t.Currencies = append(t.Currencies, TrendValueList{Currency: currency, Values: kept, More: int64(len(values) - len(kept))})
	}
	return t
}
