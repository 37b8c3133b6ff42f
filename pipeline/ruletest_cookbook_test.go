package pipeline_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ruletest"
	"amends/rules/diag"
)

// cookbookPage has a rulebook with its tests in each section.
const cookbookPage = "../rules/COOKBOOK.md"

// introduction is what the page says before its first section, among the blocks
// that recipes share.
const introduction = "introduction"

// fenced are the blocks of a text, by what follows the fence: those of one kind
// one after another.
func fenced(text string) map[string]string {
	found := map[string]string{}
	for i, part := range strings.Split("\n"+text, "\n```") {
		if lang, body, ok := strings.Cut(part, "\n"); ok && i%2 == 1 {
			found[lang] += body + "\n"
		}
	}
	return found
}

// Every recipe says its sentence, compiles without a word from check but what the
// page's introduction names, comes out
// as its tests say, and its tests show every side of it and notice every change.
func TestCookbook(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(cookbookPage)
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Split(string(page), "\n## ")
	sections := whole[1:]
	shared := fenced(sections[0])
	shared[introduction] = whole[0]
	if shared["yaml workspace"] == "" || shared["yaml base"] == "" {
		t.Fatal("the first section has not the workspace and the rows that recipes share")
	}
	for _, section := range sections[1:] {
		title, text, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			testRecipe(t, shared, text)
		})
	}
	if len(sections) < 18 {
		t.Errorf("%d recipes", len(sections)-1)
	}
}

func testRecipe(t *testing.T, shared map[string]string, text string) {
	t.Helper()
	if !strings.Contains(text, "\n> ") || !strings.Contains(text, "\n- Watch: ") {
		t.Error("a recipe begins with a sentence, and says what to watch")
	}
	files := map[string]string{"amends.yaml": shared["yaml workspace"], "rules/base_test.yaml": shared["yaml base"]}
	for lang, body := range fenced(text) {
		kind, name, _ := strings.Cut(lang, " ")
		switch {
		case lang == "yaml":
			files["rules/recipe.yaml"] = body
		case lang == "yaml test":
			files["rules/recipe_test.yaml"] = body
		case lang == "yaml base":
			files["rules/base_test.yaml"] = body
		case lang == "yaml workspace":
			files["amends.yaml"] = body
		case kind == "csv":
			files["rules/"+name] = body
		default:
			t.Errorf("a block of %q", lang)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := pipeline.LintWithout(dir)
	for _, d := range found {
		if d.Severity != diag.Note && !strings.Contains(shared[introduction], "("+d.Code+")") {
			t.Error(d) // and the introduction does not say that recipes leave it out
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	result, list, err := pipeline.Test(context.Background(), pipeline.Config{Dir: dir}, pipeline.TestOptions{Coverage: true, Mutate: true})
	for _, d := range list {
		t.Error(d)
	}
	if err != nil || result == nil {
		t.Fatal(err)
	}
	if result.Failed() > 0 || len(result.Cases) < 2 {
		var text strings.Builder
		_ = result.Text(&text, ruletest.TextOptions{Quiet: true}) // a Builder takes everything
		t.Errorf("%d cases\n%s", len(result.Cases), text.String())
	}
	if result.Coverage.Permille() != 1000 {
		t.Error(shown(t, result.CoverageText))
	}
	if result.Mutation == nil {
		return
	}
	for _, m := range result.Mutation.Survivors {
		if !strings.HasPrefix(m.Of, "terms ") && m.Of != "combine" { // which most recipes are not about
			t.Errorf("%s: no case notices that %s becomes %s", m.Of, m.Before, m.After)
		}
	}
}
