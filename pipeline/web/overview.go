package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/money"
)

const (
	// maxNightsShown is how many nights the overview has: two weeks.
	maxNightsShown = 14
	// maxMissedNamed is how many missing dates are named one by one.
	maxMissedNamed = 5
)

// overview is where the workspace stands.
func (s *site) overview(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	status, err := look.Status(s.options.Now())
	if err != nil {
		return err
	}
	v := &view{Title: "Overview", Here: "overview"}
	v.Parts = append(v.Parts, nightsPart(status))
	if s.options.PagesOnly {
		v.Alerts = append(v.Alerts, alert{"know", sentence(pagesOnly) + ".", "Nights are settled by another server, a scheduler, or by hand."})
	}
	if scheduler := s.scheduler(); scheduler != nil {
		v.Parts = append(v.Parts, schedulerPart(scheduler, look.Location()))
		if why := scheduler.trouble(s.options.Now(), look.Location()); why != "" {
			v.Alerts = append(v.Alerts, alert{"stop", "Nights do not run.", sentence(why)})
		}
	}
	v.Alerts = append(v.Alerts, missedAlerts(status)...)
	waiting, err := s.waitingPart(look, status)
	if err != nil {
		return err
	}
	v.Parts = append(v.Parts, waiting)
	if status.Runs > 0 {
		last := part{Title: "The last nights", Links: []link{{"All nights", "/runs"}, {"Dry runs", "/dry-runs"}, {"Explain a decision", "/explain"}}}
		if last.Table, err = s.nightsTable(look.Chain(), 0, maxNightsShown); err != nil {
			return err
		}
		v.Parts = append(v.Parts, last)
	}
	if p := leftPart(status, s.scheduler()); p.Table != nil {
		v.Parts = append(v.Parts, p)
	}
	return s.show(w, http.StatusOK, "page.html", v)
}

func nightsPart(status *pipeline.StatusResult) part {
	p := part{Title: "Nights", Large: true, Facts: []fact{{"Settled", text("none yet")}}}
	if status.Runs > 0 {
		p.Facts = []fact{
			{"Last night", linked(status.Last, "/runs/"+status.Last)},
			{"Settled", text(report.Counted(int64(status.Runs), "night", "nights") + " since " + status.First)},
		}
	}
	if status.NextDate != "" {
		p.Facts = append(p.Facts, fact{"Next", text(status.NextDate)})
	}
	if status.Runs > 0 {
		p.Facts = append(p.Facts, fact{"Customers can still use", sums(money.ByCurrency(status.Outstanding))},
			fact{"Open credits", count(status.OpenCredits)})
	}
	if len(status.Skipped) > 0 {
		p.Facts = append(p.Facts, fact{"Left out for good", lines(status.Skipped)})
	}
	return p
}

// missedAlerts tells of dates that have ended and are not settled.
func missedAlerts(status *pipeline.StatusResult) []alert {
	n := len(status.Missed)
	if n == 0 {
		return nil
	}
	shown := strings.Join(status.Missed, ", ")
	if n > maxMissedNamed {
		shown = status.Missed[0] + " to " + status.Missed[n-1]
	}
	next := "By hand: amends run --from " + status.Missed[0] + " --to " + status.Missed[n-1]
	if status.MissedWaits != "" {
		next = status.Missed[0] + " comes first, and its files are not there yet."
	}
	return []alert{{"watch", report.Counted(int64(n), "date has ended and is", "dates have ended and are") + " not settled yet:", shown + ". " + next}}
}

// waitingPart is what waits for people: holds, and what they asked for.
func (s *site) waitingPart(look *pipeline.View, status *pipeline.StatusResult) (part, error) {
	p := part{Title: "Waiting for people", ID: "waiting", Large: true}
	if status.Runs == 0 {
		p.Empty = "Nothing waits."
		return p, nil
	}
	seen, err := look.Seen()
	if err != nil {
		return p, err
	}
	total, err := heldTotal(seen.Holds)
	if err != nil {
		return p, err
	}
	p.Facts = []fact{{"Awards", linked(report.Counted(int64(len(seen.Holds)), "award waits", "awards wait"), "/holds")}}
	if len(seen.Holds) > 0 {
		p.Facts = append(p.Facts, fact{"Their sum", sums(total)}, fact{"The oldest since", text(seen.Holds[0].HeldSince.String())})
	}
	p.Facts = append(p.Facts, fact{"Requests for the next night", linked(report.Count(int64(len(status.Requests))), "/requests")})
	return p, nil
}

func heldTotal(holds []publish.Hold) (money.ByCurrency, error) {
	total := money.ByCurrency{}
	for i := range holds {
		if err := total.Add(holds[i].Currency, holds[i].AmountMinor); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// leftPart is what runs left that did not finish. What a run that is at work has
// written so far looks the same.
func leftPart(status *pipeline.StatusResult, scheduler *Scheduler) part {
	p := part{Title: "Left by runs that did not finish", Lead: "It counts for nothing."}
	t := &table{Columns: columns("folder", "what becomes of it")}
	unfinished := status.Unfinished
	if scheduler != nil && scheduler.RunningDate != 0 {
		unfinished = nil
	}
	for _, name := range unfinished {
		t.Rows = append(t.Rows, []cell{code(name), text("unless a run is at work just now, the next one sets it aside")})
	}
	for _, name := range status.Aside {
		t.Rows = append(t.Rows, []cell{code(name), text("set aside; it may be deleted")})
	}
	if len(t.Rows) > 0 {
		p.Table = t
	}
	return p
}

func nightColumns() []column {
	return columns("night", "#credits", "#issued", "#new holds", "#held", "#forfeited", "#rejected rows", "report")
}

// nightsTable is committed nights, the latest first, from the nth.
func (s *site) nightsTable(chain *state.Chain, from, size int) (*table, error) {
	t := &table{Columns: nightColumns()}
	last := len(chain.Nights()) - from
	for n := last; n > max(last-size, 0); n-- {
		m, err := chain.ManifestOf(n)
		if err != nil {
			return nil, err
		}
		date := m.BusinessDate.String()
		row := []cell{linked(date, "/runs/"+date)}
		summary, err := s.summaryOf(chain.SHA256(m), m, chain.ReadOutput)
		if err != nil {
			row = append(row, bad(err.Error(), len(t.Columns)-1))
		} else {
			row = append(row, nightCells(summary)...)
			row = append(row, reportCell(m, "/runs/"+date))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// nightFigures is how many columns nightCells fills.
const nightFigures = 6

// nightCells are a night's figures, from the credits to the rejected rows.
func nightCells(summary *report.Summary) []cell {
	var total report.Totals
	if err := total.Add(summary); err != nil {
		return []cell{bad(err.Error(), nightFigures)}
	}
	return []cell{count(total.IssuedCount), sums(total.Issued), count(total.HeldCount), sums(total.Held), sums(total.Forfeited), count(total.Rejected)}
}

func reportCell(m *state.Manifest, base string) cell {
	if _, ok := m.Output(publish.ReportFile); !ok {
		return text("–")
	}
	return linked("report", base+"/"+publish.ReportFile)
}

// status answers as amends status --json does.
func (s *site) status(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	status, err := look.Status(s.options.Now())
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(status, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(content, '\n'))
	s.lost(err)
	return nil
}

// sentence begins a text with a capital.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// dateOf reads the date of a page's address.
func dateOf(r *http.Request) (calendar.Date, error) {
	date, err := calendar.ParseDate(r.PathValue("date"))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNothing, err)
	}
	return date, nil
}
