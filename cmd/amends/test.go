package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"amends/pipeline"
	"amends/pipeline/ruletest"
)

type testCommand struct {
	Regexp      string     `name:"run" placeholder:"REGEXP" help:"Only cases whose sentence it matches."`
	With        string     `placeholder:"PATH" help:"Run the cases on other rules: a folder of rules, or one file that takes the place of the file of its name (or is one more)."`
	JSON        bool       `name:"json" help:"Print the result as JSON."`
	JUnit       string     `name:"junit" placeholder:"FILE" help:"Also write the result as JUnit XML, for a build server."`
	Bless       bool       `help:"Write what came out into the expectations of cases that failed, and of those without one."`
	Coverage    bool       `help:"Show which parts of the rules no case shows: conditions that were never true or never false, bounds that never decided, exclusions, limits, approvals."`
	MinCoverage percentage `placeholder:"PERCENT" help:"Exit code 3 where less of the rules is shown."`
	Mutate      bool       `help:"Change the rules in small ways, in memory, and list the changes that no case notices."`
	Rule        []string   `placeholder:"ID" help:"With --mutate: change these rules alone, with the definitions and entries of tables that they read, and the limits and budgets that name them."`
	MinNoticed  percentage `placeholder:"PERCENT" help:"With --mutate: exit code 3 where fewer of the changes are noticed."`
	Suggest     day        `placeholder:"DATE" help:"Propose cases from rows of that night next to each threshold of the rules, ready to paste; ids are made up."`
	Write       string     `placeholder:"FILE" help:"With --suggest: write the cases to a new file below the rules."`
	Quiet       bool       `short:"q" help:"Show only what is not as expected."`
}

// Help is shown by amends test --help.
func (testCommand) Help() string {
	return `It runs the cases of *_test.yaml beside the rules: each case gives rows, and what came before them, and says what is to come of them. Rows go through the same stages as on a night; nothing is read but the rules, the tests and the columns of the newest files, and nothing is written. Exit code 3 where a case does not come out as expected.

--coverage shows what no case shows, --mutate which small changes of the rules no case notices. --suggest proposes cases from real rows next to the thresholds of the rules. --with runs the workspace's cases on other rules, named as amends diff --with takes them: what fails is what the change changes. amends check --explain T011 says what a code of a test file means, with a wrong and a right example.

Examples:

  amends test
  amends test --run 'Prime'
  amends test --with late-new/late.yaml
  amends test --mutate --rule late-standard
  amends test --min-coverage 100 --min-noticed 100
  amends test --suggest 2026-01-15 --write rules/suggested_test.yaml`
}

// Run runs the tests.
func (c testCommand) Run(ctx ctxArgument, a *app) error {
	if c.With != "" && (c.Bless || c.Suggest.set) {
		return fmt.Errorf("%w: --with tries other rules on the cases as they are; --bless and --suggest write cases for the workspace's own", pipeline.ErrUsage)
	}
	if c.Suggest.set {
		return c.suggest(ctx, a)
	}
	if err := takesFile("--junit", c.JUnit); err != nil {
		return err
	}
	bar := newProgress(a.err)
	options := pipeline.TestOptions{With: c.With, Coverage: c.Coverage || c.MinCoverage.set, Mutate: c.Mutate || c.MinNoticed.set, Rules: c.Rule, Tried: bar.tried}
	if len(c.Rule) > 0 && !options.Mutate {
		return fmt.Errorf("%w: --rule says which rules --mutate changes; --run REGEXP chooses cases", pipeline.ErrUsage)
	}
	if c.Regexp != "" {
		pattern, err := regexp.Compile(c.Regexp)
		if err != nil {
			return fmt.Errorf("%w: --run: %v", pipeline.ErrUsage, err)
		}
		options.Run = pattern
	}
	result, list, err := pipeline.Test(ctx, a.config, options)
	bar.clear()
	if err != nil {
		return err
	}
	if result == nil {
		list.Render(a.out)
		return finding(exitFindings)
	}
	list.Render(a.err)
	if len(result.Files) == 0 && !c.JSON {
		a.print("no tests: write cases into %s/late_test.yaml, or any *_test.yaml there (amends test --help)\n", result.Folder)
		return nil
	}
	if c.JUnit != "" {
		if err := writeJUnit(c.JUnit, result); err != nil {
			return err
		}
	}
	if c.JSON {
		err = a.printJSON(result.JSON())
	} else {
		err = result.Text(a.out, ruletest.TextOptions{Colour: a.colour, Quiet: c.Quiet})
		if err == nil && result.Coverage != nil {
			err = result.CoverageText(a.out)
		}
		if err == nil && result.Mutation != nil {
			err = result.Mutation.Text(a.out)
		}
	}
	if err != nil {
		return err
	}
	if options.Mutate && result.Failed() > 0 {
		a.tell("the rules were not changed: --mutate needs cases that all come out as expected")
	}
	if c.Bless {
		return a.bless(result)
	}
	if c.MinCoverage.set && result.Coverage.Permille() < 10*c.MinCoverage.percent {
		a.tell("coverage is %s, below the %d %% that are asked for", ruletest.Percent(result.Coverage.Permille()), c.MinCoverage.percent)
		return finding(exitFindings)
	}
	if c.MinNoticed.set && result.Mutation != nil && result.Mutation.Permille() < 10*c.MinNoticed.percent {
		a.tell("%s of the changes are noticed, below the %d %% that are asked for", ruletest.Percent(result.Mutation.Permille()), c.MinNoticed.percent)
		return finding(exitFindings)
	}
	if result.Failed() > 0 {
		return finding(exitFindings)
	}
	return nil
}

// percentage is a flag's whole number from 0 to 100; the zero value is none.
type percentage struct {
	percent int
	set     bool
}

// UnmarshalText reads 100.
func (p *percentage) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > 100 {
		return fmt.Errorf("want a whole number from 0 to 100")
	}
	*p = percentage{n, true}
	return nil
}

// bless writes what came out into the test files.
func (a *app) bless(result *ruletest.Result) error {
	files, changes := result.Bless()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(a.config.Dir, filepath.FromSlash(f.Path)), f.Bytes, 0o666); err != nil {
			return err
		}
	}
	failed := false
	for _, c := range changes {
		if c.Failed != "" {
			failed = true
			a.tell("%s: not written, %s: %s", c.At, c.Failed, c.Case)
			continue
		}
		a.tell("%s: %s: was %s, is %s", c.At, c.Case, c.Before, c.After)
	}
	if failed {
		return finding(exitFindings)
	}
	return nil
}

// suggest proposes cases, on stdout or in a file of its own.
func (c testCommand) suggest(ctx ctxArgument, a *app) error {
	if c.Write != "" && !strings.HasSuffix(c.Write, "_test.yaml") {
		return fmt.Errorf("%w: --write %s: the name of a file of tests ends in _test.yaml", pipeline.ErrUsage, c.Write)
	}
	if _, err := os.Stat(c.Write); c.Write != "" && err == nil {
		return fmt.Errorf("%s is there already: name another file", c.Write)
	}
	if err := takesFile("--write", c.Write); err != nil {
		return err
	}
	text, list, err := pipeline.Suggest(ctx, a.config, c.Suggest.date)
	if err != nil {
		return err
	}
	if err := list.Err(); err != nil {
		list.Render(a.out)
		return finding(exitFindings)
	}
	list.Render(a.err)
	if text == "" {
		a.tell("no row of %s is next to a threshold that no case names yet", c.Suggest.date)
		return nil
	}
	if c.Write == "" {
		a.print("%s", text)
		return nil
	}
	file, err := os.OpenFile(c.Write, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err // a file that is there is never written over
	}
	if _, err := file.WriteString(text); err != nil {
		_ = file.Close() // the first error counts
		return err
	}
	return file.Close()
}

func writeJUnit(name string, result *ruletest.Result) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := result.JUnit(file); err != nil {
		_ = file.Close() // the first error counts
		return fmt.Errorf("%s: %w", name, err)
	}
	return file.Close()
}
