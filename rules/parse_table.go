package rules

import (
	"path"
	"slices"
	"strings"

	"amends/rules/document"
	"amends/rules/grid"
)

// IsTableFile reports whether a file of the rules folder is a decision table.
func IsTableFile(path string) bool { return strings.HasSuffix(path, ".csv") }

// tableRule reads what a rule with a decision table has in place of amount.
func (p *parser) tableRule(rule *Rule, f *document.Fields) {
	rule.When, _ = f.Get("when").Text("an expression")
	if f.Has("amount") {
		p.list.Add(f.KeyAt("amount").Diagnose(0, codeTableRule, msgTableAmount, hintTableAmount))
	}
	t := &RuleTable{}
	rule.Table = t
	if word, ok := f.Word("hits"); ok {
		t.Hits = grid.Hits(slices.Index(grid.HitsWords(), word))
	}
	if word, ok := f.Word("gaps"); ok {
		t.GapsAllowed = word == "allowed"
	}
	name, ok := f.Get("table").Text("the name of a CSV file")
	if !ok {
		return
	}
	t.Name, t.At = name.Source, name
	at, _ := name.At(0)
	full := path.Join(path.Dir(at.File), t.Name)
	switch {
	case !IsTableFile(t.Name):
		p.list.Add(name.Diagnose(0, codeTableRule, msgTableName(t.Name), hintTableName))
		return
	case path.IsAbs(t.Name) || strings.HasPrefix(full, "../") || strings.Contains(t.Name, "\\"):
		p.list.Add(name.Diagnose(0, codeTableRule, msgTableOutside(t.Name), hintTableName))
		return
	}
	file, there := p.tables[full]
	if !there {
		hint := document.Suggestion(full, sortedKeys(p.tables))
		if hint == "" {
			hint = hintNoTable
		}
		p.list.Add(name.Diagnose(0, codeTableRule, msgNoTable(full), hint))
		return
	}
	t.Path = full
	p.used[full] = true
	sheet, read := p.sheets[full]
	if !read {
		found, list := grid.Read(full, file.Bytes)
		p.list = append(p.list, list...)
		sheet, p.sheets[full] = found, found
	}
	t.Sheet = sheet
}
