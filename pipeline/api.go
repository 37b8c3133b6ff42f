// Package pipeline runs a night: source files become awards, awards become
// decisions, decisions become postings, and all of it becomes one committed
// run. night.go holds the only control flow between the stages.
package pipeline

import (
	"runtime"

	"amends/pipeline/durable"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// Version names the program in manifests. It changes with the meaning of
// outputs, not with every build.
const Version = "1"

// Config is where and how nights run; nothing in it changes a result.
type Config struct {
	Dir       string     // the workspace
	FS        durable.FS // nil means the operating system's
	Workers   int        // 0 means one a core
	BatchRows int        // 0 means DefaultBatchRows
	Progress  func(Progress)
}

// DefaultBatchRows is how many rows are matched at a time: enough to amortise a
// call, few enough to stay in the cache.
const DefaultBatchRows = 4096

// Progress says what a run is doing: a stage, and in a range which night of how
// many.
type Progress struct {
	Date  calendar.Date
	Night int // 1-based
	Of    int
	Stage string // reading, matching, resolving, publishing, committed
	Rows  int64  // event rows matched so far
}

// RunOptions says which nights to run.
type RunOptions struct {
	From, To calendar.Date // inclusive; equal for one night
	// Date is true where one date was asked for: a date that is committed
	// already is then an answer, not a night to skip.
	DryRun       bool
	Out          string        // dry runs: the folder; "" means <state>/dry-runs/<date>
	Effective    calendar.Date // valid with HasEffective; otherwise business date + 1
	HasEffective bool
	SkipTo       bool // From may leave out dates after the last committed one
}

// NightResult is one night's outcome.
type NightResult struct {
	Date      calendar.Date
	Already   bool     // committed before with the same inputs: nothing was written
	Notes     []string // what an operator should know: a growing table that grew
	Dir       string   // the folder of the run or dry run
	DryRun    bool
	Summary   *report.Summary // nil with Already
	Manifest  string          // the manifest's sha256; "" for dry runs
	AllHeld   bool            // guardrails held every award of the night
	RowsRead  int64
	Sequence  int
	Effective calendar.Date
}

func (c Config) withDefaults() Config {
	if c.FS == nil {
		c.FS = durable.OS{}
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.BatchRows <= 0 {
		c.BatchRows = DefaultBatchRows
	}
	return c
}
