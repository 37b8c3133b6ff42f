package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ruletest"
	"amends/rules/calendar"
	"amends/samples"
)

// authorsPage is what authors of tests read.
const authorsPage = "ruletest/README.md"

// starterWorkspace is what `amends init` makes, without its tests.
func starterWorkspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	date, err := calendar.FromYMD(2026, 1, 15)
	if err != nil {
		t.Fatal(err)
	}
	if err := samples.WriteStarter(dir, date); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "rules", "late_test.yaml")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Every test on the authors' page comes out as it says, in one workspace: base
// rows are shared.
func TestTestsOnTheAuthorsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(authorsPage)
	if err != nil {
		t.Fatal(err)
	}
	dir := starterWorkspace(t)
	files := 0
	for _, part := range strings.Split(string(page), "```yaml test\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		files++
		if err := os.WriteFile(filepath.Join(dir, "rules", fmt.Sprintf("page%d_test.yaml", files)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	result, list, err := pipeline.Test(context.Background(), pipeline.Config{Dir: dir}, pipeline.TestOptions{})
	for _, d := range list {
		t.Error(d)
	}
	if err != nil || result == nil {
		t.Fatal(err)
	}
	if files < 4 || len(result.Cases) < 12 {
		t.Errorf("%d files, %d cases", files, len(result.Cases))
	}
	if result.Failed() > 0 {
		var text strings.Builder
		_ = result.Text(&text, ruletest.TextOptions{Quiet: true})
		t.Error(text.String())
	}
}
