package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unusedFinding is a whole finding about what an example leaves unused.
var unusedFinding = regexp.MustCompile(`(?m)^\S+: warning: L04[012]: .*\n(?:   \| .*\n)*`)

// TestMistakes runs check on what authors get wrong, one mistake a file of
// testdata/mistakes: what they wrote, and what check says, with the place, the
// reason and the way to mend it. UPDATE_MISTAKES rewrites the latter; then it is
// for a person to read.
func TestMistakes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/mistakes/*.txt")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d mistakes, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			const mark = "-- amends check --\n"
			mistake, want, ok := strings.Cut(readText(t, path), mark)
			if !ok {
				t.Fatalf("no line %q", mark)
			}
			var out, stderr bytes.Buffer
			code := run(context.Background(), []string{"-C", exampleDir(t, mistake), "check", "--strict"}, &out, &stderr)
			got, _, _ := strings.Cut(unusedFinding.ReplaceAllString(out.String(), ""), "\nok: ")
			if i := strings.LastIndex(got, "with --strict"); i >= 0 {
				got = got[:strings.LastIndex(got[:i], "\n")+1]
			}
			if note := strings.Contains(got, ": note: "); code != exitFindings && !note || strings.Count(got, "\n") < 2 {
				t.Errorf("exit %d, found:\n%s%s", code, &out, &stderr)
			}
			if got == want {
				return
			}
			if os.Getenv("UPDATE_MISTAKES") == "" {
				t.Errorf("check says\n%sand the file\n%s", got, want)
				return
			}
			writeText(t, path, mistake+mark+got)
		})
	}
}
