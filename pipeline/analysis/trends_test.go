package analysis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"amends/pipeline/report"
	"amends/rules/calendar"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMedianByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		values []int64
		want   int64
	}{
		{nil, 0},
		{[]int64{7}, 7},
		{[]int64{9, 1, 5}, 5},
		{[]int64{4, 2}, 3},
		{[]int64{1, 2}, 2},                   // 1.5 goes to 2, which is even
		{[]int64{2, 3}, 2},                   // 2.5 goes to 2
		{[]int64{0, 0, 0, 5}, 0},             // zero nights count
		{[]int64{5, 0, 8, 1}, 3},             // 1 and 5
		{[]int64{0, 1}, 0},                   // 0.5
		{[]int64{math.MaxInt64, 1}, 1 << 62}, // 2^62 exactly
		{[]int64{math.MaxInt64 - 1, math.MaxInt64}, math.MaxInt64 - 1},
	}
	for _, test := range tests {
		if got := medianOf(test.values); got != test.want {
			t.Errorf("median of %v is %d, want %d", test.values, got, test.want)
		}
	}
}

func TestScaledByHand(t *testing.T) {
	t.Parallel()
	tests := []struct{ a, b, c, want int64 }{
		{1, 1, 2, 0},           // 0.5 to even
		{3, 1, 2, 2},           // 1.5
		{5, 1, 2, 2},           // 2.5
		{1, 1, 3, 0},           // 0.33
		{2, 1, 3, 1},           // 0.67
		{4, 100_000, 95, 4211}, // 4 of 95: 42.105 a thousand, in hundredths 4210.5 and more
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, 2, 1, math.MaxInt64}, // its end
	}
	for _, test := range tests {
		if got := scaled(test.a, test.b, test.c); got != test.want {
			t.Errorf("%d × %d ÷ %d is %d, want %d", test.a, test.b, test.c, got, test.want)
		}
	}
	if got := quotient(big.NewInt(7), big.NewInt(2)); got != 4 {
		t.Errorf("7 ÷ 2 is %d, want 4", got)
	}
}

// Weeks begin on Monday, across the ends of years and of years with 53 weeks.
func TestWeeksByHand(t *testing.T) {
	t.Parallel()
	tests := []struct{ day, monday string }{
		{"2026-01-05", "2026-01-05"},
		{"2026-01-04", "2025-12-29"}, // a Sunday
		{"2026-01-01", "2025-12-29"},
		{"2025-12-31", "2025-12-29"},
		{"2020-12-31", "2020-12-28"}, // week 53
		{"2021-01-03", "2020-12-28"},
		{"2024-02-29", "2024-02-26"},
		{"1969-12-31", "1969-12-29"},
	}
	for _, test := range tests {
		if got := mondayOf(on(t, test.day)).String(); got != test.monday {
			t.Errorf("%s lies in the week of %s, want %s", test.day, got, test.monday)
		}
	}
}

func on(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// aTrends has something in each part.
func aTrends() *Trends {
	return (&Trends{}).Next(TrendNight{
		Date: "2026-01-05", Rows: map[string]int64{"deliveries": 10},
		Movements: []TrendMovement{{What: "issued", Currency: "USD", Funding: "platform", Count: 2, Minor: 300}},
		Rules:     []TrendRule{{Rule: "late", Hits: 3, Wins: 2, Issued: map[string]TrendSum{"USD": {2, 300}}}},
		Columns: []TrendColumn{{Source: "deliveries", Column: "seller", Currencies: []TrendValueList{
			{Currency: "USD", Values: []TrendValue{{"", 1, 100}, {"s-<1>", 1, 200}}},
		}}},
	}, []Cohort{{Currency: "USD", Monday: "2026-02-02", Snapshots: []Snapshot{{Ahead: 4, Date: "2026-01-05", OutstandingMinor: 300}}}})
}

func TestTrendsReadBack(t *testing.T) {
	t.Parallel()
	for _, trends := range []*Trends{aTrends(), (&Trends{}).Next(TrendNight{Date: "2026-01-05"}, nil)} {
		content := trends.Encode()
		back, err := DecodeTrends(content)
		if err != nil {
			t.Fatalf("%s: %v", content, err)
		}
		if again := back.Encode(); !bytes.Equal(again, content) {
			t.Errorf("%s came back as %s", content, again)
		}
	}
}

// TestTheNextNightReadsWhatANightLeaves: trends that could not be read would stop
// every night after them.
func TestTheNextNightReadsWhatANightLeaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trends, date := &Trends{}, calendar.Date(20_000)
		minor := rapid.OneOf(rapid.Int64Range(1, 500), rapid.Int64Range(math.MaxInt64-5, math.MaxInt64))
		currency := rapid.SampledFrom([]string{"JPY", "USD"})
		for range rapid.IntRange(1, 12).Draw(t, "nights") {
			date = date.AddDays(rapid.SampledFrom([]int{1, 1, 2, 7, 40, 400}).Draw(t, "days on"))
			night := LiabilityNight{Date: date, GraceDays: rapid.IntRange(0, 40).Draw(t, "grace")}
			for range rapid.IntRange(0, 5).Draw(t, "weeks") {
				night.Outstanding.Add(currency.Draw(t, "currency"), date.AddDays(rapid.IntRange(-80, 400).Draw(t, "last day")), minor.Draw(t, "left"))
			}
			for range rapid.IntRange(0, 3).Draw(t, "forfeitures") {
				night.Forfeited = append(night.Forfeited, Forfeited{
					Currency: currency.Draw(t, "currency"), LastDay: date.AddDays(-rapid.IntRange(0, 60).Draw(t, "expired")),
					Issued: date.AddDays(-rapid.IntRange(0, 90).Draw(t, "issued")), Minor: minor.Draw(t, "forfeited") * rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign"),
				})
			}
			column := NewColumnNight("deliveries", "seller", nil, false, 3)
			var moved Moved
			for range rapid.IntRange(0, 5).Draw(t, "credits") {
				value, code, amount := rapid.String().Draw(t, "value"), currency.Draw(t, "currency"), minor.Draw(t, "issued")
				column.AddCredit(value, code, amount, false)
				moved.Add(report.MoveIssued, code, value, amount)
			}
			liability := NextLiability(trends.Cohorts, night)
			next := trends.Next(TrendNight{
				Date: date.String(), Rows: map[string]int64{"deliveries": 1, "service": minor.Draw(t, "rows")}, Movements: moved.Lines(),
				Rules: drawRules(t), Columns: []TrendColumn{column.Trend()},
			}, liability.Cohorts)
			content := next.Encode()
			want, err := json.Marshal(next)
			if err != nil || string(content) != string(want)+"\n" {
				t.Fatalf("%v: %s, want %s", err, content, want)
			}
			if trends, err = DecodeTrends(content); err != nil {
				t.Fatalf("%v: %s", err, content)
			}
			if read, ok := readTrends(string(content)); ok {
				if diff := cmp.Diff(trends, read); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	})
}

func drawRules(t *rapid.T) []TrendRule {
	list := []TrendRule{}
	for range rapid.IntRange(0, 2).Draw(t, "rules") {
		of := TrendRule{Rule: rapid.String().Draw(t, "rule"), Hits: rapid.Int64().Draw(t, "hits")}
		if rapid.Bool().Draw(t, "issued") {
			of.Wins, of.Issued = 2, map[string]TrendSum{"JPY": {1, 5}, "EUR": {1, rapid.Int64().Draw(t, "minor")}}
		}
		list = append(list, of)
	}
	return list
}

// Names that need no quoting, which most are, are read without reflection: each
// part of them as encoding/json reads it.
func TestPlainTrendsAreReadQuickly(t *testing.T) {
	t.Parallel()
	plain := aTrends()
	plain.Nights[0].Columns[0].Currencies[0].Values[1].Value = "s-1"
	plain.Nights[0].Columns = append(plain.Nights[0].Columns, TrendColumn{Source: "deliveries", Column: "route", TooMany: true})
	plain.Cohorts[0].Sealed, plain.Cohorts[0].Snapshots[0].Past, plain.Cohorts[0].Snapshots[0].ExpectedMinor, plain.Cohorts[0].Snapshots[0].ForfeitedMinor = "2026-03-01", 3, 7, -2
	read, ok := readTrends(string(plain.Encode()))
	want, err := unmarshalTrends(plain.Encode())
	if diff := cmp.Diff(want, read); !ok || err != nil || diff != "" {
		t.Errorf("%t, %v: %s", ok, err, diff)
	}
	if _, ok := readTrends(string(aTrends().Encode())); ok {
		t.Error("a quoted text was read")
	}
}

func TestTrendsAreBounded(t *testing.T) {
	t.Parallel()
	trends := &Trends{}
	for d := on(t, "2026-01-01"); d < on(t, "2026-03-01"); d++ {
		trends = trends.Next(TrendNight{Date: d.String()}, nil)
	}
	if n := len(trends.Nights); n != TrendNights || trends.Nights[0].Date != "2026-02-01" || trends.Nights[n-1].Date != "2026-02-28" {
		t.Errorf("%d nights from %s", n, trends.Nights[0].Date)
	}
}

func TestTrendsThatAreNone(t *testing.T) {
	t.Parallel()
	good := aTrends().Encode()
	tests := []struct{ name, old, new, want string }{
		{"empty", string(good), "", "EOF"},
		{"cut short", "}\n", "", "EOF"},
		{"another version", `"version":1`, `"version":2`, "version 2; this program reads version 1"},
		{"another field", `"hits":3`, `"hits":3,"more":1`, "unknown field"},
		{"a float", `"hits":3`, `"hits":3.5`, "cannot unmarshal"},
		{"a field twice", `"hits":3`, `"hits":1,"hits":3`, "not written as"},
		{"two of them", "\n", "\n{}\n", "more behind"},
		{"no last line", "\n", "", "not written as"},
		{"a night that is no date", `"2026-01-05","rows"`, `"2026-01-32","rows"`, "night's date"},
		{"no Monday", `"2026-02-02"`, `"2026-02-03"`, "no Monday"},
		{"a value below zero", `"outstanding":300`, `"outstanding":-300`, "below zero"},
		{"a movement below zero", `"minor":300}],"rules"`, `"minor":-300}],"rules"`, "below zero"},
		{"a longer list", `["",1,100]`, `["",1,100,2]`, "not written as"},
		{"a shorter list", `["",1,100]`, `["",1]`, "not written as"},
	}
	for _, test := range tests {
		bad := strings.Replace(string(good), test.old, test.new, 1)
		if bad == string(good) {
			t.Fatalf("%s: nothing was changed in %s", test.name, good)
		}
		if _, err := DecodeTrends([]byte(bad)); !errors.Is(err, ErrTrends) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	twice := aTrends()
	twice.Nights = append(twice.Nights, twice.Nights[0])
	many := aTrends()
	for range TrendNights {
		many.Nights = append(many.Nights, many.Nights[0])
	}
	order := aTrends()
	order.Cohorts = append(order.Cohorts, order.Cohorts[0])
	values := aTrends()
	list := &values.Nights[0].Columns[0].Currencies[0]
	for i := range TrendValues {
		list.Values = append(list.Values, TrendValue{Value: fmt.Sprint(i), Minor: 1, Count: 1})
	}
	for want, trends := range map[string]*Trends{"stands after": twice, "nights, at most": many, "not in its place": order, "values, at most": values} {
		if _, err := DecodeTrends(trends.Encode()); !errors.Is(err, ErrTrends) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
