package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const pullRequests = "../../samples/pull-requests"

// workflow is what the tests read of a workflow of GitHub Actions.
type workflow struct {
	On struct {
		PullRequest struct{ Paths []string } `yaml:"pull_request"`
	}
	Permissions map[string]string
	Jobs        map[string]struct {
		If     string
		RunsOn []string `yaml:"runs-on"`
		Env    map[string]string
		Steps  []workflowStep
	}
}

type workflowStep struct {
	Name, ID, If, Uses, Run string
	With                    map[string]any
	Env                     map[string]string
}

func pullRequestFile(t *testing.T, name string, to any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(pullRequests, name))
	if err == nil {
		err = yaml.Unmarshal(content, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func reviewSteps(t *testing.T) ([]workflowStep, map[string]string) {
	t.Helper()
	var w workflow
	pullRequestFile(t, "rules.yml", &w)
	job, there := w.Jobs["review"]
	if len(w.Jobs) != 1 || !there || !slices.Equal(job.RunsOn, []string{"self-hosted", "amends"}) || w.Permissions["pull-requests"] != "write" || w.Permissions["security-events"] != "write" ||
		w.Permissions["contents"] != "read" || !slices.Contains(w.On.PullRequest.Paths, "rules/**") || !strings.Contains(job.If, "head.repo.full_name == github.repository") {
		t.Fatalf("%+v", w)
	}
	return job.Steps, job.Env
}

// amendsIn are the commands of amends in lines of a shell: their arguments, up to
// where the output goes.
func amendsIn(text string) (lines [][]string) {
	for _, call := range regexp.MustCompile(`(?m)^\s*amends ([^\n|>#]*)`).FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Fields(call[1]))
	}
	return lines
}

func TestPullRequestSamplesCallTheProgram(t *testing.T) {
	t.Parallel()
	steps, _ := reviewSteps(t)
	var calls [][]string
	for _, s := range steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: a shell reads what a pull request says: put it into env", s.Name)
		}
		calls = append(calls, amendsIn(s.Run)...)
	}
	readme, err := os.ReadFile(filepath.Join(pullRequests, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][][]string{"rules.yml": calls, "README.md": amendsIn(string(readme))} {
		var done []string
		for _, args := range list {
			command, _ := mustParse(t, name, args)
			done = append(done, command)
		}
		for _, want := range []string{"fmt", "check", "test", "diff"} {
			if !slices.Contains(done, want) {
				t.Errorf("%s does not call %s: %q", name, want, done)
			}
		}
		for _, flags := range [][]string{{"check", "--strict"}, {"fmt", "--check"}, {"test", "--min-coverage"}, {"diff", "--markdown", "--last"}} {
			if !slices.ContainsFunc(list, func(args []string) bool {
				return !slices.ContainsFunc(flags, func(flag string) bool { return !slices.Contains(args, flag) })
			}) {
				t.Errorf("%s: none is %q: %q", name, flags, list)
			}
		}
	}
}

func TestPreCommitSample(t *testing.T) {
	t.Parallel()
	var config struct {
		Repos []struct {
			Repo  string
			Hooks []struct {
				ID, Name, Language, Entry, Files string
				PassFilenames                    *bool `yaml:"pass_filenames"`
				Stages                           []string
			}
		}
	}
	pullRequestFile(t, "pre-commit-config.yaml", &config)
	var done []string
	for _, hook := range config.Repos[0].Hooks {
		args := strings.Fields(hook.Entry)
		if args[0] != "amends" || hook.Language != "system" {
			t.Errorf("%+v", hook)
		}
		takesFiles := hook.PassFilenames == nil || *hook.PassFilenames
		if args = args[1:]; takesFiles {
			args = append(args, "rules/late.yaml", "amends.yaml")
		}
		command, _ := mustParse(t, hook.ID, args)
		done = append(done, command)
		if takesFiles != strings.HasPrefix(command, "fmt") {
			t.Errorf("%s is %q with files %t", hook.ID, command, takesFiles)
		}
		files := regexp.MustCompile(hook.Files)
		for name, want := range map[string]bool{"amends.yaml": true, "rules/late.yaml": true, "rules/deep/late_test.yaml": true, "rules/late.csv": !takesFiles, "README.md": false, "data/x.yaml": false} {
			if files.MatchString(name) != want {
				t.Errorf("%s: %s: want %t", hook.ID, name, want)
			}
		}
	}
	if config.Repos[0].Repo != "local" || !slices.Equal(done, []string{"fmt <file>", "test", "check"}) {
		t.Errorf("%q", done)
	}
}

// reviewer runs the steps of the workflow as a runner does, in bash, with a gh
// that keeps what it is given.
type reviewer struct {
	t   *testing.T
	dir string // of the job
	env []string
}

const fakeGH = `#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$*" in *--paginate*) cat "$GH_IDS";; esac
for arg; do case "$arg" in body=@*) cp "${arg#body=@}" "$GH_LOG.body";; esac; done
`

func newReviewer(t *testing.T) *reviewer {
	t.Helper()
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not there")
		}
	}
	r := &reviewer{t: t, dir: t.TempDir()}
	r.put("bin/gh", fakeGH)
	r.put("ids", "")
	r.put("temp/cost.md", "of an earlier job") // a runner's own folder is its own to empty
	ledger := filepath.Join(r.dir, "srv")
	if _, err := amends(r.dir, "demo", "--dir", ledger, "--deliveries", "900", "--nights", "12"); err != nil {
		t.Fatal(err)
	}
	r.env = append(os.Environ(), clockVariable+"="+docsNow, "PATH="+filepath.Join(r.dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"LEDGER="+ledger, "RUNNER_TEMP="+filepath.Join(r.dir, "temp"), "GITHUB_STEP_SUMMARY="+filepath.Join(r.dir, "summary.md"),
		"GH_LOG="+filepath.Join(r.dir, "gh.log"), "GH_IDS="+filepath.Join(r.dir, "ids"), "REPOSITORY=shop/rules", "NUMBER=7", "COMMIT=0123abc",
		"GIT_AUTHOR_NAME=kim", "GIT_AUTHOR_EMAIL=kim@shop.example", "GIT_COMMITTER_NAME=kim", "GIT_COMMITTER_EMAIL=kim@shop.example", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	proposed := filepath.Join(r.dir, "proposed")
	for _, name := range []string{"amends.yaml", "rules"} {
		if err := os.MkdirAll(proposed, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-R", filepath.Join(ledger, name), proposed).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	r.put("proposed/.gitignore", "/data\n/state\n")
	r.shell("git init -q proposed && cd proposed && git add . && git commit -q -m main")
	return r
}

func (r *reviewer) put(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o700)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *reviewer) read(name string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, filepath.FromSlash(name)))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.t.Fatal(err)
	}
	return string(content)
}

func (r *reviewer) try(script string) (string, error) {
	c := exec.Command("bash", "-e", "-c", script) // as a runner calls it
	c.Dir, c.Env = r.dir, r.env
	out, err := c.CombinedOutput()
	return string(out), err
}

func (r *reviewer) shell(script string) {
	r.t.Helper()
	if out, err := r.try(script); err != nil {
		r.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// change commits another text of a file of the rules, as a merge would.
func (r *reviewer) change(name, from, to string) {
	r.t.Helper()
	text := r.read("proposed/" + name)
	if !strings.Contains(text, from) {
		r.t.Fatalf("%s has no %q", name, from)
	}
	r.put("proposed/"+name, strings.Replace(text, from, to, 1))
	r.shell("cd proposed && git commit -q -a -m change")
}

// review runs the steps, and returns the names of those that fail.
func (r *reviewer) review() (failed []string) {
	r.t.Helper()
	steps, _ := reviewSteps(r.t)
	outcome := map[string]bool{}
	for _, s := range steps {
		if s.Run == "" {
			continue
		}
		if id := regexp.MustCompile(`steps\.(\w+)\.outcome == 'success'`).FindStringSubmatch(s.If); id != nil && !outcome[id[1]] || s.If == "" && len(failed) > 0 {
			continue
		}
		out, err := r.try(s.Run)
		if outcome[s.ID] = err == nil; err != nil {
			failed = append(failed, s.Name)
			r.t.Logf("%s: %v\n%s", s.Name, err, out)
		}
	}
	return failed
}

// A lower cap is commented on once, though tests of the old one fail, and the comment is renewed; rules that do not
// pass fail their steps, and leave the comment as it was.
func TestPullRequestWorkflowComments(t *testing.T) {
	t.Parallel()
	r := newReviewer(t)
	r.change("rules/tables.yaml", docsCaps, docsLower)
	if failed := r.review(); !slices.Equal(failed, []string{"Tests"}) { // that say the old cap
		t.Fatalf("%q fail", failed)
	}
	first := r.read("gh.log.body")
	if !strings.HasPrefix(first, "<!-- amends diff -->\n### What would change with `proposed/rules`\n\n**With proposed/rules, ") || !strings.HasSuffix(first, "\n<sub>For 0123abc.</sub>\n") ||
		!strings.Contains(first, "- table value `caps.late.USD` (`proposed/rules/tables.yaml:") || !strings.Contains(first, "12 nights, ") || len(first) >= 65_536 {
		t.Errorf("the comment is %s", first)
	}
	if got := r.read("gh.log"); strings.Count(got, "\n") != 2 || !strings.Contains(got, "--method POST repos/shop/rules/issues/7/comments") {
		t.Errorf("gh is called with %s", got)
	}
	if summary := r.read("summary.md"); summary == "" || !strings.Contains(first, summary) {
		t.Errorf("the summary is %s", summary)
	}
	if sarif := r.read("temp/rules.sarif"); !strings.Contains(sarif, `"version": "2.1.0"`) {
		t.Errorf("findings: %s", sarif)
	}

	r.put("ids", "41\n42\n")
	r.put("gh.log", "")
	r.change("rules/late.yaml", "\nrules:\n", "\nrules: # again\n")
	if failed := r.review(); !slices.Equal(failed, []string{"Tests"}) { // that say the old cap
		t.Fatalf("%q fail", failed)
	}
	if got := r.read("gh.log"); !strings.Contains(got, "--method PATCH repos/shop/rules/issues/comments/41 ") {
		t.Errorf("gh is called with %s", got)
	}
	if second := r.read("gh.log.body"); !strings.Contains(second, "**No difference: proposed/rules gives every incident the same as rules.**") {
		t.Errorf("the second comment is %s", second) // its first parent has the lower cap already
	}

	r.put("gh.log", "")
	r.change("rules/late.yaml", "item_price", "item_prise")
	if failed := r.review(); !slices.Equal(failed, []string{"Check", "Tests", "Cost"}) {
		t.Errorf("%q fail", failed)
	}
	if got := r.read("gh.log"); got != "" {
		t.Errorf("gh is called with %s", got)
	}
	if sarif := r.read("temp/rules.sarif"); !strings.Contains(sarif, "item_prise") {
		t.Errorf("findings: %s", sarif)
	}
}
