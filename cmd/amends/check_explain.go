package main

import (
	"fmt"
	"strings"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/codes"
)

type codeJSON struct {
	Code     string        `json:"code"`
	Severity string        `json:"severity"`
	Title    string        `json:"title"`
	Text     string        `json:"text"`
	Examples []exampleJSON `json:"examples"`
}

type exampleJSON struct {
	Wrong bool   `json:"wrong"`
	YAML  string `json:"yaml"`
}

// explain prints the pages of some codes, or a list of all.
func (c checkCommand) explain(a *app) error {
	list := codes.All()
	if len(c.Codes) > 0 {
		list = nil
		for _, id := range c.Codes {
			code, found := codes.Find(strings.ToUpper(id))
			if !found {
				return fmt.Errorf("%w: there is no code %q (amends check --explain lists them all)", pipeline.ErrUsage, id)
			}
			list = append(list, code)
		}
	}
	switch {
	case c.JSON:
		return a.printJSON(newCodesJSON(list))
	case len(c.Codes) == 0:
		t := report.Table{Columns: []report.Column{{Name: "code"}, {Name: "severity"}, {Name: "what it is about", Wrap: report.Rest}}}
		for _, code := range list {
			t.Rows = append(t.Rows, []string{code.ID, code.Severity.String(), code.Title})
		}
		return t.Write(a.out)
	}
	for i, code := range list {
		if i > 0 {
			a.print("\n")
		}
		a.showCode(code)
	}
	return nil
}

func (a *app) showCode(c codes.Code) {
	a.print("%s (%s): %s\n\n%s\n", c.ID, c.Severity, c.Title, c.Text)
	for _, e := range c.Examples {
		word := "Right"
		if e.Wrong {
			word = "Wrong"
		}
		a.print("\n%s:\n\n", word)
		for line := range strings.Lines(e.YAML) {
			a.print("  %s", line)
		}
	}
}

func newCodesJSON(list []codes.Code) []codeJSON {
	out := []codeJSON{}
	for _, c := range list {
		j := codeJSON{Code: c.ID, Severity: c.Severity.String(), Title: c.Title, Text: c.Text, Examples: []exampleJSON{}}
		for _, e := range c.Examples {
			j.Examples = append(j.Examples, exampleJSON(e))
		}
		out = append(out, j)
	}
	return out
}
