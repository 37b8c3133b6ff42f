package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/grid"
)

// Mutant is a rulebook with one small change, such as a typing mistake makes.
type Mutant struct {
	Place  diag.Pos
	Of     string // rule late, table caps.late.USD, limit per-order
	Source string // the source whose rows it can change; "" for any
	Rule   string // the rule that it can change; "" for any
	Before string // the author's words around the change
	After  string
	Line   string // the author's line

	Expression bool // an expression was changed, rather than a number or word of its own
	Book       *rules.Rulebook
}

// Mutants are all changes that are tried, in the order of the rulebook. Books
// share what they do not change.
func Mutants(book *rules.Rulebook) []*Mutant {
	m := &mutator{book: book}
	for i := range book.Rules {
		m.rule(i)
	}
	for i := range book.Exclusions {
		x := &book.Exclusions[i]
		m.text(x.When, "exclusion "+x.ID, one(x.On), "", putExclusion(i))
	}
	for i := range book.Approvals {
		a := &book.Approvals[i]
		m.text(a.When, "approval "+a.ID, one(a.On), "", putApproval(i))
	}
	for i := range book.Voids {
		v := &book.Voids[i]
		m.text(v.When, "void "+v.ID, "", "", func(b *rules.Rulebook, text diag.Text) {
			b.Voids = slices.Clone(b.Voids)
			b.Voids[i].When = text
		})
	}
	for _, source := range sortedKeys(book.Defines) {
		for i, d := range book.Defines[source] {
			m.text(d.Expr, "define "+d.Name, source, "", putDefine(source, i))
		}
	}
	for _, name := range sortedKeys(book.Tables) {
		m.table([]string{name}, book.Tables[name])
	}
	m.terms()
	m.limits()
	m.budgets()
	m.guardrails()
	m.others()
	return m.mutants
}

// one is the only source of a guard; "" where it is on several.
func one(on []string) string {
	if len(on) == 1 {
		return on[0]
	}
	return ""
}

type mutator struct {
	book    *rules.Rulebook
	mutants []*Mutant
}

// add makes a mutant of a copy of the rulebook, which change changes.
func (m *mutator) add(mutant Mutant, change func(*rules.Rulebook)) {
	book := *m.book
	change(&book)
	mutant.Book = &book
	m.mutants = append(m.mutants, &mutant)
}

// rule mutates the expressions of a rule, its days, and who bears its cost.
func (m *mutator) rule(i int) {
	r := &m.book.Rules[i]
	of := "rule " + r.ID
	set := func(change func(*rules.Rule)) func(*rules.Rulebook) {
		return func(b *rules.Rulebook) {
			b.Rules = slices.Clone(b.Rules)
			change(&b.Rules[i])
		}
	}
	m.text(r.When, of, r.On, r.ID, putWhen(i))
	m.text(r.Amount, of, r.On, r.ID, func(b *rules.Rulebook, text diag.Text) { set(func(r *rules.Rule) { r.Amount = text })(b) })
	if word := strings.TrimSpace(r.Funding.Source); word == "platform" || word == "seller" {
		other := map[string]string{"platform": "seller", "seller": "platform"}[word]
		pos, line := r.Funding.At(0)
		m.add(Mutant{Place: pos, Line: line, Of: of, Source: r.On, Rule: r.ID, Before: "funding: " + word, After: "funding: " + other},
			set(func(r *rules.Rule) { r.Funding.Source = other }))
	} else {
		m.text(r.Funding, of, r.On, r.ID, func(b *rules.Rulebook, text diag.Text) { set(func(r *rules.Rule) { r.Funding = text })(b) })
	}
	if t := r.Table; t != nil && t.Sheet != nil {
		m.sheet(r, func(b *rules.Rulebook, sheet *grid.Sheet) {
			table := *t
			table.Sheet = sheet
			set(func(r *rules.Rule) { r.Table = &table })(b)
		})
	}
	pos, line := r.At.At(0)
	day := func(key, before, after string, change func(*rules.Rule)) {
		m.add(Mutant{Place: pos, Line: line, Of: of, Source: r.On, Rule: r.ID, Before: key + ": " + before, After: key + ": " + after}, set(change))
	}
	for _, step := range []int{-1, 1} {
		if from := r.From.AddDays(step); r.HasFrom && (!r.HasUntil || from <= r.Until) {
			day("from", r.From.String(), from.String(), func(r *rules.Rule) { r.From = from })
		}
		if until := r.Until.AddDays(step); r.HasUntil && (!r.HasFrom || until >= r.From) {
			day("until", r.Until.String(), until.String(), func(r *rules.Rule) { r.Until = until })
		}
	}
}

// sheet mutates the cells of a rule's decision table: their numbers, operators,
// and the words of their lists.
func (m *mutator) sheet(r *rules.Rule, put func(*rules.Rulebook, *grid.Sheet)) {
	sheet := r.Table.Sheet
	for i, row := range sheet.Rows {
		for j, cell := range row.Cells {
			if j >= len(sheet.Header) || strings.HasPrefix(sheet.Header[j].Text, "#") || strings.HasPrefix(cell.Text, "#") {
				continue // for people only
			}
			pos, line := sheet.At(cell).At(0)
			for _, c := range append(changes(cell.Text), shorter(cell.Text)...) {
				m.add(Mutant{
					Place: pos, Line: line, Of: fmt.Sprintf("rule %s, cell %s", r.ID, cell.Name), Source: r.On, Rule: r.ID,
					Before: cell.Text, After: c.text, Expression: true,
				}, func(b *rules.Rulebook) {
					changed := *sheet
					changed.Rows = slices.Clone(sheet.Rows)
					changed.Rows[i].Cells = slices.Clone(row.Cells)
					changed.Rows[i].Cells[j].Text = strings.TrimSpace(c.text)
					put(b, &changed)
				})
			}
		}
	}
}

// shorter leaves each word out of a list, as cells of conditions have them.
func shorter(list string) []textChange {
	words := strings.Split(list, ",")
	if len(words) < 2 || strings.ContainsAny(list, "()[]") {
		return nil
	}
	var all []textChange
	for i := range words {
		rest := slices.Delete(slices.Clone(words), i, i+1)
		all = append(all, textChange{text: strings.TrimSpace(strings.Join(rest, ","))})
	}
	return all
}

// text mutates an expression.
func (m *mutator) text(text diag.Text, of, source, rule string, put func(*rules.Rulebook, diag.Text)) {
	for _, c := range changes(text.Source) {
		pos, line := text.At(c.from)
		m.add(Mutant{Place: pos, Line: line, Of: of, Source: source, Rule: rule, Before: c.before, After: c.after, Expression: true}, func(b *rules.Rulebook) {
			changed := text
			changed.Source = c.text
			put(b, changed)
		})
	}
}

// table mutates the numbers of a table, of which path are the keys so far.
func (m *mutator) table(path []string, t *rules.Table) {
	if t.Entries == nil {
		if t.Quoted {
			return
		}
		pos, line := t.At.At(0)
		for _, number := range numbers(t.Leaf) {
			m.add(Mutant{Place: pos, Line: line, Of: "table " + strings.Join(path, "."), Before: t.Leaf, After: number}, func(b *rules.Rulebook) {
				b.Tables = replaced(b.Tables, path, number)
			})
		}
		return
	}
	for _, key := range sortedKeys(t.Entries) {
		m.table(append(path[:len(path):len(path)], key), t.Entries[key])
	}
}

// terms mutate how long credits are good.
func (m *mutator) terms() {
	for _, name := range sortedKeys(m.book.Terms) {
		t := m.book.Terms[name]
		pos, line := t.At.At(0)
		set := func(before, after string, change func(*rules.Terms)) {
			m.add(Mutant{Place: pos, Line: line, Of: "terms " + name, Before: before, After: after}, func(b *rules.Rulebook) {
				changed := *t
				change(&changed)
				b.Terms = maps.Clone(b.Terms)
				b.Terms[name] = &changed
			})
		}
		for _, step := range []int{-1, 1} {
			days := func(key string, n int, change func(*rules.Terms, int)) {
				if n > 0 && n+step > 0 {
					set(fmt.Sprintf("%s: %d", key, n), fmt.Sprintf("%s: %d", key, n+step), func(t *rules.Terms) { change(t, n+step) })
				}
			}
			days("valid_days", t.ValidDays, func(t *rules.Terms, n int) { t.ValidDays = n })
			days("min_valid_days", t.MinValidDays, func(t *rules.Terms, n int) { t.MinValidDays = n })
			if day := t.ExpiresOn.AddDays(step); t.HasExpiresOn {
				set("expires_on: "+t.ExpiresOn.String(), "expires_on: "+day.String(), func(t *rules.Terms) { t.ExpiresOn = day })
			}
		}
	}
}
