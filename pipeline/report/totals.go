package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"amends/rules/money"
)

// Totals sums summaries over nights. The zero value is no night.
type Totals struct {
	Nights                                   int
	Issued, Held, Forfeited, Redeemed        money.ByCurrency
	IssuedCount, HeldCount, ForfeitedCount   int64
	RedeemedCount, SuppressedCount, Rejected int64 // suppressed: with denials, without what an earlier night settled

	rules       map[string]*RuleTotal
	lines       []RuleLine // one a rule, in the order of the first summary that has it
	suppression map[string]int64
}

// RuleTotal is one rule over nights.
type RuleTotal struct {
	Rule   string
	Count  int64 // credits issued
	Issued money.ByCurrency
}

// ReasonTotal is one reason over nights.
type ReasonTotal struct {
	Reason string
	Count  int64 // incidents
}

// Add adds a night. The error is money.ErrOverflow, after which t is of no use.
func (t *Totals) Add(s *Summary) error {
	if t.rules == nil {
		*t = Totals{Issued: money.ByCurrency{}, Held: money.ByCurrency{}, Forfeited: money.ByCurrency{}, Redeemed: money.ByCurrency{},
			rules: map[string]*RuleTotal{}, suppression: map[string]int64{}}
	}
	t.Nights++
	for _, part := range []struct {
		lines []MoneyLine
		count *int64
		sums  money.ByCurrency
	}{{s.Issued, &t.IssuedCount, t.Issued}, {s.Held, &t.HeldCount, t.Held}, {s.Forfeited, &t.ForfeitedCount, t.Forfeited}} {
		for _, l := range part.lines {
			*part.count += l.Count
			if err := part.sums.Add(l.Currency, l.Minor); err != nil {
				return fmt.Errorf("totals: %w", err)
			}
		}
	}
	for _, l := range s.Redemptions {
		if l.AppliedMinor == 0 {
			continue
		}
		t.RedeemedCount += l.Count
		if err := t.Redeemed.Add(l.Currency, l.AppliedMinor); err != nil {
			return fmt.Errorf("totals: %w", err)
		}
	}
	for _, l := range slices.Concat(s.Suppressions, s.Denials) {
		if fresh := l.Count - l.Repeat; fresh > 0 {
			t.SuppressedCount += fresh
			t.suppression[l.Reason] += fresh
		}
	}
	for _, l := range s.Rejects {
		t.Rejected += l.Count
	}
	if err := t.addLines(s.Rules); err != nil {
		return err
	}
	return t.addRules(s.Issued)
}

// addLines sums what each rule did. A rule that was in trial on one night and
// live on another is two lines.
func (t *Totals) addLines(lines []RuleLine) error {
	for _, l := range lines {
		at := slices.IndexFunc(t.lines, func(have RuleLine) bool { return have.Rule == l.Rule && have.Mode == l.Mode })
		if at < 0 {
			at = len(t.lines)
			t.lines = append(t.lines, RuleLine{Rule: l.Rule, Mode: l.Mode, Gross: money.ByCurrency{}, Issued: money.ByCurrency{}})
		}
		sum := &t.lines[at]
		sum.Hits += l.Hits
		sum.Wins += l.Wins
		for _, part := range []struct{ to, from money.ByCurrency }{{sum.Gross, l.Gross}, {sum.Issued, l.Issued}} {
			for _, currency := range part.from.Currencies() {
				if err := part.to.Add(currency, part.from[currency]); err != nil {
					return fmt.Errorf("totals of rule %q: %w", l.Rule, err)
				}
			}
		}
	}
	return nil
}

// RuleLines are the rules of all nights with the sums of what they did, in the
// order of the rulebook.
func (t *Totals) RuleLines() []RuleLine { return t.lines }

func (t *Totals) addRules(issued []MoneyLine) error {
	for _, l := range issued {
		total := t.rules[l.Rule]
		if total == nil {
			total = &RuleTotal{Rule: l.Rule, Issued: money.ByCurrency{}}
			t.rules[l.Rule] = total
		}
		total.Count += l.Count
		if err := total.Issued.Add(l.Currency, l.Minor); err != nil {
			return fmt.Errorf("totals of rule %q: %w", l.Rule, err)
		}
	}
	return nil
}

// Rules returns the rules that issued anything, most credits first.
func (t *Totals) Rules() []RuleTotal {
	var totals []RuleTotal
	for _, name := range slices.Sorted(maps.Keys(t.rules)) {
		totals = append(totals, *t.rules[name])
	}
	slices.SortStableFunc(totals, func(a, b RuleTotal) int { return cmp.Compare(b.Count, a.Count) })
	return totals
}

// Suppressions returns why incidents got nothing, most frequent first.
func (t *Totals) Suppressions() []ReasonTotal {
	var totals []ReasonTotal
	for _, reason := range slices.Sorted(maps.Keys(t.suppression)) {
		totals = append(totals, ReasonTotal{Reason: reason, Count: t.suppression[reason]})
	}
	slices.SortStableFunc(totals, func(a, b ReasonTotal) int { return cmp.Compare(b.Count, a.Count) })
	return totals
}
