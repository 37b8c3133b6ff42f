package page

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// placed is a cell as a template would draw it.
type placed struct {
	Cell   Cell
	Header bool
	Class  string
}

func dataOf(c *Chart) (template.HTML, error) { return htmlOf(c.element) }

// htmlOf is what write writes.
func htmlOf(write func(*bytes.Buffer) error) (template.HTML, error) {
	var b bytes.Buffer
	err := write(&b)
	return template.HTML(b.String()), err
}

// cellTemplate is what Table.cell and Chart.canvas write, as a template.
var cellTemplate = template.Must(template.New("cell").Funcs(template.FuncMap{"data": dataOf}).Parse(
	`{{if .Header}}<th scope="row"{{else}}<td{{end}}{{with .Class}} class="{{.}}"{{end}}>
{{- with .Cell}}{{if .Chart}}{{template "canvas" .Chart}}{{else if .Code}}<code>{{.Text}}</code>{{else}}{{.Text}}{{end}}{{with .Aside}} <span class="aside">{{.}}</span>{{end}}{{with .Small}}<small>{{.}}</small>{{end}}{{end -}}
{{if .Header}}</th>{{else}}</td>{{end}}` +
		`{{define "canvas"}}<div class="canvas{{if .Small}} small{{end}}" id="{{.ID}}" data-kind="{{.Kind}}"{{if .Height}} data-height="{{.Height}}"{{end}} role="img" aria-label="{{.Label}}"></div>{{data .}}{{end}}`))

// Whatever is in a cell, it is written as package html/template would write it.
func TestCellsAreEscapedAsTemplatesDo(t *testing.T) {
	t.Parallel()
	hostile := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("<>&\"'+`=\x00/\\ \n\ufdd0\u2028ab-")), 0, 12, -1),
		rapid.SampledFrom([]string{"", "</td><script>alert(1)</script>", "--><!--", "\xff\xfe", "javascript:alert(1)"}))
	rapid.Check(t, func(t *rapid.T) {
		c := Cell{
			Text: hostile.Draw(t, "text"), Small: hostile.Draw(t, "small"), Aside: hostile.Draw(t, "aside"), Tone: Tone(hostile.Draw(t, "tone")),
			Code: rapid.Bool().Draw(t, "code"), Whole: rapid.Bool().Draw(t, "whole"), Muted: rapid.Bool().Draw(t, "muted"),
		}
		if rapid.Bool().Draw(t, "chart") {
			c.Chart = &Chart{Label: hostile.Draw(t, "label"), Small: rapid.Bool().Draw(t, "small chart"), Height: rapid.IntRange(0, 400).Draw(t, "height"),
				Data: &Bars{Categories: []string{hostile.Draw(t, "bar")}}, number: 7}
		}
		table := Table{Columns: []Column{{Figures: rapid.Bool().Draw(t, "figures")}}, Head: rapid.IntRange(0, 1).Draw(t, "head"), Rows: [][]Cell{{c}}}
		var body bytes.Buffer
		if err := table.rows(&body, table.Rows); err != nil {
			t.Fatal(err)
		}
		got := body.String()
		shown := placed{Cell: c, Header: table.Head > 0}
		if shown.Header && c.Text == "" {
			shown.Cell.Text, shown.Cell.Muted = none, true
		}
		var class []string
		for _, name := range []struct {
			has  bool
			name string
		}{{table.Columns[0].Figures, "figures"}, {c.Whole, "whole"}, {shown.Cell.Muted, "muted"}, {c.Tone != "", "tone-" + string(c.Tone)}} {
			if name.has {
				class = append(class, name.name)
			}
		}
		shown.Class = strings.Join(class, " ")
		var want strings.Builder
		if err := cellTemplate.Execute(&want, shown); err != nil {
			t.Fatal(err)
		}
		if got != "\n<tr>"+want.String()+"</tr>" {
			t.Errorf("%q, and a template writes %q", got, want.String())
		}
	})
}

func TestFieldsAreEscapedAsTemplatesDo(t *testing.T) {
	t.Parallel()
	whole := template.Must(template.New("fields").Parse(
		`{{with .}}<dl class="fields">{{range .}}<div><dt>{{.Name}}</dt> <dd>{{if .Code}}<code>{{.Value}}</code>{{else}}{{.Value}}{{end}}</dd></div>{{end}}</dl>{{end}}`))
	for _, fields := range [][]Field{nil, {}, {{Name: "a&b", Value: "<c>"}}, {{Name: `"d"`, Value: "1+1", Code: true}, {Value: "'"}}} {
		var want strings.Builder
		if err := whole.Execute(&want, fields); err != nil {
			t.Fatal(err)
		}
		if got := fieldList(fields); string(got) != want.String() {
			t.Errorf("%q, and a template writes %q", got, want.String())
		}
	}
}
