package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/money"
)

// Reader looks at one workspace again and again, such as for pages: what is
// committed it reads once. It takes no lock, and is safe for concurrent use.
type Reader struct {
	config Config
	mu     sync.Mutex
	latest *records
}

// records are what is committed at one moment. A chain that is open does not
// change; what is read of its last run is kept.
type records struct {
	chain *state.Chain
	mu    sync.Mutex
	holds []publish.Hold   // nil until they are read
	worth map[string]worth // of voids and reversals that wait, by request id
}

// worth is what a request's targets come to after the last run.
type worth struct {
	gone  []string // targets that are not there any more
	minor money.ByCurrency
}

// worthOf is what was worked out before of a request.
func (r *records) worthOf(id string) (w worth, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, known = r.worth[id]
	return w, known
}

// keepWorth keeps what a request comes to until the next night: the credits with
// value left, which it took to say so, may be many.
func (r *records) keepWorth(id string, w worth) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.worth == nil {
		r.worth = map[string]worth{}
	}
	r.worth[id] = w
}

// NewReader returns a reader of the workspace of c.Dir.
func NewReader(c Config) *Reader { return &Reader{config: c.withDefaults()} }

// View is a workspace at one moment: a night that is committed later does not
// change it.
type View struct {
	config  Config
	project *project
	records *records
}

// Look reads the workspace and its rules, and the committed runs where one came
// since the last look.
func (r *Reader) Look(_ context.Context) (*View, error) {
	p, list, err := loadProject(r.config.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	records, err := r.recordsOf(stateDir(r.config, p))
	if err != nil {
		return nil, err
	}
	return &View{config: r.config, project: p, records: records}, nil
}

func (r *Reader) recordsOf(dir string) (*records, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest != nil && r.latest.chain.Dir() == dir && r.latest.chain.Current() {
		return r.latest, nil
	}
	chain, err := state.Open(r.config.FS, dir)
	if err != nil {
		return nil, err
	}
	r.latest = &records{chain: chain}
	return r.latest, nil
}

// lastHolds are the awards that wait after the last run, by held_since and
// credit id; the caller's own slice.
func (r *records) lastHolds() ([]publish.Hold, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := r.chain.Last(); r.holds == nil && last != nil {
		content, err := r.chain.ReadOutput(last, heldFile)
		if err != nil {
			return nil, err
		}
		holds, err := publish.ReadHolds(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return nil, err
		}
		slices.SortFunc(holds, func(a, b publish.Hold) int {
			return cmp.Or(cmp.Compare(a.HeldSince, b.HeldSince), cmp.Compare(a.CreditID, b.CreditID))
		})
		r.holds = append([]publish.Hold{}, holds...)
	}
	return slices.Clone(r.holds), nil
}

// lastOpen are the credits with value left after the last run, by credit id.
func (r *records) lastOpen() ([]ledger.Credit, error) {
	content, err := r.chain.ReadOutput(r.chain.Last(), openFile)
	if err != nil {
		return nil, err
	}
	return readOpen(content)
}

// Chain returns the committed runs.
func (v *View) Chain() *state.Chain { return v.records.chain }

// HoldDays is after how many days a hold that nobody decides lapses.
func (v *View) HoldDays() int { return v.project.rulebook.HoldDays }

// Location is the workspace's zone.
func (v *View) Location() *time.Location { return v.project.work.Location }
