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

// parsePage reads the sections of one file: a heading "R014 · error · title",
// the text, and the examples.
func parsePage(content string) ([]Code, error) {
	var list []Code
	for _, section := range strings.Split("\n"+content, "\n## ")[1:] {
		first, body, _ := strings.Cut(section, "\n")
		c, ok := parseHeading(first)
		if !ok {
			return list, fmt.Errorf("the heading %q is not \"R014 · error · title\"", first)
		}
		c.Text, c.Examples = parseBody(body + "\n")
		list = append(list, c)
	}
	return list, nil
}

// parseHeading reads "R014 · error · title".
func parseHeading(text string) (c Code, ok bool) {
	words := strings.SplitN(text, " · ", 3)
	if len(words) < 3 || !isID(words[0]) || words[2] == "" || strings.TrimLeft(words[2], " \t") != words[2] {
		return c, false
	}
	c.ID, c.Title = words[0], words[2]
	for severity, word := range diag.Severities() {
		if word == words[1] {
			c.Severity, ok = severity, true
		}
	}
	return c, ok
}

// isID reports whether a text is a letter and three digits.
func isID(text string) bool {
	return len(text) == 4 && 'A' <= text[0] && text[0] <= 'Z' && strings.Trim(text[1:], "0123456789") == ""
}

// parseBody takes the examples out of a section: blocks that begin with a line
// "```yaml wrong" or "```yaml right" and end with a line "```".
func parseBody(body string) (text string, examples []Example) {
	var rest strings.Builder
	for body != "" {
		line, after, _ := strings.Cut(body, "\n")
		if line == "```yaml wrong" || line == "```yaml right" {
			if yaml, behind, closed := strings.Cut("\n"+after, "\n```\n"); closed {
				examples = append(examples, Example{Wrong: line == "```yaml wrong", YAML: strings.TrimPrefix(yaml+"\n", "\n")})
				body = behind
				continue
			}
		}
		rest.WriteString(line + "\n")
		body = after
	}
	return strings.TrimSpace(rest.String()), examples
}
