package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// tables looks at constants of money: digits that a currency lacks, and yen
// that look like dollars.
func (l *linter) tables() {
	for _, p := range l.places {
		for _, v := range p.visits {
			switch n := v.node.(type) {
			case *ir.Lookup:
				if n.Kind == ir.Money {
					l.moneyTable(n)
				}
			case *ir.Const:
				if n.Value.Kind == ir.Money && p.source != nil && p.source.Currency != "" {
					l.digits(*v.at, n.At, n.Value.I, p.source.Currency)
				}
			}
		}
	}
	for _, limit := range l.book.Limits {
		l.amountsAlike("the limit "+limit.ID, limit.MaxAmount, limit.At)
	}
	for _, budget := range l.book.Budgets {
		l.amountsAlike("the budget "+budget.ID, budget.MaxAmount, budget.At)
	}
	for _, name := range sortedKeys(l.book.Terms) {
		l.amountsAlike("min_purchase of the terms "+name, l.book.Terms[name].MinPurchase, l.book.Terms[name].At)
	}
	if g := l.book.Guardrails; g != nil {
		l.amountsAlike("max_amount of the guardrails", g.MaxAmount, g.At)
	}
}

// moneyTable looks at the levels by currency of a table of money.
func (l *linter) moneyTable(n *ir.Lookup) {
	table := l.book.Tables[n.Name]
	for _, step := range n.Steps {
		if step.Index != nil || table == nil {
			break
		}
		table = table.Entries[step.Key]
	}
	if table != nil {
		l.moneyLevel(n.Name, table, n.Tree)
	}
}

func (l *linter) moneyLevel(name string, table *rules.Table, tree *ir.Table) {
	if !tree.PerCurrency() {
		for _, key := range tree.Keys() {
			below, _ := tree.Get(key)
			if entry := table.Entries[key]; entry != nil {
				l.moneyLevel(name, entry, below)
			}
		}
		return
	}
	amounts := map[string]int64{}
	for _, currency := range tree.Keys() {
		entry, _ := tree.Get(currency)
		v, leaf := entry.Leaf()
		if !leaf || table.Entries[currency] == nil {
			continue
		}
		amounts[currency] = v.I
		l.digits(table.Entries[currency].At, 0, v.I, currency)
	}
	l.alike("the table "+name, amounts, func(currency string) diag.Text { return table.Entries[currency].At })
}

// digits reports an amount in millionths that the currency cannot pay.
func (l *linter) digits(at diag.Text, offset int, millionths int64, currency string) {
	unit, known := money.MinorUnit(currency)
	if known && unit > 0 && millionths%int64(unit) != 0 {
		l.report(at, offset, "L016", msgDigits(money.Decimal(millionths), currency), hintDigits)
	}
}

func (l *linter) amountsAlike(what string, amounts money.ByCurrency, at diag.Text) {
	millionths := map[string]int64{}
	for currency, minor := range amounts {
		if d, err := money.FromMinor(minor, currency); err == nil {
			millionths[currency] = int64(d)
		}
	}
	l.alike(what, millionths, func(string) diag.Text { return at })
}

// alike reports currencies without a smaller unit, such as yen, whose number is
// that of one with cents: the unit of the former is worth about a hundredth.
func (l *linter) alike(what string, millionths map[string]int64, at func(currency string) diag.Text) {
	for _, whole := range sortedKeys(millionths) {
		if digits, _ := money.Digits(whole); digits != 0 || millionths[whole] <= 0 {
			continue
		}
		for _, cents := range sortedKeys(millionths) {
			if digits, _ := money.Digits(cents); digits == 2 && millionths[whole]/2 <= millionths[cents] {
				l.report(at(whole), 0, "L017", msgAlike(what, money.Decimal(millionths[whole]), whole, money.Decimal(millionths[cents]), cents), hintAlike)
				break
			}
		}
	}
}

// unused finds tables, entries and definitions that nothing reads.
func (l *linter) unused() {
	text := l.textOf()
	for _, name := range sortedKeys(l.book.Tables) {
		l.unusedTable(name, text)
	}
	for _, s := range l.sources {
		used := map[string]bool{}
		for _, p := range l.places {
			for _, v := range p.visits {
				if named, ok := v.node.(*ir.Named); ok && p.source == s {
					used[named.Name] = true
				}
			}
		}
		for _, d := range l.book.Defines[s.Name] {
			if !used[d.Name] {
				l.report(d.At, 0, "L041", msgUnusedDefine(d.Name, s.Name), hintUnused)
			}
		}
	}
}

// unusedTable looks for a table's name in every expression, since a constant
// entry leaves no other trace: it may miss a table that nothing reads, and does
// not report one that something does.
func (l *linter) unusedTable(name, text string) {
	table := l.book.Tables[name]
	found, read := false, map[string]bool{}
	for at := 0; ; {
		next := strings.Index(text[at:], name)
		if next < 0 {
			break
		}
		start := at + next
		at = start + len(name)
		if start > 0 && inWord(text[start-1]) || at < len(text) && inWord(text[at]) {
			continue
		}
		found = true
		key := entryAfter().FindStringSubmatch(text[at:])
		if key == nil {
			return // by a key that rows decide, or a word of something else
		}
		read[key[1]+key[2]] = true
	}
	if !found {
		l.report(table.At, 0, "L040", msgUnusedTable("table "+name), hintUnused)
		return
	}
	for _, key := range sortedKeys(table.Entries) {
		if !read[key] && !strings.ContainsAny(key, `"'`) {
			l.report(table.Entries[key].At, 0, "L040", msgUnusedTable("entry "+name+"."+key), hintUnused)
		}
	}
}

// entryAfter is the entry that is read of a table, behind the table's name.
var entryAfter = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_]*)|\[\s*["']([^"']+)["']\s*\])`)
})

func inWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
