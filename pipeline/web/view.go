package web

import (
	"bytes"
	_ "embed" // style.css
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/pipeline/report/page"
	"amends/rules/money"
)

// view is one page: what every page has, and its parts.
type view struct {
	Site   string // the pages' title
	Title  string
	Here   string // the part of the pages that this one is in: runs, holds, …
	Form   string // the token of this process's forms
	Token  bool   // people sign in
	Lead   string // a sentence below the heading
	Error  string
	Alerts []alert // what to look at first
	Parts  []part
	Back   *link
	Data   any // what one template needs besides
}

// alert is something that needs attention: a few words, and a sentence.
type alert struct{ Level, What, Text string }

// part is a section of a page: a list of facts, a table, or both. Empty is said
// where neither has anything.
type part struct {
	Title string
	ID    string
	Lead  string
	Facts []fact
	Table *table
	Empty string
	Links []link
	Large bool // its facts are figures that a page begins with
}

type fact struct {
	Name  string
	Value cell
}

// table is rows below headings.
type table struct {
	Columns []column
	Rows    [][]cell
	More    string // what the table leaves out
}

// class is that of a cell in column i.
func (t *table) class(i int, c cell) string {
	class := c.Class
	if i < len(t.Columns) && t.Columns[i].Figures && c.Span == 0 {
		class += " figures"
	}
	if slices.ContainsFunc(c.Lines, func(l string) bool { return len(l) > wideBytes }) {
		class += " wide"
	}
	return strings.TrimSpace(class)
}

// wideBytes is how long a text is that is broken into lines: longer than a
// credit's id.
const wideBytes = 40

type column struct {
	Name    string
	Figures bool // at the right
}

// cell is text, of one or several lines; a link where Href is set.
type cell struct {
	Lines []string
	Href  string
	Class string
	Save  bool // the link is to a file to be saved
	Span  int  // how many columns it takes; 0 means one
}

type link struct{ Text, Href string }

func text(s string) cell            { return cell{Lines: []string{s}} }
func lines(list []string) cell      { return cell{Lines: list} }
func linked(s, href string) cell    { return cell{Lines: []string{s}, Href: href} }
func count(n int64) cell            { return text(report.Count(n)) }
func sums(b money.ByCurrency) cell  { return lines(sumLines(b)) }
func code(s string) cell            { return cell{Lines: []string{s}, Class: "code"} }
func amount(n int64, c string) cell { return text(report.Amount(n, c)) }

// bad is what is wrong with a row, over the rest of its columns.
func bad(why string, span int) cell { return cell{Lines: []string{why}, Class: "bad", Span: span} }

// columns are headings; a name that begins with # is of figures.
func columns(names ...string) []column {
	list := make([]column, len(names))
	for i, name := range names {
		list[i].Name, list[i].Figures = strings.CutPrefix(name, "#")
	}
	return list
}

// sumLines shows sums per currency, one a line; nothing is a dash.
func sumLines(b money.ByCurrency) []string {
	var shown []string
	for _, code := range b.Currencies() {
		if b[code] != 0 {
			shown = append(shown, report.Amount(b[code], code))
		}
	}
	if shown == nil {
		return []string{"–"}
	}
	return shown
}

var templateFuncs = template.FuncMap{
	"class": (*table).class,
	// tabled is a part's table with a name for those who do not see it.
	"tabled": func(p part) any {
		caption := p.Title
		if caption == "" {
			caption = "Table"
		}
		return struct {
			Table   *table
			Caption string
		}{p.Table, caption}
	},
}

// show writes a page, whole or not at all.
func (s *site) show(w http.ResponseWriter, status int, name string, v *view) error {
	v.Site, v.Form, v.Token = s.options.Title, s.formToken(), s.options.Token != ""
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	s.lost(err)
	return nil
}

// lost notes that an answer did not get to whom it was for: they are gone.
func (s *site) lost(err error) {
	if err != nil {
		s.options.Log.Debug("an answer did not arrive", "error", err.Error())
	}
}

// style comes after the style of reports.
//
//go:embed style.css
var style string

func (s *site) style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err := io.WriteString(w, page.CSS+style)
	s.lost(err)
	return nil
}
