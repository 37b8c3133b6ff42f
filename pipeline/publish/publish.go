// Package publish writes the files of a run and reads them back. Its law: a file
// counts as written once it was read again from where it was written and had the
// same bytes and the same rows; and the same night gives the same bytes. The
// order of rows given does not matter, nor does the number of cores.
//
// What the rows mean is for ledger and resolve; which files a run is promised to
// have, and since when, is for state.
package publish

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// Night is all that a run publishes, but for its manifest.
type Night struct {
	Date        calendar.Date
	Issuance    []Issuance
	Forfeiture  []Forfeiture
	Adjustments []Adjustment
	Holds       []Hold
	Decisions   []Decision
	Rejects     []Reject
	Expiring    []Expiring
	Redemptions []Redemption
	Postings    []ledger.Posting
	// Open is the credits with value left after the night. With OpenBefore, which
	// is the open.parquet of the night before, Open is only what changed since: it
	// takes the place of what was, and a credit with nothing left is no row.
	Open       []ledger.Credit
	OpenBefore *OpenCredits
	Requests   []RequestOutcome

	// MadeOpen are credits with value left beside those of Open, issued since
	// OpenBefore.
	MadeOpen Made[ledger.Credit]
	// MadeIssuance, MadeDecisions and MadePostings are instead of Issuance,
	// Decisions and Postings where they have rows: a large night's are never in
	// memory all at once.
	MadeIssuance  Made[Issuance]
	MadeDecisions Made[Decision]
	MadePostings  Made[ledger.Posting]

	SummaryJSON []byte
	ReportHTML  []byte // nil: none
	Workspace   []byte // the bytes of amends.yaml
	Rules       []RawFile
	Extra       []RawFile // anything else, named below the run's folder
	CSV         bool      // a CSV file beside each Parquet file

	Watch func(work string) (end func()) // nil, or told of the work on each file, from several goroutines
}

// Made is rows that are made as they are needed, more than once and by several
// goroutines.
type Made[R any] struct {
	Rows int
	// Row makes row i in row, which is zero.
	Row func(i int, row *R)
	// In is Row where texts are made for the row: it puts them in memory that
	// serves again once they are written. Nil where Row makes none.
	In func(i int, row *R, texts *Texts)
	// InOrder says that the rows stand in the order of their table. They are not
	// made before they are written, and an error then if it is not so.
	InOrder bool
}

// EachIssuance visits the credits that are issued. They are valid until visit
// returns, but their texts stay.
func (n *Night) EachIssuance(visit func(*Issuance) error) error {
	return eachRow(n.MadeIssuance, n.Issuance, visit)
}

// EachDecision visits the decisions, like EachIssuance.
func (n *Night) EachDecision(visit func(*Decision) error) error {
	return eachRow(n.MadeDecisions, n.Decisions, visit)
}

// EachPosting visits the postings, like EachIssuance.
func (n *Night) EachPosting(visit func(*ledger.Posting) error) error {
	return eachRow(n.MadePostings, n.Postings, visit)
}

func eachRow[R any](made Made[R], given []R, visit func(*R) error) error {
	for i := range given {
		if err := visit(&given[i]); err != nil {
			return err
		}
	}
	for i := range made.Rows {
		var row R
		made.Row(i, &row)
		if err := visit(&row); err != nil {
			return err
		}
	}
	return nil
}

// RawFile is a file that is published as it is. Path has slashes and stays
// below its folder: rules/ for a rule file.
type RawFile struct {
	Path  string
	Bytes []byte
}

// The names of files that every run has.
const (
	SummaryFile   = "summary.json"
	ReportFile    = "report.html"
	WorkspaceFile = "amends.yaml"
	RequestsFile  = "requests.json"
	RulesFolder   = "rules"
	manifestFile  = "manifest.json" // state writes it
)

// ErrNotEmpty is why Write did not start: the folder holds files already.
var ErrNotEmpty = errors.New("folder is not empty")

// Write publishes a night into dir, which must be missing or empty: it writes
// and syncs the files side by side, reads each again and compares, and syncs the
// folders once all files are there. It returns the files with their control
// totals, sorted by name. Nothing in dir counts if it returns an error, and then
// no file is being written any more.
func Write(fsys durable.FS, dir string, n *Night) ([]Output, error) {
	files, err := n.files()
	if err != nil {
		return nil, err
	}
	entries, err := fsys.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s: %w: has %s", dir, ErrNotEmpty, entries[0].Name)
	}
	folders, err := makeFolders(fsys, dir, files)
	if err != nil {
		return nil, err
	}
	outputs, err := newStaging(fsys, dir, n.watch).write(files)
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		if err := fsys.SyncDir(folder); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// Digests returns the SHA-256 of each file that Write would publish, by name,
// without writing any.
func Digests(n *Night) (map[string]string, error) {
	files, err := n.files()
	if err != nil {
		return nil, err
	}
	return newStaging(nil, "", n.watch).digests(files)
}

// watch tells who wants to know of a piece of work that begins.
func (n *Night) watch(work string) (end func()) {
	if n.Watch == nil {
		return func() {}
	}
	return n.Watch(work)
}

// files are all of the night's, sorted by name: their rows in order, and each
// of them one that its table may have.
func (n *Night) files() ([]*file, error) {
	tables := []rowSource{
		madeOr(&postingTable, n.Date, n.MadePostings, n.Postings), madeOr(&issuanceTable, n.Date, n.MadeIssuance, n.Issuance),
		madeOr(&decisionTable, n.Date, n.MadeDecisions, n.Decisions), openRows(n),
		rowsOf(&forfeitureTable, n.Date, n.Forfeiture), rowsOf(&redemptionTable, n.Date, n.Redemptions),
		rowsOf(&rejectTable, n.Date, n.Rejects), rowsOf(&holdTable, n.Date, n.Holds),
		rowsOf(&expiringTable, n.Date, n.Expiring), rowsOf(&adjustmentTable, n.Date, n.Adjustments),
	}
	err := inParallel(len(tables), func(i int) error {
		defer n.watch("sorting " + tables[i].layout().file)()
		return tables[i].prepare()
	})
	if err != nil {
		return nil, err
	}
	var files []*file
	for _, t := range tables {
		files = append(files, parquetFile(t))
		if n.CSV {
			files = append(files, csvFile(t))
		}
	}
	raw := append([]RawFile{{SummaryFile, n.SummaryJSON}, {WorkspaceFile, n.Workspace}}, n.Extra...)
	if n.ReportHTML != nil {
		raw = append(raw, RawFile{ReportFile, n.ReportHTML})
	}
	requests, err := encodeRequests(n.Requests)
	if err != nil {
		return nil, err
	}
	raw = append(raw, RawFile{RequestsFile, requests})
	for _, r := range n.Rules {
		raw = append(raw, RawFile{RulesFolder + "/" + r.Path, r.Bytes})
	}
	for _, r := range raw {
		files = append(files, rawFile(r))
	}
	slices.SortFunc(files, func(a, b *file) int { return cmp.Compare(a.name, b.name) })
	return files, checkNames(files)
}

// encodeRequests writes requests sorted by id, their targets as given.
func encodeRequests(requests []RequestOutcome) ([]byte, error) {
	sorted := append([]RequestOutcome{}, requests...) // [] rather than null when empty
	slices.SortStableFunc(sorted, func(a, b RequestOutcome) int { return cmp.Compare(a.ID, b.ID) })
	for i := range sorted {
		if i > 0 && sorted[i].ID == sorted[i-1].ID {
			return nil, fmt.Errorf("%s: request %s twice", RequestsFile, sorted[i].ID)
		}
		if sorted[i].Targets == nil {
			sorted[i].Targets = []string{}
		}
		for _, sums := range []*map[string]int64{&sorted[i].Asked, &sorted[i].Done} {
			if *sums == nil {
				*sums = map[string]int64{} // {} rather than null
			}
		}
	}
	content, err := json.MarshalIndent(sorted, "", "  ")
	return append(content, '\n'), err
}

// checkNames refuses names that leave the folder, meet, or are the manifest's.
func checkNames(files []*file) error {
	seen := map[string]bool{manifestFile: true}
	for _, f := range files {
		if !fs.ValidPath(f.name) || f.name == "." || strings.Contains(f.name, "\\") || path.Clean(f.name) != f.name {
			return fmt.Errorf("publish %q: not a path below the run's folder", f.name)
		}
		if seen[f.name] {
			return fmt.Errorf("publish %q: the name is taken", f.name)
		}
		seen[f.name] = true
	}
	return nil
}
