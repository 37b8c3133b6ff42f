package ruletest

import (
	"slices"
	"strings"

	"amends/rules"
)

// MutantsOf are the mutants of some rules: of what these say, and of the
// definitions and entries of tables that they read, and the limits and budgets
// that name them. Terms are not among them, as rules mostly share them.
func MutantsOf(book *rules.Rulebook, ids []string) []*Mutant {
	of := map[string]bool{}
	var texts []string
	for i := range book.Rules {
		r := &book.Rules[i]
		if !slices.Contains(ids, r.ID) {
			continue
		}
		read := read(book, r)
		texts = append(texts, read...)
		for _, d := range book.Defines[r.On] {
			if slices.Contains(read, d.Expr.Source) {
				of["define "+d.Name+" on "+r.On] = true
			}
		}
	}
	names := func(rules rules.RuleIDs) bool {
		return slices.ContainsFunc(rules, func(id string) bool { return slices.Contains(ids, id) })
	}
	for _, l := range book.Limits {
		of["limit "+l.ID] = names(l.Rules)
	}
	for _, b := range book.Budgets {
		of["budget "+b.ID] = names(b.Rules)
	}
	return slices.DeleteFunc(Mutants(book), func(m *Mutant) bool {
		if path, table := strings.CutPrefix(m.Of, "table "); table {
			return !slices.ContainsFunc(texts, func(text string) bool { return readsEntry(text, path) })
		}
		return !slices.Contains(ids, m.Rule) && !of[m.Of] && !of[m.Of+" on "+m.Source]
	})
}

// read are the expressions of a rule, and of the definitions that they name.
func read(book *rules.Rulebook, r *rules.Rule) []string {
	texts := []string{r.When.Source, r.Amount.Source, r.Funding.Source, r.Message.Source}
	if r.Table != nil && r.Table.Sheet != nil {
		for _, header := range r.Table.Sheet.Header {
			texts = append(texts, header.Text)
		}
		for _, row := range r.Table.Sheet.Rows {
			for _, cell := range row.Cells {
				texts = append(texts, cell.Text)
			}
		}
	}
	for i := 0; i < len(texts); i++ { // which grows
		for _, d := range book.Defines[r.On] {
			if !slices.Contains(texts, d.Expr.Source) && hasWord(texts[i], d.Name) {
				texts = append(texts, d.Expr.Source)
			}
		}
	}
	return texts
}

// hasWord reports whether an expression has a name that nothing stands before.
func hasWord(text, name string) bool {
	all := tokens(text)
	return slices.ContainsFunc(all, func(t token) bool { return t.kind == word && t.text == name })
}

// readsEntry reports whether an expression can read an entry of a table: it
// names the entry, or what the entry is below of and then a key in brackets.
func readsEntry(text, entry string) bool {
	path := strings.Split(entry, ".")
	all := tokens(text)
	for i, t := range all {
		if t.kind != word || t.text != path[0] || i > 0 && all[i-1].text == "." {
			continue
		}
		k := 1
		for k < len(path) && i+2*k < len(all) && all[i+2*k-1].text == "." && all[i+2*k].text == path[k] {
			k++
		}
		if next := i + 2*k - 1; k == len(path) || next >= len(all) || all[next].text != "." {
			return true
		}
	}
	return false
}
