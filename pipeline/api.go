// Package pipeline runs a night: source files become awards, awards become
// decisions, decisions become postings, and all of it becomes one committed
// run. night.go holds the only control flow between the stages.
package pipeline

import (
	"math/rand/v2"
	"runtime"

	"amends/pipeline/durable"
	"amends/pipeline/match"
	"amends/pipeline/profile"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/lint"
)

// Version names the program in manifests. It changes with the meaning of
// outputs, not with every build.
const Version = "1"

// Config is where and how nights run; nothing in it changes a result.
type Config struct {
	Dir         string     // the workspace
	readAll     bool       // tests: also row groups whose statistics say that none of their rows count
	backlogRows int        // tests: how many rows of a source may wait; 0 means maxBacklogRows
	asideBytes  int        // tests: how much of rows that were passed stays in memory; 0 means what is usual
	seed        match.Seed // of hashes; 0 means one that nobody knows
	FS          durable.FS // nil means the operating system's
	Workers     int        // 0 means one a core
	BatchRows   int        // 0 means DefaultBatchRows
	Progress    func(Progress)
	Profile     *profile.Recorder // measures Run, stage by stage; nil measures nothing
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
	From, To     calendar.Date // inclusive; equal for one night
	DryRun       bool
	Out          string        // dry runs: the folder; "" means <state>/dry-runs/<date>
	Effective    calendar.Date // valid with HasEffective; otherwise business date + 1
	HasEffective bool
	CSV          bool // publish a CSV file beside each Parquet file, also where amends.yaml does not say so
	SkipTo       bool // From may leave out dates after the last committed one
}

// NightResult is one night's outcome.
type NightResult struct {
	Date      calendar.Date
	Already   bool     // committed before with the same inputs, but for Grown: nothing was written
	Notes     []string // what an operator should know: a growing table that grew
	Dir       string   // the folder of the run or dry run
	DryRun    bool
	Summary   *report.Summary // nil with Already
	Manifest  string          // the manifest's sha256; "" for dry runs
	AllHeld   bool            // guardrails held every award of the night
	RowsRead  int64
	Sequence  int
	Effective calendar.Date
	// Anomalies are what the night's report says is unlike the nights before,
	// gravest first; none with Already.
	Anomalies []report.Anomaly
	// ChangedRules names, with Already, amends.yaml and rule files that are not what
	// the night was made with. They count for nights that are not settled.
	ChangedRules []string
	// Grown names, with Already, growing tables that are not what the night read, and
	// how; Notes tell of them. Later nights see their late rows.
	Grown []string
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
	if c.seed == 0 {
		c.seed = match.Seed(rand.Uint64()) // of the system's randomness; see match.Seed
	}
	return c
}

// CheckResult is what `check` looked at when it found nothing that stops a run.
type CheckResult struct {
	RuleFiles, Rules, ShadowRules int
	Sources                       []SourceState
	Accepted                      []lint.Accepted // findings that comments in the files accept; of Lint
}

// SourceState is one source as its newest file shows it.
type SourceState struct {
	Name, Role string // event, dimension, redemption, external credit
	File       string // the file that its columns were learned from; "" where there is none
	Columns    int
}

// Finding is one thing that verify found wrong: the file, relative to the
// state folder, and what is wrong with it.
type Finding struct {
	File    string `json:"file"`
	Problem string `json:"problem"`
}

// NotReplayed is a night that cannot be run again, and the first growing table that is
// not what it read.
type NotReplayed struct {
	Date  string `json:"date"`
	Table string `json:"table"` // its path from the workspace
}

// VerifyOptions says what verify does beyond the chain, its digests and totals.
type VerifyOptions struct {
	Replay    calendar.Date // valid with HasReplay: run this night again and compare every byte
	HasReplay bool
	ReplayAll bool // every committed night
}

// VerifyResult is what verify looked at and what it found.
type VerifyResult struct {
	Runs     int       `json:"runs"`
	First    string    `json:"first"`
	Last     string    `json:"last"`
	Files    int       `json:"files"`
	Rows     int64     `json:"rows"`
	Credits  int64     `json:"credits"`
	Replayed []string  `json:"replayed"`
	Findings []Finding `json:"findings"`
	// NotReplayed are nights that were to be replayed and cannot be: a growing table has
	// grown or changed since, as it may. It says nothing against the state.
	NotReplayed []NotReplayed `json:"not_replayed"`
	// Notes are differences that are no harm: a replayed night's report.html that
	// this version of the program draws otherwise.
	Notes []string `json:"notes"`
	// Unfinished is what a run that did not get to its commit left: no harm, and
	// the next run sets it aside.
	Unfinished []string                 `json:"unfinished"`
	Totals     []report.RollForwardLine `json:"totals"` // since the first run
}

// StatusResult is where a workspace stands.
type StatusResult struct {
	Runs     int      `json:"runs"`
	First    string   `json:"first"`     // "" before the first run
	Last     string   `json:"last"`      // the last committed business date
	NextDate string   `json:"next_date"` // the date that the next run settles
	Missed   []string `json:"missed"`    // business dates that have ended and are not settled
	// MissedWaits is why the first of Missed cannot be settled yet: the files that
	// are not there, or cannot be looked for. "" where nothing keeps it.
	MissedWaits string           `json:"missed_waits"`
	Skipped     []string         `json:"skipped"`     // dates that runs left out: "2026-01-05 to 2026-01-07"
	Outstanding map[string]int64 `json:"outstanding"` // minor units per currency
	OpenCredits int64            `json:"open_credits"`
	Holds       []HoldStatus     `json:"holds"`      // oldest first
	Requests    []RequestStatus  `json:"requests"`   // written, not yet consumed
	Aside       []string         `json:"aside"`      // what crashed runs left
	Unfinished  []string         `json:"unfinished"` // what the next run sets aside
}

// HoldStatus is one award that waits for a person.
type HoldStatus struct {
	CreditID    string   `json:"credit_id"`
	CustomerID  string   `json:"customer_id"`
	Rule        string   `json:"rule"`
	Amount      string   `json:"amount"`
	AmountMinor int64    `json:"amount_minor"`
	Currency    string   `json:"currency"`
	HeldSince   string   `json:"held_since"`
	Days        int      `json:"days"`      // since then, by business date
	LapsesOn    string   `json:"lapses_on"` // the business date that ends it
	Causes      []string `json:"causes"`
}

// RequestStatus is one request that waits for the next run.
type RequestStatus struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	By      string   `json:"by"`
	Why     string   `json:"why"`
	Since   string   `json:"since"`   // the last settled date when it was made; "" where no run has it any more
	Targets []string `json:"targets"` // credit ids, a run's date, or the id of another request
	// Minor is what it comes to now, by currency: what is held, or what is left
	// of credits.
	Minor map[string]int64 `json:"amount_minor"`
	Good  bool             `json:"good"` // the next run carries it out, as far as can be said now
	// Problem is why it is not good, or what else to know: a target that is
	// gone, a second person whose word is missing.
	Problem string `json:"problem"`
}

// SchemaResult is what rules can use: per source every name with its type, and
// the functions.
type SchemaResult struct {
	Sources   []SchemaSource   `json:"sources"`
	Tables    []SchemaTable    `json:"decision_tables,omitempty"`
	Functions []SchemaFunction `json:"functions"`
}

// SchemaSource is one source that rules can be `on`.
type SchemaSource struct {
	Name   string        `json:"name"`
	Fields []SchemaField `json:"fields"`
}

// SchemaTable is the decision table of a rule.
type SchemaTable struct {
	Path    string        `json:"path"` // below the rules folder
	Rule    string        `json:"rule"`
	Source  string        `json:"source"`
	Hits    string        `json:"hits"`
	Rows    int           `json:"rows"`
	Columns []SchemaField `json:"columns"` // what it tests
}

// SchemaField is one name: a column, a dimension's field, a define, a table.
type SchemaField struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Origin string `json:"origin"` // column, dimension, define, table, run
	Detail string `json:"detail,omitempty"`
}

// SchemaFunction is one function or operator of the language.
type SchemaFunction struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Summary   string `json:"summary"`
}
