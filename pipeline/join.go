package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/ir"
)

// A dimension may have millions of rows, of which the night's hits need a few, and
// history is asked sooner for many customers at once than for one after the other.
// So events are read first: rows that may be hits wait, and then the dimensions are
// read for the keys that these rows and released holds name. Where too many rows
// wait, those are looked at, the dimensions are let go of, and others may wait.
// Where anything else looks keys up, the dimensions are read whole, once. Which
// way it went changes no outcome and no byte.

// dimensionReading is the reading of one dimension.
type dimensionReading struct {
	source    *workspace.Source
	dimension *match.Dimension
	columns   []string // of its files: fields, key, currency
	at        match.DimensionColumns
	whole     bool // every row may be looked up

	inputs  []state.Input    // nil before it was read
	rejects []publish.Reject // the same each time
}

// maxBacklogRows is how many rows of a source may wait: a few hundred bytes each.
const maxBacklogRows = 3 << 16

// dimensionFields are the fields of each dimension that the events' expressions
// read, and those that others do.
func dimensionFields(program *rules.Program, others []ir.Slot) map[string][]string {
	fields := map[string][]string{}
	want := func(slots []ir.Slot) {
		for _, slot := range slots {
			if slot.Origin == ir.FromDimension && !slices.Contains(fields[slot.Dimension], slot.Column) {
				fields[slot.Dimension] = append(fields[slot.Dimension], slot.Column)
			}
		}
	}
	for _, source := range program.Sources {
		want(source.Slots)
	}
	want(others)
	return fields
}

// planDimensions prepares the dimensions with the fields that some expression
// reads.
func (n *night) planDimensions() {
	fields, voided := dimensionFields(n.program, n.program.Voids.Slots), map[string]bool{}
	for _, slot := range n.program.Voids.Slots {
		voided[slot.Dimension] = true // of every open credit
	}
	n.dimensions = map[string]*match.Dimension{}
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		if s.Dimension == nil {
			continue
		}
		name := s.Dimension.As.Source
		slices.Sort(fields[name])
		r := n.planDimension(s, fields[name])
		r.whole = n.wholeDimensions || voided[name]
		if len(fields[name]) > 0 && len(n.files[s.Name]) > 0 { // or nothing reads it, or there is nothing to read
			r.dimension.Await()
			n.joins = append(n.joins, r)
		}
	}
}

func (n *night) planDimension(s *workspace.Source, fields []string) *dimensionReading {
	d := s.Dimension
	kinds := make([]ir.Kind, len(fields))
	holdsMoney := false
	for i, f := range fields {
		kinds[i] = n.schemas[s.Name].kinds[f]
		holdsMoney = holdsMoney || kinds[i] == ir.Money
	}
	r := &dimensionReading{
		source: s, dimension: match.NewDimension(d.As.Source, d.On.Source, d.Required, fields, kinds),
		columns: append(slices.Clone(fields), d.Key.Source), at: match.DimensionColumns{Key: len(fields), Currency: -1},
	}
	r.dimension.Seed = n.config.seed
	n.dimensions[d.As.Source] = r.dimension
	if holdsMoney {
		r.at.Constant = s.Currency
		if c := s.CurrencyColumn.Source; c != "" {
			if r.at.Currency = slices.Index(r.columns, c); r.at.Currency < 0 {
				r.at.Currency = len(r.columns)
				r.columns = append(r.columns, c)
			}
		}
	}
	return r
}

// join reads the dimensions that were not read yet: for the keys that finders and
// released holds name.
func (n *night) join(ctx context.Context, finders []*match.Finder) error {
	if len(n.joins) > 0 {
		defer n.config.Profile.Part("dimensions")()
	}
	wanted := match.WantedKeys(finders)
	for i := range n.session.holds {
		h := &n.session.holds[i]
		if approved, ok := n.requests.approved[h.CreditID]; ok && n.sources[h.Source] != nil {
			inc, err := releasedIncident(h, approved)
			if err != nil {
				return err
			}
			n.sources[h.Source].WantKeys(wanted, inc)
		}
	}
	if err := n.readDimensions(ctx, wanted, allOnce); err != nil {
		return err
	}
	var inputs []state.Input
	var rejects []publish.Reject
	for _, r := range n.joins {
		r.dimension.Arrive()
		for _, in := range r.inputs {
			n.config.Profile.Rows(in.Rows, in.Size)
		}
		inputs, rejects = append(inputs, r.inputs...), append(rejects, r.rejects...)
	}
	n.inputs, n.rejects = append(inputs, n.inputs...), append(rejects, n.rejects...)
	return nil
}

// queue is where the rows of a source wait.
type queue struct {
	night   *night
	finders []*match.Finder // by worker
	most    int             // rows that may wait in a finder
	gate    sync.RWMutex    // held by those who find, and alone by who relieves
}

func (n *night) newQueue(finders []*match.Finder) *queue {
	most := n.config.backlogRows
	if most == 0 {
		most = maxBacklogRows
	}
	return &queue{night: n, finders: finders, most: most / max(n.config.Workers, 1)}
}

// find finds in a batch, which is one of a worker's.
func (q *queue) find(ctx context.Context, worker int, place award.Place, batch *ir.Batch, rejects []match.RowReject) error {
	f := q.finders[worker]
	q.gate.RLock()
	f.Find(place, batch, rejects)
	full := f.Backlog() > q.most
	q.gate.RUnlock()
	if !full {
		return nil
	}
	q.gate.Lock()
	defer q.gate.Unlock()
	if f.Backlog() <= q.most {
		return nil // another worker did it
	}
	return q.relieve(ctx)
}

// relieve looks at the rows that wait, with the dimensions that they join. Nobody
// finds meanwhile.
func (q *queue) relieve(ctx context.Context) error {
	n := q.night
	defer n.config.Profile.WorkOf("rows that waited", n.config.Workers)()
	if err := n.readDimensions(ctx, match.WantedKeys(q.finders), wantedOnly); err != nil {
		return err
	}
	if err := n.prepareCustomers(q.finders); err != nil {
		return err
	}
	match.Look(q.finders)
	for _, r := range n.joins {
		if !r.whole {
			r.dimension.Forget() // others are wanted next
		}
	}
	return nil
}

// unwanted says what is read of a dimension of which nobody names a key.
type unwanted bool

const (
	wantedOnly unwanted = false // nothing
	allOnce    unwanted = true  // its files, if they were not: they are inputs, and their rows may be rejects
)

// readDimensions reads the dimensions for some keys, by their names; those that
// are read whole once.
func (n *night) readDimensions(ctx context.Context, wanted map[string]*match.Keys, rest unwanted) error {
	for _, r := range n.joins {
		var keys *match.Keys
		switch read := r.inputs != nil; {
		case r.whole && read:
			continue
		case !r.whole:
			if keys = wanted[r.dimension.Name]; keys == nil {
				keys = &match.Keys{}
			}
			if keys.Empty() && (read || rest == wantedOnly) {
				continue
			}
		}
		if err := n.readDimension(ctx, r, keys); err != nil {
			return err
		}
		r.dimension.Seal(n.config.Workers)
		if r.whole {
			r.dimension.Arrive() // nothing need wait for it any more
		}
	}
	return nil
}

// readDimension gives a dimension its rows of the keys that are wanted, or all
// where that is nil, and rejects those that could not be read whole.
func (n *night) readDimension(ctx context.Context, r *dimensionReading, wanted *match.Keys) error {
	files := n.files[r.source.Name]
	parts := r.dimension.Parts(max(n.config.Workers, 1))
	var mu sync.Mutex
	var unread []row
	stats, err := scan.Scan(ctx, n.project.request(r.source, files, r.columns, n.schemas[r.source.Name].kinds, n.config), func(part scan.Part, batch *ir.Batch, rejects []scan.Reject) error {
		var bad []int
		for _, reject := range rejects {
			bad = append(bad, reject.Row)
			place := award.Place{File: files[part.File].Name, RowGroup: part.RowGroup, Row: part.FirstRow + int64(reject.Row)}
			mu.Lock()
			unread = append(unread, row{place: place, reject: &reject})
			mu.Unlock()
		}
		parts[part.Worker].AddBatch(batch, r.at, bad, wanted)
		return nil
	})
	if err != nil {
		return n.project.columnDiagnostic(err)
	}
	inputs := inputsOf(r.source, stats)
	if r.inputs != nil {
		return r.same(inputs)
	}
	r.inputs = inputs
	sortRows(unread)
	for _, u := range unread {
		r.rejects = append(r.rejects, rejectOf(r.source, u.place, u.reject.Code, u.reject.Column, u.reject.Detail))
	}
	return nil
}

// same makes sure that files which were read once more are what they were.
func (r *dimensionReading) same(inputs []state.Input) error {
	for i := range inputs {
		if inputs[i] != r.inputs[i] {
			return fmt.Errorf("source %q: %s: %w", r.source.Name, inputs[i].Path, scan.ErrFileChanged)
		}
	}
	return nil
}
