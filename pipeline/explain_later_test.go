package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/state"
)

// TestExplainReleased lets a held award go and explains it on both nights.
func TestExplainReleased(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "approval: [{id: large, when: 'amount > caps.late[currency] * 0.3'}]\n")
	next := night.AddDays(1)
	s.deliveries(night, "a", explainRow(night, "d", nil))
	s.deliveries(next, "a", explainRow(next, "other", explainPrice(1000)))
	explainRun(t, s, night, night)
	seen, err := pipeline.See(context.Background(), s.config(nil))
	mustDo(t, err)
	_, err = seen.Ask(&state.Request{Kind: state.Approve, Credits: []string{seen.Holds[0].CreditID}, By: "Mo", Why: "checked"})
	mustDo(t, err)
	explainRun(t, s, next, next)
	x := explain(t, s, pipeline.ExplainRequest{ID: "d"})
	if len(x.Events) != 2 {
		t.Fatalf("%+v", x.Events)
	}
	e, row := x.Events[0], x.Events[1]
	if e.Outcome != "issued" || e.ReleasedBy != "Mo" || e.AmountMinor != 742 || explainEffects(&e) != "approval large approved" {
		t.Errorf("%+v", e)
	}
	if e.Sentence != "$7.42 because late (rules/shop.yaml:8) gave $7.42; Mo approved it after the night of 2026-03-05 (checked)." {
		t.Errorf("sentence %s", e.Sentence)
	}
	if row.Reason != "already-held" {
		t.Errorf("row %s", row.Sentence)
	}
}

// TestExplainChangedInput falls back on what the night published.
func TestExplainChangedInput(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	s.deliveries(night, "a", explainRow(night, "d", nil))
	explainRun(t, s, night, night)
	s.deliveries(night, "a", explainRow(night, "d", explainPrice(100)))
	x := explain(t, s, pipeline.ExplainRequest{ID: "d"})
	if x.Basis != report.BasisPublished || len(x.Notes) != 1 || !strings.Contains(x.Notes[0], "data/deliveries/dt=2026-03-05/a.parquet has other bytes than the run read") {
		t.Fatalf("%+v", x)
	}
	e := x.Events[0]
	if e.Sentence != "$7.42 because late (rules/shop.yaml:8) gave $7.42. Not held, not limited." {
		t.Errorf("sentence %s", e.Sentence)
	}
	if !slices.Contains(e.Facts, report.ExplainedValue{Name: "item_price", Value: `"74.2"`}) {
		t.Errorf("facts %+v", e.Facts)
	}
	// With today's rules and files it is a dry run.
	if e := explainOne(t, s, pipeline.ExplainRequest{ID: "d", Date: night, HasDate: true, DryRun: true}); e.AmountMinor != 10 {
		t.Errorf("dry run %s", e.Sentence)
	}
}

func TestExplainNothing(t *testing.T) {
	t.Parallel()
	s, night := explainShop(t, "")
	ask := func(r pipeline.ExplainRequest) error {
		_, err := pipeline.Explain(context.Background(), s.config(nil), r, time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC))
		return err
	}
	var nothing *pipeline.NothingError
	if err := ask(pipeline.ExplainRequest{ID: "d"}); !errors.As(err, &nothing) {
		t.Errorf("before the first night: %v", err)
	}
	for i := range 4 {
		d := night.AddDays(i)
		s.deliveries(d, "a", explainRow(d, "d"+d.String(), nil))
	}
	explainRun(t, s, night, night.AddDays(3))
	if err := ask(pipeline.ExplainRequest{ID: "nobody"}); !errors.As(err, &nothing) || nothing.Sentence != `No event, order, customer or credit "nobody" is among what the night of 2026-03-08 read, and the ledger does not have it; name another night with --date.` {
		t.Errorf("%v", err)
	}
	// Lookback is two days, so the first night's row is not read any more.
	err := ask(pipeline.ExplainRequest{ID: "d2026-03-05", Kind: report.OfEvent})
	if !errors.As(err, &nothing) || nothing.Sentence != `No event "d2026-03-05" is among what the night of 2026-03-08 read; the ledger has it on 2026-03-05: name one with --date.` {
		t.Errorf("%v", err)
	}
	if err := ask(pipeline.ExplainRequest{ID: "d", Source: "customers"}); !errors.Is(err, pipeline.ErrUsage) {
		t.Errorf("source: %v", err)
	}
}
