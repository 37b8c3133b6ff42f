package pipeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/money"
)

// Bounds of what is shown of rulebooks: a whole month of decisions is bounded by
// its rows, but two rulebooks may have nothing in common.
const (
	maxRuleChanges   = 1000
	maxRuleTextRunes = 1000 // of one text
	maxRuleNames     = 5    // in the sentence, of each kind
)

// ruleThing is a rule, a value of a table, a limit and so on, in its parts.
type ruleThing struct {
	kind, name string
	place      string
	parts      []rulePart
}

// rulePart is one part as people write it; "" where it is not written.
type rulePart struct{ name, value string }

// ruleKinds are the kinds of things in the order in which they are shown, with
// their words for one and for several.
var ruleKinds = []struct{ kind, one, many string }{
	{"rule", "rule", "rules"}, {"row", "row of decision tables", "rows of decision tables"}, {"table", "value of tables", "values of tables"}, {"terms", "set of terms", "sets of terms"}, {"limit", "limit", "limits"},
	{"budget", "budget", "budgets"}, {"exclusion", "exclusion", "exclusions"}, {"approval", "approval", "approvals"}, {"void", "void rule", "void rules"},
	{"define", "definition", "definitions"}, {"guardrails", "guardrails", "guardrails"}, {"setting", "setting", "settings"},
}

func ruleKindOrder(kind string) int {
	for i, k := range ruleKinds {
		if k.kind == kind {
			return i
		}
	}
	return len(ruleKinds)
}

// ruleChanges compares two rulebooks as they are parsed: what a file is called
// and how it is laid out makes no difference.
func ruleChanges(a, b *diffRules) report.DiffRules {
	inA, inB := a.things(), b.things()
	find := func(list []ruleThing) map[[2]string]*ruleThing {
		by := map[[2]string]*ruleThing{}
		for i := range list {
			by[[2]string{list[i].kind, list[i].name}] = &list[i]
		}
		return by
	}
	byA, byB := find(inA), find(inB)
	var missing, added, changed []report.DiffRuleChange
	for i := range inA {
		t := &inA[i]
		other := byB[[2]string{t.kind, t.name}]
		if other == nil {
			missing = append(missing, report.DiffRuleChange{Change: report.RuleMissing, Kind: t.kind, Name: t.name, A: t.text(), PlaceA: t.place, Parts: t.written()})
			continue
		}
		changed = append(changed, t.changes(other)...)
	}
	for i := range inB {
		if t := &inB[i]; byA[[2]string{t.kind, t.name}] == nil {
			added = append(added, report.DiffRuleChange{Change: report.RuleAdded, Kind: t.kind, Name: t.name, B: t.text(), PlaceB: t.place, Parts: t.written()})
		}
	}
	if x, y := exclusionOrder(a, b), exclusionOrder(b, a); x != y {
		changed = append(changed, report.DiffRuleChange{Change: report.RuleChanged, Kind: "setting", Name: "order of exclusions", A: x, B: y})
	}
	changed = append(changed, rowOrders(a, b)...)
	all := slices.Concat(missing, added, changed)
	out := report.DiffRules{Headline: ruleHeadline(all), Missing: int64(len(missing)), More: int64(max(len(all)-maxRuleChanges, 0))}
	out.Changes = all[:len(all)-int(out.More)]
	return out
}

// ruleHeadline counts what is missing, added and changed by kind, and names it
// where it has a name that says something.
func ruleHeadline(all []report.DiffRuleChange) string {
	var parts []string
	for _, way := range []struct{ change, text string }{
		{report.RuleMissing, "missing in B: "}, {report.RuleAdded, "added in B: "}, {report.RuleChanged, "changed: "},
	} {
		var kinds []string
		for _, k := range ruleKinds {
			var names []string
			for i := range all {
				if c := &all[i]; c.Change == way.change && c.Kind == k.kind && !slices.Contains(names, c.Name) {
					names = append(names, c.Name)
				}
			}
			if len(names) == 0 {
				continue
			}
			text := report.Counted(int64(len(names)), k.one, k.many)
			if more := len(names) - maxRuleNames; more > 0 {
				names = append(names[:maxRuleNames], report.Count(int64(more))+" more")
			}
			kinds = append(kinds, text+" ("+strings.Join(names, ", ")+")")
		}
		if len(kinds) > 0 {
			parts = append(parts, way.text+strings.Join(kinds, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// changes are the parts in which two things of one name differ.
func (t *ruleThing) changes(b *ruleThing) (list []report.DiffRuleChange) {
	value := func(of *ruleThing, name string) string {
		for _, p := range of.parts {
			if p.name == name {
				return p.value
			}
		}
		return ""
	}
	var names []string
	for _, p := range slices.Concat(t.parts, b.parts) {
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	for _, name := range names {
		if x, y := value(t, name), value(b, name); x != y && !(t.isNumber(name) && sameNumber(x, y)) {
			list = append(list, report.DiffRuleChange{Change: report.RuleChanged, Kind: t.kind, Name: t.name, Part: name,
				A: cutRunes(x, maxRuleTextRunes), B: cutRunes(y, maxRuleTextRunes), PlaceA: t.place, PlaceB: b.place})
		}
	}
	return list
}

// isNumber reports whether a part that looks like a number is one: 07 and 7 are
// two reasons, and may be two texts of a decision table.
func (t *ruleThing) isNumber(part string) bool {
	return t.kind == "table" || t.kind == "define" || t.kind == "rule" && part == "amount"
}

// sameNumber reports whether both are one number: 5 and 5.00.
func sameNumber(a, b string) bool {
	x, errX := money.ParseDecimal(strings.ReplaceAll(a, "_", ""))
	y, errY := money.ParseDecimal(strings.ReplaceAll(b, "_", ""))
	return errX == nil && errY == nil && x == y
}

func (t *ruleThing) text() string {
	var parts []string
	for _, p := range t.parts {
		switch {
		case p.value == "":
		case p.name == "":
			parts = append(parts, p.value)
		default:
			parts = append(parts, p.name+": "+p.value)
		}
	}
	return cutRunes(strings.Join(parts, "; "), maxRuleTextRunes)
}

// written are the parts that say something.
func (t *ruleThing) written() (parts []report.DiffRulePart) {
	for _, p := range t.parts {
		if p.value != "" {
			parts = append(parts, report.DiffRulePart{Name: p.name, Text: cutRunes(p.value, maxRuleTextRunes)})
		}
	}
	return parts
}

func cutRunes(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// exclusionOrder lists the exclusions of a that b has as well: of several that
// hit an incident, the first gives the reason.
func exclusionOrder(a, b *diffRules) string {
	in := map[string]bool{}
	for _, e := range b.project.rulebook.Exclusions {
		in[e.ID] = true
	}
	var order []string
	for _, e := range a.project.rulebook.Exclusions {
		if in[e.ID] {
			order = append(order, e.ID)
		}
	}
	return cutRunes(strings.Join(order, ", "), maxRuleTextRunes)
}

// things are all that a rulebook says, in the order of ruleKinds and then of
// names.
func (r *diffRules) things() []ruleThing {
	book := r.project.rulebook
	var list []ruleThing
	add := func(kind, name string, at diag.Text, parts ...rulePart) {
		t := ruleThing{kind: kind, name: name, parts: parts}
		if len(at.Parts) > 0 {
			t.place = r.line(at)
		}
		list = append(list, t)
	}
	for i := range book.Rules {
		rule := &book.Rules[i]
		add("rule", rule.ID, rule.At, rulePartsOf(rule)...)
	}
	for path, sheet := range decisionTables(book) {
		for _, line := range sheet.Lines() {
			add("row", path+": "+line.Key, sheet.At(line.Row.Cells[0]), rowParts(line)...)
		}
	}
	for name, table := range book.Tables {
		leaves(name, table, func(name string, leaf *rules.Table) {
			value := leaf.Leaf
			if leaf.Quoted {
				value = strconv.Quote(value)
			}
			add("table", name, leaf.At, rulePart{"", value})
		})
	}
	for _, t := range book.Terms {
		add("terms", t.Name, t.At, termsPartsOf(t)...)
	}
	addCaps(book, add)
	for i := range book.Exclusions {
		e := &book.Exclusions[i]
		add("exclusion", e.ID, e.At, rulePart{"on", strings.Join(e.On, ", ")}, rulePart{"when", spaced(e.When.Source)})
	}
	for i := range book.Approvals {
		e := &book.Approvals[i]
		add("approval", e.ID, e.At, rulePart{"on", strings.Join(e.On, ", ")}, rulePart{"when", spaced(e.When.Source)})
	}
	for i := range book.Voids {
		add("void", book.Voids[i].ID, book.Voids[i].At, rulePart{"when", spaced(book.Voids[i].When.Source)})
	}
	for source, defines := range book.Defines {
		for _, d := range defines {
			add("define", source+" "+d.Name, d.At, rulePart{"", spaced(d.Expr.Source)})
		}
	}
	slices.SortStableFunc(list, func(a, b ruleThing) int {
		return cmp.Or(cmp.Compare(ruleKindOrder(a.kind), ruleKindOrder(b.kind)), cmp.Compare(a.name, b.name))
	})
	return list
}

// leaves visits the values of a table with their whole names. Their order is the
// caller's to make.
func leaves(name string, t *rules.Table, visit func(string, *rules.Table)) {
	if t.Entries == nil {
		visit(name, t)
		return
	}
	for key, entry := range t.Entries {
		leaves(name+"."+key, entry, visit)
	}
}
