package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// Found is a real row next to a threshold of a rule.
type Found struct {
	Sentence   string // what the case is to show
	Source     string
	Values     map[string]ir.Value            // by column
	Dimensions map[string]map[string]ir.Value // by dimension, then field; nil fields are of a row that is not there
	Currency   string
}

// Proposal makes cases of rows: the columns that differ from the base row, ids
// that are made up, and no expectation yet.
type Proposal struct {
	Shape *Shape
	Suite *Suite
	Date  calendar.Date
	IDs   map[string][]string // columns by source whose values are made up
}

// Text is a test file with a case for each row. Where a source or dimension has
// no base row yet, the first one found is it.
func (p *Proposal) Text(found []*Found) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Rows next to the thresholds of the rules, as the night of %s had them; ids are\n# made up. What is expected is what the rules do now: read it before you keep it.\n\nbusiness_date: %s\n", p.Date, p.Date)
	base := map[string]map[string]string{}
	var added []string
	learn := func(of string, texts map[string]string) {
		if base[of] != nil {
			return
		}
		if known, ok := p.fallback(of); ok {
			base[of] = known
			return
		}
		base[of] = texts
		added = append(added, of)
	}
	rows := make([]*proposed, len(found))
	for i, f := range found {
		rows[i] = p.propose(f)
		learn(f.Source, rows[i].values)
		for _, d := range sortedKeys(rows[i].dimensions) {
			if rows[i].dimensions[d] != nil {
				learn(d, rows[i].dimensions[d])
			}
		}
	}
	if len(added) > 0 {
		b.WriteString("\nbase:\n")
	}
	for _, of := range added {
		fmt.Fprintf(&b, "  %s:\n    default:\n", of)
		for _, column := range sortedKeys(base[of]) {
			fmt.Fprintf(&b, "      %s: %s\n", column, base[of][column])
		}
	}
	b.WriteString("\ncases:\n")
	for i, f := range found {
		fmt.Fprintf(&b, "  - case: %s\n    on: %s\n", scalar(f.Sentence), f.Source)
		p.given(&b, rows[i], base, f)
	}
	return b.String()
}

// proposed is a row as texts of YAML.
type proposed struct {
	values     map[string]string
	dimensions map[string]map[string]string
}

func (p *Proposal) propose(f *Found) *proposed {
	shape := p.Shape.Sources[f.Source]
	out := &proposed{values: map[string]string{}, dimensions: map[string]map[string]string{}}
	for column, v := range f.Values {
		if slices.Contains(p.IDs[f.Source], column) && !v.Null() {
			v = madeUp(column, v.Kind)
		}
		out.values[column] = shape.Columns[column].Write(v, f.Currency)
	}
	for name, fields := range f.Dimensions {
		if fields == nil {
			out.dimensions[name] = nil
			continue
		}
		texts := map[string]string{}
		for field, v := range fields {
			texts[field] = p.Shape.Dimensions[name].Columns[field].Write(v, f.Currency)
		}
		out.dimensions[name] = texts
	}
	return out
}

// madeUp is an id that belongs to nobody.
func madeUp(column string, kind ir.Kind) ir.Value {
	if kind == ir.Int {
		return ir.Value{Kind: ir.Int, I: 1}
	}
	name := strings.TrimSuffix(column, "_id")
	return ir.StringValue(strings.ReplaceAll(name, "_", "-") + "-1")
}

// given writes what differs from the base rows.
func (p *Proposal) given(b *strings.Builder, row *proposed, base map[string]map[string]string, f *Found) {
	var lines []string
	differ := func(prefix string, texts, base map[string]string) {
		for _, column := range sortedKeys(texts) {
			own := prefix == "" && slices.Contains(p.IDs[f.Source], column) && texts[column] != "null" && base[column] != "null"
			if texts[column] != base[column] && (!own || base[column] == "") {
				lines = append(lines, prefix+column+": "+texts[column])
			}
		}
	}
	differ("", row.values, base[f.Source])
	for _, name := range sortedKeys(row.dimensions) {
		if row.dimensions[name] == nil {
			lines = append(lines, name+": "+none)
			continue
		}
		differ(name+".", row.dimensions[name], base[name])
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("    given:\n")
	for _, line := range lines {
		b.WriteString("      " + line + "\n")
	}
}

// fallback is the base row that cases of a source begin with, as texts.
func (p *Proposal) fallback(of string) (map[string]string, bool) {
	r := &readier{suite: p.Suite, shape: p.Shape}
	row := &Row{On: of}
	base, ok := r.fallback(of, row.At)
	if !ok || base == nil {
		return nil, false
	}
	f, ok := r.flatten(of, row)
	if !ok {
		return nil, false
	}
	texts := map[string]string{}
	for name, cell := range f.cells {
		kind := p.kind(of, name)
		texts[name] = "null"
		if v, ok := kind.Read(cell.Value.Source, p.currency(of, f)); ok && !cell.Null {
			texts[name] = kind.Write(v, p.currency(of, f))
		}
	}
	return texts, true
}

// text is what a cell says; "" where there is none.
func (f *flat) text(name string) string {
	if cell := f.cells[name]; cell != nil {
		return cell.Value.Source
	}
	return ""
}

// currency is that of a base row.
func (p *Proposal) currency(of string, f *flat) string {
	if s, ok := p.Shape.Sources[of]; ok && s.CurrencyColumn != "" {
		return f.text(s.CurrencyColumn)
	} else if ok {
		return s.Currency
	}
	d := p.Shape.Dimensions[of]
	if d.CurrencyColumn != "" {
		return f.text(d.CurrencyColumn)
	}
	return d.Currency
}

// kind says how a column's values are written. Cells of other dimensions, which a
// base row may have, are texts.
func (p *Proposal) kind(of, column string) Kind {
	if s, ok := p.Shape.Sources[of]; ok {
		return s.Columns[column]
	}
	if d, ok := p.Shape.Dimensions[of]; ok {
		return d.Columns[column]
	}
	return Kind{Kind: ir.String, Zone: time.UTC}
}

// Write is a value as Read takes it, in YAML.
func (k Kind) Write(v ir.Value, currency string) string {
	if v.Null() {
		return "null"
	}
	switch v.Kind {
	case ir.Bool:
		return strconv.FormatBool(v.I != 0)
	case ir.Int:
		return strconv.FormatInt(v.I, 10)
	case ir.Decimal:
		return money.Decimal(v.I).String()
	case ir.Money:
		if !k.Minor {
			return money.Decimal(v.I).String()
		}
		if a, err := money.Decimal(v.I).ToMinor(currency, money.HalfEven); err == nil {
			return strconv.FormatInt(a.Minor, 10)
		}
		return money.Decimal(v.I).String()
	case ir.Date:
		return calendar.Date(v.I).String()
	case ir.Time:
		return calendar.Instant(v.I).String()
	}
	if document := scalar(v.S); document != v.S || !looksLikeNumber(v.S) {
		return document
	}
	return strconv.Quote(v.S)
}

func looksLikeNumber(text string) bool {
	return strings.Trim(text, "0123456789.-+eE:") == ""
}
