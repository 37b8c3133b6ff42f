package ruletest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// CoverageText writes what no case shows, and how much all of them show; there is
// a Coverage. The error is the writer's.
func (r *Result) CoverageText(w io.Writer) error {
	c := r.Coverage
	out := bufio.NewWriter(w)
	missed := 0
	for _, p := range c.Points() {
		for _, side := range p.Missed() {
			missed++
			text := p.Text
			if text != "" {
				text += " "
			}
			fmt.Fprintf(out, "%s: %s: %s%s%s\n", p.Place, p.Of, text, p.never(side), p.also())
		}
	}
	for _, p := range c.Points() {
		if len(p.Missed()) == 0 && p.Nulls+p.Fault > 0 {
			text := p.Text
			if text == "" {
				text = "its condition"
			}
			fmt.Fprintf(out, "%s: %s: %s was seen from all sides; besides: %s\n", p.Place, p.Of, text, strings.Trim(p.also(), " ()"))
		}
	}
	all, seen := c.Sides()
	but := ""
	if failed := r.Failed(); failed > 0 {
		but = "; " + counted(failed, "case is", "cases are") + " not as expected, and what is seen there counts too"
	}
	fmt.Fprintf(out, "coverage %s: %d of %d sides of conditions, bounds, limits and budgets seen%s\n", Percent(c.Permille()), seen, all, but)
	return out.Flush()
}

// never says that a side did not come out.
func (p *Point) never(side string) string {
	switch side {
	case "true", "false":
		return "was never " + side
	case "hits", "holds":
		return "never " + side
	case "does not hit", "does not hold":
		return "never fails to " + strings.TrimPrefix(side, "does not ")
	case "between":
		return "was never between its bounds"
	}
	if strings.HasSuffix(side, " has a value") || strings.HasSuffix(side, " is null") {
		name, what, _ := cutLast(side)
		return "never with " + name + map[string]string{" has a value": " there", " is null": " null"}[what]
	}
	return "was never " + side
}

func cutLast(side string) (name, what string, ok bool) {
	for _, what := range []string{" has a value", " is null"} {
		if name, ok := strings.CutSuffix(side, what); ok {
			return name, what, true
		}
	}
	return side, "", false
}

// also says on how many rows the point had no value.
func (p *Point) also() string {
	var parts []string
	if p.Nulls > 0 {
		parts = append(parts, fmt.Sprintf("unknown %s", times(p.Nulls)))
	}
	if p.Fault > 0 {
		parts = append(parts, fmt.Sprintf("a fault %s", times(p.Fault)))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func times(n int) string { return counted(n, "time", "times") }

// Percent shows thousandths: 98.5 %.
func Percent(permille int) string {
	if permille%10 == 0 {
		return fmt.Sprintf("%d %%", permille/10)
	}
	return fmt.Sprintf("%d.%d %%", permille/10, permille%10)
}

// CoverageJSON is coverage for programs.
type CoverageJSON struct {
	Sides   int         `json:"sides"`
	Seen    int         `json:"seen"`
	Percent string      `json:"percent"`
	Points  []PointJSON `json:"points"`
}

// PointJSON is one point.
type PointJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Of     string `json:"of"`
	Text   string `json:"text,omitempty"`
	Sides  []Side `json:"sides"`
	Nulls  int    `json:"nulls,omitempty"`
	Faults int    `json:"faults,omitempty"`
}

// JSON returns every point, by place.
func (c *Coverage) JSON() *CoverageJSON {
	all, seen := c.Sides()
	j := &CoverageJSON{Sides: all, Seen: seen, Percent: strings.TrimSuffix(Percent(c.Permille()), " %"), Points: []PointJSON{}}
	for _, p := range c.Points() {
		j.Points = append(j.Points, PointJSON{File: p.Place.File, Line: p.Place.Line, Column: p.Place.Col, Of: p.Of, Text: p.Text, Sides: p.Sides, Nulls: p.Nulls, Faults: p.Fault})
	}
	return j
}
