package report

import (
	"fmt"
	"strings"
)

// The ways in which a part of a rulebook changes.
const (
	RuleAdded   = "added"   // only B has it
	RuleMissing = "missing" // only A has it
	RuleChanged = "changed"
)

// DiffRules is what differs between the texts of two rulebooks, file names,
// comments and spacing apart.
type DiffRules struct {
	// Headline is all of it in a sentence: "missing in B: 2 rules (a, b);
	// changed: 3 values of tables"; "" where nothing differs.
	Headline string           `json:"headline"`
	Missing  int64            `json:"missing"` // things that only A has
	Changes  []DiffRuleChange `json:"changes"` // what is missing first, then what is added, then what is changed
	More     int64            `json:"more_changes"`
}

// DiffRuleChange is one thing of a rulebook that differs: a rule, a value of a
// table, a limit and so on, or one part of it.
type DiffRuleChange struct {
	Change string `json:"change"` // added, missing, changed
	Kind   string `json:"kind"`   // rule, table, terms, limit, budget, exclusion, approval, void, define, guardrails, setting
	Name   string `json:"name"`   // late-short; of a value of a table caps.late.USD
	Part   string `json:"part,omitempty"`
	A      string `json:"a"` // as written, "" where it says nothing
	B      string `json:"b"`
	PlaceA string `json:"a_place,omitempty"`
	PlaceB string `json:"b_place,omitempty"`
	// Parts are what A or B says, one by one, of what is missing or added.
	Parts []DiffRulePart `json:"-"`
}

// DiffRulePart is one part of a rule, limit and so on as it is written; Name is
// "" where the whole is one value.
type DiffRulePart struct{ Name, Text string }

// Title names what changes: "rule late-short, amount".
func (c *DiffRuleChange) Title() string {
	title := c.Kind + " " + c.Name
	if c.Part != "" {
		title += ", " + c.Part
	}
	return title
}

// Places says where it stands: in B, or where it stood in A.
func (c *DiffRuleChange) Places() string {
	switch {
	case c.PlaceB == "" || c.PlaceA == c.PlaceB:
		return c.PlaceA
	case c.PlaceA == "":
		return c.PlaceB
	}
	return c.PlaceB + ", in A " + c.PlaceA
}

// ruleValue is a side's text, where it has one.
func ruleValue(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

// diffRules lists what changed between the rulebooks.
func (p *printer) diffRules(d *Diff) {
	if len(d.RuleChanges.Changes) == 0 {
		return
	}
	p.section("What changed in the rules", "")
	shown := d.RuleChanges.Changes[:min(len(d.RuleChanges.Changes), d.LinesShown())]
	for i := range shown {
		p.diffRule(&shown[i])
	}
	if more := d.RuleChanges.More + int64(len(d.RuleChanges.Changes)-len(shown)); more > 0 {
		p.wrapped("And " + Counted(more, "more change", "more changes") + "; --lines shows more.")
	}
}

func (p *printer) diffRule(c *DiffRuleChange) {
	place := ""
	if places := c.Places(); places != "" {
		place = " (" + places + ")"
	}
	if c.Change != RuleChanged {
		text := c.Title() + " is " + c.Change + " in B" + place
		if value := strings.TrimSpace(c.A + c.B); value != "" {
			text += ": " + value
		}
		p.wrapped(text)
		return
	}
	const short = 60 // of both sides' text together
	if len(c.A)+len(c.B) <= short {
		p.wrapped(fmt.Sprintf("%s: %s → %s%s", c.Title(), ruleValue(c.A), ruleValue(c.B), place))
		return
	}
	p.wrapped(c.Title() + place + ":")
	p.wrapped("  A: " + ruleValue(c.A))
	p.wrapped("  B: " + ruleValue(c.B))
}
