package pipeline

import (
	"fmt"
	"slices"

	"amends/pipeline/report"
	"amends/rules"
)

// tried takes over what the rules of a night hit, and of how many rows.
func (s *diffSide) tried(n *night) {
	for _, line := range n.ruleLines() {
		s.hits[line.Rule] += line.Hits
	}
	for _, flow := range n.flows() {
		s.read[flow.Source] += flow.Read
	}
}

// idleNotes says of each rule that is new or another in B whether it hit nothing at
// all: without a word of it, a rule that was never reached looks like one that
// makes no difference.
func (c *comparison) idleNotes() {
	d := c.differ
	if len(d.b.read) == 0 { // published: the rules were not tried here
		return
	}
	var told []string
	for _, change := range d.changes.Changes {
		if change.Change == report.RuleMissing || change.Kind != "rule" || d.b.hits[change.Name] > 0 || slices.Contains(told, change.Name) {
			continue
		}
		told = append(told, change.Name)
		d.note("Rule %s, %s in B, %s.", change.Name, map[string]string{report.RuleAdded: "new", report.RuleChanged: "changed"}[change.Change], c.idle(change.Name))
	}
}

// idle says what a rule of B that hit nothing was tried on.
func (c *comparison) idle(id string) string {
	d := c.differ
	at := slices.IndexFunc(d.b.rules, func(r rules.Rule) bool { return r.ID == id })
	if at < 0 {
		return "hit nothing"
	}
	r := &d.b.rules[at]
	nights := 0
	for _, n := range d.nights {
		if (!r.HasFrom || n.date >= r.From) && (!r.HasUntil || n.date <= r.Until) {
			nights++
		}
	}
	if nights == 0 {
		return "was not tried: it counts on none of these nights (from, until)"
	}
	text := fmt.Sprintf("was tried and hit nothing (these nights read %s of %s)", report.Counted(d.b.read[r.On], "row", "rows"), r.On)
	if nights < len(d.nights) {
		text += fmt.Sprintf("; it counts on %d of the %d nights (from, until)", nights, len(d.nights))
	}
	return text
}
