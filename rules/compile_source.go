package rules

import (
	"slices"
	"strings"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
)

// build is one source's program in the making.
type build struct {
	compiler *compiler
	source   *Source
	scope    *check.Scope
	program  *SourceProgram
	exprs    []*Expr
	final    bool      // everything was checked before
	list     diag.List // on definitions, rules and the source itself
	// What was found wrong with each exclusion and approval of the rulebook on
	// this source; nil where it is not on it.
	exclusions, approvals []*diag.List
	placeholderNodes      map[string]ir.Node // of messages so far, by name
}

// build compiles everything that is on a source. used names the definitions to
// make; nil makes and so checks them all.
func (c *compiler) build(source *Source, used map[string]bool) *build {
	b := &build{compiler: c, source: source, final: used != nil, program: &SourceProgram{Name: source.Name}, placeholderNodes: map[string]ir.Node{}}
	b.scope = b.newScope()
	b.at()
	b.defines(used)
	for i := range c.book.Rules {
		if rule := &c.book.Rules[i]; rule.On == source.Name {
			b.rule(i, rule)
		}
	}
	for _, x := range c.book.Exclusions {
		guard, list := b.guard(x.ID, x.On, x.When)
		b.exclusions = append(b.exclusions, list)
		if list != nil {
			b.program.Exclusions = append(b.program.Exclusions, guard)
		}
	}
	b.scope.Slots["amount"] = ir.Slot{Name: "amount", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromAward}
	for _, a := range c.book.Approvals {
		guard, list := b.guard(a.ID, a.On, a.When)
		b.approvals = append(b.approvals, list)
		if list != nil {
			b.program.Approvals = append(b.program.Approvals, guard)
		}
	}
	b.program.Slots = b.scope.Used.Slots()
	return b
}

// newScope returns what rules on the source may read, and reports two things of
// one name.
func (b *build) newScope() *check.Scope {
	s := b.source
	scope := &check.Scope{
		Slots: map[string]ir.Slot{}, Dimensions: map[string]bool{}, Tables: b.compiler.tables,
		Defines: b.compiler.failed(), Currency: s.Currency, History: s.Customer != "", Used: &ir.SlotSet{},
	}
	taken := map[string]string{"as_of": "a fact of the run", "business_date": "a fact of the run", "amount": "the award's amount"}
	runSlots(scope.Slots)
	if s.Currency == "" {
		scope.CurrencySlot = s.CurrencyColumn
	}
	if s.CurrencyColumn != "currency" {
		taken["currency"] = "the row's currency"
	}
	for _, column := range s.Columns {
		if b.claim(taken, column.Name, "the column", s.At) {
			taken[column.Name] = "a column of " + s.Name
			scope.Slots[column.Name] = ir.Slot{Name: column.Name, Type: column.Type, Origin: ir.FromColumn, Column: column.Name}
		}
	}
	for i := range b.compiler.catalog.Dimensions {
		d := &b.compiler.catalog.Dimensions[i]
		if !slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Name == d.On }) {
			continue
		}
		at := d.At
		if len(at.Parts) == 0 {
			at = s.At // all that is known of a catalog made by hand
		}
		if b.claim(taken, d.Name, "the dimension", at) {
			taken[d.Name] = "a dimension"
			scope.Dimensions[d.Name] = true
			dimensionSlots(scope.Slots, d)
		} else { // what uses the name is silent: that it means two things is said
			delete(scope.Slots, d.Name)
			scope.Defines[d.Name] = nil
		}
	}
	for _, name := range sortedKeys(b.compiler.book.Tables) {
		if b.claim(taken, name, "the table", b.compiler.book.Tables[name].At) {
			taken[name] = "a table"
		}
	}
	for _, define := range b.compiler.book.Defines[s.Name] {
		b.claim(taken, define.Name, "the definition", define.At)
	}
	return scope
}

// claim reports a name that something else of the scope has.
func (b *build) claim(taken map[string]string, name, what string, at diag.Text) bool {
	other, clash := taken[name]
	if clash {
		b.list.Add(at.Diagnose(0, codeClash, msgClash(name, what, other), hintClashOf(what)))
	}
	return !clash
}

// at compiles the instant when severity is final. It stands in amends.yaml, so
// it reads the source's columns only: not what a rulebook defines.
func (b *build) at() {
	columns := *b.scope
	columns.Slots = map[string]ir.Slot{}
	for name, slot := range b.scope.Slots {
		if slot.Origin == ir.FromColumn {
			columns.Slots[name] = slot
		}
	}
	columns.Tables, columns.Defines, columns.Dimensions, columns.History = nil, nil, nil, false
	expr, list := b.exprIn(&columns, b.source.At, check.Want{Kind: ir.Time})
	b.program.At = expr
	b.list = append(b.list, list...)
}

// defines compiles the definitions in order: each may use those before it.
func (b *build) defines(used map[string]bool) {
	all := b.compiler.book.Defines[b.source.Name]
	for i, define := range all {
		if used != nil && !used[define.Name] {
			continue
		}
		node, list := check.Expr(define.Expr, b.scope, check.Want{NullableOK: true})
		for j := range list {
			for _, later := range all[i:] {
				if strings.HasSuffix(list[j].Message, `"`+later.Name+`" here`) {
					list[j].Hint = hintDefineOrder
				}
			}
		}
		b.scope.Defines[define.Name] = node // nil is a definition that was reported
		b.list = append(b.list, list...)
	}
}

// defineTypes returns the types of the definitions that were made.
func (b *build) defineTypes() map[string]ir.Type {
	types := make(map[string]ir.Type, len(b.scope.Defines))
	for name, node := range b.scope.Defines {
		if node != nil {
			types[name] = node.Type()
		}
	}
	return types
}

// expr checks an expression in the scope of the source. The Expr is nil where
// it has errors, its own or those of a definition that it uses.
func (b *build) expr(text diag.Text, want check.Want) (*Expr, diag.List) {
	return b.exprIn(b.scope, text, want)
}

func (b *build) exprIn(scope *check.Scope, text diag.Text, want check.Want) (*Expr, diag.List) {
	if text.Source == "" {
		return nil, nil // missing, which was reported when it was read
	}
	node, list := check.Expr(text, scope, want)
	if node == nil {
		return nil, list
	}
	return b.add(text, node), list
}

// add makes an Expr of a checked node.
func (b *build) add(text diag.Text, node ir.Node) *Expr {
	e := &Expr{Text: text, Node: node, Reads: ir.Reads(node)}
	b.exprs = append(b.exprs, e)
	return e
}

func (b *build) rule(index int, rule *Rule) {
	r := RuleProgram{Index: index, Rule: rule}
	var lists [3]diag.List
	if rule.Table != nil {
		b.table(rule, &r)
	} else {
		r.When, lists[0] = b.expr(rule.When, check.Want{Kind: ir.Bool})
		r.Amount, lists[1] = b.expr(rule.Amount, check.Want{Kind: ir.Money})
	}
	r.Funding, lists[2] = b.funding(rule)
	for _, list := range lists {
		b.list = append(b.list, list...)
	}
	if rule.HasMessage {
		r.Message = b.message(rule)
	}
	b.program.Rules = append(b.program.Rules, r)
}

// The two who can bear the cost of an award.
const (
	fundedByPlatform = "platform"
	fundedBySeller   = "seller"
)

// funding compiles who bears the cost: one of two words, or an expression that
// gives one of them.
func (b *build) funding(rule *Rule) (*Expr, diag.List) {
	text := rule.Funding
	var e *Expr
	var list diag.List
	switch word := strings.TrimSpace(text.Source); word {
	case fundedByPlatform, fundedBySeller:
		e = b.add(text, &ir.Const{Value: ir.StringValue(word)})
	default:
		e, list = b.expr(text, check.Want{Kind: ir.String})
	}
	if e == nil {
		return nil, list
	}
	if c, constant := e.Node.(*ir.Const); constant && c.Value.S == fundedBySeller && b.sellerMayBeNull() && !strings.Contains(rule.condition(), b.source.Seller) {
		d := text.Diagnose(0, codeSellerNull, msgSellerMayBeNull(b.source.Seller), hintSellerMayBeNull(b.source.Seller))
		d.Severity = diag.Warning
		list.Add(d)
	}
	for _, result := range constantResults(e.Node) {
		switch {
		case result == fundedBySeller && b.source.Seller == "":
			list.Add(text.Diagnose(0, codeFunding, msgSellerFunding(b.source.Name), hintSeller(b.source.Name)))
		case result != fundedBySeller && result != fundedByPlatform:
			list.Add(text.Diagnose(0, codeFunding, msgConstantFunding(result), hintConstantFunding))
		}
	}
	return e, list
}

func (b *build) sellerMayBeNull() bool {
	return slices.ContainsFunc(b.source.Columns, func(c Column) bool { return c.Name == b.source.Seller && c.Type.Nullable })
}

// constantResults returns the texts that an expression may give as written.
func constantResults(n ir.Node) []string {
	switch n := n.(type) {
	case *ir.Const:
		return []string{n.Value.S}
	case *ir.If:
		return append(constantResults(n.Then), constantResults(n.Else)...)
	case *ir.Coalesce:
		return append(constantResults(n.X), constantResults(n.Else)...)
	case *ir.Named:
		return constantResults(n.X)
	default:
		return nil
	}
}

// guard compiles an exclusion or approval. The list is nil where it is not on
// the source.
func (b *build) guard(id string, on []string, when diag.Text) (GuardProgram, *diag.List) {
	if len(on) > 0 && !slices.Contains(on, b.source.Name) {
		return GuardProgram{}, nil
	}
	expr, list := b.expr(when, check.Want{Kind: ir.Bool})
	return GuardProgram{ID: id, When: expr}, &list
}

// usedDefines returns the names of the definitions that some expression uses.
func (b *build) usedDefines() map[string]bool {
	used := map[string]bool{}
	for _, e := range b.exprs {
		ir.Walk(e.Node, func(n ir.Node) {
			if named, ok := n.(*ir.Named); ok {
				used[named.Name] = true
			}
		})
	}
	return used
}
