package ruletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the result as XML that build servers read: a suite for each file.
// The error is the writer's.
func (r *Result) JUnit(w io.Writer) error {
	all := junitSuites{}
	for _, c := range r.Cases {
		file := c.Ready.Place().File
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != file {
			all.Suites = append(all.Suites, junitSuite{Name: file})
		}
		suite := &all.Suites[len(all.Suites)-1]
		out := junitCase{Class: file, Name: clean(c.Ready.Name), File: file, Line: c.Ready.Place().Line}
		if !c.Passed() {
			out.Failure = c.failure()
			suite.Failures++
			all.Failures++
		}
		suite.Tests++
		all.Tests++
		suite.Cases = append(suite.Cases, out)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// failure says what differs, shortly and with why.
func (c *CaseResult) failure() *junitFailure {
	var message []string
	var text strings.Builder
	for i := range c.Rows {
		for _, d := range c.Rows[i].Differences {
			message = append(message, fmt.Sprintf("%s: expected %s, got %s", d.Field, d.Expected, d.Got))
		}
		c.rowText(&text, i)
	}
	return &junitFailure{Message: clean(strings.Join(message, "; ")), Text: "\n" + text.String()}
}

func clean(text string) string { return oneLine(text) }
