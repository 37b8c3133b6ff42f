package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/diag"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// The exit codes, for schedulers and scripts.
const (
	exitDone     = 0 // or nothing to do
	exitFailed   = 1 // nothing of the night in progress is committed
	exitUsage    = 2
	exitFindings = 3 // check, fmt --check and verify found something, diff a difference
	exitLocked   = 4 // another run has the state's lock
	exitHeld     = 5 // committed, but a guardrail held every award
)

// now is the clock of default dates; tests set it.
var now = time.Now

// commands is every command and the flags that all of them take.
type commands struct {
	Workspace string   `short:"C" name:"workspace" placeholder:"DIR" default:"." help:"The workspace: the folder of amends.yaml (default: the current one)."`
	Help      helpFlag `short:"h" help:"Show help."`

	Init    initCommand    `cmd:"" help:"Make a small workspace to start from."`
	Demo    demoCommand    `cmd:"" help:"Make a demo workspace with generated data, and run its nights."`
	Check   checkCommand   `cmd:"" help:"Check amends.yaml, the rules, and the columns of the data."`
	Test    testCommand    `cmd:"" help:"Run the tests that stand beside the rules."`
	Run     runCommand     `cmd:"" help:"Settle one night, or a range of nights."`
	Verify  verifyCommand  `cmd:"" help:"Check everything that was published: digests, totals, nothing paid twice."`
	Serve   serveCommand   `cmd:"" help:"Settle nights when they are due, and serve pages, until it is stopped."`
	Status  statusCommand  `cmd:"" help:"Show where the workspace stands: last night, gaps, holds."`
	Explain explainCommand `cmd:"" help:"Say why an event, order, customer or credit came out as it did."`
	Diff    diffCommand    `cmd:"" help:"Compare what two rulebooks give for the same nights."`
	Review  reviewCommand  `cmd:"" help:"List the awards that wait for a person; approve or reject them."`
	Void    voidCommand    `cmd:"" help:"Take back what is left of credits."`
	Reverse reverseCommand `cmd:"" help:"Take back what is left of everything one night issued."`
	Confirm confirmCommand `cmd:"" help:"Be the second person for a large void or reversal."`
	Fmt     fmtCommand     `cmd:"" help:"Lay out amends.yaml and the rules as one hand would have."`
	Schema  schemaCommand  `cmd:"" help:"List the names and functions that rules can use."`
	Lsp     lspCommand     `cmd:"" help:"Help an editor with amends.yaml, rules and tests as they are written."`
	Version versionCommand `cmd:"" help:"Show the version."`
}

const description = `Courtesy credits for service failures: deliveries and defects in, credits and their ledger out.

Exit codes: 0 done, or nothing to do; 1 failed, nothing of the night in progress is committed; 2 usage; 3 check or verify found something, or diff a difference; 4 another run has the lock; 5 committed, but a guardrail held every award.`

var errHelp = errors.New("help was shown")

// helpFlag shows help and ends parsing; kong's own would end the process.
type helpFlag bool

// BeforeReset implements kong's hook.
func (helpFlag) BeforeReset(c *kong.Context) error {
	if err := c.PrintUsage(false); err != nil {
		return err
	}
	return errHelp
}

// day is a flag's business date; the zero value is none.
type day struct {
	date calendar.Date
	set  bool
}

// UnmarshalText reads 2026-01-15.
func (d *day) UnmarshalText(text []byte) error {
	date, err := calendar.ParseDate(string(text))
	if err != nil {
		return fmt.Errorf("want a date such as 2026-01-15: %w", err)
	}
	*d = day{date, true}
	return nil
}

// app is what commands work with.
type app struct {
	in     io.Reader
	out    *output
	err    io.Writer
	colour bool
	config pipeline.Config

	json    bool          // --log json
	level   slog.LevelVar // of text; the zero value shows information too
	logOnce sync.Once
	log     *slog.Logger

	serving bool // nights are started by the clock, and the scheduler tells of them

	metricsFile string // "" for none
	runs        runs
}

// output keeps the first error of writing the result.
type output struct {
	w   io.Writer
	err error
}

// Columns implements report.Terminal.
func (o *output) Columns() int { return columns(o.w) }

// Bounds of what a terminal's width does to a text: below, tables are of no use, and
// above, sentences are hard to read.
const (
	leastColumns = 60
	mostColumns  = 140
)

// columns is how wide a text for a writer gets: as its terminal is, and where it is
// none, so that files do not depend on who looked, as wide as report says.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.MaxWidth
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return report.MaxWidth
	}
	return min(max(width, leastColumns), mostColumns)
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

func (a *app) print(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

// command is a command line for this workspace, for people to copy.
func (a *app) command(rest string) string {
	if a.config.Dir == "." {
		return "amends " + rest
	}
	return "amends -C " + a.config.Dir + " " + rest
}

// printJSON writes a result for a program.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// orEmpty is the list, or one that JSON shows as [].
func orEmpty[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}

// finding ends a command with a code and without another word: what there is to
// say is printed.
type finding int

func (f finding) Error() string { return fmt.Sprintf("exit %d", int(f)) }

// run is the program: it parses args, runs one command and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{in: os.Stdin, out: &output{w: stdout}, err: stderr, colour: isTerminal(stdout) && os.Getenv("NO_COLOR") == "", json: logsJSON(args)}
	code := a.run(ctx, args)
	if a.json {
		a.logger().Info("exit", "exit_code", code)
	}
	return code
}

func (a *app) run(ctx context.Context, args []string) int {
	var c commands
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parser, err := kong.New(&c, append(onlyCommand(args), kong.Name("amends"), kong.Description(description), kong.NoDefaultHelp(),
		kong.Writers(a.out.w, a.err), kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}))...)
	if err != nil {
		return a.fail(exitUsage, err.Error())
	}
	parsed, err := parser.Parse(args)
	if errors.Is(err, errHelp) {
		return exitDone
	}
	if err != nil {
		return a.fail(exitUsage, err.Error()+"\n("+flagHint(args, err)+")")
	}
	a.config = pipeline.Config{Dir: c.Workspace}
	code := a.report(parsed.Run(ctxArgument{ctx}, a))
	if a.out.err != nil {
		a.tell("the output could not be written (what is committed stays committed): %v", a.out.err)
		code = max(code, exitFailed)
	}
	return code
}

// onlyCommand has the parser leave out all commands but the one that the arguments
// name: to build them all takes longer than some commands do. Where it is not plain
// which one that is, nothing is left out, and the parser says what is wrong.
func onlyCommand(args []string) []kong.Option {
	named := ""
	for i := 0; i < len(args) && named == ""; i++ {
		switch {
		case args[i] == "-C", args[i] == "--workspace":
			i++ // its value
		case args[i] == "-h", args[i] == "--help", strings.HasPrefix(args[i], "-C"), strings.HasPrefix(args[i], "--workspace="):
		case strings.HasPrefix(args[i], "-"):
			return nil // no flag of all commands
		default:
			named = args[i]
		}
	}
	var others []string
	known := false
	all := reflect.TypeFor[commands]()
	for i := range all.NumField() {
		field := all.Field(i)
		if _, command := field.Tag.Lookup("cmd"); !command {
			continue
		}
		if strings.ToLower(field.Name) == named {
			known = true
			continue
		}
		others = append(others, field.Name)
	}
	if !known {
		return nil
	}
	return []kong.Option{kong.IgnoreFields(`^` + all.Name() + `\.(` + strings.Join(others, "|") + `)$`)}
}

// ctxArgument carries the context through kong, which matches arguments by type.
type ctxArgument struct{ context.Context }

// report says on stderr what ended a command, and returns its exit code.
func (a *app) report(err error) int {
	var found finding
	var bad *diag.ListError
	var missing *pipeline.MissingFilesError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &found):
		return int(found)
	case errors.As(err, &bad):
		a.fail(exitFailed, "the workspace or its rules need mending before anything can run:")
		a.diagnostics(bad.List)
		return exitFailed
	case errors.As(err, &missing):
		return a.fail(exitFailed, "the night cannot start, files are missing:\n  "+strings.ReplaceAll(missing.Error(), "\n", "\n  "), "missing", missing.Missing())
	case errors.Is(err, durable.ErrLocked):
		return a.fail(exitLocked, fmt.Sprintf("another run is at work on this workspace; nothing was done (%v)", err))
	case errors.Is(err, pipeline.ErrUsage):
		return a.fail(exitUsage, err.Error())
	case errors.Is(err, context.Canceled):
		return a.fail(exitFailed, "interrupted: the night in progress was abandoned, and nothing of it is committed")
	default:
		return a.fail(exitFailed, err.Error())
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
