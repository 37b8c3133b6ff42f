package pipeline

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules/ir"
)

// rowPlace is where a row stands, in a source.
type rowPlace struct {
	source string
	place  award.Place
}

// found is one row that the id names.
type found struct {
	rowPlace
	fit   match.Fit
	key   award.Key
	keyed bool
}

// visitRows reads the event rows of the night again. Visit is called by one
// worker at a time.
func (x *explainer) visitRows(ctx context.Context, visit func(source *match.Source, at rowPlace, batch *ir.Batch, i int, unread *match.RowReject)) error {
	var mu sync.Mutex
	for i := range x.project.work.Sources {
		s := &x.project.work.Sources[i]
		source := x.night.sources[s.Name]
		if source == nil {
			continue
		}
		if err := x.visitSource(ctx, s, source, func(at rowPlace, batch *ir.Batch, i int, unread *match.RowReject) {
			mu.Lock()
			defer mu.Unlock()
			visit(source, at, batch, i, unread)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (x *explainer) visitSource(ctx context.Context, s *workspace.Source, source *match.Source, visit func(rowPlace, *ir.Batch, int, *match.RowReject)) error {
	files := x.night.files[s.Name]
	request := x.project.request(s, files, source.Columns(), x.night.schemas[s.Name].kinds, x.config)
	report, first := reportOnly(s, source), firstAsked(s, source)
	_, err := scan.Scan(ctx, request, func(part scan.Part, batch *ir.Batch, rejects []scan.Reject) error {
		unread := rowRejects(rejects, report, first)
		for i := range batch.Rows {
			at := rowPlace{s.Name, award.Place{File: files[part.File].Name, RowGroup: part.RowGroup, Row: part.FirstRow + int64(i)}}
			var bad *match.RowReject
			if len(unread) > 0 && unread[0].Row == i {
				bad, unread = &unread[0], unread[1:]
			}
			visit(at, batch, i, bad)
		}
		return nil
	})
	if err != nil {
		return x.project.columnDiagnostic(err)
	}
	return nil
}

// explainRows finds the rows and released holds that the id names, with the
// other rows of their incidents, and explains each.
func (x *explainer) explainRows(ctx context.Context) error {
	var rows []found
	err := x.visitRows(ctx, func(source *match.Source, at rowPlace, batch *ir.Batch, i int, _ *match.RowReject) {
		if fit := source.Fits(x.request.ID, batch, i); fit != (match.Fit{}) {
			f := found{rowPlace: at, fit: fit}
			f.key, f.keyed = source.Key(batch, i)
			rows = append(rows, f)
		}
	})
	if err != nil {
		return err
	}
	x.chooseKind(rows)
	wanted, keys := map[rowPlace]bool{}, map[string]bool{}
	for _, f := range rows {
		if fits(f.fit, x.out.Kind) && (x.request.Source == "" || x.request.Source == f.source) {
			wanted[f.rowPlace] = true
			if f.keyed {
				keys[f.key.IncidentID()] = true
			}
		}
	}
	traces, err := x.trace(ctx, wanted, keys)
	if err != nil {
		return err
	}
	x.build(traces, wanted)
	return nil
}

func fits(f match.Fit, kind string) bool {
	return kind == report.OfEvent && f.Event || kind == report.OfOrder && f.Order || kind == report.OfCustomer && f.Customer || kind == report.OfCredit && f.Credit
}

// chooseKind takes the id as the first kind that names anything tonight.
func (x *explainer) chooseKind(rows []found) {
	for _, kind := range x.kinds() {
		named := slices.ContainsFunc(rows, func(f found) bool { return fits(f.fit, kind) }) ||
			slices.ContainsFunc(x.night.decisions, func(d *award.Decision) bool { return x.namesIncident(kind, d.Incident) })
		if named {
			x.out.Kind = kind
			return
		}
	}
}

func (x *explainer) namesIncident(kind string, inc *award.Incident) bool {
	return x.names(kind, inc.EventID(), inc.Order(), inc.Customer(), inc.ID()) && (x.request.Source == "" || x.request.Source == inc.Source)
}

// trace evaluates the wanted rows and the rows of the same incidents, in the
// order in which rows of an incident count.
func (x *explainer) trace(ctx context.Context, wanted map[rowPlace]bool, keys map[string]bool) ([]*match.Trace, error) {
	var traces []*match.Trace
	if len(wanted) == 0 {
		return nil, nil
	}
	err := x.visitRows(ctx, func(source *match.Source, at rowPlace, batch *ir.Batch, i int, unread *match.RowReject) {
		want := wanted[at]
		if !want {
			key, ok := source.Key(batch, i)
			want = ok && keys[key.IncidentID()]
		}
		if want {
			traces = append(traces, source.Trace(at.place, batch, i, unread))
		}
	})
	slices.SortFunc(traces, func(a, b *match.Trace) int {
		return cmp.Or(cmp.Compare(string(a.Key[:]), string(b.Key[:])), match.CompareTraces(a, b))
	})
	return traces, err
}

// rank orders events: those with money first.
var rank = map[string]int{
	string(award.Issued): 1, string(award.Held): 2, string(award.Denied): 3, string(award.Suppressed): 4,
	report.RowRejected: 5, report.RowUnmatched: 6, report.RowNotYet: 7, report.RowOutOfWindow: 8, report.RowMerged: 9,
}

// build explains released holds and rows, in order, up to maxExplained.
func (x *explainer) build(traces []*match.Trace, wanted map[rowPlace]bool) {
	events := x.builders(traces, wanted)
	slices.SortStableFunc(events, func(a, b *eventBuilder) int {
		return cmp.Or(cmp.Compare(rank[a.event.Outcome], rank[b.event.Outcome]), cmp.Compare(a.event.Source, b.event.Source), cmp.Compare(a.event.EventID, b.event.EventID),
			cmp.Compare(a.event.File, b.event.File), cmp.Compare(a.event.Row, b.event.Row))
	})
	if n := len(events); n > maxExplained {
		x.out.More, events = n-maxExplained, events[:maxExplained]
	}
	for _, b := range events {
		b.fill()
		x.out.Events = append(x.out.Events, b.event)
	}
}

// builders are released holds, and then the wanted rows in the order of traces,
// each with what became of it.
func (x *explainer) builders(traces []*match.Trace, wanted map[rowPlace]bool) []*eventBuilder {
	decisions := map[award.Key]*award.Decision{} // of rows, by incident
	var events []*eventBuilder
	for _, d := range x.night.decisions {
		switch {
		case d.Incident.Released() == nil:
			decisions[d.Incident.Key] = d
		case x.out.Kind != "" && x.namesIncident(x.out.Kind, d.Incident):
			events = append(events, x.released(d))
		}
	}
	rejects := map[rowPlace]match.Reject{}
	for _, r := range x.night.matched.Rejects {
		rejects[rowPlace{r.Source, r.Place}] = r
	}
	company := map[award.Key]bool{}
	for _, t := range traces {
		if t.Keyed && (t.Class == match.RowMatched || t.Class == match.RowRejected) {
			company[t.Key] = true
		}
	}
	for i, t := range traces {
		if !wanted[rowPlace{t.Source, t.Place}] {
			continue
		}
		first := i
		for first > 0 && t.Keyed && traces[first-1].Keyed && traces[first-1].Key == t.Key && traces[first-1].Source == t.Source {
			first--
		}
		b := &eventBuilder{explainer: x, trace: t, first: traces[first], company: t.Keyed && company[t.Key]}
		if t.Keyed {
			b.decision = decisions[t.Key]
		}
		if r, ok := rejects[rowPlace{t.Source, t.Place}]; ok {
			b.reject = &r
		}
		b.classify()
		events = append(events, b)
	}
	return events
}
