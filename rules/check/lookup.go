package check

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
)

// resolution is the way down one table.
type resolution struct {
	*checker
	name  string
	steps []step
}

// step is one pathStep whose index is checked. An index that is the row's
// currency is marked, and is a constant key where that is constant.
type step struct {
	ir.Step
	currency bool
	at       int
}

// leafKinds is what the leaves at the end of a path are.
type leafKinds struct {
	money bool // the path went through a level per currency
	kind  ir.Kind
}

func (c *checker) lookup(root *ast.IdentifierNode, table *ir.Table, path []pathStep) ir.Node {
	at := root.Location().From
	r := resolution{checker: c, name: root.Value}
	for _, p := range path {
		s, ok := c.step(p)
		if !ok {
			return nil
		}
		r.steps = append(r.steps, s)
	}
	var kinds []leafKinds
	tree := r.resolve(table, 0, false, &kinds)
	if tree == nil {
		return nil
	}
	kind, ok := r.leafKind(at, kinds)
	if !ok {
		return nil
	}
	tree, ok = tree.Map(func(v ir.Value) (ir.Value, bool) {
		if !numeric(v.Kind) {
			return v, true
		}
		return numberAs(v, kind)
	})
	if !ok {
		c.report(at, badNumber, "an entry of "+r.name, "it is too large")
		return nil
	}
	if leaf, ok := tree.Leaf(); ok {
		return &ir.Const{Value: leaf, At: at}
	}
	node := &ir.Lookup{Name: r.name, Tree: tree, Kind: kind, At: at}
	for _, s := range r.steps {
		node.Steps = append(node.Steps, s.Step)
	}
	return node
}

func (c *checker) step(p pathStep) (step, bool) {
	if p.index == nil {
		return step{Step: ir.Step{Key: p.key}, at: p.at, currency: c.scope.Currency != "" && p.key == c.scope.Currency}, true
	}
	index := c.need(p.index)
	if index == nil {
		return step{}, false
	}
	if index.Type().Kind != ir.String {
		hint := "quote it"
		if _, ok := index.(*ir.Const); !ok {
			hint = "choose with ? : instead"
		}
		c.report(p.at, badKey, c.describe(index), hint)
		return step{}, false
	}
	switch n := unnamed(index).(type) {
	case *ir.Const:
		return step{Step: ir.Step{Key: n.Value.S}, at: p.at, currency: c.scope.Currency != "" && n.Value.S == c.scope.Currency}, true
	case *ir.Read:
		name := c.scope.Used.Slots()[n.Slot].Name
		return step{Step: ir.Step{Index: index}, at: p.at, currency: name == c.scope.CurrencySlot}, true
	default:
		return step{Step: ir.Step{Index: index}, at: p.at}, true
	}
}

// resolve takes the constant steps from the i-th on, and returns a tree with one
// level for each step that has an index, or nil after a report. An entry below
// which a constant step leads nowhere is left out, unless every one is.
func (r *resolution) resolve(t *ir.Table, i int, money bool, kinds *[]leafKinds) *ir.Table {
	if i == len(r.steps) {
		leaf, ok := t.Leaf()
		if !ok {
			r.report(r.steps[i-1].at, wholeTable, r.words(i), tableExample(r.words(i), t))
			return nil
		}
		*kinds = append(*kinds, leafKinds{money: money, kind: leaf.Kind})
		return t
	}
	s := r.steps[i]
	if _, leaf := t.Leaf(); leaf {
		r.report(s.at, noEntries, r.words(i))
		return nil
	}
	if t.PerCurrency() && !s.currency {
		r.report(s.at, notCurrency, r.words(i), r.currencyHint(i))
		return nil
	}
	money = money || t.PerCurrency()
	if s.Index == nil {
		below, ok := t.Get(s.Key)
		if !ok {
			r.missing(t.Keys(), i)
			return nil
		}
		return r.resolve(below, i+1, money, kinds)
	}
	return r.branch(t, i, money, kinds)
}

// branch resolves every entry of the level that the i-th step indexes.
func (r *resolution) branch(t *ir.Table, i int, money bool, kinds *[]leafKinds) *ir.Table {
	entries := map[string]*ir.Table{}
	var lacking []string // what the entries have where the next step leads nowhere
	for _, key := range t.Keys() {
		below, _ := t.Get(key)
		if i+1 < len(r.steps) && r.steps[i+1].Index == nil {
			if _, leaf := below.Leaf(); !leaf {
				if _, ok := below.Get(r.steps[i+1].Key); !ok {
					lacking = append(lacking, below.Keys()...)
					continue
				}
			}
		}
		resolved := r.resolve(below, i+1, money, kinds)
		if resolved == nil {
			return nil
		}
		entries[key] = resolved
	}
	switch {
	case len(entries) > 0:
	case lacking != nil:
		slices.Sort(lacking)
		r.missing(slices.Compact(lacking), i+1)
		return nil
	default:
		r.report(r.steps[i].at, emptyTable)
		return nil
	}
	return ir.NewTable(entries)
}

// missing reports the i-th step, of which only keys are there.
func (r *resolution) missing(keys []string, i int) {
	hint := didYouMean(r.steps[i].Key, slices.Clone(keys))
	if hint == "" {
		hint = "it has " + shortList(keys)
	}
	r.report(r.steps[i].at, missingKey, hint, r.words(i), r.steps[i].Key)
}

// words returns the path before the i-th step as a rule writes it.
func (r *resolution) words(i int) string {
	var b strings.Builder
	b.WriteString(r.name)
	for _, s := range r.steps[:i] {
		switch {
		case s.currency:
			b.WriteString("[" + currencyName + "]")
		case s.Index != nil:
			b.WriteString("[" + r.source(s.Index) + "]")
		default:
			b.WriteString("." + shorten(s.Key))
		}
	}
	return b.String()
}

func (r *resolution) currencyHint(i int) string {
	if r.scope.Currency != "" {
		return "rows here are in " + r.scope.Currency + ": write " + r.words(i) + "[currency]"
	}
	return "write " + r.words(i) + "[currency]"
}

// leafKind returns the one kind of the leaves: money where the path went through
// a level per currency, decimal where some numbers have a fraction.
func (r *resolution) leafKind(at int, kinds []leafKinds) (ir.Kind, bool) {
	if len(kinds) == 0 {
		return ir.Invalid, false
	}
	var found ir.Kind
	for _, k := range kinds {
		kind := k.kind
		if k.money && numeric(kind) {
			kind = ir.Money
		}
		switch {
		case found == ir.Invalid, found == ir.Int && kind == ir.Decimal:
			found = kind
		case found == kind, found == ir.Decimal && kind == ir.Int:
		default:
			r.report(at, mixedLeaves, r.words(len(r.steps)), word(found), word(kind))
			return ir.Invalid, false
		}
	}
	return found, true
}

// tableExample names the first entry of a table, for a hint.
func tableExample(name string, t *ir.Table) string {
	for {
		if _, leaf := t.Leaf(); leaf || len(t.Keys()) == 0 {
			return name
		}
		key := t.Keys()[0]
		if t.PerCurrency() {
			name += "[" + currencyName + "]"
		} else {
			name += "." + key
		}
		t, _ = t.Get(key)
	}
}

// tableHint names a table per currency: one that is there, or else an example.
func (c *checker) tableHint() string {
	names := make([]string, 0, len(c.scope.Tables))
	for name := range c.scope.Tables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if found := perCurrencyPath(name, c.scope.Tables[name]); found != "" {
			return found
		}
	}
	return "caps.late[currency]"
}

func perCurrencyPath(name string, t *ir.Table) string {
	if t == nil {
		return ""
	}
	if t.PerCurrency() {
		return name + "[" + currencyName + "]"
	}
	for _, key := range t.Keys() {
		below, _ := t.Get(key)
		if found := perCurrencyPath(name+"."+key, below); found != "" {
			return found
		}
	}
	return ""
}
