package ruletest

import (
	"slices"

	"amends/rules/diag"
)

// rules reports rules of expectations and of what was given that do not exist.
func (r *readier) rules(c *Case) {
	unknown := func(name diag.Text) {
		if !slices.Contains(r.shape.Rules, name.Source) {
			r.report(name, codeName, msgNoRule(name.Source), suggest(name.Source, r.shape.Rules))
		}
	}
	for _, e := range c.Expect {
		for _, w := range e.Fields {
			if w.Field == FieldRule {
				unknown(w.Text)
			}
		}
	}
	for _, g := range slices.Concat(c.History.Credits, c.History.Holds) {
		if pos, _ := g.ruleAt.At(0); g.Rule != "" && !r.told[pos] {
			r.told[pos] = true
			unknown(g.ruleAt)
		}
	}
}
