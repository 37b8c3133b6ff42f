package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// guidePage takes one rule from a sentence to its costs.
const guidePage = "../../rules/GUIDE.md"

// TestGuide does what the guide tells its reader, step after step in one folder:
// it writes the files (a first line names each), runs the commands, and holds
// what they print to the page. A line of … there stands for any lines.
func TestGuide(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("tries some four hundred rulebooks")
	}
	dir := t.TempDir()
	all := blocks(t, guidePage)
	commands := 0
	for i, b := range all {
		lang, how, _ := strings.Cut(b.lang, " ")
		switch lang {
		case "yaml":
			writeGuideFile(t, dir, b, how == "append")
		case "sh":
			copyGuideFiles(t, dir, b)
			var printed strings.Builder
			for _, args := range commandLines(b.text) {
				commands++
				out, err := amends(dir, args...)
				var exit *exec.ExitError
				if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitFindings) {
					t.Fatalf("%s: %v\n%s", b.place, err, out)
				}
				printed.WriteString(out)
			}
			if i+1 < len(all) && all[i+1].lang == "text" {
				compareElided(t, all[i+1], printed.String())
			}
		}
	}
	if commands < 9 {
		t.Errorf("%d commands", commands)
	}
}

// copyGuideFiles does the lines of a block that say cp, which stand before its
// commands.
func copyGuideFiles(t *testing.T, dir string, b block) {
	t.Helper()
	for line := range strings.Lines(b.text) {
		words := strings.Fields(line)
		if len(words) == 4 && words[0] == "cp" && words[1] == "-r" {
			if err := os.CopyFS(filepath.Join(dir, filepath.FromSlash(words[3])), os.DirFS(filepath.Join(dir, filepath.FromSlash(words[2])))); err != nil {
				t.Fatalf("%s: %v", b.place, err)
			}
		}
		if len(words) != 3 || words[0] != "cp" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(words[1])))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.FromSlash(words[2])), content, 0o600)
		}
		if err != nil {
			t.Fatalf("%s: %v", b.place, err)
		}
	}
}

func writeGuideFile(t *testing.T, dir string, b block, appended bool) {
	t.Helper()
	first, rest, _ := strings.Cut(b.text, "\n")
	name, named := strings.CutPrefix(first, "# ")
	if !named || strings.Contains(name, " ") {
		t.Fatalf("%s: the first line does not name the file", b.place)
	}
	path, content := filepath.Join(dir, filepath.FromSlash(name)), b.text
	if appended {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content = string(before) + rest
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// compareElided is compareOutput for blocks that leave lines out: what stands
// between two … follows in that order, each piece in one.
func compareElided(t *testing.T, b block, got string) {
	t.Helper()
	want := strings.Split(strings.TrimSpace(b.text), "\n")
	if !slices.Contains(want, "…") {
		compareOutput(t, b, got)
		return
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	loose := false // whether lines may be skipped before the next piece
	for len(want) > 0 {
		n := slices.Index(want, "…")
		if n == 0 {
			loose, want = true, want[1:]
			continue
		}
		if n < 0 {
			n = len(want)
		}
		at := 0
		for loose && at+n <= len(lines) && !slices.Equal(lines[at:at+n], want[:n]) {
			at++
		}
		if at+n > len(lines) || !slices.Equal(lines[at:at+n], want[:n]) {
			t.Errorf("%s: the program does not print\n%s\nbut\n%s", b.place, strings.Join(want[:n], "\n"), got)
			return
		}
		lines, want, loose = lines[at+n:], want[n:], false
	}
	if !loose && len(lines) > 0 {
		t.Errorf("%s: the program goes on with\n%s", b.place, strings.Join(lines, "\n"))
	}
}

// What a new user types first works by copy and paste: the front page builds the
// program and puts it on the PATH before anything calls it, and every page calls it
// as the program's own hints do.
func TestPagesCallTheProgramByOneName(t *testing.T) {
	t.Parallel()
	for _, page := range append([]string{guidePage}, pages...) {
		for _, b := range blocks(t, page) {
			if strings.Contains(b.text, "./amends ") || strings.Contains(b.text, "go run ./cmd/amends") {
				t.Errorf("%s calls the program by another name than amends", b.place)
			}
		}
	}
	for _, b := range blocks(t, frontPage) {
		if b.lang != "sh" {
			continue
		}
		build, path, call := strings.Index(b.text, "go build ./cmd/amends "), strings.Index(b.text, `export PATH="$PWD:$PATH"`), strings.Index(b.text, "\namends ")
		if build < 0 || path < build || call < path {
			t.Errorf("%s: want the build, the PATH, then the first call:\n%s", b.place, b.text)
		}
		return
	}
	t.Error("the front page has no commands")
}
