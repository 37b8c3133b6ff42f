// Package publish writes the files of a run and reads them back. Its law: a file
// counts as written once it was read again from where it was written and had the
// same bytes and the same rows; and the same night gives the same bytes. The
// order of rows given does not matter, nor does the number of cores.
//
// What the rows mean is for ledger and resolve; which files a run is promised to
// have, and since when, is for state.
package publish

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
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

	SummaryJSON []byte
	ReportHTML  []byte // nil: none
	Workspace   []byte // the bytes of amends.yaml
	Rules       []RawFile
	Extra       []RawFile // anything else, named below the run's folder
	CSV         bool      // a CSV file beside each Parquet file

	Watch func(work string) (end func()) // nil, or told of the work on each file, from several goroutines
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

// encodedFile is a file before it is written.
type encodedFile struct {
	name    string
	content []byte
	layout  *layout            // nil unless Parquet
	columns []parquetio.Column // what the file must read back as; nil unless Parquet or CSV
}

// ErrNotEmpty is why Write did not start: the folder holds files already.
var ErrNotEmpty = errors.New("folder is not empty")

// Write publishes a night into dir, which must be missing or empty, syncs every
// file, reads each again and compares, and syncs the folders. It returns the
// files with their control totals, sorted by name. Nothing in dir counts if it
// returns an error.
func Write(fsys durable.FS, dir string, n *Night) ([]Output, error) {
	files, err := encodeAll(n)
	if err != nil {
		return nil, err
	}
	if err := checkNames(files); err != nil {
		return nil, err
	}
	entries, err := fsys.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s: %w: has %s", dir, ErrNotEmpty, entries[0].Name)
	}
	folders, err := writeAll(fsys, dir, files, n.watch)
	if err != nil {
		return nil, err
	}
	outputs, err := checkWritten(fsys, dir, files, n.watch)
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

// watch tells who wants to know of a piece of work that begins.
func (n *Night) watch(work string) (end func()) {
	if n.Watch == nil {
		return func() {}
	}
	return n.Watch(work)
}

// writeAll returns the folders it filled, inner ones first.
func writeAll(fsys durable.FS, dir string, files []encodedFile, watch func(string) func()) ([]string, error) {
	defer watch("writing, with waits for the disk")()
	made := map[string]bool{}
	var folders []string
	for i := range files {
		name := filepath.Join(dir, filepath.FromSlash(files[i].name))
		for folder := filepath.Dir(name); !made[folder]; folder = filepath.Dir(folder) {
			if err := fsys.MkdirAll(folder); err != nil {
				return nil, err
			}
			made[folder] = true
			folders = append(folders, folder)
			if folder == filepath.Clean(dir) {
				break
			}
		}
		if err := durable.WriteFile(fsys, name, files[i].content); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(folders, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return folders, nil
}

// checkWritten reads every file again and holds it to what was meant. Reading is
// in order, decoding in parallel.
func checkWritten(fsys durable.FS, dir string, files []encodedFile, watch func(string) func()) ([]Output, error) {
	outputs := make([]Output, len(files))
	contents := make([][]byte, len(files))
	end := watch("re-reading: bytes")
	for i := range files {
		var err error
		if contents[i], err = fsys.ReadFile(filepath.Join(dir, filepath.FromSlash(files[i].name))); err != nil {
			return nil, err
		}
	}
	end()
	err := inParallel(len(files), func(i int) (err error) {
		defer watch("re-reading " + files[i].name)()
		if outputs[i], err = checkContent(contents[i], &files[i]); err != nil {
			err = fmt.Errorf("%s: %w", filepath.Join(dir, files[i].name), err)
		}
		contents[i], files[i].columns = nil, nil // a night's columns are not needed twice
		return err
	})
	if err != nil {
		return nil, err
	}
	return outputs, nil
}

// inParallel calls work for 0 to n−1 and joins the errors in that order. The
// number of cores bounds memory and changes no result.
func inParallel(n int, work func(i int) error) error {
	failures := make([]error, n)
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failures[i] = work(i)
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}

// checkContent holds what was read to what was meant. The totals are computed
// from what was read.
func checkContent(content []byte, want *encodedFile) (Output, error) {
	out := Output{Name: want.name, Size: int64(len(content)), SHA256: digest(content)}
	if !bytes.Equal(content, want.content) {
		return Output{}, errors.New("read back with other bytes than were written")
	}
	switch {
	case want.layout != nil:
	case want.columns == nil:
		return out, nil
	default:
		if err := checkCSV(content, want.columns); err != nil {
			return Output{}, fmt.Errorf("read back: %w", err)
		}
		return out, nil
	}
	columns, err := readColumns(*want.layout, bytes.NewReader(content), out.Size)
	if err != nil {
		return Output{}, fmt.Errorf("read back: %w", err)
	}
	if err := sameColumns(want.columns, columns); err != nil {
		return Output{}, fmt.Errorf("read back: %w", err)
	}
	out.Rows, out.SumsMinor, out.IDHashTotal, err = totals(*want.layout, columns)
	return out, err
}

func sameColumns(want, got []parquetio.Column) error {
	for i := range want {
		w, g := &want[i], &got[i]
		if w.Name != g.Name || w.Type != g.Type {
			return fmt.Errorf("column %q of %s is %q of %s", w.Name, w.Type, g.Name, g.Type)
		}
		if w.Rows() != g.Rows() {
			return fmt.Errorf("column %q has %d rows, not %d", w.Name, g.Rows(), w.Rows())
		}
		for row := range w.Rows() {
			same := w.Null(row) == g.Null(row)
			if same && !w.Null(row) {
				if w.Type == parquetio.String {
					same = w.Strings[row] == g.Strings[row]
				} else {
					same = w.Ints[row] == g.Ints[row]
				}
			}
			if !same {
				return fmt.Errorf("column %q differs in row %d", w.Name, row)
			}
		}
	}
	return nil
}

// encodeAll encodes every file, tables in parallel, and sorts them by name.
func encodeAll(n *Night) ([]encodedFile, error) {
	jobs := []func() (encodedFile, error){ // the large ones first, so that cores finish together
		job(n, &postingTable, n.Postings), job(n, &issuanceTable, n.Issuance),
		job(n, &decisionTable, n.Decisions), openJob(n),
		job(n, &forfeitureTable, n.Forfeiture), job(n, &redemptionTable, n.Redemptions),
		job(n, &rejectTable, n.Rejects), job(n, &holdTable, n.Holds),
		job(n, &expiringTable, n.Expiring), job(n, &adjustmentTable, n.Adjustments),
		func() (encodedFile, error) { return encodeRequests(n.Requests) },
	}
	files := make([]encodedFile, len(jobs))
	err := inParallel(len(jobs), func(i int) (err error) {
		files[i], err = jobs[i]()
		return err
	})
	if err != nil {
		return nil, err
	}
	if n.CSV {
		if files, err = withCSV(files); err != nil {
			return nil, err
		}
	}
	raw := append([]RawFile{{SummaryFile, n.SummaryJSON}, {WorkspaceFile, n.Workspace}}, n.Extra...)
	if n.ReportHTML != nil {
		raw = append(raw, RawFile{ReportFile, n.ReportHTML})
	}
	for _, r := range n.Rules {
		raw = append(raw, RawFile{RulesFolder + "/" + r.Path, r.Bytes})
	}
	for _, r := range raw {
		files = append(files, encodedFile{name: r.Path, content: r.Bytes})
	}
	slices.SortFunc(files, func(a, b encodedFile) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// withCSV adds a CSV file beside each Parquet file.
func withCSV(files []encodedFile) ([]encodedFile, error) {
	var tables []*encodedFile
	for i := range files {
		if files[i].layout != nil {
			tables = append(tables, &files[i])
		}
	}
	more := make([]encodedFile, len(tables))
	err := inParallel(len(tables), func(i int) (err error) {
		more[i], err = encodeCSV(tables[i])
		return err
	})
	return slices.Concat(files, more), err
}

func job[R any](n *Night, t *table[R], rows []R) func() (encodedFile, error) {
	return func() (encodedFile, error) {
		return encode(n, t.layout(), func() ([]parquetio.Column, error) { return t.build(n.Date, rows) })
	}
}

func openJob(n *Night) func() (encodedFile, error) {
	return func() (encodedFile, error) {
		return encode(n, openTable.layout(), func() ([]parquetio.Column, error) { return openColumns(n) })
	}
}

func encode(n *Night, l layout, build func() ([]parquetio.Column, error)) (encodedFile, error) {
	defer n.watch("encoding " + l.file)()
	columns, err := build()
	if err != nil {
		return encodedFile{}, err
	}
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{Each: inParallel}); err != nil {
		return encodedFile{}, fmt.Errorf("%s: %w", l.file, err)
	}
	return encodedFile{name: l.file, content: out.Bytes(), layout: &l, columns: columns}, nil
}

// encodeRequests writes requests sorted by id, their targets as given.
func encodeRequests(requests []RequestOutcome) (encodedFile, error) {
	sorted := append([]RequestOutcome{}, requests...) // [] rather than null when empty
	slices.SortStableFunc(sorted, func(a, b RequestOutcome) int { return cmp.Compare(a.ID, b.ID) })
	for i := range sorted {
		if i > 0 && sorted[i].ID == sorted[i-1].ID {
			return encodedFile{}, fmt.Errorf("%s: request %s twice", RequestsFile, sorted[i].ID)
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
	return encodedFile{name: RequestsFile, content: append(content, '\n')}, err
}

// checkNames refuses names that leave the folder, meet, or are the manifest's.
func checkNames(files []encodedFile) error {
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

// Digests returns the SHA-256 of each file that Write would publish, by name,
// without writing any.
func Digests(n *Night) (map[string]string, error) {
	files, err := encodeAll(n)
	if err != nil {
		return nil, err
	}
	digests := make(map[string]string, len(files))
	for i := range files {
		digests[files[i].name] = digest(files[i].content)
	}
	return digests, nil
}
