package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/report"
)

// windows are how many days back each limit of a rulebook counts, by its id.
func (r *diffRules) windows() map[string]int {
	days := map[string]int{}
	for _, l := range r.project.rulebook.Limits {
		days[l.ID] = l.WindowDays
	}
	return days
}

// limitNotes says of each limit and budget that is new or another in B what it
// did where no table has it, which is most often nothing, and where the nights
// are too few to show what it will do.
func (c *comparison) limitNotes() {
	d := c.differ
	change := map[[2]string]string{}
	var order [][2]string
	newRules := false
	for _, r := range d.changes.Changes {
		newRules = newRules || r.Kind == "rule" && r.Change == report.RuleAdded
		key := [2]string{r.Kind, r.Name}
		if r.Kind != "limit" && r.Kind != "budget" || r.Change == report.RuleMissing || change[key] != "" {
			continue
		}
		change[key] = map[string]string{report.RuleAdded: "new in B", report.RuleChanged: "changed in B"}[r.Change]
		order = append(order, key)
	}
	first, last := d.nights[0].date, d.nights[len(d.nights)-1].date
	span := int(last-first) + 1
	for _, key := range order {
		text := c.boundInB(key[0], key[1])
		if window := d.b.windows[key[1]]; key[0] == "limit" && window > span {
			text += fmt.Sprintf(" It counts over %s, and these nights are %s: of what was given before them it knows what is in the ledger",
				report.Counted(int64(window), "day", "days"), report.Counted(int64(span), "day", "days"))
			if newRules {
				text += ", where a rule that is new in B has given nothing"
			}
			text += "."
		}
		if text != "" {
			d.note("%s %s, %s:%s", strings.ToUpper(key[0][:1])+key[0][1:], key[1], change[key], text)
		}
	}
}

// boundInB says what a limit or budget did in B, where the table of what binds
// does not, for it has what differs.
func (c *comparison) boundInB(kind, id string) string {
	var did report.DiffBoundDid
	for i := range c.out.Bounds {
		b := &c.out.Bounds[i]
		if b.Kind != kind || b.ID != id {
			continue
		}
		if b.A != b.B {
			return ""
		}
		did.Lowered, did.Denied, did.Held = did.Lowered+b.B.Lowered, did.Denied+b.B.Denied, did.Held+b.B.Held
	}
	var parts []string
	for _, l := range []struct {
		count int64
		what  string
	}{{did.Lowered, " lowered"}, {did.Denied, " denied"}, {did.Held, " waiting"}} {
		if l.count > 0 {
			parts = append(parts, report.Count(l.count)+l.what)
		}
	}
	if len(parts) == 0 {
		return " it bound no award on these nights."
	}
	return " it did the same as in A: " + strings.Join(parts, ", ") + "."
}
