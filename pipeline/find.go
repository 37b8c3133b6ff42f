package pipeline

import (
	"context"
	"maps"
	"slices"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules/ir"
)

// match reads every event row, and the dimensions for those that may be hits,
// and finds incidents and awards.
func (n *night) match(ctx context.Context) error {
	var finders []*match.Finder
	readings := map[string]*scan.Reading{}
	defer n.aside.close()
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		source := n.sources[s.Name]
		if source == nil {
			continue
		}
		found, err := n.find(ctx, s, source, readings)
		if err != nil {
			return err
		}
		finders = append(finders, found...)
	}
	if err := n.join(ctx, finders); err != nil {
		return err
	}
	if err := n.releaseHolds(); err != nil {
		return err
	}
	if err := n.prepareCustomers(finders); err != nil {
		return err
	}
	if err := n.merge(ctx, finders, readings); err != nil {
		return err
	}
	n.lookedAtAll()
	collect()
	return n.listLooked()
}

// lookedAtAll lets go of what rows of events are looked at with, once all of them were.
func (n *night) lookedAtAll() {
	n.history.past, n.history.asked = nil, archive.Places{} // which is not asked once the ledger moves
	for _, r := range n.joins {
		if !r.whole { // nothing but rows of events looks them up
			r.dimension.Forget()
		}
	}
}

// merge looks at the rows that wait, and brings those of each incident together.
func (n *night) merge(ctx context.Context, finders []*match.Finder, readings map[string]*scan.Reading) (err error) {
	defer n.config.Profile.Part("merging")()
	asked := func() {}
	owners := func(incidents []*award.Incident) (match.OrderOwner, error) {
		asked = n.config.Profile.WorkOf("owners of orders", n.config.Workers) // to the end of merging, on all cores
		return n.orderOwners(incidents)
	}
	n.matched, err = match.Merge(finders, owners, func(recalls []*match.Recall) error {
		n.lookedAtAll()
		return n.again(ctx, readings, recalls)
	})
	asked()
	if err == nil && n.matched.FactsErr != nil {
		n.unread = n.matched.FactsErr
	}
	return err
}

// again reads the row groups of rows that were passed and whose incident other
// rows brought up.
func (n *night) again(ctx context.Context, readings map[string]*scan.Reading, recalls []*match.Recall) error {
	type place struct {
		file  string
		group int
	}
	bySource := map[string]map[place]*match.Recall{}
	for _, r := range recalls {
		if bySource[r.Source] == nil {
			bySource[r.Source] = map[place]*match.Recall{}
		}
		bySource[r.Source][place{r.File, r.RowGroup}] = r
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		files, recall := n.files[source], bySource[source]
		of := func(file, group int) *match.Recall { return recall[place{files[file].Name, group}] }
		err := readings[source].Again(ctx,
			func(file, group int) (columns []int, ok bool) {
				r := of(file, group)
				if r == nil {
					return nil, false
				}
				return r.Columns(), true
			},
			func(part scan.Part, batch *ir.Batch, _ []scan.Reject) error {
				of(part.File, part.RowGroup).Find(award.Place{File: files[part.File].Name, RowGroup: part.RowGroup, Row: part.FirstRow}, batch)
				return nil
			})
		if err != nil {
			return n.project.columnDiagnostic(err)
		}
	}
	return nil
}

func (n *night) find(ctx context.Context, s *workspace.Source, source *match.Source, readings map[string]*scan.Reading) ([]*match.Finder, error) {
	defer n.config.Profile.Part(s.Name)()
	finders := make([]*match.Finder, n.config.Workers)
	for w := range finders {
		finders[w] = source.NewFinder()
		finders[w].PutAside(n.aside.open, n.config.asideBytes)
		if n.shelf != nil {
			finders[w].PutFactsAside(n.shelf.open, n.config.asideBytes)
		}
	}
	files := n.files[s.Name]
	request := n.project.request(s, files, source.Columns(), n.schemas[s.Name].kinds, n.config)
	report, first := reportOnly(s, source), firstAsked(s, source)
	reading, err := scan.Open(ctx, request)
	if err != nil {
		return nil, n.project.columnDiagnostic(err)
	}
	readings[s.Name] = reading
	if !n.config.readAll {
		reading.Pass(func(g scan.Group) bool { return passOver(files, source, finders[0], g) })
	}
	queue := n.newQueue(finders)
	stats, err := reading.Scan(ctx, func(part scan.Part, batch *ir.Batch, rejects []scan.Reject) error {
		place := award.Place{File: files[part.File].Name, RowGroup: part.RowGroup, Row: part.FirstRow}
		return queue.find(ctx, part.Worker, place, batch, rowRejects(rejects, report, first))
	})
	if err != nil {
		return nil, n.project.columnDiagnostic(err)
	}
	n.addInputs(s, stats)
	for _, f := range stats {
		n.rowsRead += f.Rows
	}
	return finders, nil
}

// passOver counts the rows of a row group, and reads none, where its statistics
// say that they are older than the window.
func passOver(files []scan.File, source *match.Source, finder *match.Finder, g scan.Group) bool {
	bounds := make([]match.Bounds, len(g.Columns))
	for i, c := range g.Columns {
		bounds[i] = match.Bounds{Known: c.Known, Nulls: c.Nulls, Ranged: c.Ranged, Least: c.Least, Most: c.Most}
	}
	if !source.Past(g.Rows, bounds) {
		return false
	}
	finder.Pass(award.Place{File: files[g.File].Name, RowGroup: g.RowGroup, Row: g.FirstRow}, g.Rows, bounds)
	return true
}

// reportOnly are the columns, as the files name them, that only the report reads.
func reportOnly(s *workspace.Source, source *match.Source) []string {
	return fileColumns(s, source.OnlyReport())
}

// firstAsked are the columns, as the files name them, that say whether a row is
// older than the window.
func firstAsked(s *workspace.Source, source *match.Source) []string {
	return fileColumns(s, source.First())
}

func fileColumns(s *workspace.Source, names []string) []string {
	var columns []string
	for _, column := range names {
		columns = append(columns, fileColumn(s, column))
	}
	return columns
}

// rowRejects are what scan could not read, but for columns that only the report
// reads: those are null there, and the row counts. They stand last in the batch,
// so that a reject of another column comes before theirs.
func rowRejects(rejects []scan.Reject, report, first []string) []match.RowReject {
	out := make([]match.RowReject, 0, len(rejects))
	for _, r := range rejects {
		if !slices.Contains(report, r.Column) {
			out = append(out, match.RowReject{Row: r.Row, Code: r.Code, Column: r.Column, Detail: r.Detail, First: slices.Contains(first, r.Column)})
		}
	}
	return out
}
