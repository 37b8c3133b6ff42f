// Package lint finds what is probably not meant in a rulebook that is right:
// rules that never hit or never count, amounts without a bound, messages that
// leave out what customers have to know. What it says is true of the rulebook
// as it is written; where it cannot tell, it says nothing.
//
// It reads the typed expressions and the documents, and knows no files and no
// clock: the date and what is known of the data are arguments.
package lint

import (
	"slices"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/codes"
	"amends/rules/diag"
	"amends/rules/ir"
)

// Input is what is looked at.
type Input struct {
	Program *rules.Program
	Catalog *rules.Catalog
	Today   calendar.Date // the next business date to be settled; valid with HasDate
	HasDate bool
	Facts   Facts // of the newest files; the zero Facts are none
	// Show is how people know a file of the rulebook; nil is its path.
	Show func(path string) string
}

// passes are what is looked for, each on its own.
var passes = []func(*linter){
	(*linter).conditions,
	(*linter).pairs,
	(*linter).bands,
	(*linter).amounts,
	(*linter).units,
	(*linter).messages,
	(*linter).terms,
	(*linter).tables,
	(*linter).unused,
	(*linter).limits,
	(*linter).data,
}

// Run returns the findings, sorted. None of them is an error.
func Run(in Input) diag.List {
	l := &linter{Input: in, book: in.Program.Book, visits: map[*rules.Expr][]visit{}}
	for i := range in.Catalog.Sources {
		s := &in.Catalog.Sources[i]
		if program := in.Program.Sources[s.Name]; program != nil {
			l.sources = append(l.sources, l.newSource(s, program))
		}
	}
	l.places = l.expressions()
	for _, pass := range passes {
		pass(l)
	}
	l.list.Sort()
	return l.list
}

type linter struct {
	Input
	book    *rules.Rulebook
	sources []*source
	places  []place
	visits  map[*rules.Expr][]visit // of those that were asked for
	list    diag.List
}

// source is one event source with what is known of its rules.
type source struct {
	*rules.Source
	program    *rules.SourceProgram
	currencies []string // that its rows can have; one "" where nobody says
	space      *space
	rules      []*rule // those that can ever be evaluated again or count: see rule
}

// rule is one rule with its condition as sets.
type rule struct {
	*rules.RuleProgram
	source *source
	hits   []region // the rows it hits, by currency of the source
	misses []region // the rows it does not hit, likewise
}

func (l *linter) newSource(s *rules.Source, program *rules.SourceProgram) *source {
	out := &source{Source: s, program: program, currencies: l.currencies(s)}
	out.space = newSpace(program.Slots, s.CurrencyColumn)
	for i := range program.Rules {
		r := &rule{RuleProgram: &program.Rules[i], source: out}
		r.hits = out.regions(r.When.Node, false)
		r.misses = out.regions(r.When.Node, true)
		out.rules = append(out.rules, r)
	}
	return out
}

// currencies are those that rows of a source can have, as far as anybody says.
func (l *linter) currencies(s *rules.Source) []string {
	switch {
	case s.Currency != "":
		return []string{s.Currency}
	case len(l.Catalog.Currencies) > 0:
		return slices.Sorted(slices.Values(l.Catalog.Currencies))
	default:
		return []string{""}
	}
}

// regions are the rows for which a condition is true, or with negate false, by
// currency. A condition without a table by currency has one for all.
func (s *source) regions(n ir.Node, negate bool) []region {
	first := s.space.region(n, negate, s.currencies[0])
	if !s.space.byCurrency(n) {
		return slices.Repeat([]region{first}, len(s.currencies))
	}
	all := []region{first}
	for _, currency := range s.currencies[1:] {
		all = append(all, s.space.region(n, negate, currency))
	}
	return all
}

// live reports whether the rule pays on some date.
func (r *rule) live() bool { return r.Rule.Mode == rules.Live }

// within reports whether the rule is evaluated only on dates when o is.
func (r *rule) within(o *rule) bool {
	from := !o.Rule.HasFrom || r.Rule.HasFrom && r.Rule.From >= o.Rule.From
	return from && (!o.Rule.HasUntil || r.Rule.HasUntil && r.Rule.Until <= o.Rule.Until)
}

// report adds a finding at a rune offset of a text; how grave it is says the
// table of codes.
func (l *linter) report(at diag.Text, offset int, code, message, hint string) {
	d := at.Diagnose(offset, code, message, hint)
	d.Severity = diag.Warning
	if page, found := codes.Find(code); found {
		d.Severity = page.Severity
	}
	l.list.Add(d)
}

// place is an expression with what its nodes read.
type place struct {
	source *source // nil for void rules
	slots  []ir.Slot
	visits []visit
}

// visit is one node of an expression, with the text that its offset counts in: a
// definition's nodes stand in the definition.
type visit struct {
	node ir.Node
	at   *diag.Text
}

// expressions are all conditions, amounts and choices of who pays, with the
// slots that they read.
func (l *linter) expressions() []place {
	var all []place
	for _, s := range l.sources {
		add := func(e *rules.Expr) {
			if e != nil {
				all = append(all, place{s, s.program.Slots, l.visit(s, e)})
			}
		}
		for i := range s.program.Rules {
			r := &s.program.Rules[i]
			add(r.When)
			add(r.Amount)
			add(r.Funding)
			for _, part := range r.Message {
				add(part.Expr)
			}
		}
		for _, g := range slices.Concat(s.program.Exclusions, s.program.Approvals) {
			add(g.When)
		}
	}
	for _, v := range l.Program.Voids.Voids {
		all = append(all, place{nil, l.Program.Voids.Slots, l.visit(nil, v.When)})
	}
	return all
}

// visit returns every node of an expression once, each before its operands.
func (l *linter) visit(s *source, e *rules.Expr) []visit {
	all, done := l.visits[e]
	if done {
		return all
	}
	seen := map[ir.Node]bool{}
	var step func(n ir.Node, at *diag.Text)
	step = func(n ir.Node, at *diag.Text) {
		if seen[n] {
			return
		}
		seen[n] = true
		all = append(all, visit{n, at})
		if named, ok := n.(*ir.Named); ok && s != nil {
			defines := l.book.Defines[s.Name]
			for i := range defines {
				if defines[i].Name == named.Name {
					at = &defines[i].Expr
				}
			}
		}
		for _, child := range ir.Children(n) {
			step(child, at)
		}
	}
	step(e.Node, &e.Text)
	l.visits[e] = all
	return all
}
