package pipeline

import (
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/grid"
)

// decisionTables are the tables that rules name, by path.
func decisionTables(book *rules.Rulebook) map[string]*grid.Sheet {
	sheets := map[string]*grid.Sheet{}
	for i := range book.Rules {
		if t := book.Rules[i].Table; t != nil && t.Sheet != nil {
			sheets[t.Path] = t.Sheet
		}
	}
	return sheets
}

func rowParts(line grid.Line) []rulePart {
	parts := make([]rulePart, len(line.Amounts))
	for i, p := range line.Amounts {
		parts[i] = rulePart{p.Name, p.Value}
	}
	return parts
}

// rowOrders are the tables of which the first row that fits counts and whose
// rows, those that both sides have, stand in another order.
func rowOrders(a, b *diffRules) (list []report.DiffRuleChange) {
	inA, inB := decisionTables(a.project.rulebook), decisionTables(b.project.rulebook)
	first := map[string]bool{}
	for _, r := range slices.Concat(a.project.rulebook.Rules, b.project.rulebook.Rules) {
		if r.Table != nil && r.Table.Hits == grid.First && inA[r.Table.Path] != nil && inB[r.Table.Path] != nil {
			first[r.Table.Path] = true
		}
	}
	keys := func(of, other *grid.Sheet) string {
		var order []string
		for _, line := range of.Lines() {
			if slices.ContainsFunc(other.Lines(), func(l grid.Line) bool { return l.Key == line.Key }) {
				order = append(order, line.Key)
			}
		}
		return cutRunes(strings.Join(order, "; "), maxRuleTextRunes)
	}
	for path := range first {
		if x, y := keys(inA[path], inB[path]), keys(inB[path], inA[path]); x != y {
			list = append(list, report.DiffRuleChange{Change: report.RuleChanged, Kind: "setting", Name: "order of the rows of " + path, A: x, B: y})
		}
	}
	slices.SortFunc(list, func(a, b report.DiffRuleChange) int { return strings.Compare(a.Name, b.Name) })
	return list
}
