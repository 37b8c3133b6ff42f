package rules

import (
	"maps"
	"slices"

	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// currencies returns the currencies that rows of a source can have, sorted:
// what the workspace says, or else every one that the rulebook mentions.
func (c *compiler) currencies(s *Source) []string {
	switch {
	case s.Currency != "":
		return []string{s.Currency}
	case len(c.catalog.Currencies) > 0:
		return slices.Sorted(slices.Values(c.catalog.Currencies))
	default:
		return c.mentioned()
	}
}

// allCurrencies returns the currencies of every source, sorted.
func (c *compiler) allCurrencies() []string {
	all := map[string]bool{}
	for i := range c.catalog.Sources {
		for _, code := range c.currencies(&c.catalog.Sources[i]) {
			all[code] = true
		}
	}
	return sortedKeys(all)
}

// mentioned returns every currency that the rulebook has an amount in.
func (c *compiler) mentioned() []string {
	codes := map[string]bool{}
	add := func(amounts money.ByCurrency) {
		for code := range amounts {
			codes[code] = true
		}
	}
	for _, table := range c.tables {
		perCurrencyKeys(table, codes)
	}
	for _, rule := range c.book.Rules {
		if rule.Table != nil && rule.Table.Sheet != nil {
			for _, code := range rule.Table.Sheet.Currencies() {
				codes[code] = true
			}
		}
	}
	for _, limit := range c.book.Limits {
		add(limit.MaxAmount)
	}
	for _, budget := range c.book.Budgets {
		add(budget.MaxAmount)
	}
	for _, terms := range c.book.Terms {
		add(terms.MinPurchase)
	}
	add(c.book.MinAward)
	if c.book.Guardrails != nil {
		add(c.book.Guardrails.MaxAmount)
	}
	return sortedKeys(codes)
}

func perCurrencyKeys(t *ir.Table, codes map[string]bool) {
	if t == nil {
		return
	}
	for _, key := range t.Keys() {
		if t.PerCurrency() {
			codes[key] = true
		}
		below, _ := t.Get(key)
		perCurrencyKeys(below, codes)
	}
}

// caps reports amounts that lack a currency which awards can have, and scopes
// that awards cannot be counted by. Only sources with rules make awards.
func (c *compiler) caps(builds []*build) {
	for _, b := range builds {
		c.lookups(b)
		codes := c.currencies(b.source)
		for _, r := range b.program.Rules {
			if terms := c.book.Terms[r.Rule.TermsName()]; terms != nil {
				c.cap("min_purchase of the terms "+terms.Name, terms.MinPurchase, codes, terms.At)
			}
		}
	}
	for _, limit := range c.book.Limits {
		codes, _, _ := c.awarded(builds, limit.Rules)
		c.cap("the limit "+limit.ID, limit.MaxAmount, codes, limit.At)
	}
	for _, budget := range c.book.Budgets {
		codes, sellerless, sold := c.awarded(builds, budget.Rules)
		c.cap("the budget "+budget.ID, budget.MaxAmount, codes, budget.At)
		if budget.Per == PerSeller && len(sellerless) > 0 && !sold {
			c.report(budget.At, codeScope, msgSellerBudget(sellerless), hintSeller(sellerless[0]))
		}
	}
	codes, _, _ := c.awarded(builds, nil)
	c.cap("min_award", c.book.MinAward, codes, c.book.places["min_award"])
	if g := c.book.Guardrails; g != nil {
		c.cap("max_amount of the guardrails", g.MaxAmount, codes, g.At)
	}
}

// awarded returns the currencies that awards of some rules can have, and the
// sources of these rules that have no seller: a budget per seller passes them
// by. Sold says whether any source of theirs has one.
func (c *compiler) awarded(builds []*build, of RuleIDs) (codes, sellerless []string, sold bool) {
	needed := map[string]bool{}
	for _, b := range builds {
		if !slices.ContainsFunc(b.program.Rules, func(r RuleProgram) bool { return of.Has(r.Rule.ID) }) {
			continue
		}
		for _, code := range c.currencies(b.source) {
			needed[code] = true
		}
		if b.source.Seller == "" {
			sellerless = append(sellerless, b.source.Name)
		} else {
			sold = true
		}
	}
	return sortedKeys(needed), sellerless, sold
}

// cap reports currencies that amounts lack. No amounts at all are no cap.
func (c *compiler) cap(what string, amounts money.ByCurrency, codes []string, at diag.Text) {
	if len(amounts) == 0 {
		return
	}
	if missing := lacking(codes, maps.Keys(amounts)); len(missing) > 0 {
		c.report(at, codeCap, msgCap(what, missing), hintCap(missing))
	}
}

// lacking returns the codes that are not among keys.
func lacking(codes []string, keys func(func(string) bool)) []string {
	present := map[string]bool{}
	for key := range keys {
		present[key] = true
	}
	var missing []string
	for _, code := range codes {
		if !present[code] {
			missing = append(missing, code)
		}
	}
	return missing
}

// lookups reports tables per currency that lack one: rows in it would fault.
func (c *compiler) lookups(b *build) {
	codes, slots := c.currencies(b.source), b.scope.Used.Slots()
	for _, e := range b.exprs {
		seen := map[ir.Node]bool{}
		offset := 0 // of the definition's use, inside of which offsets are its own
		var visit func(n ir.Node, inDefine bool)
		visit = func(n ir.Node, inDefine bool) {
			if seen[n] {
				return
			}
			seen[n] = true
			if !inDefine {
				offset = n.Offset()
			}
			if lookup, ok := n.(*ir.Lookup); ok {
				if missing := lookupLacks(lookup, slots, b.scope.CurrencySlot, codes); len(missing) > 0 {
					path, where := c.lackingTable(lookup)
					c.list.Add(e.Text.Diagnose(offset, codeCap, msgCap("the table "+path, missing), hintTable(missing, where)))
				}
			}
			_, named := n.(*ir.Named)
			for _, child := range ir.Children(n) {
				visit(child, inDefine || named)
			}
		}
		visit(e.Node, false)
	}
}

// lackingTable names the part of a table that a lookup reads, by the keys above
// its first index, such as caps.late, and where that part is
// written first.
func (c *compiler) lackingTable(lookup *ir.Lookup) (path, where string) {
	path = lookup.Name
	table := c.book.Tables[lookup.Name]
	for _, step := range lookup.Steps {
		if step.Index != nil || table == nil || table.Entries[step.Key] == nil {
			break
		}
		path += "." + step.Key
		table = table.Entries[step.Key]
	}
	if table == nil {
		return path, ""
	}
	return path, place(table.At)
}

// lookupLacks returns the currencies that some level, indexed by the row's
// currency, does not have.
func lookupLacks(lookup *ir.Lookup, slots []ir.Slot, currencySlot string, codes []string) []string {
	levels := []*ir.Table{lookup.Tree}
	missing := map[string]bool{}
	for _, index := range lookup.Indexes() {
		read, ok := index.(*ir.Read)
		byCurrency := ok && slots[read.Slot].Name == currencySlot
		var below []*ir.Table
		for _, level := range levels {
			if byCurrency {
				for _, code := range lacking(codes, slices.Values(level.Keys())) {
					missing[code] = true
				}
			}
			for _, key := range level.Keys() {
				entry, _ := level.Get(key)
				below = append(below, entry)
			}
		}
		levels = below
	}
	return sortedKeys(missing)
}
