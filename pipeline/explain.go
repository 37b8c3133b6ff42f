package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// ExplainRequest says what to explain.
type ExplainRequest struct {
	ID   string
	Kind string // report.OfEvent, OfOrder, OfCustomer, OfCredit; "" tries them in this order
	// Source leaves out the events of other sources; "" means all.
	Source  string
	Date    calendar.Date // valid with HasDate; otherwise the last night, or for a credit the one that issued it
	HasDate bool
	DryRun  bool // today's rules, also where the date is committed
}

// NothingError is why there is nothing to explain: a sentence for the person
// who asked.
type NothingError struct{ Sentence string }

func (e *NothingError) Error() string { return e.Sentence }

// maxExplained is how many events one explanation shows in full: a person reads
// no more, and an id may be that of a shop with a million rows.
const maxExplained = 50

// Explain says why the decisions about an event, order, customer or credit came
// out as they did. A committed night is run again in memory from the bytes that
// it was made with; a night that is not committed, and with DryRun any, with
// today's rules on the ledger before it. Nothing is written. Now is the clock of
// the default date of a dry run before the first night. The error is ErrUsage,
// or a NothingError where no event fits.
func Explain(ctx context.Context, c Config, request ExplainRequest, now time.Time) (*report.Explanation, error) {
	c = c.withDefaults()
	if request.ID == "" {
		return nil, fmt.Errorf("%w: name what to explain: the id of an event, order, customer or credit", ErrUsage)
	}
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	if request.Source != "" && (p.work.Source(request.Source) == nil || p.work.Source(request.Source).Event == nil) {
		return nil, fmt.Errorf("%w: no source of events is named %q", ErrUsage, request.Source)
	}
	chain, err := state.Open(c.FS, stateDir(c, p))
	if err != nil {
		return nil, err
	}
	x := &explainer{config: c, project: p, chain: chain, request: request}
	if err := x.readPostings(); err != nil {
		return nil, err
	}
	if x.date, err = x.chooseDate(now); err != nil {
		return nil, err
	}
	x.out = &report.Explanation{ID: request.ID, BusinessDate: x.date.String(), Timezone: p.work.Timezone, Notes: []string{}, Events: []report.ExplainedEvent{}, Postings: []report.ExplainedPosting{}}
	if err := x.explain(ctx); err != nil {
		return nil, err
	}
	return x.out, nil
}

// explainer is one call of Explain.
type explainer struct {
	config   Config
	project  *project // as the explained night had it, once it is known
	chain    *state.Chain
	request  ExplainRequest
	date     calendar.Date
	postings []ledger.Posting // of the subject, as any kind of id, over all nights
	night    *night
	out      *report.Explanation
	resolved map[string][]*award.Decision // by customer: before approvals, budgets and guardrails
	parts    parts                        // of the rules of the night
}

// kinds are what the id is tried as.
func (x *explainer) kinds() []string {
	if x.request.Kind != "" {
		return []string{x.request.Kind}
	}
	return []string{report.OfEvent, report.OfOrder, report.OfCustomer, report.OfCredit}
}

// names reports whether the id is that of an incident, taken as a kind.
func (x *explainer) names(kind string, event, order, customer, incidentID string) bool {
	id := x.request.ID
	switch kind {
	case report.OfEvent:
		return id == event
	case report.OfOrder:
		return id == order
	case report.OfCustomer:
		return id == customer
	}
	return id == incidentID || id == award.CreditIDOf(incidentID)
}

// readPostings collects what the ledger has on the subject.
func (x *explainer) readPostings() (err error) {
	a, err := archive.Open(archiveOf(x.config.FS, x.chain))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	all := a.Before(afterAll)
	for _, kind := range x.kinds() {
		id := x.request.ID
		if kind == report.OfCredit && !strings.HasPrefix(id, award.CreditIDOf("")) {
			id = award.CreditIDOf(id)
		}
		postings, err := all.Postings(archiveKinds[kind], id)
		if err != nil {
			return err
		}
		for _, p := range postings {
			if x.names(kind, p.EventID, p.OrderID, p.CustomerID, p.IncidentID) {
				x.postings = append(x.postings, p)
			}
		}
	}
	slices.SortFunc(x.postings, ledger.Compare)
	x.postings = slices.CompactFunc(x.postings, func(a, b ledger.Posting) bool { return a.ID == b.ID })
	return nil
}

// archiveKinds are the kinds of ids as the archive has them.
var archiveKinds = map[string]archive.Kind{
	report.OfEvent: archive.OfEvent, report.OfOrder: archive.OfOrder, report.OfCustomer: archive.OfCustomer, report.OfCredit: archive.OfCredit,
}

// chooseDate is the date that was asked for, or the last committed one; for a
// credit, the one that issued it, or else decided on it last.
func (x *explainer) chooseDate(now time.Time) (calendar.Date, error) {
	last := x.chain.Last()
	switch {
	case x.request.HasDate:
		return x.request.Date, nil
	case x.request.Kind == report.OfCredit || x.request.Kind == "" && award.IsID(x.request.ID):
		if at, ok := x.decidedOn(); ok {
			return at, nil
		}
	}
	switch {
	case last != nil && x.request.DryRun:
		return last.Date().AddDays(1), nil
	case last != nil:
		return last.Date(), nil
	case x.request.DryRun:
		return calendar.DateOf(calendar.Instant(now.UnixMicro()), x.project.work.Location).AddDays(-1), nil
	}
	return 0, &NothingError{"No night is settled yet, so nothing was decided; with --dry-run and --date it is explained what a night would do."}
}

// decidedOn is when a credit was issued, or else held or denied last.
func (x *explainer) decidedOn() (date calendar.Date, ok bool) {
	for _, p := range x.postings {
		switch p.Kind {
		case ledger.Issue:
			return p.BusinessDate, true
		case ledger.Hold, ledger.Deny:
			date, ok = p.BusinessDate, true
		}
	}
	return date, ok
}

func (x *explainer) explain(ctx context.Context) (err error) {
	m, err := x.chain.Manifest(x.date)
	if err != nil {
		return err
	}
	x.out.Basis = report.BasisDryRun
	effective := x.date.AddDays(1)
	if m != nil && !x.request.DryRun {
		published, err := publishedProject(x.config.Dir, x.chain, m)
		if err != nil {
			return err
		}
		x.out.Timezone = published.work.Timezone
		x.project, x.out.Basis, effective = published, report.BasisReplay, calendar.Date(m.EffectiveDate)
		if changed, err := x.changedInput(m); err != nil {
			return err
		} else if changed != "" {
			return x.explainPublished(m, changed)
		}
	} else if !x.request.DryRun {
		x.note("The night of %s is not committed: this is what it would do with the rules and files as they are now.", x.date)
	}
	if m != nil && x.request.DryRun {
		x.note("The night is settled: this decides it again with the rules as they are now, on the ledger as it was really settled before. A comparison of several nights gives each side a ledger of its own, and so may say otherwise.")
	}
	s, err := newSession(x.config, x.project, x.chain, x.date)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.any && x.date > s.last.AddDays(1) {
		x.note("The nights from %s to %s are not settled: this leaves them out.", s.last.AddDays(1), x.date.AddDays(-1))
	}
	s.night, s.of = 1, 1
	x.night = s.begin(x.date, effective)
	x.night.wholeDimensions = true // rows that no rule may hit are explained too
	x.out.AsOf = x.night.asOf.String()
	if err := x.night.through(ctx, x.night.decideStages()); err != nil {
		return err
	}
	if err := x.explainRows(ctx); err != nil {
		return err
	}
	return x.finish()
}

func (x *explainer) note(format string, args ...any) {
	x.out.Notes = append(x.out.Notes, fmt.Sprintf(format, args...))
}

// changedInput names a file that no longer has the bytes that the run read, ""
// where all have.
func (x *explainer) changedInput(m *state.Manifest) (string, error) {
	for _, in := range m.Inputs {
		digest, _, err := fileDigest(x.project.pathOf(in.Path))
		if err != nil {
			return fmt.Sprintf("%s cannot be read any more (%v)", in.Path, err), nil
		}
		if digest != in.SHA256 {
			return in.Path + " has other bytes than the run read", nil
		}
	}
	return "", nil
}

// finish adds the ledger's movements and sentences, or says that nothing fits.
func (x *explainer) finish() error {
	if len(x.out.Events) == 0 {
		return x.nothing()
	}
	for _, p := range x.postings {
		if x.names(x.out.Kind, p.EventID, p.OrderID, p.CustomerID, p.IncidentID) {
			x.out.Postings = append(x.out.Postings, explainedPosting(&p))
		}
	}
	if err := x.publishedCredits(); err != nil {
		return err
	}
	for i := range x.out.Events {
		e := &x.out.Events[i]
		e.Sentence = report.Sentence(e)
		e.Later = report.Later(e, x.out.BusinessDate, x.out.Postings)
	}
	return nil
}

func explainedPosting(p *ledger.Posting) report.ExplainedPosting {
	return report.ExplainedPosting{
		Date: p.BusinessDate.String(), Kind: string(p.Kind), CreditID: p.CreditID, IncidentID: p.IncidentID, EventID: p.EventID,
		OrderID: p.OrderID, RuleID: p.RuleID, Reason: p.Reason, Minor: p.Minor, Currency: p.Currency,
	}
}

// maxDatesNamed is how many nights a sentence about nothing names.
const maxDatesNamed = 5

// nothing says that no event fits, and where to look instead.
func (x *explainer) nothing() error {
	what := "event, order, customer or credit"
	if x.request.Kind != "" {
		what = x.request.Kind
	}
	sentence := fmt.Sprintf("No %s %q is among what the night of %s read", what, x.request.ID, x.date)
	if x.request.Source != "" {
		sentence += " from " + x.request.Source
	}
	var dates []string
	for _, p := range x.postings {
		if d := p.BusinessDate.String(); !slices.Contains(dates, d) {
			dates = append(dates, d)
		}
	}
	if n := len(dates); n > maxDatesNamed {
		dates = dates[n-maxDatesNamed:]
	}
	if len(dates) > 0 {
		return &NothingError{sentence + "; the ledger has it on " + strings.Join(dates, ", ") + ": name one with --date."}
	}
	return &NothingError{sentence + ", and the ledger does not have it; name another night with --date."}
}
