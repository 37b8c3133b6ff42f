package page

import "amends/pipeline/report"

// diffNearMisses is what the numbers beside cut-offs would do.
func diffNearMisses(d *report.Diff) Section {
	s := Section{ID: "near-misses", Title: "Near misses", Lead: "What other numbers in B would bring in or lose, on all nights, with every rule, limit and budget applied."}
	for i := range d.NearMisses {
		n := &d.NearMisses[i]
		t := &Table{Caption: n.Title(), Head: 1, Columns: append(Names("Number"), Figures("Hits", "Credits", "Issued", "Held")...)}
		add := func(name string, c *report.CutOffStep, issued, held string) {
			hits := none
			if len(n.Rules) > 0 {
				hits = Count(c.Hits)
			}
			t.Rows = append(t.Rows, Row(name, hits, Count(c.Credits), issued, held))
		}
		add(n.Value+", as it is", &n.Now, report.Amounts(n.Now.Issued), report.Amounts(n.Now.Held))
		for k := range n.Steps {
			step := &n.Steps[k]
			if step.Refused != "" {
				t.Rows = append(t.Rows, Row(step.Value, none, none, "check refuses it: "+step.Refused, none))
				continue
			}
			issued, held := step.More(&n.Now)
			add(step.Value, step, diffSums(issued), diffSums(held))
		}
		if fates := n.Now.HitFates.Sentence(); fates != "" {
			t.From = "As it is: " + fates
		}
		s.Blocks = append(s.Blocks, t)
	}
	if d.MoreNearMisses > 0 {
		s.Blocks = append(s.Blocks, Note("And "+report.Counted(int64(d.MoreNearMisses), "more cut-off", "more cut-offs")+", which were not tried."))
	}
	return s
}
