package page

import (
	"bytes"
	_ "embed" // the chart library
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// Tone is a colour by its meaning, the same everywhere: the style and the
// charts look it up under this name.
type Tone string

// The tones.
const (
	ToneIssued     Tone = "issued"
	ToneHeld       Tone = "held"
	ToneForfeited  Tone = "forfeited"
	ToneSuppressed Tone = "suppressed"
	ToneDenied     Tone = "denied"
	ToneRejected   Tone = "rejected"
	ToneRedeemed   Tone = "redeemed"
	ToneReinstated Tone = "reinstated"
	ToneVoided     Tone = "voided"
	ToneNeutral    Tone = "neutral" // totals, and rows that nothing was to be done with
	ToneBefore     Tone = "before"  // the other side of a comparison
)

// Chart is a drawing with its figures in tables under it.
type Chart struct {
	Title  string
	Label  string // what it shows, in a sentence, for those who do not see it
	Note   string // a muted line under it
	Height int    // in CSS pixels; 0 lets the drawing choose
	Small  bool   // a word's size, in a cell of a table
	Legend []Legend
	Data   Drawing
	Tables []*Table // its figures

	number int
}

// Legend names a colour of a chart.
type Legend struct {
	Tone Tone
	Name string
	Dash bool // a dashed line
}

// Drawing is what a chart draws: *Bars, *Lines, *Waterfall, *Sankey or *Heatmap.
type Drawing interface{ drawing() string }

// Unit is what an axis counts: minor units of a currency, or things.
type Unit struct {
	Prefix string `json:"prefix,omitempty"` // before the number: $ or CHF and a space
	Digits int    `json:"digits,omitempty"` // of the minor unit
}

// Value is a number to draw and how it reads.
type Value struct {
	Value int64  `json:"v"`
	Text  string `json:"t"`
}

// Bars are one or more series of bars over categories.
type Bars struct {
	Unit       Unit     `json:"unit"`
	Across     bool     `json:"across,omitempty"`  // bars lie, categories stand at the left
	Stacked    bool     `json:"stacked,omitempty"` // the series stand on each other
	Touching   bool     `json:"touching,omitempty"`
	Categories []string `json:"categories"`
	Series     []Series `json:"series"`
}

// Series is a named list of values, one a category.
type Series struct {
	Name   string  `json:"name"`
	Tone   Tone    `json:"tone"`
	Values []Value `json:"values"`
	Dash   bool    `json:"dash,omitempty"`
}

// Lines are one or more lines over categories, or over numbers where X has
// them. Limit is a line across, such as a budget.
type Lines struct {
	Unit       Unit     `json:"unit"`
	Categories []string `json:"categories,omitempty"`
	X          []int64  `json:"x,omitempty"` // as many as values, rising
	XName      string   `json:"xName,omitempty"`
	Series     []Series `json:"series"`
	Steps      bool     `json:"steps,omitempty"`
	Limit      *Value   `json:"limit,omitempty"`
	Spark      bool     `json:"spark,omitempty"` // without axes
}

// Waterfall is an addition in bars: each step begins where the one before
// ended. The axis begins at Start, where longer bars are cut.
type Waterfall struct {
	Unit  Unit   `json:"unit"`
	Start int64  `json:"start"`
	Steps []Step `json:"steps"`
}

// Step is one bar from From to To.
type Step struct {
	Name string `json:"name"`
	Tone Tone   `json:"tone"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Text string `json:"t"`
}

// Sankey is a flow that splits. The values of the links into a node and out of
// it are equal, but at its ends.
type Sankey struct {
	Nodes []Node `json:"nodes"`
	Links []Link `json:"links"`
}

// Node is a place of a flow. Name is unique, Label is shown.
type Node struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Tone  Tone   `json:"tone"`
	Depth int    `json:"depth"`
	Text  string `json:"t"`
}

// Link is what flows between two nodes.
type Link struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Value int64  `json:"v"`
	Text  string `json:"t"`
}

// Heatmap is a matrix of counts; what has no cell is empty.
type Heatmap struct {
	X     []string   `json:"x"`
	Y     []string   `json:"y"`
	Cells []HeatCell `json:"cells"`
}

// HeatCell is a count at column X and row Y.
type HeatCell struct {
	X     int    `json:"x"`
	Y     int    `json:"y"`
	Value int64  `json:"v"`
	Text  string `json:"t"`
}

func (*Bars) drawing() string      { return "bars" }
func (*Lines) drawing() string     { return "lines" }
func (*Waterfall) drawing() string { return "waterfall" }
func (*Sankey) drawing() string    { return "sankey" }
func (*Heatmap) drawing() string   { return "heatmap" }

// Kind is the name under which the script knows how to draw it.
func (c *Chart) Kind() string { return c.Data.drawing() }

// ID is the chart's in its page.
func (c *Chart) ID() string { return fmt.Sprintf("chart-%d", c.number) }

// element writes the data for the script. JSON here never holds <, > or &, nor the
// line separators that end a script's line: the encoder writes them as \u003c.
func (c *Chart) element(b *bytes.Buffer) error {
	content, err := json.Marshal(c.Data)
	if err != nil {
		return fmt.Errorf("chart %q: %w", c.Title, err)
	}
	b.WriteString(`<script type="application/json">`)
	b.Write(content)
	b.WriteString("</script>")
	return nil
}

// numberCharts gives each chart an id of its own, in the order of the page, and
// returns the number after the last.
func numberCharts(blocks []Block, next int) int {
	number := func(c *Chart) {
		c.number = next
		next++
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *Chart:
			number(b)
		case *Grid:
			next = numberCharts(b.Blocks, next)
		case *Details:
			next = numberCharts(b.Blocks, next)
		case *Table:
			for _, row := range b.Rows {
				for i := range row {
					if row[i].Chart != nil {
						number(row[i].Chart)
					}
				}
			}
		}
	}
	return next
}

//go:embed chartlib/charts.min.js.gz
var chartLibraryPacked []byte

// writeChartLibrary writes the chart library as a page carries it: packed, which
// makes a page 350 KB smaller, and unpacked by the browser.
func writeChartLibrary(b *bytes.Buffer) {
	b.WriteString(`<script type="application/octet-stream" id="chart-library">`)
	b.Grow(base64.StdEncoding.EncodedLen(len(chartLibraryPacked)))
	b.Write(base64.StdEncoding.AppendEncode(b.AvailableBuffer(), chartLibraryPacked))
	b.WriteString("</script>\n")
}

// chartAsset is what a page says of the chart library.
type chartAsset struct {
	Version string // "Apache ECharts 6.1.0"
	source  string // that the policy allows it by, once it is unpacked
}

// chartLibraryFacts are what would have to be unpacked to be known: the version
// of ECharts, and the digest of the script. A test holds them to it.
//
//go:embed chartlib/charts.min.js.facts
var chartLibraryFacts string

// chartLibrary is made once: nothing in it changes while the program runs.
var chartLibrary = sync.OnceValue(func() chartAsset {
	version, digest, _ := strings.Cut(strings.TrimSpace(chartLibraryFacts), " ")
	return chartAsset{
		Version: "Apache ECharts " + version,
		source:  "'" + digest + "'",
	}
})
