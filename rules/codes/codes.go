// Package codes is the table of everything that check says, and test of test
// files: one code for each
// kind of diagnostic, which never changes and is never used again, with its
// severity and a page that explains it. The pages stand beside this file, as
// people read them; tests run every example on them.
package codes

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"amends/rules/diag"
)

//go:embed *.md
var pages embed.FS

// Code is one kind of diagnostic.
type Code struct {
	ID       string        // R014
	Severity diag.Severity // of every diagnostic of this code
	Title    string        // a few words
	Text     string        // what it means and what to do, as Markdown, without the examples
	Examples []Example     // a wrong one and a right one, or none where only a run says it
}

// Example is a piece of a rulebook or of amends.yaml.
type Example struct {
	Wrong bool // it gives the diagnostic; a right one does not
	YAML  string
}

// All returns every code, in order of its letter and number; callers do not
// change it.
func All() []Code { return table().codes }

// Find returns the code with an id; false where there is none.
func Find(id string) (Code, bool) {
	i, found := slices.BinarySearchFunc(All(), id, func(c Code, id string) int { return cmp.Compare(c.ID, id) })
	if !found {
		return Code{}, false
	}
	return All()[i], true
}

// Check returns what is wrong with the pages themselves; nil in a good build.
func Check() error { return table().err }

type tableOf struct {
	codes []Code
	err   error
}

var table = sync.OnceValue(func() tableOf {
	var t tableOf
	names, err := fs.Glob(pages, "*.md")
	if err != nil {
		return tableOf{err: err}
	}
	for _, name := range names {
		content, err := fs.ReadFile(pages, name)
		if err == nil {
			var found []Code
			found, err = parsePage(string(content))
			t.codes = append(t.codes, found...)
		}
		if err != nil && t.err == nil {
			t.err = fmt.Errorf("%s: %w", name, err)
		}
	}
	slices.SortFunc(t.codes, func(a, b Code) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(t.codes); i++ {
		if t.codes[i].ID == t.codes[i-1].ID && t.err == nil {
			t.err = fmt.Errorf("%s has two pages", t.codes[i].ID)
		}
	}
	return t
})

var (
	heading = regexp.MustCompile(`^([A-Z]\d{3}) · (error|warning|note) · (\S.*)$`)
	example = regexp.MustCompile("(?ms)^```yaml (wrong|right)\n(.*?)^```\n")
)

// parsePage reads the sections of one file: a heading "R014 · error · title",
// the text, and the examples.
func parsePage(content string) ([]Code, error) {
	var list []Code
	for _, section := range strings.Split("\n"+content, "\n## ")[1:] {
		first, body, _ := strings.Cut(section, "\n")
		m := heading.FindStringSubmatch(first)
		if m == nil {
			return list, fmt.Errorf("the heading %q is not \"R014 · error · title\"", first)
		}
		body += "\n"
		c := Code{ID: m[1], Title: m[3], Text: strings.TrimSpace(example.ReplaceAllString(body, ""))}
		for severity, word := range diag.Severities() {
			if word == m[2] {
				c.Severity = severity
			}
		}
		for _, e := range example.FindAllStringSubmatch(body, -1) {
			c.Examples = append(c.Examples, Example{Wrong: e[1] == "wrong", YAML: e[2]})
		}
		list = append(list, c)
	}
	return list, nil
}
