// Package scan turns source files into column batches of the language's kinds.
// Its law: every row of every file appears in exactly one batch, at a place
// that depends on the files alone; a value that cannot be taken over exactly
// is null and its row carries a reject. What nulls and rejects lead to is for
// others, as are rules.
package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"amends/pipeline/parquetio"
	"amends/rules/ir"
	"amends/rules/money"
)

// File is a source file: Path is where it is opened, Name how it is shown,
// relative to the workspace and slash-separated.
type File struct {
	Path string
	Name string
}

// Unit says how a column stores money.
type Unit uint8

// The units of money. Minor takes whole minor units of the row's currency from
// an integer column; Major takes its major units from a decimal, double or
// integer column.
const (
	NotMoney Unit = iota
	Minor
	Major
)

// Column is a wanted column. Kind is what it must become, and ir.Invalid takes
// the file's natural kind; with Money set, Kind is ir.Money or ir.Invalid.
type Column struct {
	Name  string
	Kind  ir.Kind
	Money Unit
}

// Request is what Scan reads. CurrencyColumn is an index in Columns, or -1 with
// the constant Currency, which may be empty where no column is money. Zone is
// that of timestamps stored without one. BatchRows (4096) and Workers (1) have
// the defaults in brackets and never change what a file says.
type Request struct {
	Source         string
	Files          []File
	Columns        []Column
	CurrencyColumn int
	Currency       string
	Zone           *time.Location
	BatchRows      int
	Workers        int
	NoDigests      bool                           // what is read is not to be told from other bytes later
	Watch          func(work string) (end func()) // nil, or told of work beside the reading of rows, such as digests
}

// Part says where a batch is from. FirstRow is the place in the file of the
// batch's row 0, counted from 0. Sequence counts batches in the order of files,
// row groups and rows. Worker is below Request.Workers.
type Part struct {
	File     int
	RowGroup int
	FirstRow int64
	Worker   int
	Sequence int64
}

// Reject is why a row of a batch is not good: at most one a row, of the first
// column in the order of Request.Columns. The value of that column is null.
type Reject struct {
	Row    int // index in the batch
	Code   string
	Column string
	Detail string
}

// The closed list of reject codes.
const (
	CodeNaN             = "nan"               // a FLOAT or DOUBLE that is no number
	CodeNotFinite       = "not-finite"        // an infinite one
	CodePrecisionLost   = "precision-lost"    // a decimal with more than six digits after the point
	CodeOutOfRange      = "out-of-range"      // a number that 64 bits do not hold
	CodeMoneyOverflow   = "money-overflow"    // money that 64 bits at six digits do not hold
	CodeUnknownCurrency = "unknown-currency"  // money whose currency is null or no ISO 4217 code
	CodeInvalidText     = "invalid-text"      // text that is not UTF-8
	CodeTimeOutOfRange  = "time-out-of-range" // an instant or day outside the years 0001 to 9999
)

// FileStats is what was read of a file. SHA256 is that of the very bytes that
// were parsed, in lower-case hex.
type FileStats struct {
	Name   string
	Size   int64
	Rows   int64
	SHA256 string
}

// Field describes a column of a file. Kind is ir.Invalid where it cannot be
// read; Detail names the types in the file, or says why.
type Field struct {
	Name     string
	Kind     ir.Kind
	Optional bool
	Detail   string
}

// ColumnError is why a file cannot serve a request: a column that is missing
// (Found is empty) or is stored as what cannot become the wanted kind.
type ColumnError struct {
	Source   string
	File     string
	Column   string
	Expected string
	Found    string // the types in the file
	Similar  string // a column of the file with nearly that name, if there is one
}

func (e *ColumnError) Error() string {
	place := fmt.Sprintf("source %q: %s: column %q", e.Source, e.File, e.Column)
	switch {
	case e.Found != "":
		return fmt.Sprintf("%s: expected %s, and the file has %s", place, e.Expected, e.Found)
	case e.Similar != "":
		return fmt.Sprintf("%s: missing, expected %s; the file has %q", place, e.Expected, e.Similar)
	default:
		return fmt.Sprintf("%s: missing, expected %s", place, e.Expected)
	}
}

// ErrFileChanged is why a scan stops: a file's bytes changed while it was read.
var ErrFileChanged = errors.New("the file changed while it was read")

const (
	defaultBatchRows = 4096
	maxWorkers       = 256
)

// limits are those of every source file.
var limits = parquetio.Limits{}

// Describe returns the columns of a file, in its order.
func Describe(f File) ([]Field, error) {
	opened, err := openFile(f)
	if err != nil {
		return nil, err
	}
	defer opened.release()
	fields := make([]Field, 0, len(opened.parquet.Fields()))
	for _, field := range opened.parquet.Fields() {
		fields = append(fields, Field{Name: field.Name, Kind: field.Kind, Optional: field.Optional, Detail: field.Detail})
	}
	return fields, nil
}

// Scan reads the files and calls visit with each batch. Different workers call
// visit at the same time, one worker never twice at once. The batch and the
// rejects, which are in row order, are valid until visit returns, and so are the
// texts: clone what is kept. The columns of the batch are those of the request.
//
// A row with money is rejected as unknown-currency where its currency is null
// or unknown; where all its money is null its currency does not matter.
//
// The first error in the order of files and row groups is returned, whatever
// the workers; visit may by then have seen other batches.
func Scan(ctx context.Context, request Request, visit func(Part, *ir.Batch, []Reject) error) ([]FileStats, error) {
	r, err := Open(ctx, request)
	if err != nil {
		return nil, err
	}
	return r.Scan(ctx, visit)
}

// Reading is files whose footers are read and whose columns are planned. It
// holds no open file; rows that it reads twice are the same, or the error is
// ErrFileChanged.
type Reading struct{ scanner *scanner }

// Open reads the footers of a request's files.
func Open(ctx context.Context, request Request) (*Reading, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	s, err := newScan(ctx, &request)
	return &Reading{s}, err
}

// Scan reads every row, but of row groups that were passed over; see the function
// Scan.
func (r *Reading) Scan(ctx context.Context, visit func(Part, *ir.Batch, []Reject) error) ([]FileStats, error) {
	jobs := slices.DeleteFunc(slices.Clone(r.scanner.jobs), func(j job) bool { return j.passed })
	if err := r.scanner.run(ctx, jobs, visit); err != nil {
		return nil, err
	}
	return r.scanner.stats, nil
}

// Again reads the rows of some row groups once more, after Scan has read all. A
// row group goes to one worker, in order. Of a row group that is wanted with some
// columns, by their indices in Request.Columns, the others are left empty; none
// stands for all.
func (r *Reading) Again(ctx context.Context, wanted func(file, group int) (columns []int, ok bool), visit func(Part, *ir.Batch, []Reject) error) error {
	var jobs []job
	for _, j := range r.scanner.jobs {
		if j.group < 0 {
			continue
		}
		if columns, ok := wanted(j.file, j.group); ok {
			j.columns = columns
			jobs = append(jobs, j)
		}
	}
	return r.scanner.run(ctx, jobs, visit)
}

func (r *Request) check() error {
	if r.BatchRows <= 0 {
		r.BatchRows = defaultBatchRows
	}
	r.Workers = min(max(r.Workers, 1), maxWorkers)
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	if r.CurrencyColumn >= len(r.Columns) {
		return fmt.Errorf("source %q: currency column %d of %d", r.Source, r.CurrencyColumn, len(r.Columns))
	}
	if _, known := money.Digits(r.Currency); r.CurrencyColumn < 0 && r.Currency != "" && !known {
		return fmt.Errorf("source %q: currency %q is no ISO 4217 code", r.Source, r.Currency)
	}
	for _, c := range r.Columns {
		if c.Kind >= ir.Duration {
			return fmt.Errorf("source %q: column %q: no file has a %s", r.Source, c.Name, c.Kind)
		}
		if c.Money == NotMoney && c.Kind == ir.Money || c.Money != NotMoney && c.Kind != ir.Money && c.Kind != ir.Invalid {
			return fmt.Errorf("source %q: column %q: kind %s and unit of money %d contradict", r.Source, c.Name, c.Kind, c.Money)
		}
		if c.Money != NotMoney && r.CurrencyColumn < 0 && r.Currency == "" {
			return fmt.Errorf("source %q: column %q is money, and the source has no currency", r.Source, c.Name)
		}
	}
	if r.CurrencyColumn >= 0 {
		c := r.Columns[r.CurrencyColumn]
		if c.Money != NotMoney || c.Kind != ir.String && c.Kind != ir.Invalid {
			return fmt.Errorf("source %q: currency column %q must be a string", r.Source, c.Name)
		}
	}
	return nil
}
