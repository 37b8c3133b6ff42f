package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/money"
)

// When a figure is far from its own history. A threshold that is too low buries
// what matters, and an analyst stops to look.
const (
	maxAnomalies = 50 // what a person looks into of one night
	// maxAnomalyCustomers are a morning's work; while the ledger is young, every
	// customer with a few credits is unlike before.
	maxAnomalyCustomers = 10
	// MinAnomalyNights is a whole week: a weekday's rhythm is no news. With fewer
	// nights there is nothing to compare with.
	MinAnomalyNights = 7
	// minAnomalyCredits lets one or two dear credits pass: a single award is for
	// approvals to judge.
	minAnomalyCredits = 5
	// farTimes is how many times its median a figure must exceed, beside its
	// highest night: ordinary weekends and sales stay below.
	farTimes = 3

	// customerDays is a month of whole weeks: claims in turn over several orders,
	// each of them small, show over weeks and not in a night.
	customerDays = 28
	// MinCustomerCredits is more than bad luck with one order: who has fewer, in
	// all, is like others.
	MinCustomerCredits = 3
	// customerTimes is how many times the customer's own busiest 28 days before.
	customerTimes = 2

	// Where a rule's first hits and a rule that stopped stand among those that are
	// so many hundredths of their highest night.
	firstWeight, stoppedWeight = 300, 400
)

// LiveRule is a rule that was live and active tonight.
type LiveRule struct{ ID, On string }

// Dated is one credit of a customer.
type Dated struct {
	Date     calendar.Date
	Currency string
	Minor    int64
}

// CustomerNight is a customer who got a credit tonight: every credit that is
// remembered, tonight's too, whoever gave it.
type CustomerNight struct {
	ID      string
	Credits []Dated
}

// AnomalyNight is what anomalies are found in.
type AnomalyNight struct {
	Date      calendar.Date
	Past      []TrendNight // oldest first
	Tonight   TrendNight
	Columns   []*ColumnNight // tonight's values, all of them
	Rules     []LiveRule
	Customers []CustomerNight // in any order, each once
}

// found is an anomaly with how far it is: hundredths of the most before.
type found struct {
	report.Anomaly
	weight int64
}

// Anomalies are the rules, values of columns and customers that are far from
// their own history, furthest first, and how many more customers are.
func Anomalies(n AnomalyNight) (anomalies []report.Anomaly, moreCustomers int64) {
	if len(n.Past) < MinAnomalyNights {
		return nil, 0
	}
	var all, customers []found
	for _, r := range n.Rules {
		all = append(all, n.ruleAnomalies(r)...)
	}
	for _, c := range n.Columns {
		all = append(all, n.valueAnomalies(c)...)
	}
	for _, c := range n.Customers {
		if a := n.customerAnomaly(c); a != nil {
			customers, moreCustomers = append(customers, a...), moreCustomers+1
		}
		if len(customers) > 64*maxAnomalyCustomers {
			customers = foremost(customers, maxAnomalyCustomers) // they may be very many
		}
	}
	customers = foremost(customers, maxAnomalyCustomers)
	for _, f := range foremost(append(all, customers...), maxAnomalies) {
		anomalies = append(anomalies, f.Anomaly)
		if f.Subject == customerSubject {
			moreCustomers--
		}
	}
	return anomalies, moreCustomers
}

const customerSubject = "customer"

// foremost are the first of them, at most so many, in their order.
func foremost(all []found, most int) []found {
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(-cmp.Compare(a.weight, b.weight), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.Currency, b.Currency))
	})
	return all[:min(len(all), most)]
}

// far is a figure against those of the nights before it.
type far struct {
	minor, count, median, most int64
	nights                     int
}

func (f far) is() bool {
	return f.count >= minAnomalyCredits && f.minor > f.most && f.minor/farTimes >= f.median && f.minor > scaled(f.median, farTimes, 1)
}

// weight is the figure in hundredths of its highest night, at most a thousand
// times: behind that, all are equally new.
func (f far) weight() int64 { return min(scaled(f.minor, 100, max(f.most, 1)), 100_000) }

// than says what the figure is held against.
func (f far) than(currency string) string {
	median := amount(f.median, currency)
	switch {
	case f.most == 0:
		return fmt.Sprintf("and nothing in the %d nights before", f.nights)
	case f.median == 0:
		return fmt.Sprintf("its median over %d nights is %s, its highest night %s", f.nights, median, amount(f.most, currency))
	}
	return fmt.Sprintf("%s times its median of %s over %d nights; its highest night was %s", tenths(f.minor, f.median), median, f.nights, amount(f.most, currency))
}

func amount(minor int64, currency string) string {
	return report.Amount(minor, currency)
}

// tenths is a ÷ b with one digit.
func tenths(a, b int64) string {
	t := scaled(a, 10, b)
	return fmt.Sprintf("%d.%d", t/10, t%10)
}

func credits(n int64) string {
	if n == 1 {
		return "1 credit"
	}
	return fmt.Sprintf("%d credits", n)
}

func ruleOf(night *TrendNight, id string) TrendRule {
	if at, found := slices.BinarySearchFunc(night.Rules, id, func(r TrendRule, id string) int { return cmp.Compare(r.Rule, id) }); found {
		return night.Rules[at]
	}
	return TrendRule{}
}

func (n *AnomalyNight) ruleAnomalies(r LiveRule) []found {
	var all []found
	tonight := ruleOf(&n.Tonight, r.ID)
	var everHit int64
	for i := range n.Past {
		everHit += ruleOf(&n.Past[i], r.ID).Hits
	}
	switch {
	case tonight.Hits > 0 && everHit == 0:
		all = append(all, found{report.Anomaly{
			Kind: report.AnomalyFirst, Subject: "rule", ID: r.ID, Count: tonight.Hits,
			Sentence: fmt.Sprintf("%s hit %s, its first in %d nights", r.ID, incidents(tonight.Hits), len(n.Past)),
		}, firstWeight})
	case tonight.Hits == 0:
		all = append(all, n.stopped(r)...)
	}
	for currency, issued := range tonight.Issued {
		f := far{minor: issued.Minor, count: issued.Count, nights: len(n.Past)}
		sums := make([]int64, len(n.Past))
		for i := range n.Past {
			sums[i] = ruleOf(&n.Past[i], r.ID).Issued[currency].Minor
		}
		f.median, f.most = medianOf(sums), slices.Max(sums)
		if f.is() && everHit > 0 {
			all = append(all, found{report.Anomaly{
				Kind: report.AnomalyFar, Subject: "rule", ID: r.ID, Currency: currency, Minor: f.minor, Count: f.count,
				Sentence: fmt.Sprintf("%s paid %s in %s, %s", r.ID, amount(f.minor, currency), credits(f.count), f.than(currency)),
			}, f.weight()})
		}
	}
	return all
}

// stopped finds a rule that hit on half or more of the nights on which its
// source had rows, and is silent tonight for longer than ever in between: a rule
// of which every other night is silent has not stopped on the next.
func (n *AnomalyNight) stopped(r LiveRule) []found {
	rows := n.Tonight.Rows[r.On]
	if rows == 0 {
		return nil
	}
	var nights, hit, silent, longest int
	for i := range n.Past {
		if n.Past[i].Rows[r.On] == 0 {
			continue
		}
		nights++
		if ruleOf(&n.Past[i], r.ID).Hits > 0 {
			hit++
			longest, silent = max(longest, silent), 0
			continue
		}
		silent++
	}
	silent++ // tonight
	if nights < MinAnomalyNights || 2*hit < nights || silent <= longest {
		return nil
	}
	last := "tonight"
	if silent > 1 {
		last = fmt.Sprintf("for %d nights, tonight", silent)
	}
	return []found{{report.Anomaly{
		Kind: report.AnomalyStopped, Subject: "rule", ID: r.ID,
		Sentence: fmt.Sprintf("%s hit nothing %s in %d rows of %s; it hit on %d of the %d nights before, and was never silent for as long",
			r.ID, last, rows, r.On, hit, nights),
	}, stoppedWeight}}
}

func incidents(n int64) string {
	if n == 1 {
		return "1 incident"
	}
	return fmt.Sprintf("%d incidents", n)
}

// valueAnomalies are the values of a column that got far more than before.
func (n *AnomalyNight) valueAnomalies(c *ColumnNight) []found {
	var all []found
	past := columnsOf(n.Past, c)
	if len(past) < MinAnomalyNights {
		return nil // the column is new in the report
	}
	for value, v := range c.values {
		for currency, issued := range v.issued {
			if issued.Count < minAnomalyCredits {
				continue
			}
			f := far{minor: issued.Minor, count: issued.Count, nights: len(past)}
			sums := make([]int64, len(past))
			for i, t := range past {
				sums[i] = t.most(currency, value)
			}
			f.median, f.most = medianOf(sums), slices.Max(sums)
			if f.is() {
				all = append(all, found{report.Anomaly{
					Kind: report.AnomalyFar, Subject: c.Source + "." + c.Column, ID: value, Currency: currency, Minor: f.minor, Count: f.count,
					Sentence: fmt.Sprintf("%s got %s in %s, %s", naming(c, value), amount(f.minor, currency), credits(f.count), f.than(currency)),
				}, f.weight()})
			}
		}
	}
	return all
}

func naming(c *ColumnNight, value string) string {
	if value == "" {
		return fmt.Sprintf("%s without a %s", c.Source, c.Column)
	}
	return fmt.Sprintf("%s %s of %s", c.Column, value, c.Source)
}

// columnsOf are the nights before on which a column was counted.
func columnsOf(past []TrendNight, c *ColumnNight) []*TrendColumn {
	var columns []*TrendColumn
	for i := range past {
		for k := range past[i].Columns {
			if t := &past[i].Columns[k]; t.Source == c.Source && t.Column == c.Column && !t.TooMany {
				columns = append(columns, t)
			}
		}
	}
	return columns
}

// most is what a value got in a night, or where the night kept others only, the
// most that it can have got.
func (t *TrendColumn) most(currency, value string) int64 {
	for i := range t.Currencies {
		list := &t.Currencies[i]
		if list.Currency != currency {
			continue
		}
		at, listed := slices.BinarySearchFunc(list.Values, value, func(v TrendValue, value string) int { return cmp.Compare(v.Value, value) })
		switch {
		case listed:
			return list.Values[at].Minor
		case list.More > 0:
			return slices.MinFunc(list.Values, func(a, b TrendValue) int { return cmp.Compare(a.Minor, b.Minor) }).Minor
		}
	}
	return 0
}

// customerAnomaly compares a customer's last 28 days with the busiest 28 days in
// a row before them.
func (n *AnomalyNight) customerAnomaly(c CustomerNight) []found {
	from := n.Date.AddDays(1 - customerDays)
	var recent, tonight int64
	sums := money.ByCurrency{}
	var earlier []calendar.Date
	for _, g := range c.Credits {
		if g.Date < from {
			earlier = append(earlier, g.Date)
			continue
		}
		recent++
		sums[g.Currency] = plus(sums[g.Currency], g.Minor)
		if g.Date == n.Date {
			tonight++
		}
	}
	busiest := mostWithin(earlier, customerDays)
	if recent < MinCustomerCredits || recent < customerTimes*busiest {
		return nil
	}
	var amounts []string
	for _, currency := range sums.Currencies() {
		amounts = append(amounts, amount(sums[currency], currency))
	}
	before := "and none before those days"
	if busiest > 0 {
		before = fmt.Sprintf("at most %d in any %d days before", busiest, customerDays)
	}
	a := report.Anomaly{
		Kind: report.AnomalyFar, Subject: customerSubject, ID: c.ID, Count: recent,
		Sentence: fmt.Sprintf("customer %s got %s (%s) in the %d days to %s, %d of them tonight, %s",
			c.ID, credits(recent), strings.Join(amounts, ", "), customerDays, n.Date, tonight, before),
	}
	if len(sums) == 1 {
		a.Currency = sums.Currencies()[0]
		a.Minor = sums[a.Currency]
	}
	return []found{{a, 100 * recent / max(busiest, 1)}}
}

// mostWithin is the highest number of dates that lie within so many days.
func mostWithin(dates []calendar.Date, days int) int64 {
	slices.Sort(dates)
	most, first := 0, 0
	for i := range dates {
		for dates[i] >= dates[first].AddDays(days) {
			first++
		}
		most = max(most, i+1-first)
	}
	return int64(most)
}
