package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/report"
	"amends/rules/calendar"
)

// nightsOf makes nights of a rule on deliveries: hits and cents issued, night by
// night; hits below 0 are a night without rows.
func nightsOf(t *testing.T, hits []int64, minor []int64) []TrendNight {
	t.Helper()
	var nights []TrendNight
	for i, h := range hits {
		n := TrendNight{Date: on(t, "2026-01-05").AddDays(i).String(), Rows: map[string]int64{"deliveries": 100}}
		if h < 0 {
			n.Rows = map[string]int64{}
		}
		if h > 0 {
			r := TrendRule{Rule: "late", Hits: h}
			if minor != nil {
				r.Issued = map[string]TrendSum{"USD": {Count: h, Minor: minor[i]}}
			}
			n.Rules = []TrendRule{{Rule: "early", Hits: 1}, r, {Rule: "later", Hits: 1}}
		}
		nights = append(nights, n)
	}
	return nights
}

func anomaliesOf(t *testing.T, nights []TrendNight, rules ...LiveRule) []report.Anomaly {
	t.Helper()
	past, tonight := nights[:len(nights)-1], nights[len(nights)-1]
	anomalies, _ := Anomalies(AnomalyNight{Date: on(t, tonight.Date), Past: past, Tonight: tonight, Rules: rules})
	return anomalies
}

func TestRulesFarFromTheirHistory(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		hits, minor []int64
		want        string // "" for none
	}{
		{"far", []int64{2, 2, 2, 2, 2, 2, 2, 9}, []int64{100, 100, 101, 50, 100, 300, 120, 412},
			"late paid $4.12 in 9 credits, 4.1 times its median of $1.00 over 7 nights; its highest night was $3.00"},
		{"three times, not above", []int64{2, 2, 2, 2, 2, 2, 2, 9}, []int64{100, 100, 100, 100, 100, 100, 100, 300}, ""},
		{"below its highest", []int64{2, 2, 2, 2, 2, 2, 2, 9}, []int64{100, 100, 101, 50, 100, 412, 120, 412}, ""},
		{"four credits", []int64{2, 2, 2, 2, 2, 2, 2, 4}, []int64{100, 100, 100, 100, 100, 100, 100, 1000}, ""},
		{"six nights", []int64{2, 2, 2, 2, 2, 2, 9}, []int64{100, 100, 100, 100, 100, 100, 1000}, ""},
		{"rare", []int64{0, 0, 0, 0, 0, 0, 2, 9}, []int64{0, 0, 0, 0, 0, 0, 100, 200},
			"late paid $2.00 in 9 credits, its median over 7 nights is $0.00, its highest night $1.00"},
		{"first", []int64{0, 0, 0, 0, 0, 0, 0, 1}, []int64{0, 0, 0, 0, 0, 0, 0, 900}, "late hit 1 incident, its first in 7 nights"},
		{"stopped", []int64{2, 2, 2, 2, 2, 2, 2, 0}, nil,
			"late hit nothing tonight in 100 rows of deliveries; it hit on 7 of the 7 nights before, and was never silent for as long"},
		{"silent as before", []int64{2, 2, 0, 2, 2, 2, 2, 0}, nil, ""},
		{"silent for longer", []int64{2, 2, 0, 2, 2, 2, 0, 0}, nil,
			"late hit nothing for 2 nights, tonight in 100 rows of deliveries; it hit on 5 of the 7 nights before, and was never silent for as long"},
		{"nothing was read", []int64{2, 2, 2, 2, 2, 2, 2, -1}, nil, ""},
		{"nights without rows say nothing", []int64{2, 2, -1, -1, 2, 2, 2, 2, 2, 0}, nil,
			"late hit nothing tonight in 100 rows of deliveries; it hit on 7 of the 7 nights before, and was never silent for as long"},
		{"hit on less than half", []int64{2, 2, 2, 0, 0, 0, 0, 0}, nil, ""},
	}
	for _, test := range tests {
		got := ""
		for _, a := range anomaliesOf(t, nightsOf(t, test.hits, test.minor), LiveRule{ID: "late", On: "deliveries"}) {
			got += a.Sentence
		}
		if got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	if got := anomaliesOf(t, nightsOf(t, []int64{2, 2, 2, 2, 2, 2, 2, 0}, nil)); got != nil {
		t.Errorf("a rule that is not live: %+v", got)
	}
}

// column makes a night on which values of a column got cents.
func column(more int64, values ...TrendValue) TrendColumn {
	return TrendColumn{Source: "deliveries", Column: "seller", Currencies: []TrendValueList{{Currency: "USD", Values: values, More: more}}}
}

func TestValuesFarFromTheirHistory(t *testing.T) {
	t.Parallel()
	var past []TrendNight
	for range MinAnomalyNights {
		past = append(past, TrendNight{Columns: []TrendColumn{
			{Source: "defects", Column: "seller"}, column(3, TrendValue{"a", 1, 100}, TrendValue{"z", 1, 40}),
		}})
	}
	tonight := func() *ColumnNight {
		c := NewColumnNight("deliveries", "seller", nil, false, 10)
		for range 5 {
			c.AddCredit("a", "USD", 61, false)
			c.AddCredit("new", "USD", 25, false)
			c.AddCredit("", "EUR", 10, false)
			c.AddCredit("small", "USD", 24, false) // 1.20: three times the 0.40 that a night can have left out
		}
		return c
	}
	got, _ := Anomalies(AnomalyNight{Past: past, Columns: []*ColumnNight{tonight()}})
	want := []string{
		"deliveries without a seller got €0.50 in 5 credits, and nothing in the 7 nights before",
		"seller new of deliveries got $1.25 in 5 credits, 3.1 times its median of $0.40 over 7 nights; its highest night was $0.40",
		"seller a of deliveries got $3.05 in 5 credits, 3.0 times its median of $1.00 over 7 nights; its highest night was $1.00",
	}
	if len(got) != len(want) {
		t.Fatalf("%d anomalies: %+v", len(got), got)
	}
	for i := range want {
		if got[i].Sentence != want[i] || got[i].Subject != "deliveries.seller" {
			t.Errorf("%+v\nwant %s", got[i], want[i])
		}
	}
	past[3].Columns = nil // the column has six nights of history
	if got, _ := Anomalies(AnomalyNight{Past: past, Columns: []*ColumnNight{tonight()}}); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestCustomersFarFromTheirHistory(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, days, want string }{ // how many days before tonight
		{"three at once", "0 0 0", "customer c got 3 credits ($0.30) in the 28 days to 2026-06-30, 3 of them tonight, and none before those days"},
		{"two", "0 0", ""},
		{"three within 28 days", "0 5 27", "customer c got 3 credits ($0.30) in the 28 days to 2026-06-30, 1 of them tonight, and none before those days"},
		{"one a day too early", "0 5 28", ""},
		{"twice as many", "0 1 2 3 60 61", "customer c got 4 credits ($0.40) in the 28 days to 2026-06-30, 1 of them tonight, at most 2 in any 28 days before"},
		{"not twice as many", "0 1 2 60 61", ""},
		{"busy across months", "0 1 2 3 50 77", "customer c got 4 credits ($0.40) in the 28 days to 2026-06-30, 1 of them tonight, at most 2 in any 28 days before"},
		{"spread", "0 1 2 30 58 86 114", "customer c got 3 credits ($0.30) in the 28 days to 2026-06-30, 1 of them tonight, at most 1 in any 28 days before"},
	}
	tonight := on(t, "2026-06-30")
	for _, test := range tests {
		c := CustomerNight{ID: "c"}
		for _, text := range strings.Fields(test.days) {
			var days int
			if _, err := fmt.Sscan(text, &days); err != nil {
				t.Fatal(err)
			}
			c.Credits = append(c.Credits, Dated{Date: tonight.AddDays(-days), Currency: "USD", Minor: 10})
		}
		got, week := "", make([]TrendNight, MinAnomalyNights)
		anomalies, _ := Anomalies(AnomalyNight{Date: tonight, Past: week, Customers: []CustomerNight{c}})
		for _, a := range anomalies {
			got += a.Sentence
		}
		if early, more := Anomalies(AnomalyNight{Date: tonight, Past: week[1:], Customers: []CustomerNight{c}}); len(early) > 0 || more > 0 {
			t.Errorf("%s: with six nights there is nothing to compare with, and yet %+v", test.name, early)
		}
		if got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

// The furthest come first, and no more than a person reads.
func TestAnomaliesAreBoundedAndSorted(t *testing.T) {
	t.Parallel()
	tonight := on(t, "2026-06-30")
	var customers []CustomerNight
	for i := range 60 {
		c := CustomerNight{ID: fmt.Sprintf("c-%02d", i)}
		for range 3 + i {
			c.Credits = append(c.Credits, Dated{Date: tonight, Currency: "USD", Minor: 10})
		}
		customers = append(customers, c)
	}
	for _, others := range []int{0, 5000} { // who are like the least of them
		all := slices.Clone(customers)
		for i := range others {
			all = slices.Insert(all, i*len(all)/others, CustomerNight{ID: fmt.Sprintf("d-%04d", i), Credits: customers[0].Credits})
		}
		got, more := Anomalies(AnomalyNight{Date: tonight, Past: make([]TrendNight, MinAnomalyNights), Customers: all})
		if len(got) != 10 || got[0].ID != "c-59" || got[9].ID != "c-50" || more != int64(50+others) {
			t.Errorf("%d, from %s to %s, and %d more", len(got), got[0].ID, got[len(got)-1].ID, more)
		}
	}
	var dates []calendar.Date
	if n := mostWithin(dates, 28); n != 0 {
		t.Errorf("%d of no dates", n)
	}
}
