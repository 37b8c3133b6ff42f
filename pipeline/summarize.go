package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/money"
)

// flows is every row of each event source by what became of it.
func (n *night) flows() []report.SourceFlow {
	by := map[string]*report.SourceFlow{}
	var flows []report.SourceFlow
	for _, name := range slices.Sorted(maps.Keys(n.sources)) {
		c := n.matched.Counts[name]
		by[name] = &report.SourceFlow{
			Source: name, Files: len(n.files[name]), Read: c.Read, Rejected: c.Rejected, OutOfWindow: c.OutOfWindow,
			NotYet: c.NotYet, Unmatched: c.Unmatched, Merged: c.Merged,
		}
	}
	for name, became := range n.figures().sources {
		if flow := by[name]; flow != nil {
			flow.Issued, flow.Held, flow.Suppressed = became.issued, became.held, became.suppressed
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		flows = append(flows, *by[name])
	}
	return flows
}

// tally sums lines by key, and gives them back in the order of the keys.
type tally[K comparable, L any] struct {
	lines map[K]*L
}

func newTally[K comparable, L any]() *tally[K, L] { return &tally[K, L]{lines: map[K]*L{}} }

func (t *tally[K, L]) line(key K, fresh func() L) *L {
	line, ok := t.lines[key]
	if !ok {
		l := fresh()
		line = &l
		t.lines[key] = line
	}
	return line
}

func (t *tally[K, L]) sorted(compare func(a, b K) int) []L {
	out := make([]L, 0, len(t.lines))
	for _, key := range slices.SortedFunc(maps.Keys(t.lines), compare) {
		out = append(out, *t.lines[key])
	}
	return out
}

// add sums minor units for people to read.
func add(to money.ByCurrency, currency string, minor int64) { to[currency] = sum(to[currency], minor) }

// sum stops at the ends of int64. What is paid never comes near them, or the
// ledger had refused the night; what a row merely asks for may.
func sum(a, b int64) int64 {
	if total, err := money.AddInts(a, b); err == nil {
		return total
	}
	if b > 0 {
		return math.MaxInt64
	}
	return math.MinInt64
}

func (n *night) summarize(out *publish.Night) *report.Summary {
	s := &report.Summary{
		Version: 1, BusinessDate: n.date.String(), EffectiveDate: n.effective.String(), AsOf: n.asOf.String(), Timezone: n.work.Timezone,
		Sources: n.flows(), Issuable: n.issuable, Notices: n.notices(), HoldFlow: n.requests.flow,
	}
	n.summarizeDecisions(s)
	s.Rules = n.ruleLines()
	s.Forfeited = forfeitedLines(out.Forfeiture)
	s.Rejects = rejectLines(out.Rejects)
	s.Redemptions = redemptionLines(out.Redemptions, n.redemptions.outOfWindow)
	s.Adjustments = adjustmentLines(out.Adjustments)
	s.Expiring = expiringLines(out.Expiring)
	s.RollForward = rollForwardLines(n.moved)
	for _, b := range n.breaches {
		s.Guardrails = append(s.Guardrails, report.BreachLine{Guardrail: b.ID, Currency: b.Currency, Minor: b.TotalMinor, Bound: b.Why})
	}
	s.Requests = n.requests.requestLines()
	s.ShadowFaults = countLines(n.matched.ShadowFaults)
	s.VoidFaults = countLines(n.voidFaults)
	s.HoldFlow.New = n.figures().newHolds
	s.HoldFlow.Closing = int64(len(out.Holds))
	s.HoldFlow.Released = s.HoldFlow.Opening + s.HoldFlow.New - s.HoldFlow.Rejected - s.HoldFlow.Lapsed - s.HoldFlow.Closing
	return s
}

type moneyKey struct{ rule, reason, terms, funding, currency string }

func compareMoney(a, b moneyKey) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.reason, b.reason), cmp.Compare(a.terms, b.terms),
		cmp.Compare(a.funding, b.funding), cmp.Compare(a.currency, b.currency))
}

func addMoney(t *tally[moneyKey, report.MoneyLine], k moneyKey, minor int64) {
	addCounted(t, k, 1, minor)
}

// addCounted is addMoney of so many, with their sum.
func addCounted(t *tally[moneyKey, report.MoneyLine], k moneyKey, count, minor int64) {
	line := t.line(k, func() report.MoneyLine {
		return report.MoneyLine{Rule: k.rule, Reason: k.reason, Terms: k.terms, Funding: k.funding, Currency: k.currency}
	})
	line.Count += count
	line.Minor = sum(line.Minor, minor)
}

func (n *night) summarizeDecisions(s *report.Summary) {
	f := n.figures()
	issued, held := newTally[moneyKey, report.MoneyLine](), newTally[moneyKey, report.MoneyLine]()
	for rule, r := range f.rules {
		for _, of := range [...]struct {
			to   *tally[moneyKey, report.MoneyLine]
			sums sums
		}{{issued, r.issued}, {held, r.held}} {
			for currency, s := range of.sums.lines(f) {
				addCounted(of.to, moneyKey{rule: rule.RuleID, reason: rule.Reason, funding: rule.Funding, currency: currency}, s.count, s.minor.Clamped())
			}
		}
	}
	s.Issued, s.Held = issued.sorted(compareMoney), held.sorted(compareMoney)
	s.Suppressions, s.Denials = f.reasonLines(f.suppressed), f.reasonLines(f.denied)
	s.HoldCauses, s.Trims = make([]report.CauseLine, 0, len(f.causes)), make([]report.TrimLine, 0, len(f.trims))
	for _, cause := range slices.SortedFunc(maps.Keys(f.causes), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		count, amount := f.causes[cause].total(f)
		s.HoldCauses = append(s.HoldCauses, report.CauseLine{Kind: cause[0], ID: cause[1], Count: count, Amount: amount})
	}
	for _, by := range slices.Sorted(maps.Keys(f.trims)) {
		count, amount := f.trims[by].total(f)
		s.Trims = append(s.Trims, report.TrimLine{By: by, Count: count, Amount: amount})
	}
}

func (f *figures) reasonLines(by map[string]*reasonFigures) []report.ReasonLine {
	lines := make([]report.ReasonLine, 0, len(by))
	for _, reason := range slices.Sorted(maps.Keys(by)) {
		count, gross := by[reason].gross.total(f)
		lines = append(lines, report.ReasonLine{Reason: reason, Count: count, Repeat: by[reason].repeats, Gross: gross})
	}
	return lines
}

// ruleLines is every rule's night, in rulebook order.
func (n *night) ruleLines() []report.RuleLine {
	lines := make([]report.RuleLine, len(n.rulebook.Rules))
	for i, r := range n.rulebook.Rules {
		lines[i] = report.RuleLine{Rule: r.ID, Mode: "live", Gross: money.ByCurrency{}, Issued: money.ByCurrency{}}
		if r.Mode == rules.Shadow {
			lines[i].Mode = "shadow"
		}
	}
	f := n.figures()
	for rule, r := range f.rules {
		if rule.RuleIndex < 0 { // of a released hold, and gone
			continue
		}
		line := &lines[rule.RuleIndex]
		for currency, s := range r.hits.lines(f) {
			line.Hits += s.count
			add(line.Gross, currency, s.minor.Clamped())
		}
		for currency, s := range r.issued.lines(f) {
			line.Wins += s.count
			add(line.Issued, currency, s.minor.Clamped())
		}
	}
	return lines
}

func forfeitedLines(rows []publish.Forfeiture) []report.MoneyLine {
	t := newTally[moneyKey, report.MoneyLine]()
	for _, r := range rows {
		addMoney(t, moneyKey{reason: r.ReasonCode, currency: r.Currency}, r.ForfeitedMinor)
	}
	return t.sorted(compareMoney)
}

func expiringLines(rows []publish.Expiring) []report.MoneyLine {
	t := newTally[moneyKey, report.MoneyLine]()
	for _, r := range rows {
		addMoney(t, moneyKey{terms: r.Terms, currency: r.Currency}, r.RemainingMinor)
	}
	return t.sorted(compareMoney)
}

func rejectLines(rows []publish.Reject) []report.RejectLine {
	t := newTally[[2]string, report.RejectLine]()
	for _, r := range rows {
		t.line([2]string{r.Source, r.Code}, func() report.RejectLine { return report.RejectLine{Source: r.Source, Code: r.Code} }).Count++
	}
	return t.sorted(func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
}

func redemptionLines(rows []publish.Redemption, outOfWindow int64) []report.RedemptionLine {
	t := newTally[[2]string, report.RedemptionLine]()
	for _, r := range rows {
		line := t.line([2]string{r.Outcome, r.Currency}, func() report.RedemptionLine {
			return report.RedemptionLine{Outcome: r.Outcome, Currency: r.Currency}
		})
		line.Count++
		line.Minor = sum(line.Minor, r.AmountMinor)
		line.AppliedMinor = sum(line.AppliedMinor, r.AppliedMinor)
	}
	if outOfWindow > 0 {
		t.line([2]string{"out-of-window", ""}, func() report.RedemptionLine { return report.RedemptionLine{Outcome: "out-of-window"} }).Count = outOfWindow
	}
	return t.sorted(func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
}

func adjustmentLines(rows []publish.Adjustment) []report.AdjustmentLine {
	t := newTally[[3]string, report.AdjustmentLine]()
	for _, r := range rows {
		line := t.line([3]string{r.Kind, r.Why, r.Currency}, func() report.AdjustmentLine {
			return report.AdjustmentLine{Kind: r.Kind, Why: r.Why, Currency: r.Currency}
		})
		line.Count++
		line.Minor = sum(line.Minor, r.AmountMinor)
	}
	return t.sorted(func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
}

func rollForwardLines(moved map[string]ledger.Movement) []report.RollForwardLine {
	var lines []report.RollForwardLine
	for _, c := range slices.Sorted(maps.Keys(moved)) {
		m := moved[c]
		lines = append(lines, report.RollForwardLine{
			Currency: c, Opening: m.Opening, Issued: m.Issued, Reinstated: m.Reinstated, Redeemed: m.Redeemed,
			Forfeited: m.Forfeited, Voided: m.Voided, Closing: m.Closing,
		})
	}
	return lines
}

func countLines(counts map[string]int64) []report.CountLine {
	var lines []report.CountLine
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, report.CountLine{Name: name, Count: counts[name]})
	}
	return lines
}

// notices are what an operator should know of the night.
func (n *night) notices() []string {
	var notices []string
	for _, name := range slices.Sorted(maps.Keys(n.matched.Counts)) {
		if rows := n.matched.Counts[name].NotAgain; rows > 0 {
			notices = append(notices, fmt.Sprintf("%s: %d rows are not final yet, and no later night reads their files: unless they are delivered again, nobody looks at them again (a longer lookback_days does)", name, rows))
		}
	}
	before := map[[2]string]string{}
	for _, in := range n.session.lastInputs {
		before[[2]string{in.Source, in.Path}] = in.SHA256
	}
	for _, in := range n.inputs {
		if was, read := before[[2]string{in.Source, in.Path}]; read && in.Dated && was != in.SHA256 {
			notices = append(notices, fmt.Sprintf("%s: %s has other rows than the night before read; what that night settled stays settled", in.Source, in.Path))
		}
	}
	slices.Sort(notices)
	return notices
}
