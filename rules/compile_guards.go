package rules

import (
	"slices"

	"amends/rules/diag"
)

// mergeGuards reports what is wrong with exclusions and approvals. What is
// wrong on every source is said once; what is wrong on some names them.
func (c *compiler) mergeGuards(builds []*build) {
	for i, x := range c.book.Exclusions {
		c.mergeGuard(builds, len(x.On) == 0, func(b *build) *diag.List { return b.exclusions[i] })
	}
	for i, a := range c.book.Approvals {
		c.mergeGuard(builds, len(a.On) == 0, func(b *build) *diag.List { return b.approvals[i] })
	}
}

func (c *compiler) mergeGuard(builds []*build, everywhere bool, of func(*build) *diag.List) {
	type finding struct {
		d       diag.Diagnostic
		sources []string
	}
	var findings []finding
	var checked, fitting []string
	for _, b := range builds {
		list := of(b)
		if list == nil {
			continue
		}
		checked = append(checked, b.source.Name)
		if !list.HasErrors() {
			fitting = append(fitting, b.source.Name)
		}
		for _, d := range *list {
			same := slices.IndexFunc(findings, func(f finding) bool {
				return f.d.Pos == d.Pos && f.d.Code == d.Code && f.d.Message == d.Message
			})
			if same < 0 {
				findings = append(findings, finding{d: d})
				same = len(findings) - 1
			}
			findings[same].sources = append(findings[same].sources, b.source.Name)
		}
	}
	for _, f := range findings {
		if len(f.sources) < len(checked) {
			f.d.Message = msgOnSource(f.d.Message, f.sources)
			if everywhere && len(fitting) > 0 && f.d.Severity == diag.Error {
				f.d.Hint = hintAddOn(fitting)
			}
		}
		c.list.Add(f.d)
	}
}
