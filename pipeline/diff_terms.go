package pipeline

import (
	"cmp"
	"slices"

	"amends/pipeline/report"
)

// termsTexts are what each set of terms says, by name, for people.
func (r *diffRules) termsTexts() map[string]string {
	texts := map[string]string{}
	for _, t := range r.project.rulebook.Terms {
		thing := ruleThing{parts: termsPartsOf(t)}
		texts[t.Name] = thing.text()
	}
	return texts
}

// terms counts the credits that both sides give under other terms, whether their
// money differs or not.
func (c *comparison) terms() {
	t := newTally[[4]string, report.DiffTerms]()
	for k := range c.pairs {
		p := &c.pairs[k]
		if !p.a.gives() || !p.b.gives() {
			continue
		}
		key := [4]string{p.a.terms, p.b.terms, c.differ.a.terms[p.a.terms], c.differ.b.terms[p.b.terms]}
		if key[0] == key[1] && key[2] == key[3] {
			continue
		}
		t.line(key, func() report.DiffTerms {
			return report.DiffTerms{A: key[0], B: key[1], SaysA: key[2], SaysB: key[3]}
		}).Count++
	}
	c.out.Terms = t.sorted(func(a, b [4]string) int { return slices.Compare(a[:], b[:]) })
	slices.SortStableFunc(c.out.Terms, func(a, b report.DiffTerms) int { return cmp.Compare(b.Count, a.Count) })
}
