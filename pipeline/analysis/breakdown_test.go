package analysis

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/report"
	"amends/rules/money"
)

// Of what was issued, a has 3/4 of the dollars, b 1/4 and all of the yen, so b
// goes first; c and the null got nothing, and c has more incidents. Below 20 events
// there is no rate.
func TestBreakdownByHand(t *testing.T) {
	t.Parallel()
	c := NewColumnNight("deliveries", "seller", map[string]int64{"a": 95, "b": 3, "c": 20, "": 19}, false, 10)
	for range 4 {
		c.AddIncident("a", false)
	}
	c.AddIncident("a", true) // proven late: in no rate
	c.AddCredit("a", "USD", 0, true)
	c.AddIncident("c", false)
	c.AddCredit("a", "USD", 100, false)
	c.AddCredit("a", "USD", 200, false)
	c.AddCredit("b", "USD", 100, false)
	c.AddCredit("b", "JPY", 5, false)
	c.AddUnknown("USD", 40)
	want := report.Breakdown{
		Source: "deliveries", Column: "seller", UnknownCredits: 1, UnknownIssued: money.ByCurrency{"USD": 40},
		Lines: []report.BreakdownLine{
			{Value: "b", Events: 3, Credits: 2, Issued: money.ByCurrency{"USD": 100, "JPY": 5}},
			{Value: "a", Events: 95, Incidents: 5, LateIncidents: 1, Credits: 3, LateCredits: 1, Issued: money.ByCurrency{"USD": 300}, Rated: true, IncidentsPer1000: 4211, CreditsPer1000: 2105},
			{Value: "c", Events: 20, Incidents: 1, Issued: money.ByCurrency{}, Rated: true, IncidentsPer1000: 5000},
			{Value: "", Events: 19, Issued: money.ByCurrency{}},
		},
	}
	if diff := cmp.Diff(want, c.Breakdown()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	trend := TrendColumn{Source: "deliveries", Column: "seller", Currencies: []TrendValueList{
		{Currency: "JPY", Values: []TrendValue{{"b", 1, 5}}},
		{Currency: "USD", Values: []TrendValue{{"a", 3, 300}, {"b", 1, 100}}},
	}}
	if diff := cmp.Diff(trend, c.Trend()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBreakdownIsBounded(t *testing.T) {
	t.Parallel()
	events := map[string]int64{}
	for i := range 300 {
		events[fmt.Sprintf("v%03d", i)] = 1
	}
	c := NewColumnNight("d", "v", events, false, 300)
	for i := range 300 {
		c.AddCredit(fmt.Sprintf("v%03d", i), "USD", int64(1000-i), false)
	}
	b := c.Breakdown()
	if len(b.Lines) != maxBreakdownLines || b.More != 250 || b.Lines[49].Value != "v049" {
		t.Errorf("%d lines and %d more", len(b.Lines), b.More)
	}
	list := c.Trend().Currencies[0]
	if len(list.Values) != TrendValues || list.More != 100 || list.Values[199].Value != "v199" {
		t.Errorf("%d values and %d more", len(list.Values), list.More)
	}
	c.AddIncident("one more, and null", false) // 301 of 300 and null
	c.AddIncident("two more", false)
	c.AddCredit("v000", "USD", 1, false)
	if b := c.Breakdown(); !b.TooMany || b.Lines != nil || b.More != 0 {
		t.Errorf("%+v", b)
	}
	if trend := c.Trend(); !trend.TooMany || len(trend.Currencies) != 0 {
		t.Errorf("%+v", trend)
	}
	if b := NewColumnNight("d", "v", nil, true, 300).Breakdown(); !b.TooMany {
		t.Errorf("%+v", b)
	}
}
