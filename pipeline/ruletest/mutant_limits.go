package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/rules"
	"amends/rules/money"
)

var exceedWords = map[rules.Exceed]string{rules.Trim: "trim", rules.Deny: "deny", rules.Hold: "hold"}

// limits mutate what a customer or an order may get.
func (m *mutator) limits() {
	for i := range m.book.Limits {
		l := &m.book.Limits[i]
		pos, line := l.At.At(0)
		set := func(before, after string, change func(*rules.Limit)) {
			m.add(Mutant{Place: pos, Line: line, Of: "limit " + l.ID, Before: before, After: after}, func(b *rules.Rulebook) {
				b.Limits = slices.Clone(b.Limits)
				change(&b.Limits[i])
			})
		}
		for _, step := range []int{-1, 1} {
			if n := l.MaxCount + step; l.HasCount && n >= 0 {
				set(fmt.Sprintf("max_count: %d", l.MaxCount), fmt.Sprintf("max_count: %d", n), func(l *rules.Limit) { l.MaxCount = n })
			}
			if n := l.WindowDays + step; l.WindowDays > 0 && n > 0 {
				set(fmt.Sprintf("window_days: %d", l.WindowDays), fmt.Sprintf("window_days: %d", n), func(l *rules.Limit) { l.WindowDays = n })
			}
			m.amounts("max_amount", l.MaxAmount, int64(step), func(before, after string, amounts money.ByCurrency) {
				set(before, after, func(l *rules.Limit) { l.MaxAmount = amounts })
			})
		}
		m.without(l.Rules, func(before, after string, left rules.RuleIDs) {
			set(before, after, func(l *rules.Limit) { l.Rules = left })
		})
		other := rules.Deny
		switch {
		case l.Exceed != rules.Hold && len(l.MaxAmount) == 0: // of a count nothing is left to trim: it denies
			other = rules.Hold
		case l.Exceed == rules.Deny:
			other = rules.Trim
		}
		set("exceed: "+exceedWords[l.Exceed], "exceed: "+exceedWords[other], func(l *rules.Limit) { l.Exceed = other })
	}
}

// without leaves out each of several rules, and then all of them, so that those
// of every rule count.
func (m *mutator) without(ids rules.RuleIDs, put func(before, after string, left rules.RuleIDs)) {
	if len(ids) == 0 {
		return
	}
	written := func(ids rules.RuleIDs) string { return "rules: [" + strings.Join(ids, ", ") + "]" }
	if len(ids) > 1 {
		for i := range ids {
			left := slices.Delete(slices.Clone(ids), i, i+1)
			put(written(ids), written(left), left)
		}
	}
	put(written(ids), "no rules:", nil)
}

// budgets mutate what a night may spend.
func (m *mutator) budgets() {
	for i := range m.book.Budgets {
		budget := &m.book.Budgets[i]
		pos, line := budget.At.At(0)
		set := func(before, after string, change func(*rules.Budget)) {
			m.add(Mutant{Place: pos, Line: line, Of: "budget " + budget.ID, Before: before, After: after}, func(b *rules.Rulebook) {
				b.Budgets = slices.Clone(b.Budgets)
				change(&b.Budgets[i])
			})
		}
		for _, step := range []int64{-1, 1} {
			m.amounts("max_amount", budget.MaxAmount, step, func(before, after string, amounts money.ByCurrency) {
				set(before, after, func(b *rules.Budget) { b.MaxAmount = amounts })
			})
		}
		m.without(budget.Rules, func(before, after string, left rules.RuleIDs) {
			set(before, after, func(b *rules.Budget) { b.Rules = left })
		})
		other := rules.Deny
		if budget.Exceed == rules.Deny {
			other = rules.Hold
		}
		set("exceed: "+exceedWords[budget.Exceed], "exceed: "+exceedWords[other], func(b *rules.Budget) { b.Exceed = other })
	}
}

// guardrails mutate the cap of a night, where no budget is below it. A case has no
// nights before it, so that the median is not looked at.
func (m *mutator) guardrails() {
	binding := guarded(m.book)
	if len(binding) == 0 {
		return
	}
	g := m.book.Guardrails
	pos, line := g.At.At(0)
	for _, step := range []int64{-1, 1} {
		caps := money.ByCurrency{}
		for _, code := range binding {
			caps[code] = g.MaxAmount[code]
		}
		m.amounts("max_amount", caps, step, func(before, after string, amounts money.ByCurrency) {
			m.add(Mutant{Place: pos, Line: line, Of: "guardrail max-amount", Before: before, After: after}, func(b *rules.Rulebook) {
				changed := *g
				changed.MaxAmount = maps.Clone(g.MaxAmount)
				maps.Copy(changed.MaxAmount, amounts)
				b.Guardrails = &changed
			})
		})
	}
}

// amounts gives each currency's amount one minor unit more or less.
func (m *mutator) amounts(key string, amounts money.ByCurrency, step int64, put func(before, after string, amounts money.ByCurrency)) {
	for _, code := range amounts.Currencies() {
		minor := amounts[code] + step
		if minor < 0 {
			continue
		}
		changed := maps.Clone(amounts)
		changed[code] = minor
		before := money.Amount{Minor: amounts[code], Currency: code}
		after := money.Amount{Minor: minor, Currency: code}
		put(key+": "+before.String(), key+": "+after.String(), changed)
	}
}

// others mutate what stands once in a rulebook.
func (m *mutator) others() {
	pos, line := m.book.Place("min_award").At(0)
	for _, step := range []int64{-1, 1} {
		m.amounts("min_award", m.book.MinAward, step, func(before, after string, amounts money.ByCurrency) {
			m.add(Mutant{Place: pos, Line: line, Of: "min_award", Before: before, After: after}, func(b *rules.Rulebook) { b.MinAward = amounts })
		})
	}
	other, before, after := rules.Sum, "combine: highest", "combine: sum"
	if m.book.Combine == rules.Sum {
		other, before, after = rules.Highest, after, before
	}
	pos, line = m.book.Place("combine").At(0)
	if pos.File == "" && len(m.book.Rules) > 0 { // it is not written: the first rule's file is as good a place
		first, _ := m.book.Rules[0].At.At(0)
		pos.File = first.File
	}
	m.add(Mutant{Place: pos, Line: line, Of: "combine", Before: before, After: after}, func(b *rules.Rulebook) { b.Combine = other })
}
