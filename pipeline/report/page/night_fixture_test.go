package page

import (
	"fmt"

	"amends/pipeline/report"
	"amends/rules/money"
)

// script is an id that runs where it is taken for HTML.
const script = `<img src=x onerror="window.ran=1">`

// fullNight is a night with something in each section. Its figures add up:
// 48210 rows are 37+120+410+46190+75+905+73+400 of deliveries, and 1200 are
// 2+0+40+1060+4+62+9+23 of service; 423 credits, 82 new holds and 967 incidents
// with nothing are what both sources have.
func fullNight() *report.Analysis {
	s := &report.Summary{
		Version: 1, BusinessDate: "2026-02-18", EffectiveDate: "2026-02-19", AsOf: "2026-02-19T05:00:00Z", Timezone: "America/New_York",
		Sources: []report.SourceFlow{
			{Source: "deliveries", Files: 3, Read: 48210, Rejected: 37, OutOfWindow: 120, NotYet: 410, Unmatched: 46190, Merged: 75, Suppressed: 905, Held: 73, Issued: 400},
			{Source: "service", Files: 1, Read: 1200, Rejected: 2, NotYet: 40, Unmatched: 1060, Merged: 4, Suppressed: 62, Held: 9, Issued: 23},
		},
		Issued: []report.MoneyLine{
			{Rule: "late", Reason: "DELIVERY_LATE", Funding: "platform", Currency: "EUR", Count: 90, Minor: 54321},
			{Rule: "late", Reason: "DELIVERY_LATE", Funding: "platform", Currency: "USD", Count: 210, Minor: 198765},
			{Rule: "late", Reason: "DELIVERY_LATE", Funding: "seller", Currency: "USD", Count: 60, Minor: 61234},
			{Rule: "lost", Reason: "DELIVERY_LOST", Funding: "platform", Currency: "USD", Count: 40, Minor: 123456},
			{Rule: "outage", Reason: "SERVICE_DOWN", Funding: "platform", Currency: "JPY", Count: 23, Minor: 34560},
		},
		Held: []report.MoneyLine{
			{Rule: "lost", Reason: "DELIVERY_LOST", Funding: "platform", Currency: "USD", Count: 73, Minor: 876543},
			{Rule: "outage", Reason: "SERVICE_DOWN", Funding: "platform", Currency: "JPY", Count: 9, Minor: 12345},
		},
		Forfeited: []report.MoneyLine{{Reason: "DELIVERY_LATE", Currency: "USD", Count: 31, Minor: 21345}, {Reason: "DELIVERY_LATE", Currency: "EUR", Count: 7, Minor: 4321}},
		Suppressions: []report.ReasonLine{
			{Reason: "already-issued", Count: 512, Repeat: 512, Gross: money.ByCurrency{"USD": 512000, "EUR": 70123}},
			{Reason: "combined", Count: 96, Gross: money.ByCurrency{"USD": 65432}},
			{Reason: "excluded:abuse-of-the-returns-policy", Count: 140, Repeat: 20, Gross: money.ByCurrency{"USD": 140123}},
			{Reason: "excluded:wrong-address", Count: 88, Gross: money.ByCurrency{"EUR": 44000, "JPY": 8800}},
			{Reason: "shadow-only", Count: 60, Gross: money.ByCurrency{}},
			{Reason: "zero-amount", Count: 4, Gross: money.ByCurrency{}},
		},
		Denials:    []report.ReasonLine{{Reason: "limit:per-customer-quarter", Count: 61, Gross: money.ByCurrency{"USD": 60500}}, {Reason: "budget:nightly", Count: 6, Gross: money.ByCurrency{"USD": 7777}}},
		HoldCauses: []report.CauseLine{{Kind: "approval", ID: "large", Count: 73, Amount: money.ByCurrency{"USD": 876543}}, {Kind: "guardrail", ID: "vs-median", Count: 9, Amount: money.ByCurrency{"JPY": 12345}}},
		Trims:      []report.TrimLine{{By: "limit:per-customer-quarter", Count: 33, Amount: money.ByCurrency{"USD": 14550, "EUR": 1200}}},
		Rejects:    []report.RejectLine{{Source: "deliveries", Code: "unexpected-null", Count: 37}, {Source: "service", Code: "at-before-since", Count: 2}},
		Redemptions: []report.RedemptionLine{
			{Outcome: "applied", Currency: "USD", Count: 310, Minor: 190000, AppliedMinor: 190000}, {Outcome: "applied", Currency: "EUR", Count: 60, Minor: 30000, AppliedMinor: 30000},
			{Outcome: "duplicate", Currency: "USD", Count: 12, Minor: 4825}, {Outcome: "out-of-window", Count: 3},
		},
		Adjustments: []report.AdjustmentLine{{Kind: "reinstate", Why: "forfeit", Currency: "USD", Count: 2, Minor: 1250}, {Kind: "void", Why: "charged-back", Currency: "USD", Count: 5, Minor: 4100}},
		HoldFlow:    report.HoldFlow{Opening: 61, New: 82, Released: 20, Rejected: 3, Lapsed: 1, Closing: 119},
		RollForward: []report.RollForwardLine{
			{Currency: "EUR", Opening: 1203400, Issued: 54321, Redeemed: 30000, Forfeited: 4321, Closing: 1223400},
			{Currency: "JPY", Opening: 412000, Issued: 34560, Closing: 446560},
			{Currency: "USD", Opening: 8123456, Issued: 383455, Reinstated: 1250, Redeemed: 190000, Forfeited: 21345, Voided: 4100, Closing: 8292716},
		},
		Issuable:     money.ByCurrency{"USD": 383455, "EUR": 54321, "JPY": 46905},
		Guardrails:   []report.BreachLine{{Guardrail: "vs-median", Currency: "JPY", Minor: 12345, Bound: "at most 4 times the median of 19 nights"}},
		Requests:     []report.RequestLine{{ID: "20260218-kim-1", Kind: "approve", By: "kim", Outcome: "done"}, {ID: "20260218-ana-2", Kind: "void", By: "ana", Outcome: "refused", Detail: "no such credit"}},
		ShadowFaults: []report.CountLine{{Name: "late-flat-trial", Count: 17}},
		VoidFaults:   []report.CountLine{{Name: "charged-back: null", Count: 1}},
		Expiring:     []report.MoneyLine{{Terms: "standard", Currency: "USD", Count: 44, Minor: 40123}},
		Notices:      []string{"deliveries: 15 rows are not final yet, and no later night reads their files: unless they are delivered again, nobody looks at them again (a longer lookback_days does)"},
	}
	a := &report.Analysis{Summary: s}
	fixtureMovements(a)
	fixtureRules(a)
	fixtureLimits(a)
	fixtureBreakdowns(a)
	fixtureExpiry(a)
	fixtureExamples(a)
	fixturePeople(a)
	a.Rejects = []report.RejectExample{{Source: "deliveries", Code: "unexpected-null", Count: 37, Rows: []report.RejectRow{
		{File: "data/deliveries/dt=2026-02-18/part-00.parquet", Row: 4711, Column: "delivered_at", Detail: "rule late needs it"},
		{File: "data/deliveries/dt=2026-02-17/part-00.parquet", Row: 0, Column: "seller_id", Detail: script},
	}}}
	a.Anomalies = []report.Anomaly{
		{Kind: report.AnomalyFar, Subject: "rule", ID: "outage", Currency: "JPY", Sentence: "Rule outage issued ¥34,560; over 28 nights its median is ¥2,100 and it never exceeded ¥9,870.", Minor: 34560, Count: 23},
		{Kind: report.AnomalyFirst, Subject: "rule", ID: "late-before-sale", Sentence: "Rule late-before-sale has its first hits: 12 incidents.", Count: 12},
		{Kind: report.AnomalyStopped, Subject: "rule", ID: "weather", Sentence: "Rule weather has no hit; on each of the 28 nights before it had some, 41 in the median."},
		{Kind: report.AnomalyFar, Subject: "deliveries.carrier", ID: script, Sentence: "Carrier " + script + " has 91.20 incidents per 1,000 events; the median is 12.00.", Count: 91},
		{Kind: report.AnomalyFar, Subject: "customer", ID: "c-0000163", Currency: "USD", Sentence: "Customer c-0000163 got $71.00 tonight.", Minor: 7100, Count: 6},
		{Kind: report.AnomalyFar, Subject: "customer", ID: "c-0000999", Currency: "USD", Sentence: "Customer c-0000999 got $55.00 tonight.", Minor: 5500, Count: 4},
	}
	return a
}

// fixturePeople has a reversal, an approval and a void that was refused, awards
// that lapsed, that lapse next night, and others.
func fixturePeople(a *report.Analysis) {
	a.Requests = []report.RequestEffect{
		{ID: "rq1_0123456789abcdef0123456789abcdef", Kind: "reverse", By: "lee", Why: "the storm was nobody's fault", Outcome: "done", AskedCount: 5, DoneCount: 5,
			Asked: money.ByCurrency{"USD": 4500}, Done: money.ByCurrency{"USD": 4100}},
		{ID: "20260218-kim-1", Kind: "approve", By: "kim", Why: "parts arrived", Outcome: "done", AskedCount: 1, DoneCount: 1, Asked: money.ByCurrency{"EUR": 4000}, Done: money.ByCurrency{"EUR": 4000}},
		{ID: "20260218-ana-2", Kind: "void", By: "ana", Why: script, Outcome: "refused", Detail: "no such credit"},
	}
	a.Waiting = []report.WaitingMoney{{Currency: "JPY", Count: 9, Minor: 12345}, {Currency: "USD", Count: 110, Minor: 913752, LapseNextCount: 2, LapseNextMinor: 13752, LapsedCount: 1, LapsedMinor: 7610}}
	a.Holds = []report.WaitingAward{
		{CreditID: "cr1_aa31cc83a1077ae45cda51dd7ab01", CustomerID: "c-0001111", OrderID: "o-20260204-000001", Rule: "lost", Currency: "USD", Minor: 7610, HeldSince: "2026-02-04", LapsesOn: "2026-02-18", Lapsed: true, Causes: "approval large"},
		{CreditID: "cr1_aa31cc83a1077ae45cda51dd7ab02", CustomerID: "c-0002222", Rule: "lost", Currency: "USD", Minor: 9752, HeldSince: "2026-02-05", LapsesOn: "2026-02-19", LapsesNext: true, Causes: "approval large, guardrail vs-median"},
		{CreditID: "cr1_aa31cc83a1077ae45cda51dd7ab03", CustomerID: script, OrderID: "o-20260205-000003", Rule: "late", Currency: "USD", Minor: 4000, HeldSince: "2026-02-05", LapsesOn: "2026-02-19", LapsesNext: true, Causes: "limit per-order"},
		{CreditID: "cr1_aa31cc83a1077ae45cda51dd7ab04", CustomerID: "c-0004444", OrderID: "o-20260211-000004", Rule: "outage", Currency: "JPY", Minor: 1372, HeldSince: "2026-02-11", LapsesOn: "2026-02-25", Causes: "guardrail vs-median"},
	}
	a.HoldsMore = 116
}

func fixtureDay(i int) string {
	if i < 31 {
		return fmt.Sprintf("2026-01-%02d", i+1)
	}
	return fmt.Sprintf("2026-02-%02d", i-30)
}

// fixtureMovements has 28 nights before tonight, night 48 from January.
func fixtureMovements(a *report.Analysis) {
	tonight := map[string][6][2]int64{ // currency → issued, held, forfeited, reinstated, redeemed, voided: count and sum
		"EUR": {{90, 54321}, {0, 0}, {7, 4321}, {0, 0}, {60, 30000}, {0, 0}},
		"JPY": {{23, 34560}, {9, 12345}, {0, 0}, {0, 0}, {0, 0}, {0, 0}},
		"USD": {{310, 383455}, {73, 876543}, {31, 21345}, {2, 1250}, {310, 190000}, {5, 4100}},
	}
	what := []string{report.MoveIssued, report.MoveHeld, report.MoveForfeited, report.MoveReinstated, report.MoveRedeemed, report.MoveVoided}
	for _, code := range []string{"EUR", "JPY", "USD"} {
		for i, w := range what {
			n := tonight[code][i]
			a.Movements = append(a.Movements, fixtureMovement(w, code, "", n[0], n[1], int64(i)))
			if code == "USD" && w == report.MoveIssued {
				a.Movements = append(a.Movements, fixtureMovement(w, code, "platform", 250, 322221, 7), fixtureMovement(w, code, "seller", 60, 61234, 8))
			}
		}
	}
}

func fixtureMovement(what, code, funding string, count, minor, turn int64) report.Movement {
	m := report.Movement{What: what, Currency: code, Funding: funding, Count: count, Minor: minor, Nights: 28}
	for i := range 28 {
		share := 70 + (int64(i)*37+turn*11)%61
		m.Series = append(m.Series, report.NightFigure{Date: fixtureDay(20 + i), Count: count * share / 100, Minor: minor * share / 100})
	}
	last := m.Series[27]
	m.Last, m.Median = &last, &report.NightFigure{Count: count * 9 / 10, Minor: minor * 9 / 10}
	m.Series = append(m.Series, report.NightFigure{Date: fixtureDay(48), Count: count, Minor: minor})
	return m
}

func fixtureBins(wins, low, width int64, parts ...int64) []report.AmountBin {
	var bins []report.AmountBin
	for i, p := range parts {
		bins = append(bins, report.AmountBin{FromMinor: low + int64(i)*width, ToMinor: low + int64(i+1)*width, Count: wins * p / 100})
	}
	return bins
}

func fixtureRules(a *report.Analysis) {
	a.Rules = []report.RuleAnalysis{
		{Rule: "late", Place: "rules/late.yaml:12", Mode: "live", Hits: 1100, Wins: 360, SettledHits: 512, Money: []report.RuleMoney{
			{Currency: "EUR", Wins: 90, GrossMinor: 98765, SettledMinor: 12345, Minor: 54321, MeanMinor: 604, ShareBasis: 10000, MarginalMinor: 50321, Amounts: fixtureBins(90, 0, 200, 10, 30, 30, 20, 10)},
			{Currency: "USD", Wins: 270, GrossMinor: 912345, Minor: 259999, MeanMinor: 963, ShareBasis: 6780, MarginalMinor: 201111, MarginalHeldMinor: -1234, Amounts: fixtureBins(270, 0, 500, 40, 20, 10, 10, 20)},
		}},
		{Rule: "lost", Place: "rules/lost.yaml:4", Mode: "live", Hits: 130, Wins: 40, Money: []report.RuleMoney{
			{Currency: "USD", Wins: 40, GrossMinor: 1000123, Minor: 123456, MeanMinor: 3086, ShareBasis: 3220, MarginalMinor: 123456, MarginalHeldMinor: 876543, Amounts: fixtureBins(40, 1000, 1000, 10, 20, 40, 20, 10)},
		}},
		{Rule: "outage", Place: "rules/service.yaml:4", Mode: "live", Hits: 99, Wins: 23, Money: []report.RuleMoney{
			{Currency: "JPY", Wins: 23, GrossMinor: 60000, Minor: 34560, MeanMinor: 1503, ShareBasis: 10000, MarginalMinor: 34560, Amounts: fixtureBins(23, 0, 500, 0, 20, 40, 40)},
		}},
		{Rule: "late-before-sale-of-the-season", Place: "rules/late.yaml:40", Mode: "live", Hits: 12, Money: []report.RuleMoney{
			{Currency: "USD", GrossMinor: 1200, MarginalMinor: -400},
		}},
		{Rule: "weather", Place: "rules/weather.yaml:3", Mode: "live"},
		{Rule: "late-flat-trial", Place: "rules/trial.yaml:3", Mode: "shadow", Hits: 1040, Money: []report.RuleMoney{{Currency: "USD", GrossMinor: 520000}, {Currency: "EUR", GrossMinor: 110000}}},
	}
	names := []string{"late", "lost", "outage", "late-before-sale-of-the-season", "late-flat-trial"}
	for i, n := range []int64{1100, 130, 99, 12, 1040} {
		a.Overlaps = append(a.Overlaps, report.Overlap{A: names[i], B: names[i], Count: n})
	}
	a.Overlaps = append(a.Overlaps, report.Overlap{A: "late", B: "lost", Count: 71}, report.Overlap{A: "late", B: "late-before-sale-of-the-season", Count: 12},
		report.Overlap{A: "late", B: "late-flat-trial", Count: 1002}, report.Overlap{A: "lost", B: "late-flat-trial", Count: 38})
}

func fixtureLimits(a *report.Analysis) {
	a.Limits = []report.LimitAnalysis{
		{Limit: "per-customer-quarter", Per: "customer", Currency: "USD", WindowDays: 90, MaxMinor: 8000, MaxCount: 5, Trimmed: 31, Denied: 61, TakenMinor: 75050, NearMore: 9,
			Near: []report.NearLimit{{ID: "c-0000163", UsedMinor: 7990, UsedCount: 5, UsedBasis: 10000, TonightMin: 1500}, {ID: script, UsedMinor: 6400, UsedCount: 3, UsedBasis: 8000}}},
		{Limit: "per-order", Per: "order", Currency: "EUR", MaxMinor: 13000, Trimmed: 2, TakenMinor: 1200},
	}
	burn := report.BudgetAnalysis{Budget: "nightly", Per: "run", Currency: "USD", MaxMinor: 1270000, UsedMinor: 1259998, UsedBasis: 9921, Awards: 383, Refused: 6, RefusedMinor: 7777}
	for i := range int64(101) {
		left := 100 - i
		burn.Burn = append(burn.Burn, report.BurnPoint{Awards: 383 * i / 100, UsedMinor: 1259998 - 1259998*left*left/10000})
	}
	seller := report.BudgetAnalysis{Budget: "seller", Per: "seller", Scope: "s-77" + script, Currency: "USD", MaxMinor: 50000, UsedMinor: 32000, UsedBasis: 6400, Awards: 12,
		Burn: []report.BurnPoint{{Awards: 0}, {Awards: 1, UsedMinor: 4000}, {Awards: 12, UsedMinor: 32000}}}
	yen := report.BudgetAnalysis{Budget: "nightly", Per: "run", Currency: "JPY", MaxMinor: 100000, UsedMinor: 46905, UsedBasis: 4690, Awards: 32,
		Burn: []report.BurnPoint{{Awards: 0}, {Awards: 4, UsedMinor: 15000}, {Awards: 17, UsedMinor: 39000}, {Awards: 32, UsedMinor: 46905}}}
	quiet := report.BudgetAnalysis{Budget: "seller", Per: "seller", Scope: "s-13", Currency: "USD", MaxMinor: 50000, UsedMinor: 777, UsedBasis: 155, Awards: 1}
	a.Budgets = []report.BudgetAnalysis{yen, burn, seller, quiet}
}

func fixtureBreakdowns(a *report.Analysis) {
	carriers := report.Breakdown{Source: "deliveries", Column: "carrier", More: 3, UnknownCredits: 2, UnknownIssued: money.ByCurrency{"USD": 1234}}
	for i, name := range []string{"northern-freight", "parcelforce-of-the-isles-express", "", script, "Ōsaka 宅配便", "tiny"} {
		n := int64(9000 - 1500*i)
		carriers.Lines = append(carriers.Lines, report.BreakdownLine{Value: name, Events: n, Incidents: n / 40, LateIncidents: 3, Credits: n / 120, LateCredits: 2, Rated: true, Issued: money.ByCurrency{"USD": n * 9, "EUR": n * 2, "JPY": 10 * n},
			IncidentsPer1000: int64(2500 + 321*i), CreditsPer1000: int64(833 + 17*i)})
	}
	a.Breakdowns = []report.Breakdown{carriers, {Source: "deliveries", Column: "seller_id", TooMany: true}, {Source: "service", Column: "region", Lines: []report.BreakdownLine{
		{Value: "eu-west", Events: 1000, Incidents: 88, Credits: 23, Issued: money.ByCurrency{"JPY": 34560}, Rated: true, IncidentsPer1000: 8800, CreditsPer1000: 2300}, {Value: "us-east", Incidents: 1},
	}}}
}

func fixtureExpiry(a *report.Analysis) {
	mondays := []string{"2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30", "2026-04-06", "2026-04-13", "2026-04-20", "2026-04-27", "2026-05-04"}
	for _, c := range []struct {
		code string
		unit int64
	}{{"EUR", 11000}, {"USD", 83000}} {
		for i, m := range mondays {
			out := c.unit * int64(4+i*7%5)
			a.Expiry = append(a.Expiry, report.ExpiryWeek{Currency: c.code, Monday: m, WeeksAhead: i - 1, Later: i == len(mondays)-1, Credits: out / 700, OutstandingMinor: out, ExpectedMinor: out * int64(9-i/2) / 20, Past: 6, RateAhead: i - 1})
		}
		for i, m := range []string{"2026-01-26", "2026-02-02"} {
			for _, ahead := range []int{1, 4} {
				a.Forecasts = append(a.Forecasts, report.ForecastScore{Currency: c.code, Monday: m, WeeksAhead: ahead, Made: fixtureDay(20 - 7*ahead/2 + 7*i), OutstandingMinor: c.unit * 5, ExpectedMinor: c.unit * int64(2+i), ActualMinor: c.unit*2 + int64(ahead)*1111, Past: 3})
			}
		}
	}
}

func fixtureExamples(a *report.Analysis) {
	for i := range 50 {
		e := report.Example{Why: "random", Outcome: "issued", Sentence: "$10.00 because late (rules/late.yaml:12) gave 10 % of $100.00; limit per-customer-quarter (rules/limits.yaml:7) fits. Not held, not limited.",
			CreditID: fmt.Sprintf("cr1_34731cc83a1077ae45cda51dd7ab%04d", i), CustomerID: fmt.Sprintf("c-%07d", 163+i), OrderID: fmt.Sprintf("o-20260218-%06d", i), Source: "deliveries",
			EventID: fmt.Sprintf("d-20260218-%06d", i), Rule: "late", Place: "rules/late.yaml:12", Minor: 1000, Currency: "USD",
			Facts: []report.ExplainedValue{{Name: "item_price", Value: "$100.00"}, {Name: "delivered_at", Value: "2026-02-18T20:20:17.690173Z"}, {Name: "customer.tier", Value: `"gold"`}}}
		switch {
		case i < 10:
			e.Why, e.Minor = "largest", int64(9000-100*i)
		case i%5 == 0:
			e.Outcome, e.CreditID, e.Sentence = "suppressed", "", "Nothing, because the exclusion wrong-address (rules/exclusions.yaml:9) holds: late (rules/late.yaml:12) would have given $10.00."
		case i == 11:
			e.EventID, e.CustomerID, e.OrderID, e.Facts[0].Value = script, script, script, script
		case i == 12:
			e.Outcome = "held"
		}
		a.Examples = append(a.Examples, e)
	}
}

// emptyNight is one on which nothing happened, in a new workspace.
func emptyNight() *report.Analysis {
	return &report.Analysis{Summary: &report.Summary{Version: 1, BusinessDate: "2026-01-05", EffectiveDate: "2026-01-06", AsOf: "2026-01-06T05:00:00Z", Timezone: "America/New_York"}}
}
