package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"amends/pipeline/report"
)

// Document is one page.
type Document struct {
	Title    string // of the window, without the product's name
	Heading  string // of the page
	Label    string // what kind of run it is: DryRunLabel, CommittedLabel or another few words
	Subtitle string
	Sections []Section
	Footer   string // a sentence on where the figures come from
}

// Section is a part of a page with a heading, in the table of contents.
type Section struct {
	ID     string // of the heading: letters, digits and hyphens, and no other section's
	Title  string
	Lead   string // a sentence under the heading
	Blocks []Block
}

// Block is what a section is made of: *Table, *Chart, Text, Note, *Tiles,
// *Alerts, *Cards, *Grid, Heading or *Details.
type Block interface {
	write(b *bytes.Buffer) error // its markup
}

// Text is a paragraph.
type Text string

// Note is a muted line, such as where figures come from.
type Note string

// Heading is a heading within a section.
type Heading string

// Grid shows blocks side by side where the window has the room.
type Grid struct {
	Blocks []Block
	Narrow bool // small blocks: as many as fit
}

// Details is what opens on a click. Without JavaScript, it is open.
type Details struct {
	Summary string
	Blocks  []Block
	Screen  bool // not printed where it is closed: long, and nothing that paper needs
}

// Tiles are the few figures that a page begins with.
type Tiles struct {
	Tiles []Tile
}

// Tile is one of them: a name and a line for each currency.
type Tile struct {
	Tone  Tone
	Name  string
	Count string
	Lines []string
}

// Alerts are what to look at first, gravest first.
type Alerts struct {
	Alerts []Alert
}

// The levels of an alert.
const (
	LevelStop  = "stop"  // something was held back, or is wrong
	LevelWatch = "watch" // somebody should look
	LevelKnow  = "know"  // worth knowing
)

// Alert is one thing to look at.
type Alert struct {
	Level string
	What  string // in a few words
	Text  string
	Href  string // a section of the page, such as "#rejects"; "" for none
}

// Cards are decisions, each in a sentence.
type Cards struct {
	Cards []Card
}

// Card is one decision.
type Card struct {
	Tone    Tone
	Tag     string // its outcome
	Text    string
	Fields  []Field
	Values  []Field // what rules read
	Command string  // to copy
}

// Field is a name and a value.
type Field struct {
	Name, Value string
	Code        bool // an identifier or a place
}

// CSS is the style of every page.
//
//go:embed assets/page.css
var CSS string

//go:embed assets/page.html
var pageTemplate string

//go:embed assets/*.js
var scriptFiles embed.FS

// scriptOrder is how the scripts stand in a page: later ones use earlier ones.
var scriptOrder = []string{"theme.js", "format.js", "options.js", "draw.js", "main.js"}

// Script is what pages run after they are read: the toggle between light and
// dark, and the drawing of charts. A page whose policy is by hash allows it
// with ScriptSource(Script()). It is joined once, and not before a page needs it.
var Script = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("\"use strict\";\n(() => {\n")
	for _, name := range scriptOrder {
		content, err := scriptFiles.ReadFile("assets/" + name)
		if err != nil {
			panic(err) // embedded
		}
		b.Write(content)
	}
	b.WriteString("})();\n")
	return b.String()
})

// ScriptSource is the source expression of a Content-Security-Policy that
// allows one inline script.
func ScriptSource(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Policy is the Content-Security-Policy of a page: no network at all, and no
// script but the page's own. Styles may stand in the page, since charts have
// them; they can reach nothing.
func Policy() string {
	return "default-src 'none'; script-src " + ScriptSource(Script()) + " " + chartLibrary().source +
		"; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
}

// pageTemplates are parsed before the first page: most commands make none.
var pageTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"fields": fieldList,
		"css":    func() template.CSS { return template.CSS(CSS) },
		"script": func() template.JS {
			return template.JS(Script())
		},
		"policy":     Policy,
		"valuesRead": func(n int) string { return report.Counted(int64(n), "value read", "values read") },
		"library":    func() chartAsset { return chartLibrary() },
	}).Parse(pageTemplate))
})

// HasCharts reports whether a page needs the chart library.
func (d *Document) HasCharts() bool {
	for _, s := range d.Sections {
		if hasCharts(s.Blocks) {
			return true
		}
	}
	return false
}

func hasCharts(blocks []Block) bool {
	for _, b := range blocks {
		switch b := b.(type) {
		case *Chart:
			return true
		case *Grid:
			if hasCharts(b.Blocks) {
				return true
			}
		case *Details:
			if hasCharts(b.Blocks) {
				return true
			}
		case *Table:
			for _, row := range b.Rows {
				for i := range row {
					if row[i].Chart != nil {
						return true
					}
				}
			}
		}
	}
	return false
}

// pageRoom is what a page of a night takes beside the chart library, about: what
// it does not fill costs nothing.
const pageRoom = 1 << 20

// HTML returns the page as one file.
func (d *Document) HTML() ([]byte, error) {
	number := 0
	for i := range d.Sections {
		number = numberCharts(d.Sections[i].Blocks, number)
	}
	b := bytes.NewBuffer(make([]byte, 0, pageRoom+base64.StdEncoding.EncodedLen(len(chartLibraryPacked))))
	if err := d.write(b); err != nil {
		return nil, fmt.Errorf("page %q: %w", d.Title, err)
	}
	return b.Bytes(), nil
}

func (d *Document) write(b *bytes.Buffer) error {
	if err := pageTemplates().ExecuteTemplate(b, "page", d); err != nil {
		return err
	}
	for i := range d.Sections {
		if err := d.Sections[i].write(b); err != nil {
			return err
		}
	}
	if err := pageTemplates().ExecuteTemplate(b, "foot", d); err != nil {
		return err
	}
	if d.HasCharts() {
		writeChartLibrary(b)
	}
	return pageTemplates().ExecuteTemplate(b, "end", d)
}
