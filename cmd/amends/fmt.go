package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"amends/pipeline"
	"amends/rules/format"

	"github.com/rogpeppe/go-internal/diff"
)

type fmtCommand struct {
	Check bool     `help:"Write nothing; list the files that are not formatted, exit code 3 where there is one."`
	Diff  bool     `help:"Write nothing; show what would change, exit code 3 where something would."`
	Files []string `arg:"" optional:"" name:"file" help:"YAML files, from the current folder (default: amends.yaml, the rules and their tests); - reads standard input and prints it formatted."`
}

// Help is shown by amends fmt --help.
func (fmtCommand) Help() string {
	return `It lays out the files that people write, as one hand would have: two spaces a level, the items of lists inside their key, the keys of a rule in one order (id, on, when, amount, reason, ...), one space around the operators of expressions, no white space at ends of lines. Comments, alignment and blank lines stay, and so does what the files mean. Decision tables are left to the spreadsheet.

Exit code 3 where --check or --diff found something, or a file is no YAML.

Examples:

  amends fmt
  amends fmt --check
  amends fmt --diff rules/late.yaml
  amends fmt - < draft.yaml`
}

// Run formats files.
func (c fmtCommand) Run(a *app) error {
	if slices.Contains(c.Files, "-") {
		return c.stdin(a)
	}
	dir, names := "", c.Files
	if len(names) == 0 {
		found, list, err := pipeline.WrittenFiles(a.config)
		if err != nil {
			return err
		}
		if list.HasErrors() {
			list.Render(a.out)
			return finding(exitFindings)
		}
		dir, names = a.config.Dir, found
	}
	findings := false
	for _, name := range names {
		found, err := c.file(a, dir, name)
		if err != nil {
			return err
		}
		findings = findings || found
	}
	if findings {
		return finding(exitFindings)
	}
	return nil
}

// file formats one file, and reports whether there is something to say of it.
func (c fmtCommand) file(a *app, dir, name string) (found bool, err error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	content, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("%w: %w", pipeline.ErrUsage, err)
	}
	formatted, list := format.Bytes(name, content)
	switch {
	case list.HasErrors():
		list.Render(a.out)
		return true, nil
	case string(formatted) == string(content):
		return false, nil
	case c.Diff:
		a.print("%s", diff.Diff(name, content, name+" formatted", formatted))
		return true, nil
	}
	a.print("%s\n", name)
	if c.Check {
		return true, nil
	}
	return false, pipeline.ReplaceFile(path, formatted)
}

// stdin formats what is piped in.
func (c fmtCommand) stdin(a *app) error {
	if len(c.Files) > 1 {
		return fmt.Errorf("%w: - stands alone", pipeline.ErrUsage)
	}
	const most = 1 << 20
	content, err := io.ReadAll(io.LimitReader(a.in, most+1))
	if err != nil {
		return err
	}
	if len(content) > most {
		return errors.New("standard input: more than 1 MiB")
	}
	const name = "standard input"
	formatted, list := format.Bytes(name, content)
	switch {
	case list.HasErrors():
		list.Render(a.err)
		return finding(exitFindings)
	case c.Diff:
		a.print("%s", diff.Diff(name, content, name+" formatted", formatted))
	case !c.Check:
		a.print("%s", formatted)
		return nil
	}
	if string(formatted) != string(content) {
		return finding(exitFindings)
	}
	return nil
}
