package ruletest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// CutOff is a number of a rulebook that can be another: the 20 of
// `item_price > 20` in a condition or in a definition that one uses, or a value
// of a table.
type CutOff struct {
	Of     string   // where it is written: rule late, define is_late, table floors.USD, exclusion late-claim, approval large, limit per-customer, budget nightly
	Name   string   // by which people name it: late, is_late, floors.USD, late-claim, large, per-customer
	Rules  []string // whose conditions it decides, in the rulebook's order
	Before string   // the words of the comparison before the number; of a value of a table the whole comparison
	Number string   // as written
	After  string   // the words behind it
	Kind   ir.Kind  // of what it is compared with; Duration for the n of hours(n) and days(n)
	Bound  bool     // it is itself what an order (<, <=, >, >=) of a rule or exclusion compares with: moving it moves who gets something
	At     diag.Text

	users []string // names of all conditions that it is part of
	book  *rules.Rulebook
	put   func(*rules.Rulebook, string)
	takes func(number string) error // nil where check says what a number may be
}

// Text is the comparison as its author wrote it, on one line.
func (c *CutOff) Text() string {
	if c.InTable() {
		return c.Before
	}
	return oneSpace(c.Before + c.Number + c.After)
}

// InTable reports whether the number is a value of a table.
func (c *CutOff) InTable() bool { return strings.HasPrefix(c.Of, "table ") }

// Takes says why a number cannot stand in this place, as far as that is known before
// the rulebook with it is checked.
func (c *CutOff) Takes(number string) error {
	if c.takes == nil {
		return nil
	}
	return c.takes(number)
}

// With is the rulebook with another number in this place, which shares with it
// all that does not change. It is not checked, and the number is one that Takes.
func (c *CutOff) With(number string) *rules.Rulebook {
	book := *c.book
	c.put(&book, number)
	return &book
}

// CutOffs lists the numbers of a checked rulebook that decide comparisons of its
// rules, exclusions and approvals, the other numbers of its tables, and those of its
// limits and budgets.
func CutOffs(p *rules.Program) []*CutOff {
	f := &cutOffs{book: p.Book, known: map[string]*CutOff{}}
	type ruleOf struct {
		source string
		rule   *rules.RuleProgram
	}
	var all []ruleOf
	for _, name := range sortedKeys(p.Sources) {
		for i := range p.Sources[name].Rules {
			all = append(all, ruleOf{name, &p.Sources[name].Rules[i]})
		}
	}
	slices.SortFunc(all, func(a, b ruleOf) int { return cmp.Compare(a.rule.Index, b.rule.Index) })
	for _, r := range all {
		rule, when := &p.Book.Rules[r.rule.Index], r.rule.When
		if r.rule.Table != nil {
			when = r.rule.Table.Given
			f.rule, f.name = rule.ID, rule.ID
			f.grid(rule, r.rule.Table.Columns)
		}
		if when != nil {
			f.guard(when, r.source, rule.ID, &written{of: "rule " + rule.ID, name: rule.ID, text: rule.When, put: putWhen(r.rule.Index)})
		}
	}
	for _, name := range sortedKeys(p.Sources) {
		for _, g := range p.Sources[name].Exclusions {
			i := slices.IndexFunc(p.Book.Exclusions, func(x rules.Exclusion) bool { return x.ID == g.ID })
			f.guard(g.When, name, "", &written{of: "exclusion " + g.ID, name: g.ID, text: p.Book.Exclusions[i].When, put: putExclusion(i)})
		}
		for _, g := range p.Sources[name].Approvals {
			i := slices.IndexFunc(p.Book.Approvals, func(x rules.Approval) bool { return x.ID == g.ID })
			f.guard(g.When, name, "", &written{of: "approval " + g.ID, name: g.ID, text: p.Book.Approvals[i].When, put: putApproval(i), waits: true})
		}
	}
	f.rule, f.name = "", ""
	for _, name := range sortedKeys(p.Book.Tables) {
		f.leaves([]string{name}, p.Book.Tables[name], CutOff{Kind: ir.Decimal})
	}
	f.limits()
	return f.list
}

// written is a text of the rulebook, and how another takes its place.
type written struct {
	of, name string
	source   string // of a definition, whose name another source may have too; other texts are one for all their sources
	text     diag.Text
	tokens   []token
	put      func(*rules.Rulebook, diag.Text)
	waits    bool // an approval's
}

type cutOffs struct {
	book   *rules.Rulebook
	list   []*CutOff
	known  map[string]*CutOff // by where it stands
	rule   string             // whose condition is being looked at; "" for an exclusion or approval
	source string
	seen   map[string]bool // definitions that its condition used before
	waits  bool            // the condition is an approval's: it decides who waits, and not who gets something
	name   string          // of the rule, exclusion or approval; "" for what none reads
}

// guard looks at a condition.
func (f *cutOffs) guard(e *rules.Expr, source, rule string, in *written) {
	if e == nil {
		return
	}
	f.rule, f.source, f.seen, f.waits, f.name = rule, source, map[string]bool{}, in.waits, in.name
	in.tokens = tokens(in.text.Source)
	f.visit(e.Node, in)
}

// visit looks at a node whose text is in, what is inside of it first.
func (f *cutOffs) visit(n ir.Node, in *written) {
	if named, ok := n.(*ir.Named); ok {
		if !f.seen[named.Name] {
			f.seen[named.Name] = true
			f.visit(named.X, f.define(named.Name))
		}
		return
	}
	for _, child := range ir.Children(n) {
		f.visit(child, in)
	}
	call, ok := n.(*ir.Call)
	if !ok || !slices.Contains(compared, call.Op) {
		return
	}
	i := slices.IndexFunc(in.tokens, func(t token) bool { return t.from == call.At && t.text == call.Op.String() })
	if i < 0 {
		return
	}
	from, to := in.comparison(i)
	orders := call.Op != ir.OpEq && call.Op != ir.OpNe && !f.waits
	f.side(in, call.Args[0], span{from, i}, span{from, to}, orders)
	f.side(in, call.Args[1], span{i + 1, to}, span{from, to}, orders)
}

var compared = []ir.Op{ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe, ir.OpEq, ir.OpNe}

// span is tokens [from, to).
type span struct{ from, to int }

// comparison is the span of the comparison whose sign is token i: up to what
// binds looser on both sides.
func (w *written) comparison(i int) (from, to int) {
	depth := w.tokens[i].depth
	ends := func(at int) bool {
		if at < 0 || at >= len(w.tokens) || w.tokens[at].depth < depth {
			return true
		}
		t := w.tokens[at]
		return t.depth == depth && t.kind != quotedText && slices.Contains(looser, t.text)
	}
	from, to = i, i+1
	for !ends(from - 1) {
		from--
	}
	for !ends(to) {
		to++
	}
	return from, to
}

var looser = []string{"and", "or", "&&", "||", "?", ":", ",", "==", "!="}

// define is the text of a definition of the source.
func (f *cutOffs) define(name string) *written {
	i := slices.IndexFunc(f.book.Defines[f.source], func(d rules.Define) bool { return d.Name == name })
	d := f.book.Defines[f.source][i]
	return &written{of: "define " + d.Name, name: d.Name, source: f.source, text: d.Expr, tokens: tokens(d.Expr.Source), put: putDefine(f.source, i)}
}

// side takes the numbers of one side of a comparison.
func (f *cutOffs) side(in *written, arg ir.Node, at, clause span, orders bool) {
	if narrowed, ok := arg.(*ir.NotNull); ok {
		arg = narrowed.X
	}
	if named, ok := arg.(*ir.Named); ok {
		define := f.define(named.Name)
		whole := span{0, len(define.tokens)}
		f.side(define, named.X, whole, whole, orders)
		return
	}
	if at.from >= at.to {
		return
	}
	if first := in.tokens[at.from]; first.kind == word && f.book.Tables[first.text] != nil {
		f.lookup(in, arg, at, clause, orders)
		return
	}
	var numbers []int
	for i := at.from; i < at.to; i++ {
		if in.tokens[i].kind == number && !in.argument(i, "credits", "credited") {
			numbers = append(numbers, i)
		}
	}
	_, constant := arg.(*ir.Const)
	for _, i := range numbers {
		c := CutOff{Kind: arg.Type().Kind, Bound: orders && constant && len(numbers) == 1}
		switch {
		case in.argument(i, "hours", "days"):
			c.Kind, c.Bound = ir.Duration, orders
		case !constant && strings.Contains(in.tokens[i].text, "."):
			c.Kind = ir.Decimal
		case !constant:
			c.Kind = ir.Int
		}
		f.number(in, i, clause, c)
	}
}

// argument reports whether token i is the only argument of one of the functions.
func (w *written) argument(i int, functions ...string) bool {
	is := func(at int, texts ...string) bool {
		return at >= 0 && at < len(w.tokens) && slices.Contains(texts, w.tokens[at].text)
	}
	return is(i-1, "(") && is(i+1, ")") && is(i-2, functions...)
}

// negative reports whether token i is a number with a sign of its own.
func (w *written) negative(i int) bool {
	return i > 0 && w.tokens[i-1].text == "-" && w.tokens[i-1].to == w.tokens[i].from && !endsOperand(w.tokens[:i-1])
}

// endsOperand reports whether a sign behind the tokens subtracts.
func endsOperand(before []token) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	switch last.kind {
	case mark:
		return last.text == ")" || last.text == "]"
	case word:
		return !slices.Contains([]string{"and", "or", "not", "in"}, last.text)
	}
	return true
}

// number adds the number that is token i.
func (f *cutOffs) number(in *written, i int, clause span, c CutOff) {
	t := in.tokens[i]
	if in.negative(i) {
		t.from, t.text = in.tokens[i-1].from, "-"+t.text
	}
	runes := []rune(in.text.Source)
	from, to := in.tokens[clause.from].from, in.tokens[clause.to-1].to
	c.Of, c.Name, c.Number = in.of, in.name, t.text
	c.Before, c.After = string(runes[from:t.from]), string(runes[t.to:to])
	c.At = in.text.Piece(t.from, t.text)
	c.put = func(b *rules.Rulebook, number string) {
		text := in.text
		text.Source = string(runes[:t.from]) + number + string(runes[t.to:])
		in.put(b, text)
	}
	f.add(in.source+" "+in.of+" "+strconv.Itoa(t.from), c)
}

// lookup adds the values of a table that a side reads.
func (f *cutOffs) lookup(in *written, arg ir.Node, at, clause span, orders bool) {
	runes := []rune(in.text.Source)
	c := CutOff{Kind: arg.Type().Kind, Bound: orders, Before: oneSpace(string(runes[in.tokens[clause.from].from:in.tokens[clause.to-1].to]))}
	path := []string{in.tokens[at.from].text}
	table := f.book.Tables[path[0]]
	for i := at.from + 1; i+1 < at.to && table != nil && table.Entries != nil; i += 2 {
		key := in.tokens[i+1]
		if in.tokens[i].text == "[" {
			if key.kind != quotedText || i+2 >= at.to || in.tokens[i+2].text != "]" {
				break // by a value of the row: every entry
			}
			key.text = strings.Trim(key.text, "\"'`")
			i++
		}
		path, table = append(path, key.text), table.Entries[key.text]
	}
	if table != nil {
		f.leaves(path, table, c)
	}
}

// leaves adds the numbers of a table below a path.
func (f *cutOffs) leaves(path []string, t *rules.Table, c CutOff) {
	if t.Entries != nil {
		for _, key := range sortedKeys(t.Entries) {
			f.leaves(append(path[:len(path):len(path)], key), t.Entries[key], c)
		}
		return
	}
	if _, err := money.ParseDecimal(strings.ReplaceAll(t.Leaf, "_", "")); err != nil || t.Quoted {
		return
	}
	name := strings.Join(path, ".")
	c.Of, c.Name, c.Number, c.At = "table "+name, name, t.Leaf, t.At
	c.put = func(b *rules.Rulebook, number string) { b.Tables = replaced(b.Tables, path, number) }
	f.add("table "+name, c)
}

// add adds a cut-off, or the rule to those that one decides.
func (f *cutOffs) add(key string, c CutOff) {
	known := f.known[key]
	if known == nil {
		c.book = f.book
		known = &c
		f.known[key], f.list = known, append(f.list, known)
	}
	known.Bound = known.Bound || c.Bound
	if f.name != "" && !slices.Contains(known.users, f.name) {
		known.users = append(known.users, f.name)
	}
	if f.rule != "" && !slices.Contains(known.Rules, f.rule) {
		known.Rules = append(known.Rules, f.rule)
	}
}
