package page

import "bytes"

// A page has a hundred blocks, each of which a template finds by a dozen lookups.
// So those of which there are many are written here; a test holds them to the bytes
// of templates.

func (s *Section) write(b *bytes.Buffer) error {
	element(b, `<section aria-labelledby="`, s.ID, "\">\n")
	element(b, `<h2 id="`, s.ID, `">`)
	element(b, "", s.Title, "</h2>\n")
	optional(b, `<p class="lead">`, s.Lead, "</p>")
	b.WriteString("\n")
	if err := writeBlocks(b, s.Blocks); err != nil {
		return err
	}
	b.WriteString("</section>\n")
	return nil
}

// writeBlocks writes blocks, each on lines of its own.
func writeBlocks(b *bytes.Buffer, blocks []Block) error {
	for _, block := range blocks {
		if err := block.write(b); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	return nil
}

// optional writes a text between markup, and nothing where it is empty.
func optional(b *bytes.Buffer, before, text, after string) {
	if text != "" {
		element(b, before, text, after)
	}
}

func (t Text) write(b *bytes.Buffer) error    { return written(b, "<p>", string(t), "</p>") }
func (n Note) write(b *bytes.Buffer) error    { return written(b, `<p class="note">`, string(n), "</p>") }
func (h Heading) write(b *bytes.Buffer) error { return written(b, "<h3>", string(h), "</h3>") }

func written(b *bytes.Buffer, before, text, after string) error {
	element(b, before, text, after)
	return nil
}

func (t *Tiles) write(b *bytes.Buffer) error  { return pageTemplates().ExecuteTemplate(b, "tiles", t) }
func (a *Alerts) write(b *bytes.Buffer) error { return pageTemplates().ExecuteTemplate(b, "alerts", a) }
func (c *Cards) write(b *bytes.Buffer) error  { return pageTemplates().ExecuteTemplate(b, "cards", c) }

func (g *Grid) write(b *bytes.Buffer) error {
	b.WriteString(`<div class="grid`)
	if g.Narrow {
		b.WriteString(" narrow")
	}
	b.WriteString("\">\n")
	for _, block := range g.Blocks {
		if _, is := block.(*Table); !is {
			if err := writeBlocks(b, []Block{block}); err != nil {
				return err
			}
			continue
		}
		b.WriteString(`<div class="part">`) // a table and what stands below it share a cell
		if err := block.write(b); err != nil {
			return err
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("</div>")
	return nil
}

func (d *Details) write(b *bytes.Buffer) error {
	b.WriteString("<details open")
	if d.Screen {
		b.WriteString(` class="screen"`)
	}
	element(b, "><summary>", d.Summary, "</summary>\n")
	err := writeBlocks(b, d.Blocks)
	b.WriteString("</details>")
	return err
}

func (t *Table) write(b *bytes.Buffer) error {
	if len(t.Rows) == 0 {
		optional(b, `<p class="empty">`, t.Empty, "</p>")
		return nil
	}
	element(b, `<div class="scroll" tabindex="0" role="group" aria-label="`, t.Caption, "\">\n<table>\n")
	element(b, "<caption><span>", t.Caption, "</span></caption>\n<thead><tr>")
	for _, c := range t.Columns {
		b.WriteString(`<th scope="col"`)
		if c.Figures {
			b.WriteString(` class="figures"`)
		}
		element(b, ">", c.Name, "</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>")
	if err := t.rows(b, t.Rows); err != nil {
		return err
	}
	b.WriteString("\n</tbody>")
	if len(t.Foot) > 0 {
		b.WriteString("\n<tfoot>")
		if err := t.rows(b, t.Foot); err != nil {
			return err
		}
		b.WriteString("\n</tfoot>")
	}
	b.WriteString("\n</table>\n</div>\n")
	optional(b, `<p class="from">`, t.From, "</p>")
	b.WriteString("\n")
	return nil
}

func (c *Chart) write(b *bytes.Buffer) error {
	b.WriteString("<figure class=\"chart\">\n")
	optional(b, "<figcaption>", c.Title, "</figcaption>")
	b.WriteString("\n")
	if len(c.Legend) > 0 {
		b.WriteString(`<ul class="legend" aria-hidden="true">`)
		for _, l := range c.Legend {
			element(b, `<li class="tone-`, string(l.Tone), "")
			if l.Dash {
				b.WriteString(" dash")
			}
			element(b, `">`, l.Name, "</li>")
		}
		b.WriteString("</ul>")
	}
	b.WriteString("\n")
	if err := c.canvas(b); err != nil {
		return err
	}
	b.WriteString("\n")
	optional(b, `<p class="note">`, c.Note, "</p>")
	b.WriteString("\n")
	if len(c.Tables) > 0 {
		b.WriteString("<details open class=\"figures-of\"><summary>Figures</summary>\n")
		for _, t := range c.Tables {
			if err := t.write(b); err != nil {
				return err
			}
		}
		b.WriteString("</details>")
	}
	b.WriteString("\n</figure>")
	return nil
}
