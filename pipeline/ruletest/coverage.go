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
	c := &Coverage{words: words, sources: map[string]*sourcePoints{}}
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
		for _, x := range s.program.Exclusions {
			b := &builder{coverage: c, source: s, book: book, of: "exclusion " + x.ID}
			s.exclusions = append(s.exclusions, b.expr(x.When, "holds", "does not hold"))
		}
		for _, a := range s.program.Approvals {
			b := &builder{coverage: c, source: s, book: book, of: "approval " + a.ID}
			s.approvals = append(s.approvals, b.expr(a.When, "holds", "does not hold"))
		}
	}
	for i := range book.Limits {
		l := &book.Limits[i]
		at, _ := l.At.At(0)
		c.limits = append(c.limits, limitPoint{l, c.add(&Point{Place: at, Of: "limit " + l.ID, Text: "", Sides: []Side{{Name: "exceeded"}, {Name: "kept"}}})})
	}
	return c
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
		side := 1
		if slices.ContainsFunc(by, func(b string) bool { return names(p.limit.ID, b) }) {
			side = 0
		}
		p.point.Sides[side].Seen++
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
