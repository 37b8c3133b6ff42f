package lsp

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/ruletest"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
	"amends/rules/lint"
)

// shapeOf is what a file may say, by its name.
func shapeOf(path string) *document.Shape {
	switch {
	case filepath.Base(path) == pipeline.WorkspaceFile:
		return workspace.FileShape()
	case strings.HasSuffix(path, "_test.yaml"):
		return ruletest.FileShape()
	}
	return rules.FileShape()
}

// shapeAt follows a path; where a value may be of several shapes, each of them.
func shapeAt(s *document.Shape, path []string) []*document.Shape {
	var found []*document.Shape
	for ; s != nil; s = s.Or {
		switch {
		case len(path) == 0:
			found = append(found, s)
		case s.Kind == document.Map:
			if key := s.Record.Key(path[0]); key != nil {
				found = append(found, shapeAt(&key.Shape, path[1:])...)
			} else if s.Record.Rest != nil {
				found = append(found, shapeAt(s.Record.Rest, path[1:])...)
			}
		case s.Kind == document.ByName, s.Kind == document.List && path[0] == "*":
			found = append(found, shapeAt(s.Each, path[1:])...)
		case path[0] == "*" && (s.Kind == document.Texts || s.Kind == document.Words) && len(path) == 1:
			found = append(found, s)
		}
	}
	return found
}

// name is something that an expression may say.
type name struct {
	text   string
	kind   int // of a completion
	detail string
	doc    string
	at     diag.Text // where it is defined; empty where nowhere that people write
}

// names are what expressions of a source may say. Without a source, what those
// of every source may.
func (k known) names(source string) []name {
	var all []name
	e := k.last
	if e.Catalog == nil {
		return functionNames()
	}
	for i := range e.Catalog.Sources {
		s := &e.Catalog.Sources[i]
		if source == "" || s.Name == source {
			all = append(all, k.sourceNames(s)...)
		}
	}
	for table, t := range k.book.Tables {
		all = append(all, tableNames(table, t)...)
	}
	all = append(all,
		name{text: "as_of", kind: completeVariable, detail: "time", doc: "The instant at which the business date ends."},
		name{text: "business_date", kind: completeVariable, detail: "date", doc: "The date that the run settles."},
		name{text: "currency", kind: completeVariable, detail: "string", doc: "The row's currency."},
		name{text: "amount", kind: completeVariable, detail: "money", doc: "The award after limits, in approvals; in messages what was given."},
		name{text: "expires_on", kind: completeVariable, detail: "date", doc: "In messages: the last day of the credit."},
	)
	all = append(all, functionNames()...)
	slices.SortStableFunc(all, func(a, b name) int { return strings.Compare(a.text, b.text) })
	return slices.CompactFunc(all, func(a, b name) bool { return a.text == b.text })
}

func functionNames() []name {
	var all []name
	for _, f := range rules.Functions() {
		all = append(all, name{text: f.Name, kind: completeFunction, detail: f.Usage, doc: f.Does})
	}
	return all
}

func (k known) sourceNames(s *rules.Source) []name {
	var all []name
	e := k.last
	at := diag.Text{}
	if from := e.Work.Source(s.Name); from != nil {
		at = from.At
	}
	for _, c := range s.Columns {
		all = append(all, name{text: c.Name, kind: completeField, detail: c.Type.String(), at: at,
			doc: "A column of " + s.Name + "." + holds(e.Facts.Sources[s.Name], c)})
	}
	for i := range e.Catalog.Dimensions {
		d := &e.Catalog.Dimensions[i]
		if !slices.ContainsFunc(s.Columns, func(c rules.Column) bool { return c.Name == d.On }) {
			continue
		}
		at := diag.Text{}
		for j := range e.Work.Sources {
			if from := e.Work.Sources[j].Dimension; from != nil && from.As.Source == d.Name {
				at = from.As
			}
		}
		all = append(all, name{text: d.Name, kind: completeModule, detail: "dimension", doc: "Joined on " + d.On + ".", at: at})
		for _, c := range d.Columns {
			t := c.Type
			t.Nullable = t.Nullable || !d.Required
			all = append(all, name{text: d.Name + "." + c.Name, kind: completeField, detail: t.String(), at: at,
				doc: "A column of " + d.Name + ", joined on " + d.On + "." + holds(e.Facts.Dimensions[d.Name], c)})
		}
	}
	var types map[string]ir.Type
	if k.whole != nil && k.whole.Program.Sources[s.Name] != nil {
		types = k.whole.Program.Sources[s.Name].Defines
	}
	for _, d := range k.book.Defines[s.Name] {
		detail := "define"
		if t, ok := types[d.Name]; ok {
			detail = t.String()
		}
		all = append(all, name{text: d.Name, kind: completeVariable, detail: detail, at: d.At, doc: "Defined as: " + strings.TrimSpace(d.Expr.Source)})
	}
	return all
}

// holds says what the newest files have in a column, where that was read.
func holds(t *lint.Table, c rules.Column) string {
	if t == nil || t.Columns[c.Name] == nil || t.Rows == 0 {
		return ""
	}
	column := t.Columns[c.Name]
	said := fmt.Sprintf(" In %d rows of the newest files", t.Rows)
	const most = 8
	switch {
	case column.Nulls == t.Rows:
		return said + ": always empty."
	case len(column.Texts) > 0:
		texts := make([]string, 0, len(column.Texts))
		for text := range column.Texts {
			texts = append(texts, fmt.Sprintf("%.40q", text))
		}
		slices.Sort(texts)
		if len(texts) > most {
			said += fmt.Sprintf(": %d texts, such as %s", len(texts), strings.Join(texts[:most], ", "))
		} else {
			said += ": " + strings.Join(texts, ", ")
		}
	case column.Same:
		said += ": always the same"
	case column.Nulls == 0:
		return ""
	}
	if column.Nulls > 0 {
		said += fmt.Sprintf("; empty in %d", column.Nulls)
	}
	return said + "."
}

// tableNames are a table and its keys: caps, caps.late.
func tableNames(path string, t *rules.Table) []name {
	if t.Entries == nil {
		return []name{{text: path, kind: completeValue, detail: t.Leaf, doc: "A constant of a table.", at: t.At}}
	}
	var keys []string
	for key := range t.Entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	all := []name{{text: path, kind: completeModule, detail: "table", doc: "A table with the keys " + strings.Join(keys, ", ") + ".", at: t.At}}
	for _, key := range keys {
		all = append(all, tableNames(path+"."+key, t.Entries[key])...)
	}
	return all
}

// listed are the names of a kind that a value or key may have.
func (k known) listed(of document.Names, source string) []name {
	var all []name
	add := func(text string, at diag.Text, doc string) {
		if text != "" && !slices.ContainsFunc(all, func(n name) bool { return n.text == text }) {
			all = append(all, name{text: text, kind: completeValue, at: at, doc: doc})
		}
	}
	switch of {
	case document.SourceNames, document.AnySources, document.RowNames:
		for i := range k.last.Work.Sources {
			s := &k.last.Work.Sources[i]
			switch {
			case s.Event != nil || of == document.AnySources:
				add(s.Name, s.At, "A source of amends.yaml.")
			case s.Dimension != nil && of == document.RowNames:
				add(s.Dimension.As.Source, s.Dimension.As, "A dimension of amends.yaml.")
			}
		}
	case document.TermsNames:
		for text, t := range k.book.Terms {
			add(text, t.At, "Terms of this rulebook.")
		}
	case document.RuleNames, document.ReasonNames:
		for i := range k.book.Rules {
			r := &k.book.Rules[i]
			if of == document.RuleNames {
				add(r.ID, r.At, "A rule: "+strings.TrimSpace(r.When.Source))
			} else {
				add(r.Reason, diag.Text{}, "A reason of the rule "+r.ID+".")
			}
		}
	case document.TableFiles:
		for _, path := range k.last.Tables {
			folder := strings.TrimSuffix(k.last.RulePath("x"), "x")
			if text, inside := strings.CutPrefix(folder+path, k.file[:strings.LastIndex(k.file, "/")+1]); inside {
				add(text, diag.Text{}, "A decision table beside this file.")
			}
		}
	case document.BaseNames:
		if k.last.Suite == nil {
			return nil
		}
		for text, row := range k.last.Suite.Base[source] {
			add(text, row.At, "A base row of "+source+".")
		}
	case document.ColumnNames:
		for _, n := range k.names(source) {
			if n.kind == completeField {
				all = append(all, n)
			}
		}
	}
	slices.SortFunc(all, func(a, b name) int { return strings.Compare(a.text, b.text) })
	return all
}
