package ruletest

import (
	"cmp"
	"slices"
	"strings"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/vm"
)

// Side is one way that a point can come out.
type Side struct {
	Name string `json:"side"` // what would have been: "true", "decided by caps.late[currency]"
	Seen int    `json:"seen"` // on how many rows
}

// Point is a part of the rulebook that comes out one way or another.
type Point struct {
	Place diag.Pos
	Of    string // rule late, exclusion abuse, limit per-order, define days_late
	Text  string // as its author wrote it
	Sides []Side
	Nulls int // rows on which it was unknown
	Fault int // rows on which it could not be evaluated

	order int
}

// Missed are the sides that nothing showed.
func (p *Point) Missed() []string {
	var names []string
	for _, s := range p.Sides {
		if s.Seen == 0 {
			names = append(names, s.Name)
		}
	}
	return names
}

// Coverage is what the rows of all cases showed of a program. It is not safe for
// concurrent use.
type Coverage struct {
	words   Words
	sources map[string]*sourcePoints
	points  []*Point
	limits  []limitPoint
	budgets map[string]*Point
	guard   *Point     // nil where no guardrail can hold anything
	voids   [][]*probe // by the program's
}

// Words show rules to people: expressions as their author writes them, and
// places in the workspace.
type Words struct {
	Text  func(n ir.Node, slots []ir.Slot) string
	Place func(diag.Pos) diag.Pos
}

// sourcePoints are what rows of one source can show.
type sourcePoints struct {
	program    *rules.SourceProgram
	rules      []rulePoints // by program.Rules
	exclusions [][]*probe
	approvals  [][]*probe
	defines    []*probe
	known      map[ir.Node]bool // bodies of definitions that have their points
}

type rulePoints struct{ when, given []*probe }

// probe evaluates a point on a row.
type probe struct {
	point *Point
	see   func(row *ir.Row, p *Point)
	only  []condition // where the point matters at all
}

// condition is a node that comes out a way.
type condition struct {
	program *vm.Program
	want    func(ir.Value) bool
}

// NewCoverage begins with nothing seen.
func NewCoverage(program *rules.Program, words Words) *Coverage {
	c := &Coverage{words: words, sources: map[string]*sourcePoints{}, budgets: map[string]*Point{}}
	book := program.Book
	for _, name := range sortedKeys(program.Sources) {
		s := &sourcePoints{program: program.Sources[name], known: map[ir.Node]bool{}}
		c.sources[name] = s
		for i := range s.program.Rules {
			r := &s.program.Rules[i]
			b := &builder{coverage: c, source: s, book: book, of: "rule " + r.Rule.ID}
			points := rulePoints{when: b.expr(r.When, "hits", "does not hit")}
			points.given = append(b.expr(r.Amount, "", ""), b.expr(r.Funding, "", "")...)
			s.rules = append(s.rules, points)
		}
		if len(s.program.Rules) == 0 {
			continue // nothing can come to its guards
		}
		for _, x := range s.program.Exclusions {
			b := &builder{coverage: c, source: s, book: book, of: "exclusion " + x.ID}
			s.exclusions = append(s.exclusions, b.expr(x.When, "holds", "does not hold"))
		}
		for _, a := range s.program.Approvals {
			b := &builder{coverage: c, source: s, book: book, of: "approval " + a.ID}
			s.approvals = append(s.approvals, b.expr(a.When, "holds", "does not hold"))
		}
	}
	s := &sourcePoints{program: &rules.SourceProgram{Slots: program.Voids.Slots}}
	for _, v := range program.Voids.Voids {
		b := &builder{coverage: c, source: s, book: book, of: "void " + v.ID}
		c.voids = append(c.voids, b.expr(v.When, "holds", "does not hold"))
	}
	for i := range book.Limits {
		l := &book.Limits[i]
		c.limits = append(c.limits, limitPoint{l, c.bound("limit "+l.ID, l.At)})
	}
	for i := range book.Budgets {
		c.budgets[book.Budgets[i].ID] = c.bound("budget "+book.Budgets[i].ID, book.Budgets[i].At)
	}
	if len(guarded(book)) > 0 {
		c.guard = c.bound("guardrail max-amount", book.Guardrails.At)
	}
	return c
}

// bound is the point of what is exceeded or kept.
func (c *Coverage) bound(of string, text diag.Text) *Point {
	at, _ := text.At(0)
	return c.add(&Point{Place: at, Of: of, Sides: []Side{{Name: "exceeded"}, {Name: "kept"}}})
}

// guarded are the currencies in which max_amount of the guardrails can hold
// awards: where a budget of the whole run is no larger, it never comes to that.
func guarded(book *rules.Rulebook) []string {
	if book.Guardrails == nil {
		return nil
	}
	return slices.DeleteFunc(book.Guardrails.MaxAmount.Currencies(), func(code string) bool {
		return slices.ContainsFunc(book.Budgets, func(b rules.Budget) bool {
			most, named := b.MaxAmount[code]
			return b.Per == rules.PerRun && len(b.Rules) == 0 && named && most <= book.Guardrails.MaxAmount[code]
		})
	})
}

// add makes a point, or finds the same one of another source: a guard that stands
// on several is one.
func (c *Coverage) add(p *Point) *Point {
	p.Place, p.order = c.words.Place(p.Place), len(c.points)
	for _, other := range c.points {
		if other.Place == p.Place && other.Of == p.Of && other.Text == p.Text && len(other.Sides) == len(p.Sides) {
			return other
		}
	}
	c.points = append(c.points, p)
	return p
}

// Read shows a row that was read to the rules that are active, and what they
// give to those that hit; hit says which, by the program's rules.
func (c *Coverage) Read(source string, row *ir.Row, active func(*rules.Rule) bool) {
	s := c.sources[source]
	hits := false
	for _, p := range s.defines {
		p.look(row)
	}
	for i, points := range s.rules {
		r := &s.program.Rules[i]
		if !active(r.Rule) {
			continue
		}
		for _, p := range points.when {
			p.look(row)
		}
		if v, fault := r.When.Eval(row); fault == nil && v.I != 0 {
			hits = true
			for _, p := range points.given {
				p.look(row)
			}
		}
	}
	if !hits {
		return
	}
	for _, points := range s.exclusions {
		for _, p := range points {
			p.look(row)
		}
	}
}

// Approved shows a row, with the award in it, to the approvals.
func (c *Coverage) Approved(source string, row *ir.Row) {
	for _, points := range c.sources[source].approvals {
		for _, p := range points {
			p.look(row)
		}
	}
}

// limitPoint is what awards can show of a limit.
type limitPoint struct {
	limit *rules.Limit
	point *Point
}

// Limited counts what the limits did to an award of a rule: those that are named
// lowered or ended it.
func (c *Coverage) Limited(rule string, by []string) {
	for _, p := range c.limits {
		if !p.limit.Rules.Has(rule) {
			continue
		}
		p.point.count(slices.ContainsFunc(by, func(b string) bool { return names(p.limit.ID, b) }))
	}
}

// Budgeted counts what budgets did to an award: those of the ids that it falls
// under, of which refusing, if it is one, had no room for it.
func (c *Coverage) Budgeted(ids []string, refusing string) {
	for _, id := range ids {
		if refusing == "" || id == refusing {
			c.budgets[id].count(id == refusing)
		}
	}
}

// Guarded counts what the guardrails did to the awards of a night.
func (c *Coverage) Guarded(held bool) {
	if c.guard != nil {
		c.guard.count(held)
	}
}

// count counts what is exceeded or kept.
func (p *Point) count(exceeded bool) {
	side := 1
	if exceeded {
		side = 0
	}
	p.Sides[side].Seen++
}

// Voided shows an open credit to the void rules; about says of each, by the
// program's, whether it is about such a credit.
func (c *Coverage) Voided(row *ir.Row, about func(i int) bool) {
	for i, points := range c.voids {
		for _, p := range points {
			if about(i) {
				p.look(row)
			}
		}
	}
}

func (p *probe) look(row *ir.Row) {
	for _, c := range p.only {
		v, fault := c.program.Eval(row)
		if fault != nil || !c.want(v) {
			return
		}
	}
	p.see(row, p.point)
}

// Points are all of them, by place. Guards of sources without rules are none:
// nothing can come to them.
func (c *Coverage) Points() []*Point {
	points := slices.Clone(c.points)
	slices.SortStableFunc(points, func(a, b *Point) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Col, b.Place.Col), cmp.Compare(a.order, b.order))
	})
	return points
}

// Sides counts the sides there are and those that were seen.
func (c *Coverage) Sides() (all, seen int) {
	for _, p := range c.points {
		all += len(p.Sides)
		seen += len(p.Sides) - len(p.Missed())
	}
	return all, seen
}

// Permille is how much was seen, in thousandths, rounded down.
func (c *Coverage) Permille() int {
	all, seen := c.Sides()
	if all == 0 {
		return 1000
	}
	return seen * 1000 / all
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
