package page

import (
	"html/template"
	"strconv"
	"strings"
)

// A page is cells, above all: thousands of them, of which a template makes each
// with a dozen lookups by reflection. So their rows, and the fields of cards, are written here, escaped as
// package html/template does it; a test holds both to the same bytes.

// markup replaces what a text must not have between tags or in an attribute.
var markup = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// Body is the markup of the table's rows.
func (t *Table) Body() (template.HTML, error) { return t.rows(t.Rows) }

// FootBody is the markup of its sums.
func (t *Table) FootBody() (template.HTML, error) { return t.rows(t.Foot) }

func (t *Table) rows(rows [][]Cell) (template.HTML, error) {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("\n<tr>")
		for i := range row {
			if err := t.write(&b, i, row[i]); err != nil {
				return "", err
			}
		}
		b.WriteString("</tr>")
	}
	return template.HTML(b.String()), nil
}

// write writes a cell at column i.
func (t *Table) write(b *strings.Builder, i int, c Cell) error {
	tag := "td"
	b.WriteByte('<')
	if i < t.Head {
		tag = "th"
		b.WriteString(`th scope="row"`)
		if c.Text == "" {
			c.Text, c.Muted = none, true // a row is never without a name
		}
	} else {
		b.WriteString("td")
	}
	t.class(b, i, &c)
	b.WriteByte('>')
	switch {
	case c.Chart != nil:
		canvas, err := c.Chart.Canvas()
		if err != nil {
			return err
		}
		b.WriteString(string(canvas))
	case c.Code:
		element(b, "<code>", c.Text, "</code>")
	default:
		element(b, "", c.Text, "")
	}
	if c.Aside != "" {
		element(b, ` <span class="aside">`, c.Aside, "</span>")
	}
	if c.Small != "" {
		element(b, "<small>", c.Small, "</small>")
	}
	b.WriteString("</" + tag + ">")
	return nil
}

// class writes what a cell looks like.
func (t *Table) class(b *strings.Builder, i int, c *Cell) {
	before := ` class="`
	add := func(has bool, name string) {
		if has {
			element(b, before, name, "")
			before = " "
		}
	}
	add(t.Columns[i].Figures, "figures")
	add(c.Whole, "whole")
	add(c.Muted, "muted")
	add(c.Tone != "", "tone-"+string(c.Tone))
	if before == " " {
		b.WriteByte('"')
	}
}

// element writes a text between markup.
func element(b *strings.Builder, before, text, after string) {
	b.WriteString(before)
	_, _ = markup.WriteString(b, text) // a Builder takes everything
	b.WriteString(after)
}

// fieldList is the markup of fields; nothing where there are none.
func fieldList(fields []Field) template.HTML {
	if len(fields) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<dl class="fields">`)
	for _, f := range fields {
		element(&b, "<div><dt>", f.Name, "</dt> <dd>")
		if f.Code {
			element(&b, "<code>", f.Value, "</code>")
		} else {
			element(&b, "", f.Value, "")
		}
		b.WriteString("</dd></div>")
	}
	b.WriteString("</dl>")
	return template.HTML(b.String())
}

// Canvas is where the script draws the chart, with its data.
func (c *Chart) Canvas() (template.HTML, error) {
	data, err := c.Element()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`<div class="canvas`)
	if c.Small {
		b.WriteString(" small")
	}
	element(&b, `" id="`, c.ID(), `"`)
	element(&b, ` data-kind="`, c.Kind(), `"`)
	if c.Height != 0 {
		b.WriteString(` data-height="` + strconv.Itoa(c.Height) + `"`)
	}
	element(&b, ` role="img" aria-label="`, c.Label, `"></div>`)
	b.WriteString(string(data))
	return template.HTML(b.String()), nil
}
