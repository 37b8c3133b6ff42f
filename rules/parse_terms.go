package rules

import (
	"slices"

	"amends/rules/diag"
	"amends/rules/document"
)

// defaultTerms are those of a rule that names none.
const defaultTerms = "standard"

// terms reads one entry of `terms`.
func (p *parser) terms(pair document.Pair) {
	if !validID(pair.Key) {
		p.list.Add(pair.At.Diagnose(0, codeName, msgID(pair.Key), hintID))
	}
	first := p.define(thing{"terms", pair.Key}, "the terms "+pair.Key, pair.At)
	f := pair.Value.Read(termsRecord)
	if f == nil || !first {
		return
	}
	t := &Terms{Name: pair.Key, At: pair.At, Stackable: true}
	t.ValidDays, _ = f.Int("valid_days", "a whole number of days")
	t.ExpiresOn, t.HasExpiresOn = f.Get("expires_on").Date()
	t.MinValidDays, _ = f.Int("min_valid_days", "a whole number of days")
	t.RemindDays, _ = f.Int("remind_days", "a whole number of days")
	t.MinPurchase = p.amounts(f.Get("min_purchase"))
	t.SoldBy, _ = f.Word("sold_by")
	if stackable, ok := f.Get("stackable").Bool(); ok {
		t.Stackable = stackable
	}
	p.categories(t, f.Get("categories"))
	p.expiry(t, f)
	p.book.Terms[pair.Key] = t
}

// expiry reports terms that contradict themselves.
func (p *parser) expiry(t *Terms, f *document.Fields) {
	switch {
	case !f.Has("valid_days") && !f.Has("expires_on"):
		p.list.Add(t.At.Diagnose(0, codeTerms, msgNoExpiry, hintNoExpiry))
	case f.Has("valid_days") && f.Has("expires_on"):
		p.list.Add(f.KeyAt("expires_on").Diagnose(0, codeTerms, msgTwoExpiries, hintTwoExpiries))
	case f.Has("min_valid_days") && !f.Has("expires_on"):
		p.list.Add(f.KeyAt("min_valid_days").Diagnose(0, codeTerms, msgMinValidDays, hintMinValidDays))
	}
	if t.ValidDays > 0 && t.RemindDays > t.ValidDays {
		f.Get("remind_days").Report(codeTerms, msgRemind(t.RemindDays, t.ValidDays), "")
	}
}

func (p *parser) categories(t *Terms, node *document.Node) {
	f := node.Read(categoriesRecord)
	if f == nil {
		return
	}
	if !f.Has("only") && !f.Has("except") {
		node.Report(codeMissingKey, msgNoCategories, hintNoCategories)
	}
	for _, text := range f.Get("only").Texts("a list of categories") {
		t.CategoriesOnly = append(t.CategoriesOnly, text.Source)
	}
	for _, text := range f.Get("except").Texts("a list of categories") {
		if slices.Contains(t.CategoriesOnly, text.Source) {
			p.list.Add(text.Diagnose(0, codeTerms, msgBothCategories(text.Source), ""))
		}
		t.CategoriesExcept = append(t.CategoriesExcept, text.Source)
	}
}

// checkTerms reports rules whose terms do not exist, or expire before the rule
// begins.
func (p *parser) checkTerms() {
	names := sortedKeys(p.book.Terms)
	for i := range p.book.Rules {
		rule := &p.book.Rules[i]
		terms, ok := p.book.Terms[rule.TermsName()]
		switch {
		case !ok && rule.Terms == "":
			if rule.ID != "" {
				p.list.Add(rule.At.Diagnose(0, codeReference, msgStandardTerms, hintStandardTerms))
			}
		case !ok:
			if _, written := p.first[thing{"terms", rule.Terms}]; !written {
				p.list.Add(rule.termsAt.Diagnose(0, codeReference, msgUnknownTerms(rule.Terms), document.Suggestion(rule.Terms, names)))
			}
		case terms.HasExpiresOn && terms.MinValidDays == 0 && rule.HasFrom && terms.ExpiresOn < rule.From:
			at := rule.termsAt
			if rule.Terms == "" {
				at = rule.At
			}
			p.list.Add(at.Diagnose(0, codeTerms, msgExpired(terms.Name, terms.ExpiresOn, rule.From), ""))
		}
	}
}

// checkRules reports limits and budgets that name a rule which does not exist.
func (p *parser) checkRules() {
	ids := make([]string, len(p.book.Rules))
	for i := range p.book.Rules {
		ids[i] = p.book.Rules[i].ID
	}
	look := func(names RuleIDs, at []diag.Text) {
		for i, id := range names {
			if !slices.Contains(ids, id) {
				p.list.Add(at[i].Diagnose(0, codeReference, msgUnknownRule(id), document.Suggestion(id, ids)))
			}
		}
	}
	for i := range p.book.Limits {
		look(p.book.Limits[i].Rules, p.book.Limits[i].rulesAt)
	}
	for i := range p.book.Budgets {
		look(p.book.Budgets[i].Rules, p.book.Budgets[i].rulesAt)
	}
}

// TermsName returns the name of the rule's terms: as written, or "standard".
func (r *Rule) TermsName() string {
	if r.Terms == "" {
		return defaultTerms
	}
	return r.Terms
}

// table reads one entry of `tables`, and merges it with one of its name in
// another file.
func (p *parser) table(pair document.Pair) {
	if !validIdentifier(pair.Key) {
		p.list.Add(pair.At.Diagnose(0, codeName, msgIdentifier("the table", pair.Key), hintIdentifier))
	}
	p.mergeTable(p.book.Tables, pair, pair.Key)
}

// mergeTable adds a key to the tables that stand beside it; path is the key
// with those above it, for messages.
func (p *parser) mergeTable(beside map[string]*Table, pair document.Pair, path string) {
	node := pair.Value
	existing, twice := beside[pair.Key]
	if twice && (!node.IsMap() || existing.Entries == nil) {
		p.list.Add(pair.At.Diagnose(0, codeTwice, msgTwice("the table key "+path, existing.At), ""))
		return
	}
	if !node.IsMap() {
		if text, ok := tableLeaf(node); ok {
			beside[pair.Key] = &Table{At: pair.At, Leaf: text.Source, Quoted: node.Quoted(), leafAt: text}
		}
		return
	}
	entries := node.Pairs("a table")
	if len(entries) == 0 {
		node.Report(codeWrongType, "expected entries by key, found an empty map", "")
		return
	}
	if !twice {
		existing = &Table{At: pair.At, Entries: map[string]*Table{}}
		beside[pair.Key] = existing
	}
	for _, entry := range entries {
		p.mergeTable(existing.Entries, entry, path+"."+entry.Key)
	}
}

// tableLeaf reads a constant; an empty text in quotes is one.
func tableLeaf(node *document.Node) (diag.Text, bool) {
	if node.Quoted() {
		return node.At(), true
	}
	text, ok := node.Text("a number, a text or entries by key")
	if hint := document.CommaHint(text.Source); ok && hint != "" {
		node.Report(codeBadValue, document.CommaInNumber(text.Source), hint+"; a text stands in quotes")
		return text, false
	}
	return text, ok
}

// defines reads the definitions of one source.
func (p *parser) defines(pair document.Pair) {
	if _, ok := p.book.places["define "+pair.Key]; !ok {
		p.book.places["define "+pair.Key] = pair.At
	}
	for _, entry := range pair.Value.Pairs("expressions by name") {
		if !validIdentifier(entry.Key) {
			p.list.Add(entry.At.Diagnose(0, codeName, msgIdentifier("the definition", entry.Key), hintIdentifier))
			continue
		}
		expr, ok := entry.Value.Text("an expression")
		if p.define(thing{"define " + pair.Key, entry.Key}, "the definition "+entry.Key, entry.At) && ok {
			p.book.Defines[pair.Key] = append(p.book.Defines[pair.Key], Define{Name: entry.Key, Expr: expr, At: entry.At})
		}
	}
}
