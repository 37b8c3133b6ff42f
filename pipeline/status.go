package pipeline

import (
	"context"
	"time"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/money"
)

// maxMissedShown bounds the list of dates that wait for a run.
const maxMissedShown = 400

// Status tells where a workspace stands at an instant: what is settled, what is
// missed, and what waits for people. It takes no lock.
func Status(ctx context.Context, c Config, now time.Time) (*StatusResult, error) {
	v, err := NewReader(c).Look(ctx)
	if err != nil {
		return nil, err
	}
	return v.Status(now)
}

// Status tells where the workspace stands at an instant. No list of it is nil,
// so that JSON says [].
func (v *View) Status(now time.Time) (*StatusResult, error) {
	chain := v.Chain()
	ended := calendar.DateOf(calendar.Instant(now.UnixMicro()), v.project.work.Location).AddDays(-1)
	r := &StatusResult{
		Runs: len(chain.Nights()), Outstanding: map[string]int64{}, Missed: []string{}, Skipped: []string{},
		Holds: []HoldStatus{}, Aside: []string{}, Unfinished: []string{},
	}
	if err := r.leftOver(chain); err != nil {
		return nil, err
	}
	var err error
	if r.Requests, err = v.requests(); err != nil {
		return nil, err
	}
	last := chain.Last()
	if last == nil {
		r.NextDate = ended.String()
		return r, nil
	}
	r.First, r.Last = chain.Nights()[0].BusinessDate.String(), last.BusinessDate.String()
	r.NextDate = last.Date().AddDays(1).String()
	for d := last.Date().AddDays(1); d <= ended && len(r.Missed) < maxMissedShown; d = d.AddDays(1) {
		r.Missed = append(r.Missed, d.String())
	}
	if len(r.Missed) > 0 {
		if waits := v.filesReady(last.Date().AddDays(1)); waits != nil {
			r.MissedWaits = waits.Error()
		}
	}
	for _, n := range chain.Nights() {
		if n.Skipped != nil {
			r.Skipped = append(r.Skipped, n.Skipped.From.String()+" to "+n.Skipped.To.String())
		}
	}
	for currency, moved := range last.RollForward {
		r.Outstanding[currency] = moved.Closing
	}
	open, _ := last.Output(openFile)
	r.OpenCredits = open.Rows
	holds, err := v.records.lastHolds()
	if err != nil {
		return nil, err
	}
	r.holds(holds, last, v.HoldDays())
	return r, nil
}

// LastSummary is the summary of the last committed night, nil before the first.
func (v *View) LastSummary() (*report.Summary, error) {
	last := v.Chain().Last()
	if last == nil {
		return nil, nil
	}
	content, err := v.Chain().ReadOutput(last, publish.SummaryFile)
	if err != nil {
		return nil, err
	}
	return report.Parse(content)
}

// leftOver lists what crashed runs left.
func (r *StatusResult) leftOver(chain *state.Chain) error {
	unfinished, err := chain.Unfinished()
	if err != nil {
		return err
	}
	aside, err := chain.Aside()
	r.Unfinished, r.Aside = append(r.Unfinished, unfinished...), append(r.Aside, aside...)
	return err
}

func (r *StatusResult) holds(holds []publish.Hold, last *state.Manifest, holdDays int) {
	for _, h := range holds {
		s := HoldStatus{
			CreditID: h.CreditID, CustomerID: h.CustomerID, Rule: h.RuleID,
			AmountMinor: h.AmountMinor, Currency: h.Currency,
			Amount:    money.Amount{Minor: h.AmountMinor, Currency: h.Currency}.String(),
			HeldSince: h.HeldSince.String(), Days: int(last.Date() - h.HeldSince), LapsesOn: h.HeldSince.AddDays(holdDays).String(),
		}
		for _, cause := range h.HoldCauses {
			s.Causes = append(s.Causes, cause.Kind+" "+cause.ID+": "+cause.Why)
		}
		r.Holds = append(r.Holds, s)
	}
}
