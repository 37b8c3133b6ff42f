package codes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"amends/rules/codes"
)

// literal fits the codes of check and of test.
var literal = regexp.MustCompile(`^[BLRTW]\d{3}$`)

// literals are the codes that the module's Go files name, tests left out.
func literals(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	const root = "../.."
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bench" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if basic, ok := n.(*ast.BasicLit); ok && basic.Kind == token.STRING {
				if text, err := strconv.Unquote(basic.Value); err == nil && literal.MatchString(text) {
					found[text] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) < 50 {
		t.Fatalf("%d codes, %v", len(found), err)
	}
	return found
}

// What the program says is in the table, and what is in the table it says.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	if err := codes.Check(); err != nil {
		t.Fatal(err)
	}
	named := literals(t)
	for _, c := range codes.All() {
		if !named[c.ID] {
			t.Errorf("%s has a page, and nothing says it", c.ID)
		}
		delete(named, c.ID)
	}
	for id := range named {
		t.Errorf("%s is said, and has no page", id)
	}
}

// saidByRuns are the codes that need a night, files that differ, or a table that
// is too large for a page.
var saidByRuns = []string{"B047", "B090", "W103", "W110", "W111"}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, c := range codes.All() {
		wrong := slices.ContainsFunc(c.Examples, func(e codes.Example) bool { return e.Wrong })
		right := slices.ContainsFunc(c.Examples, func(e codes.Example) bool { return !e.Wrong })
		if slices.Contains(saidByRuns, c.ID) == (wrong || right) || wrong != right {
			t.Errorf("%s: a wrong example: %v, a right one: %v", c.ID, wrong, right)
		}
		if len(c.Text) < 40 || strings.Contains(c.Text, "```") || !strings.HasSuffix(c.Text, ".") && !strings.HasSuffix(c.Text, "?") {
			t.Errorf("%s: the text is not whole: %q", c.ID, c.Text)
		}
	}
	if _, found := codes.Find("R014"); !found {
		t.Error("R014 is not found")
	}
	for _, id := range []string{"", "R999", "R0140"} {
		if c, found := codes.Find(id); found {
			t.Errorf("%q is found as %s", id, c.ID)
		}
	}
}
