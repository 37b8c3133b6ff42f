package page

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"testing"
)

// blockTemplate is what blocks.go writes, as templates.
var blockTemplate = template.Must(template.New("blocks").Funcs(template.FuncMap{
	"kind": func(b Block) string {
		return strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", b), "*"), "page."))
	},
	"alone":  func(b Block) []Block { return []Block{b} },
	"own":    func(b Block) (template.HTML, error) { return htmlOf(b.write) },
	"canvas": func(c *Chart) (template.HTML, error) { return htmlOf(c.canvas) },
	"rows": func(t *Table, rows [][]Cell) (template.HTML, error) {
		return htmlOf(func(b *bytes.Buffer) error { return t.rows(b, rows) })
	},
}).Parse(`{{define "section"}}<section aria-labelledby="{{.ID}}">
<h2 id="{{.ID}}">{{.Title}}</h2>
{{with .Lead}}<p class="lead">{{.}}</p>{{end}}
{{template "blocks" .Blocks}}</section>
{{end}}
{{define "blocks"}}{{range .}}{{$kind := kind .}}
{{- if eq $kind "text"}}<p>{{.}}</p>
{{else if eq $kind "note"}}<p class="note">{{.}}</p>
{{else if eq $kind "heading"}}<h3>{{.}}</h3>
{{else if eq $kind "grid"}}<div class="grid{{if .Narrow}} narrow{{end}}">
{{range .Blocks}}{{if eq (kind .) "table"}}<div class="part">{{template "table" .}}</div>
{{else}}{{template "blocks" (alone .)}}{{end}}{{end}}</div>
{{else if eq $kind "details"}}<details open{{if .Screen}} class="screen"{{end}}><summary>{{.Summary}}</summary>
{{template "blocks" .Blocks}}</details>
{{else if eq $kind "tiles"}}{{own .}}
{{else if eq $kind "alerts"}}{{own .}}
{{else if eq $kind "cards"}}{{own .}}
{{else if eq $kind "table"}}{{template "table" .}}
{{else if eq $kind "chart"}}{{template "chart" .}}
{{end}}{{end}}{{end}}
{{define "table"}}{{if .Rows}}<div class="scroll" tabindex="0" role="group" aria-label="{{.Caption}}">
<table>
<caption><span>{{.Caption}}</span></caption>
<thead><tr>{{range .Columns}}<th scope="col"{{if .Figures}} class="figures"{{end}}>{{.Name}}</th>{{end}}</tr></thead>
<tbody>{{rows . .Rows}}
</tbody>{{if .Foot}}
<tfoot>{{rows . .Foot}}
</tfoot>{{end}}
</table>
</div>
{{with .From}}<p class="from">{{.}}</p>{{end}}
{{else if .Empty}}<p class="empty">{{.Empty}}</p>{{end}}{{end}}
{{define "chart"}}<figure class="chart">
{{with .Title}}<figcaption>{{.}}</figcaption>{{end}}
{{with .Legend}}<ul class="legend" aria-hidden="true">{{range .}}<li class="tone-{{.Tone}}{{if .Dash}} dash{{end}}">{{.Name}}</li>{{end}}</ul>{{end}}
{{canvas .}}
{{with .Note}}<p class="note">{{.}}</p>{{end}}
{{with .Tables}}<details open class="figures-of"><summary>Figures</summary>
{{range .}}{{template "table" .}}{{end}}</details>{{end}}
</figure>{{end}}`))

// Sections of a page, and of one whose every text is hostile, are written as
// package html/template would write them.
func TestBlocksAreWrittenAsTemplatesDo(t *testing.T) {
	t.Parallel()
	const evil = "</td><script>\"alert('1+1')\"</script>&amp; \x00 --><!--"
	table := &Table{Caption: evil, Columns: append(Names(evil), Figures("n")...), Rows: [][]Cell{Row(evil, "1")}, Foot: [][]Cell{Row("sum", "1")}, From: evil, Empty: evil}
	chart := &Chart{Title: evil, Label: evil, Note: evil, Legend: []Legend{{Tone: evil, Name: evil, Dash: true}, {}}, Data: &Bars{}, Tables: []*Table{table, {Caption: "a", Empty: evil}}}
	inner := []Block{Text(evil), Note(evil), Heading(evil), table, &Table{Empty: evil}, &Table{}, &Table{Rows: [][]Cell{{}}}, chart, &Chart{Data: &Lines{}},
		&Tiles{}, &Alerts{Alerts: []Alert{{What: evil}}}, &Cards{}}
	sections := append(nightDocument(fullNight()).Sections, Section{ID: evil, Title: evil, Lead: evil, Blocks: []Block{
		&Grid{Blocks: inner}, &Grid{Narrow: true}, &Details{Summary: evil, Blocks: inner, Screen: true}, &Details{},
	}}, Section{})
	if len(sections) < 10 {
		t.Fatalf("%d sections", len(sections))
	}
	for i := range sections {
		var got bytes.Buffer
		if err := sections[i].write(&got); err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		if err := blockTemplate.ExecuteTemplate(&want, "section", sections[i]); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("section %q:\n%s\nand templates write:\n%s", sections[i].ID, got.String(), want.String())
		}
	}
}
