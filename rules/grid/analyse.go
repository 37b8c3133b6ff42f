package grid

import (
	"fmt"
	"slices"
	"strings"

	"amends/rules/diag"
	"amends/rules/ir"
)

// What is reported of one table: its author mends the first before reading on.
const (
	maxOverlaps = 10
	maxGaps     = 3
)

// maxSteps bounds the search for gaps: a table of columns that cut each other in
// many ways has more combinations than anyone can look through.
const maxSteps = 20_000

// axis is one column as a set for each row.
type axis struct {
	name   string
	domain domain
	whole  set // what can come here
	sets   []set
}

// axes are the columns as events in one currency meet them. Columns count as
// independent of each other: what one says of an event says nothing of another.
func (c *compiler) axes(currency string) []axis {
	var list []axis
	for i, condition := range c.conditions {
		if condition.currency != "" && condition.currency != currency {
			continue
		}
		a := axis{name: c.sheet.Header[condition.at].Text, domain: condition.domain}
		own := a.domain.all()
		if read, ok := condition.node.(*ir.Read); ok && currency != "" && c.scope.Currency == "" && c.scope.Used.Slots()[read.Slot].Name == c.scope.CurrencySlot {
			own = set{texts: []string{currency}}
		}
		for _, tests := range c.tests {
			a.sets = append(a.sets, tests[i].set(a.domain).and(own))
		}
		a.whole = own
		list = append(list, a)
	}
	return list
}

// analyse looks for rows that meet, rows that never count, and gaps.
func (c *compiler) analyse() {
	currencies := []string{""}
	if slices.ContainsFunc(c.conditions, func(o condition) bool { return o.currency != "" }) {
		currencies = c.options.Currencies
		if c.scope.Currency != "" {
			currencies = []string{c.scope.Currency}
		}
	}
	met, gaps := map[[2]int]bool{}, 0
	never := make([]int, len(c.tests)) // by row: in how many currencies a row before it takes all, and which
	before := make([]int, len(c.tests))
	for _, currency := range currencies {
		axes := c.axes(currency)
		switch c.options.Hits {
		case Unique:
			c.overlaps(axes, met)
		case First:
			for row := range c.tests {
				if i := covering(axes, row); i >= 0 {
					never[row]++
					before[row] = i
				}
			}
		}
		if !c.options.GapsAllowed && gaps < maxGaps {
			gaps += c.gaps(axes, maxGaps-gaps)
		}
	}
	for row, times := range never {
		if times == len(currencies) {
			cell := c.sheet.Rows[row].Cells[0]
			c.warn(cell, diag.Warning, codeNever, msgNever(c.number(row), c.number(before[row])), hintNever)
		}
	}
	if n := len(met); n > maxOverlaps {
		c.list.Add(c.sheet.At(c.sheet.Rows[0].Cells[0]).Diagnose(0, codeOverlap, msgMore(n-maxOverlaps), ""))
	}
}

func (c *compiler) number(row int) string { return itoa(c.sheet.Rows[row].Number) }

// overlaps reports rows that one event can fit.
func (c *compiler) overlaps(axes []axis, met map[[2]int]bool) {
	for j := range c.tests {
		for i := range j {
			common := make([]set, len(axes))
			if met[[2]int{i, j}] || slices.ContainsFunc(axes, func(a axis) bool { return a.sets[i].and(a.sets[j]).empty() }) {
				continue
			}
			met[[2]int{i, j}] = true
			if len(met) > maxOverlaps {
				continue
			}
			for n, a := range axes {
				common[n] = a.sets[i].and(a.sets[j])
			}
			cell := c.sheet.Rows[j].Cells[0]
			c.list.Add(c.sheet.At(cell).Diagnose(0, codeOverlap, msgOverlap(c.number(i), c.number(j), example(axes, common)), hintOverlap))
		}
	}
}

// covering is a row before one that fits whatever that fits; -1 for none.
func covering(axes []axis, row int) int {
	for i := range row {
		if !slices.ContainsFunc(axes, func(a axis) bool { return !a.domain.within(a.sets[row], a.sets[i]) }) {
			return i
		}
	}
	return -1
}

// example is an event in words: the columns that some row looks at.
func example(axes []axis, values []set) string {
	var parts []string
	for i, a := range axes {
		if !slices.ContainsFunc(a.sets, func(s set) bool { return !a.domain.within(a.whole, s) }) {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s", a.name, a.domain.example(values[i])))
	}
	if len(parts) == 0 {
		return "every event"
	}
	return strings.Join(parts, ", ")
}

// gaps reports combinations that no row fits, and says how many.
func (c *compiler) gaps(axes []axis, most int) int {
	s := search{axes: axes, values: make([]set, len(axes)), covered: map[string]bool{}, most: most}
	rows := make([]int, len(c.tests))
	for i := range rows {
		rows[i] = i
	}
	s.visit(0, rows)
	top := c.sheet.Header[0]
	for _, gap := range s.found {
		c.warn(top, diag.Warning, codeGap, msgGap(gap), hintGap)
	}
	if s.steps > maxSteps {
		c.warn(top, diag.Note, codeUnsure, msgUnsure, "")
	}
	return len(s.found)
}

// search goes through the combinations of parts of columns, of which each is
// whole for every row: it lies in the row's set or outside it.
type search struct {
	axes    []axis
	values  []set // of the columns so far
	covered map[string]bool
	found   []string
	most    int
	steps   int
}

// visit looks for gaps behind column k, where only rows still fit.
func (s *search) visit(k int, rows []int) {
	if len(s.found) >= s.most || s.steps > maxSteps {
		return
	}
	s.steps++
	if len(rows) == 0 {
		for i := k; i < len(s.axes); i++ {
			s.values[i] = s.axes[i].whole
		}
		s.found = append(s.found, example(s.axes, s.values))
		return
	}
	if k == len(s.axes) {
		return
	}
	key := fmt.Sprint(k, rows)
	if s.covered[key] {
		return
	}
	before := len(s.found)
	seen := map[string]bool{}
	for _, part := range s.axes[k].parts(rows) {
		s.values[k] = part
		var fit []int
		for _, row := range rows {
			if !s.axes[k].sets[row].and(part).empty() {
				fit = append(fit, row)
			}
		}
		if group := fmt.Sprint(fit); !seen[group] {
			seen[group] = true
			s.visit(k+1, fit)
		}
	}
	if len(s.found) == before && s.steps <= maxSteps {
		s.covered[key] = true
	}
}

// parts cuts a column where the sets of some rows begin and end. What lies
// between them comes before what lies outside them all: it is more often a
// mistake.
func (a axis) parts(rows []int) []set {
	var parts []set
	if a.domain.kind == ir.String {
		var texts []string
		for _, row := range rows {
			texts = append(texts, a.sets[row].texts...)
		}
		slices.Sort(texts)
		texts = slices.Compact(texts)
		for _, text := range texts {
			parts = append(parts, set{texts: []string{text}})
		}
		parts = append(parts, set{texts: texts, co: true})
	} else {
		parts = a.cuts(rows)
	}
	if a.domain.nullable {
		parts = append(parts, set{null: true})
	}
	return slices.DeleteFunc(parts, func(s set) bool { return s.and(a.whole).empty() })
}

func (a axis) cuts(rows []int) []set {
	var inner []set
	rest := a.domain.all()
	rest.null = false
	bounds := map[int64]bool{} // where something begins
	for _, row := range rows {
		for _, s := range a.sets[row].spans {
			bounds[s.low] = true
			if s.high < rest.spans[0].high {
				bounds[s.high+1] = true
			}
		}
	}
	var lows []int64
	for low := range bounds {
		lows = append(lows, low)
	}
	slices.Sort(lows)
	whole := rest.spans[0]
	if len(lows) == 0 {
		return []set{rest}
	}
	for i, low := range lows[:len(lows)-1] {
		inner = append(inner, set{spans: []span{{low, lows[i+1] - 1}}})
	}
	inner = append(inner, set{spans: []span{{lows[len(lows)-1], whole.high}}})
	if lows[0] > whole.low {
		inner = append(inner, set{spans: []span{{whole.low, lows[0] - 1}}})
	}
	return inner
}
