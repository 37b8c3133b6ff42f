package page

import (
	"bytes"
	"html/template"
	"strconv"
	"strings"
)

// A page is cells, above all: thousands of them, of which a template makes each
// with a dozen lookups by reflection. So they, and the fields of cards, are written
// here, escaped as package html/template does it; a test holds both to the same bytes.

// markup replaces what a text must not have between tags or in an attribute.
var markup = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// rows writes the markup of rows.
func (t *Table) rows(b *bytes.Buffer, rows [][]Cell) error {
	for _, row := range rows {
		b.WriteString("\n<tr>")
		for i := range row {
			if err := t.cell(b, i, row[i]); err != nil {
				return err
			}
		}
		b.WriteString("</tr>")
	}
	return nil
}

// cell writes a cell at column i.
func (t *Table) cell(b *bytes.Buffer, i int, c Cell) error {
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
		if err := c.Chart.canvas(b); err != nil {
			return err
		}
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
	b.WriteString("</")
	b.WriteString(tag)
	b.WriteByte('>')
	return nil
}

// class writes what a cell looks like.
func (t *Table) class(b *bytes.Buffer, i int, c *Cell) {
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
func element(b *bytes.Buffer, before, text, after string) {
	b.WriteString(before)
	_, _ = markup.WriteString(b, text) // a Buffer takes everything
	b.WriteString(after)
}

// fieldList is the markup of fields; nothing where there are none.
func fieldList(fields []Field) template.HTML {
	if len(fields) == 0 {
		return ""
	}
	var b bytes.Buffer
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

// canvas writes where the script draws the chart, with its data.
func (c *Chart) canvas(b *bytes.Buffer) error {
	b.WriteString(`<div class="canvas`)
	if c.Small {
		b.WriteString(" small")
	}
	element(b, `" id="`, c.ID(), `"`)
	element(b, ` data-kind="`, c.Kind(), `"`)
	if c.Height != 0 {
		b.WriteString(` data-height="` + strconv.Itoa(c.Height) + `"`)
	}
	element(b, ` role="img" aria-label="`, c.Label, `"></div>`)
	return c.element(b)
}
