package rules

import (
	"amends/rules/diag"
	"amends/rules/document"
)

// defaultPriority of a rule; lower goes first where money is short.
const defaultPriority = 100

// maxPriority bounds priorities on either side of zero.
const maxPriority = 1_000_000

func (p *parser) rule(node *document.Node) {
	f := node.Read(ruleRecord)
	if f == nil {
		return
	}
	rule := Rule{Priority: defaultPriority}
	rule.ID, rule.At = p.id(f, "rules", "the rule")
	if on := f.Need("on"); on != nil {
		if on.IsScalar() {
			text, _ := on.Text("the name of a source")
			rule.On, rule.onAt = text.Source, text
		} else {
			on.Report(codeWrongType, msgOneSource, hintRuleOn)
		}
	}
	if f.Has("table") {
		p.tableRule(&rule, f)
	} else {
		rule.When, _ = f.Need("when").Text("an expression")
		rule.Amount, _ = f.Need("amount").Text("an expression")
		for _, key := range []string{"hits", "gaps"} {
			if f.Has(key) {
				p.list.Add(f.KeyAt(key).Diagnose(0, codeTableRule, msgWithoutTable(key), ""))
			}
		}
	}
	if reason, ok := f.Need("reason").Text("a reason code, such as DELIVERY_LATE"); ok {
		rule.Reason = reason.Source
		if !validReason(rule.Reason) {
			p.list.Add(reason.Diagnose(0, codeName, msgReason(rule.Reason), hintReason))
		}
	}
	terms, _ := f.Get("terms").Text("the name of terms")
	rule.Terms, rule.termsAt = terms.Source, terms
	rule.Funding, _ = f.Get("funding").Text("platform, seller or an expression")
	if !f.Has("funding") {
		rule.Funding = diag.Text{Source: "platform", Parts: rule.At.Parts}
	}
	p.ruleOptions(&rule, f)
	p.book.Rules = append(p.book.Rules, rule)
}

func (p *parser) ruleOptions(rule *Rule, f *document.Fields) {
	if priority, ok := f.Int("priority", "a whole number"); ok {
		rule.Priority = priority
	}
	if mode, ok := f.Word("mode"); ok && mode == "shadow" {
		rule.Mode = Shadow
	}
	rule.From, rule.HasFrom = f.Get("from").Date()
	rule.Until, rule.HasUntil = f.Get("until").Date()
	if rule.HasFrom && rule.HasUntil && rule.Until < rule.From {
		f.Get("until").Report(codeBadValue, msgUntil(rule.Until, rule.From), "")
	}
	rule.Uncapped, _ = f.Get("uncapped").Bool()
	rule.Message, rule.HasMessage = f.Get("message").Text("a message")
	if len(rule.Message.Source) > maxMessageBytes {
		f.Get("message").Report(codeBadValue, msgLongMessage(len(rule.Message.Source)), "")
	}
}

func (p *parser) exclusion(node *document.Node) {
	if f := node.Read(exclusionRecord); f != nil {
		var x Exclusion
		x.ID, x.At = p.id(f, "exclude", "the exclusion")
		x.On, x.onAt = named(f, "on", "a list of sources")
		x.When, _ = f.Need("when").Text("an expression")
		p.book.Exclusions = append(p.book.Exclusions, x)
	}
}

func (p *parser) approval(node *document.Node) {
	if f := node.Read(approvalRecord); f != nil {
		var a Approval
		a.ID, a.At = p.id(f, "approval", "the approval")
		a.On, a.onAt = named(f, "on", "a list of sources")
		a.When, _ = f.Need("when").Text("an expression")
		p.book.Approvals = append(p.book.Approvals, a)
	}
}

func (p *parser) void(node *document.Node) {
	if f := node.Read(voidRecord); f != nil {
		var v Void
		v.ID, v.At = p.id(f, "void", "the void rule")
		v.When, _ = f.Need("when").Text("an expression")
		p.book.Voids = append(p.book.Voids, v)
	}
}

// named reads a key that may name several things; a name that stands twice
// counts once.
func named(f *document.Fields, key, what string) (names []string, at []diag.Text) {
	seen := map[string]bool{}
	for _, text := range f.Get(key).Texts(what) {
		if !seen[text.Source] {
			seen[text.Source] = true
			names, at = append(names, text.Source), append(at, text)
		}
	}
	return names, at
}

func (p *parser) limit(node *document.Node) {
	f := node.Read(limitRecord)
	if f == nil {
		return
	}
	var l Limit
	l.ID, l.At = p.id(f, "limits", "the limit")
	per, _ := f.NeedWord("per")
	l.Per = map[string]Per{"customer": PerCustomer, "order": PerOrder}[per]
	l.Rules, l.rulesAt = named(f, "rules", "a list of rules")
	l.WindowDays, _ = f.Int("window_days", "a whole number of days")
	l.MaxCount, l.HasCount = f.Int("max_count", "a whole number of credits")
	l.MaxAmount = p.amounts(f.Get("max_amount"))
	exceed, _ := f.NeedWord("exceed")
	l.Exceed = exceeds[exceed]
	if !f.Has("max_count") && !f.Has("max_amount") {
		p.list.Add(l.At.Diagnose(0, codeMissingKey, msgLimitNothing, hintLimitNothing))
	}
	p.book.Limits = append(p.book.Limits, l)
}

var exceeds = map[string]Exceed{"trim": Trim, "deny": Deny, "hold": Hold}

func (p *parser) budget(node *document.Node) {
	f := node.Read(budgetRecord)
	if f == nil {
		return
	}
	var b Budget
	b.ID, b.At = p.id(f, "budgets", "the budget")
	per, _ := f.NeedWord("per")
	b.Per = map[string]Per{"run": PerRun, "rule": PerRule, "seller": PerSeller}[per]
	b.Rules, b.rulesAt = named(f, "rules", "a list of rules")
	b.MaxAmount = p.amounts(f.Need("max_amount"))
	exceed, _ := f.NeedWord("exceed")
	b.Exceed = exceeds[exceed]
	p.book.Budgets = append(p.book.Budgets, b)
}

// Nights that a median is taken over, and nights before it counts, where the
// rulebook does not say.
const (
	defaultMedianDays = 28
	defaultMinHistory = 7
)

func (p *parser) guardrails(node *document.Node, at diag.Text) {
	f := node.Read(guardrailsRecord)
	if f == nil {
		return
	}
	g := &Guardrails{At: at, MedianDays: defaultMedianDays, MinHistory: defaultMinHistory}
	ratio := f.Get("max_amount_vs_median")
	if value, ok := ratio.Decimal("a factor above zero, such as 3.0"); ok {
		g.MaxAmountVsMedian = value
		if value == 0 {
			ratio.Report(codeBadValue, "expected a factor above zero, found 0", "leave the key out to check no factor")
		}
	}
	if days, ok := f.Int("median_days", "a whole number of days"); ok {
		g.MedianDays = days
	}
	if runs, ok := f.Int("min_history", "a whole number of runs"); ok {
		g.MinHistory = runs
	}
	g.MaxAmount = p.amounts(f.Get("max_amount"))
	if !f.Has("max_amount_vs_median") && !f.Has("max_amount") {
		p.list.Add(at.Diagnose(0, codeMissingKey, msgGuardNothing, hintGuardNothing))
	}
	p.book.Guardrails = g
}
