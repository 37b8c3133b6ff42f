package rules

import (
	"slices"
	"strings"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// Compile checks a rulebook against what its rules may read. Everything is
// checked on every source that it applies to, and reported at once; the program
// is nil where a diagnostic is an error, and of a rulebook that Parse reported
// errors on: then what is wrong in its expressions is reported, without what only
// follows from Parse's errors.
func Compile(book *Rulebook, catalog *Catalog) (*Program, diag.List) {
	c := &compiler{book: book, catalog: catalog, tables: map[string]*ir.Table{}}
	c.compileTables()
	c.references()
	builds := make([]*build, len(catalog.Sources))
	for i := range catalog.Sources {
		builds[i] = c.build(&catalog.Sources[i], nil)
		c.list = append(c.list, builds[i].list...)
	}
	c.mergeGuards(builds)
	c.caps(builds)
	voids := c.voids()
	c.list.Sort()
	if book.broken {
		return nil, c.certain()
	}
	if c.list.HasErrors() {
		return nil, c.list
	}

	// Slots are only what a rule reads in the end: now that it is known which
	// definitions are used, build again with those, where some are not.
	program := &Program{Book: book, Sources: make(map[string]*SourceProgram, len(builds)), Voids: voids}
	for i, first := range builds {
		final := first
		if used := first.usedDefines(); len(used) < len(first.defineTypes()) {
			final = c.build(&catalog.Sources[i], used)
		}
		final.evaluated(final.program.Slots)
		c.list = append(c.list, final.list...)
		final.program.Defines = first.defineTypes()
		program.Sources[final.program.Name] = final.program
	}
	c.list.Sort()
	if c.list.HasErrors() {
		return nil, c.list
	}
	return program, c.list
}

// certain are the findings on a rulebook that Parse reported errors on which are
// no echo of those: in expressions and against the sources, and of names only
// where Parse lost none. The rest is said once the rulebook reads.
func (c *compiler) certain() diag.List {
	return slices.DeleteFunc(c.list, func(d diag.Diagnostic) bool {
		stands := strings.HasPrefix(d.Code, "R") && d.Code != "R001" || slices.Contains(sourceCodes, d.Code)
		return d.Severity != diag.Error || !stands || c.book.lost && slices.Contains(nameCodes, d.Code)
	})
}

// sourceCodes are of what a rulebook says of sources and their columns; nameCodes
// of what names something that is not there; lostCodes of parts of a rulebook
// that could not be read, and may have held a name.
var (
	sourceCodes = []string{codeReference, codeClash, codeScope, codeMessage}
	nameCodes   = []string{"R010", "R011", "R012", "R019", "R020", "R021", codeMessage}
	lostCodes   = []string{codeSyntax, codeUnknownKey, codeDuplicateKey, codeWrongType, codeTwice, codeName}
)

type compiler struct {
	book    *Rulebook
	catalog *Catalog
	tables  map[string]*ir.Table
	list    diag.List
}

// report adds a diagnostic at the start of a text.
func (c *compiler) report(at diag.Text, code, message, hint string) {
	c.list.Add(at.Diagnose(0, code, message, hint))
}

func (c *compiler) compileTables() {
	for _, name := range sortedKeys(c.book.Tables) {
		table, list := check.Table(tableText(c.book.Tables[name]))
		c.list = append(c.list, list...)
		if table != nil {
			c.tables[name] = table
		}
	}
}

// failed returns the names of tables that were reported, as definitions that
// were: what uses them is silently nothing, rather than an unknown name.
func (c *compiler) failed() map[string]ir.Node {
	names := map[string]ir.Node{}
	for name := range c.book.Tables {
		if c.tables[name] == nil {
			names[name] = nil
		}
	}
	return names
}

func tableText(t *Table) *check.TableText {
	text := &check.TableText{At: t.At, Leaf: t.Leaf, Quoted: t.Quoted}
	if t.Entries == nil {
		text.At = t.leafAt
		if len(text.At.Parts) == 0 {
			text.At = t.At
		}
		return text
	}
	text.Entries = make(map[string]*check.TableText, len(t.Entries))
	for key, entry := range t.Entries {
		text.Entries[key] = tableText(entry)
	}
	return text
}

// references reports sources that do not exist.
func (c *compiler) references() {
	names := make([]string, 0, len(c.catalog.Sources))
	for _, source := range c.catalog.Sources {
		names = append(names, source.Name)
	}
	missing := func(name string, at diag.Text) {
		if name == "" || slices.Contains(names, name) || slices.Contains(c.catalog.Absent, name) {
			return
		}
		hint := document.Suggestion(name, names)
		if hint == "" {
			hint = msgNoSource(names)
		}
		for i := range c.catalog.Dimensions {
			if d := &c.catalog.Dimensions[i]; document.Suggestion(name, []string{d.Name}) != "" {
				hint = hintDimension(d, names)
			}
		}
		c.report(at, codeReference, msgUnknownSource(name), hint)
	}
	for _, source := range sortedKeys(c.book.Defines) {
		missing(source, c.book.places["define "+source])
	}
	for _, rule := range c.book.Rules {
		if slices.Contains(c.catalog.Absent, rule.On) {
			d := rule.onAt.Diagnose(0, codeAbsent, msgAbsentSource(rule.ID, rule.On), "")
			d.Severity = diag.Warning
			c.list.Add(d)
		}
		missing(rule.On, rule.onAt)
	}
	for _, x := range c.book.Exclusions {
		for i, source := range x.On {
			missing(source, x.onAt[i])
		}
	}
	for _, a := range c.book.Approvals {
		for i, source := range a.On {
			missing(source, a.onAt[i])
		}
	}
}

// voids compiles the void rules: one scope serves them all.
func (c *compiler) voids() *VoidProgram {
	slots := map[string]ir.Slot{
		"amount":    {Name: "amount", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromAward},
		"remaining": {Name: "remaining", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromAward},
	}
	runSlots(slots)
	dimensions := map[string]bool{}
	for i := range c.catalog.Dimensions {
		dimension := &c.catalog.Dimensions[i]
		if c.joinsCredits(dimension) {
			dimensions[dimension.Name] = true
			dimensionSlots(slots, dimension)
		}
	}
	scope := &check.Scope{Slots: slots, Dimensions: dimensions, Tables: c.tables, Defines: c.failed(), Used: &ir.SlotSet{}}
	if all := c.allCurrencies(); len(all) == 1 {
		scope.Currency = all[0]
	} else {
		scope.CurrencySlot = "currency"
		slots["currency"] = ir.Slot{Name: "currency", Type: ir.Type{Kind: ir.String}, Origin: ir.FromAward}
	}
	b := &build{scope: scope}
	program := &VoidProgram{}
	for _, void := range c.book.Voids {
		when, list := b.expr(void.When, check.Want{Kind: ir.Bool})
		c.list = append(c.list, list...)
		program.Voids = append(program.Voids, GuardProgram{ID: void.ID, When: when})
	}
	program.Slots = scope.Used.Slots()
	b.evaluated(program.Slots)
	return program
}

// joinsCredits reports whether a dimension joins on a fact that a credit keeps.
func (c *compiler) joinsCredits(d *Dimension) bool {
	for _, s := range c.catalog.Sources {
		if d.On != "" && (d.On == s.Order || d.On == s.Customer || d.On == s.Seller) {
			return true
		}
	}
	return false
}

func runSlots(slots map[string]ir.Slot) {
	slots["as_of"] = ir.Slot{Name: "as_of", Type: ir.Type{Kind: ir.Time}, Origin: ir.FromRun}
	slots["business_date"] = ir.Slot{Name: "business_date", Type: ir.Type{Kind: ir.Date}, Origin: ir.FromRun}
}

func dimensionSlots(slots map[string]ir.Slot, d *Dimension) {
	for _, column := range d.Columns {
		name := d.Name + "." + column.Name
		slots[name] = ir.Slot{
			Name: name, Origin: ir.FromDimension, Dimension: d.Name, Column: column.Name, Required: d.Required,
			Type: ir.Type{Kind: column.Type.Kind, Nullable: column.Type.Nullable || !d.Required},
		}
	}
}

// evaluated gives every expression of the build its evaluator.
func (b *build) evaluated(slots []ir.Slot) {
	for _, e := range b.exprs {
		e.evaluated(slots)
	}
}
