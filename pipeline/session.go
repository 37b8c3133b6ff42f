package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"amends/pipeline/analysis"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/money"
)

// ErrRefused is why a night was not run though nothing failed: what it asks for
// contradicts what is committed. The message names what.
var ErrRefused = errors.New("refused")

// ErrUsage is a call that makes no sense, such as a range that ends before it
// begins.
var ErrUsage = errors.New("usage")

// session is the ledger between nights: what the committed runs add up to, as
// far as it is asked for, and, in a dry run over a range, the simulated ones
// after them.
type session struct {
	config   Config
	stateDir string
	project  *project
	chain    *state.Chain
	night    int // of the range, 1-based
	of       int
	dry      bool // nothing is committed: reports say so
	// unreported nights have no report: what only reports show is not worked out.
	unreported bool

	book        *ledger.Book
	memory      memory
	base        calendar.Date    // of the last committed night that book goes on from; valid with any
	outstanding money.ByCurrency // after it
	behind      bool             // a night was committed since memory was opened
	holds       []publish.Hold   // pending, by credit id
	seenSHA256  string           // of the last run's manifest: what requests were made in view of
	issuable    []pastNight
	definitions map[string]state.Definition
	consumed    map[string]bool  // request ids
	lastInputs  []state.Input    // of the last run
	trends      *analysis.Trends // of the last run; nil until a night asks for them
	first, last calendar.Date
	left        []state.Span // dates that nights left out
	any         bool         // a run came before

	schemaCache map[string]cachedSchema
	schemas     schemas
	program     *rules.Program
	programList diag.List
	programFor  *project
}

// pastNight is what one night would have issued before its guardrails.
type pastNight struct {
	date  calendar.Date
	minor money.ByCurrency
}

type cachedSchema struct {
	size     int64
	modified time.Time
	schema   sourceSchema
}

// newSession begins with the runs before a date. The chain is the whole one: it
// also says which requests a committed night consumed. It must be closed.
func newSession(config Config, p *project, chain *state.Chain, before calendar.Date) (*session, error) {
	s := &session{
		config: config, stateDir: stateDir(config, p), project: p, chain: chain,
		definitions: map[string]state.Definition{}, consumed: map[string]bool{}, schemaCache: map[string]cachedSchema{},
	}
	for _, night := range chain.Nights() {
		if night.Date() >= before {
			break
		}
		s.remember(night)
	}
	return s, s.recall(before)
}

// postingsOf reads what a run posted, in the order in which it is applied.
func postingsOf(chain *state.Chain, m *state.Manifest) ([]ledger.Posting, error) {
	content, err := chain.ReadOutput(m, state.PostingsFile)
	if err != nil {
		return nil, err
	}
	postings, err := publish.ReadPostings(bytes.NewReader(content), int64(len(content)))
	slices.SortFunc(postings, ledger.Compare)
	return postings, err
}

// remember takes over what the chain says of a night.
func (s *session) remember(night state.Night) {
	if !s.any {
		s.first = night.Date()
	}
	if night.Skipped != nil {
		s.left = append(s.left, *night.Skipped)
	}
	s.any, s.last = true, night.Date()
	s.issuable = append(s.issuable, pastNight{date: night.Date(), minor: night.IssuableMinor})
	for _, id := range night.Requests {
		s.consumed[id] = true
	}
	s.seenSHA256 = night.SHA256
}

const (
	heldFile = "held.parquet"
	openFile = "open.parquet"
)

// loadHolds reads the holds that were pending after a run.
func (s *session) loadHolds(m *state.Manifest) error {
	content, err := s.chain.ReadOutput(m, heldFile)
	if err != nil {
		return err
	}
	s.holds, err = publish.ReadHolds(bytes.NewReader(content), int64(len(content)))
	return err
}

// loadRun has the Book hold every credit that a committed run issued, where a
// request takes them back.
func (s *session) loadRun(r *state.Request) error {
	if r.Kind != state.Reverse || !s.any || r.Run > s.base {
		return nil
	}
	m, err := s.chain.Manifest(r.Run)
	if err != nil || m == nil {
		return err
	}
	postings, err := postingsOf(s.chain, m)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", state.PostingsFile, m.BusinessDate, err)
	}
	for i := range postings {
		if postings[i].Kind == ledger.Issue {
			s.book.Credit(postings[i].CreditID)
		}
	}
	return nil
}

func stateDir(config Config, p *project) string {
	if filepath.IsAbs(p.work.State) {
		return p.work.State
	}
	return filepath.Join(config.Dir, filepath.FromSlash(p.work.State))
}

// begin makes the night of a date.
func (s *session) begin(date, effective calendar.Date) *night {
	work := s.project.work
	n := &night{
		session: s, config: s.config, project: s.project, work: work, rulebook: s.project.rulebook,
		date: date, effective: effective, zone: work.Location, asOf: calendar.AsOf(date, work.Location),
		window: s.windowOf(date), withCSV: work.ReportCSV, book: s.book, before: s.book.Outstanding(), voidFaults: map[string]int64{},
		unread: func() error { return nil },
	}
	return n
}

func (s *session) windowOf(date calendar.Date) window {
	w := window{date: date, first: date}
	if s.any {
		w.hasPrior, w.previous, w.first, w.left = true, s.last, s.first, s.left
	}
	return w
}

// schemasOf learns the schema of each source, once for a file that did not
// change: in a range of nights most sources have one file.
func (s *session) schemasOf(p *project, files map[string][]scan.File) (schemas, error) {
	out := schemas{}
	for i := range p.work.Sources {
		source := &p.work.Sources[i]
		list := files[source.Name]
		if len(list) == 0 {
			continue
		}
		file := list[len(list)-1]
		info, err := os.Stat(file.Path)
		if err != nil {
			return nil, fmt.Errorf("source %q: %w", source.Name, err)
		}
		key := source.Name + "\x00" + file.Path // one file may serve two sources
		if c, ok := s.schemaCache[key]; ok && c.size == info.Size() && c.modified.Equal(info.ModTime()) {
			c.schema.file = file.Name
			out[source.Name] = c.schema
			continue
		}
		learned, err := p.learnSchemas(map[string][]scan.File{source.Name: {file}}, source.Name)
		if err != nil {
			return nil, err
		}
		out[source.Name] = learned[source.Name]
		s.schemaCache[key] = cachedSchema{size: info.Size(), modified: info.ModTime(), schema: learned[source.Name]}
	}
	return out, nil
}

// programOf checks the rulebook against the schemas, anew only where they
// changed since the night before.
func (s *session) programOf(p *project, found schemas) (*rules.Program, diag.List, error) {
	if s.program != nil && s.programFor == p && sameSchemas(s.schemas, found) {
		return s.program, s.programList, nil
	}
	catalog, list := p.catalog(found)
	if err := list.Err(); err != nil {
		return nil, nil, err
	}
	program, more := rules.Compile(p.rulebook, catalog)
	for i := range more {
		more[i].Pos.File = placeOf(p, more[i].Pos.File)
	}
	list = append(list, more...)
	if program != nil {
		list = append(list, checkHistory(p.work, program)...)
	}
	list.Sort()
	if err := list.Err(); err != nil {
		return nil, nil, err
	}
	s.program, s.programList, s.programFor, s.schemas = program, list, p, found
	return program, list, nil
}

// placeOf shows a rule file relative to the workspace; `at` and other
// expressions of amends.yaml are there already.
func placeOf(p *project, file string) string {
	if file == WorkspaceFile {
		return file
	}
	shown := showRule(p.work, file)
	if other, elsewhere := p.stands[shown]; elsewhere {
		return other
	}
	return shown
}

func sameSchemas(a, b schemas) bool {
	if len(a) != len(b) {
		return false
	}
	for name, x := range a {
		y, ok := b[name]
		if !ok || !reflect.DeepEqual(x.kinds, y.kinds) {
			return false
		}
	}
	return true
}
