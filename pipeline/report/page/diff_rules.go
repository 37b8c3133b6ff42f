package page

import "amends/pipeline/report"

// diffRuleChanges is what differs between the texts of both rulebooks.
func diffRuleChanges(d *report.Diff) Section {
	s := Section{ID: "changed-rules", Title: "What changed in the rules", Lead: "The texts of both rulebooks, as they are written. Names of files, comments and spacing make no difference."}
	t := &Table{Caption: "Changes", Head: 1, Columns: Names("What", "In A", "In B")}
	all := d.RuleChanges.Changes
	shown := all[:min(len(all), d.LinesShown())]
	for i := range shown {
		c := &shown[i]
		a, b := Cell{Text: diffValue(c.A), Code: c.A != "", Small: c.PlaceA}, Cell{Text: diffValue(c.B), Code: c.B != "", Small: c.PlaceB}
		switch c.Change {
		case report.RuleMissing:
			b = Cell{Text: "missing", Tone: toneLost}
		case report.RuleAdded:
			a = Cell{Text: "missing", Tone: toneLost}
		}
		t.Rows = append(t.Rows, []Cell{{Text: c.Title()}, a, b})
	}
	s.Blocks = []Block{t}
	if more := d.RuleChanges.More + int64(len(all)-len(shown)); more > 0 {
		s.Blocks = append(s.Blocks, Note("And "+report.Counted(more, "more change", "more changes")+"."))
	}
	return s
}
