package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"amends/pipeline/workspace"
)

// The pages whose examples run, from the folder of this package. A fenced block
// is yaml, a file of rules or, on workspacePage, amends.yaml; csv with a name, a
// decision table beside them; `yaml fail`, one
// that check refuses with the text block after it; sh, commands whose output is
// the text block after it, if there is one.
const (
	rulesPage     = "../../rules/README.md"
	tablesPage    = "../../rules/TABLES.md"
	workspacePage = "../../pipeline/workspace/README.md"
	publishPage   = "../../pipeline/publish/README.md"
	commandsPage  = "README.md"
	frontPage     = "../../README.md"
)

var pages = []string{frontPage, rulesPage, tablesPage, workspacePage, publishPage, commandsPage}

// docsNow is the morning after the last night of the demo.
const docsNow = "2026-02-19T12:00:00Z"

type block struct {
	place string // page:line of the fence
	lang  string // what follows the fence
	text  string
}

func blocks(t *testing.T, page string) []block {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	open := false
	for i, line := range strings.SplitAfter(string(content), "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		switch {
		case isFence && !open:
			all = append(all, block{place: fmt.Sprintf("%s:%d", page, i+1), lang: strings.TrimSpace(fence)})
			open = true
		case isFence:
			open = false
		case open:
			all[len(all)-1].text += line
		}
	}
	if open {
		t.Errorf("%s: a block without its end", page)
	}
	return all
}

// documents are the pages, and a small demo that they are held to.
type documents struct{ demo string }

// TestDocuments runs the examples of the pages.
func TestDocuments(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	if _, err := amends(parent, "demo", "--deliveries", "900"); err != nil {
		t.Fatal(err)
	}
	d := documents{demo: filepath.Join(parent, "amends-demo")}
	d.cheaper(t)
	for name, test := range map[string]func(*testing.T){
		"rules": d.rules, "workspaces": d.workspaces, "commands": d.commands,
		"expressions": d.expressions, "every function": d.language, "published columns": d.columns,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// amends runs the program in a folder on the morning of docsNow.
func amends(dir string, args ...string) (stdout string, err error) {
	c := exec.Command("amends", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), clockVariable+"="+docsNow)
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	if err = c.Run(); err != nil {
		err = fmt.Errorf("amends %s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out.String(), err
}

// exampleWorkspace is the demo without its rules and state: its data is linked.
func (d documents) exampleWorkspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	content, err := os.ReadFile(filepath.Join(d.demo, "amends.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "amends.yaml"), content, 0o600)
	}
	err = errors.Join(err, os.Symlink(filepath.Join(d.demo, "data"), filepath.Join(dir, "data")), os.Mkdir(filepath.Join(dir, "rules"), 0o700))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeRules makes an example a file of rules, beside what the demo's
// tables.yaml has of the sections that the example leaves out. A first line
// such as "# rules/late.yaml" names the file.
func (d documents) writeRules(t *testing.T, dir, text string) {
	t.Helper()
	shared, err := os.ReadFile(filepath.Join(d.demo, "rules", "tables.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{}
	for _, key := range regexp.MustCompile(`(?m)^([a-z_]+):`).FindAllStringSubmatch(text, -1) {
		own[key[1]] = true
	}
	var rest strings.Builder
	for _, section := range regexp.MustCompile(`(?m)^[a-z].*\n(?:(?:[ #].*)?\n)*`).FindAllString(string(shared), -1) {
		name, _, _ := strings.Cut(section, ":")
		if !own[name] {
			rest.WriteString(section)
		}
	}
	name := "example.yaml"
	if m := regexp.MustCompile(`^# rules/(\S+)\n`).FindStringSubmatch(text); m != nil {
		name = m[1]
	}
	files := map[string]string{name: text, "shared.yaml": rest.String()}
	for file, content := range files {
		if content == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "rules", file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// rules checks every example as the program does.
func (d documents) rules(t *testing.T) {
	for _, page := range pages {
		if page == workspacePage {
			continue
		}
		all := blocks(t, page)
		for i, b := range all {
			if lang, _, _ := strings.Cut(b.lang, " "); lang != "yaml" {
				continue
			}
			dir := d.exampleWorkspace(t)
			d.writeRules(t, dir, b.text)
			writeTables(t, dir, all)
			got, err := amends(dir, "check")
			if b.lang == "yaml" {
				if err != nil || !strings.HasPrefix(got, "ok: ") && !strings.Contains(got, "\nok: ") || warned(got) {
					t.Errorf("%s: %v\n%s", b.place, err, got)
				}
				continue
			}
			if i+1 == len(all) || all[i+1].lang != "text" {
				t.Errorf("%s: what check says does not follow:\n%s", b.place, got)
				continue
			}
			compareOutput(t, all[i+1], got)
		}
	}
}

var warning = regexp.MustCompile(`(?m)^\S+: warning: ([A-Z]\d{3}): `)

// warned reports whether check warns of more than what is not in an example: uses
// of what stands beside it, and limits.
func warned(printed string) bool {
	return slices.ContainsFunc(warning.FindAllStringSubmatch(printed, -1), func(m []string) bool { return !unusedCode.MatchString(m[1]) && m[1] != "L011" })
}

// writeTables puts the decision tables of a page, blocks such as "csv late.csv",
// beside its rules.
func writeTables(t *testing.T, dir string, all []block) {
	t.Helper()
	for _, b := range all {
		if name, ok := strings.CutPrefix(b.lang, "csv "); ok {
			if err := os.WriteFile(filepath.Join(dir, "rules", name), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var updating sync.Mutex

// compareOutput holds a block to what the program prints. With UPDATE_DOCS set
// it rewrites the block instead.
func compareOutput(t *testing.T, b block, got string) {
	t.Helper()
	if strings.TrimSpace(got) == strings.TrimSpace(b.text) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Errorf("%s: the program prints\n%s\nand the page says\n%s", b.place, got, b.text)
		return
	}
	updating.Lock()
	defer updating.Unlock()
	page, _, _ := strings.Cut(b.place, ":")
	content, err := os.ReadFile(page)
	if err == nil {
		fence := "```" + b.lang + "\n"
		content = bytes.Replace(content, []byte(fence+b.text+"```"), []byte(fence+strings.TrimSpace(got)+"\n```"), 1)
		err = os.WriteFile(page, content, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// workspaces parses every example of amends.yaml. One without a
// timezone is a fragment, and gets one and a source of events.
func (d documents) workspaces(t *testing.T) {
	all := blocks(t, workspacePage)
	for i, b := range all {
		if lang, _, _ := strings.Cut(b.lang, " "); lang != "yaml" {
			continue
		}
		text := b.text
		if !strings.Contains(text, "timezone:") {
			if !strings.Contains(text, "\nsources:") && !strings.HasPrefix(text, "sources:") {
				text += "sources:\n"
			}
			text += "  shipments:\n    files: s.parquet\n    currency: USD\n    money: {price: minor}\n" +
				"    event: {id: id, incident: id, customer: customer, since: since, at: at, value: price}\n" +
				"timezone: UTC\n"
		}
		_, list := workspace.Parse("amends.yaml", []byte(text))
		var got bytes.Buffer
		list.Render(&got)
		switch {
		case b.lang != "yaml" && i+1 < len(all):
			compareOutput(t, all[i+1], got.String())
		case got.Len() > 0:
			t.Errorf("%s:\n%s", b.place, &got)
		}
	}
}

// parsedOnly mark commands that make a workspace, write requests, do not end, or
// need files that the demo has not.
var parsedOnly = []string{"init", "demo", "serve", "approve", "reject", "withdraw", "void", "reverse", "confirm", "--skip-to", "/srv/credits", "rules-new", "rules-new/late.yaml"}

// commands parses every command line, and runs those that need
// no other data than the demo's, each with the output that the page gives.
func (d documents) commands(t *testing.T) {
	for _, page := range pages {
		all := blocks(t, page)
		for i, b := range all {
			if b.lang != "sh" {
				continue
			}
			var printed string
			for _, args := range commandLines(b.text) {
				mustParse(t, b.place, args)
				if slices.ContainsFunc(args, func(word string) bool { return slices.Contains(parsedOnly, word) }) {
					continue
				}
				dir := d.demo
				if slices.Contains(args, "amends-demo") {
					dir = filepath.Dir(d.demo)
				}
				out, err := amends(dir, args...)
				if err != nil && !foundDifference(args, err) {
					t.Errorf("%s: %v\n%s", b.place, err, out)
				}
				printed += out
			}
			if i+1 < len(all) && all[i+1].lang == "text" {
				compareOutput(t, all[i+1], printed)
			}
		}
	}
}

var shellWord = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)

// commandLines are the arguments of the lines that run amends.
func commandLines(text string) (lines [][]string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " #")
		words := shellWord.FindAllString(line, -1)
		for i, w := range words {
			if strings.HasPrefix(w, "'") {
				words[i] = strings.Trim(w, "'")
			}
		}
		if len(words) > 2 && words[0] == "go" && words[1] == "run" {
			words = words[2:]
		}
		if len(words) > 0 && filepath.Base(words[0]) == "amends" {
			lines = append(lines, words[1:])
		}
	}
	return lines
}
