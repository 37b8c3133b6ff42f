package ruletest

import (
	"maps"
	"slices"

	"amends/rules"
	"amends/rules/diag"
)

// What puts another text in the place of one of a rulebook. The rulebook is a
// copy, which shares what it does not change with the one that it was made of.

func putWhen(i int) func(*rules.Rulebook, diag.Text) {
	return func(b *rules.Rulebook, text diag.Text) {
		b.Rules = slices.Clone(b.Rules)
		b.Rules[i].When = text
	}
}

func putExclusion(i int) func(*rules.Rulebook, diag.Text) {
	return func(b *rules.Rulebook, text diag.Text) {
		b.Exclusions = slices.Clone(b.Exclusions)
		b.Exclusions[i].When = text
	}
}

func putApproval(i int) func(*rules.Rulebook, diag.Text) {
	return func(b *rules.Rulebook, text diag.Text) {
		b.Approvals = slices.Clone(b.Approvals)
		b.Approvals[i].When = text
	}
}

func putDefine(source string, i int) func(*rules.Rulebook, diag.Text) {
	return func(b *rules.Rulebook, text diag.Text) {
		b.Defines = maps.Clone(b.Defines)
		b.Defines[source] = slices.Clone(b.Defines[source])
		b.Defines[source][i].Expr = text
	}
}

// replaced is a copy of tables with another leaf at a path.
func replaced(tables map[string]*rules.Table, path []string, leaf string) map[string]*rules.Table {
	tables = maps.Clone(tables)
	t := *tables[path[0]]
	if len(path) == 1 {
		t = t.WithLeaf(leaf)
	} else {
		t.Entries = replaced(t.Entries, path[1:], leaf)
	}
	tables[path[0]] = &t
	return tables
}
