package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"amends/rules"
	"amends/rules/ir"
	"amends/rules/money"
)

// limits adds the numbers of limits and budgets, which are written without a
// comparison: max_count 3, max_amount USD 40.00. They bound what is given and decide
// nobody's hits.
func (f *cutOffs) limits() {
	for i := range f.book.Limits {
		l := &f.book.Limits[i]
		of := CutOff{Of: "limit " + l.ID, Name: l.ID, At: l.At}
		change := func(b *rules.Rulebook) *rules.Limit {
			b.Limits = slices.Clone(b.Limits)
			return &b.Limits[i]
		}
		if l.HasCount {
			f.count(of, l.MaxCount, func(b *rules.Rulebook, most int) { change(b).MaxCount = most })
		}
		f.caps(of, l.MaxAmount, func(b *rules.Rulebook, caps money.ByCurrency) { change(b).MaxAmount = caps })
	}
	for i := range f.book.Budgets {
		budget := &f.book.Budgets[i]
		f.caps(CutOff{Of: "budget " + budget.ID, Name: budget.ID, At: budget.At}, budget.MaxAmount, func(b *rules.Rulebook, caps money.ByCurrency) {
			b.Budgets = slices.Clone(b.Budgets)
			b.Budgets[i].MaxAmount = caps
		})
	}
}

// count adds a limit's max_count.
func (f *cutOffs) count(c CutOff, most int, put func(*rules.Rulebook, int)) {
	c.Before, c.Number, c.Kind = "max_count ", strconv.Itoa(most), ir.Int
	c.takes = func(number string) error {
		if n, err := strconv.Atoi(number); err != nil || n < 0 {
			return fmt.Errorf("max_count is a whole number of credits, not %s", number)
		}
		return nil
	}
	c.put = func(b *rules.Rulebook, number string) {
		if n, err := strconv.Atoi(number); err == nil { // as Takes says
			put(b, n)
		}
	}
	f.add(c.Of+" max_count", c)
}

// caps adds the amounts of a max_amount, a currency each.
func (f *cutOffs) caps(c CutOff, caps money.ByCurrency, put func(*rules.Rulebook, money.ByCurrency)) {
	for _, code := range caps.Currencies() {
		number, _, _ := strings.Cut(money.Amount{Minor: caps[code], Currency: code}.String(), " ")
		c.Before, c.Number, c.Kind = "max_amount "+code+" ", number, ir.Money
		c.takes = func(number string) error {
			amount, err := money.ParseAmount(number, code)
			if err == nil && amount.Minor < 0 {
				err = fmt.Errorf("max_amount of %s is not below zero", code)
			}
			return err
		}
		c.put = func(b *rules.Rulebook, number string) {
			amount, err := money.ParseAmount(number, code)
			if err != nil { // as Takes says
				return
			}
			changed := maps.Clone(caps)
			changed[code] = amount.Minor
			put(b, changed)
		}
		f.add(c.Of+" max_amount "+code, c)
	}
}
