package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/metrics"
	"amends/pipeline/report"
	"amends/rules/money"
)

// settle is the one place that runs nights for people: pipeline.Run, and what
// follows a night. What follows never changes what came of the nights.
func (a *app) settle(ctx context.Context, config pipeline.Config, options pipeline.RunOptions, each func(*pipeline.NightResult)) ([]*pipeline.NightResult, error) {
	log, began := a.logger(), now()
	level := slog.LevelInfo
	if a.serving {
		level = slog.LevelDebug
	}
	log.Log(ctx, level, "start", "workspace", config.Dir, "from", options.From.String(), "to", options.To.String(), "dry_run", options.DryRun)
	show := config.Progress
	config.Progress = func(p pipeline.Progress) {
		log.Debug("stage", "date", p.Date.String(), "stage", p.Stage, "rows", p.Rows, "night", p.Night, "of", p.Of)
		if show != nil {
			show(p)
		}
	}
	tell := &notices{app: a}
	if !options.DryRun {
		tell = newNotices(a, config)
	}
	last := began
	results, err := pipeline.Run(ctx, config, options, func(n *pipeline.NightResult) {
		end := now()
		a.logNight(n, end.Sub(last))
		if each != nil {
			each(n)
		}
		tell.night(ctx, n)
		last = now()
	})
	tell.failure(ctx, options.From.AddDays(len(results)), true, err)
	if !options.DryRun {
		a.ended(config, began, err)
	}
	log.Log(ctx, level, "end", "nights", len(results), "duration_ms", now().Sub(began).Milliseconds(), "failed", err != nil)
	return results, err
}

// failedBefore is settle's end where a run fails before it knows its dates.
func (a *app) failedBefore(ctx context.Context, config pipeline.Config, began time.Time, err error) {
	newNotices(a, config).failure(ctx, 0, false, err)
	a.ended(config, began, err)
}

// ended takes note of a run for metrics: what ended it, or nil. A run that did
// not get the lock was none; the one that has it tells of itself.
func (a *app) ended(config pipeline.Config, began time.Time, err error) {
	if errors.Is(err, durable.ErrLocked) {
		return
	}
	end := now()
	a.runs.mu.Lock()
	a.runs.last.Ended, a.runs.last.Duration, a.runs.last.Failed = end, end.Sub(began), err != nil
	if err == nil {
		a.runs.last.Succeeded = end
	}
	a.runs.mu.Unlock()
	if a.metricsFile == "" {
		return
	}
	registry, unread := metrics.Registry(context.Background(), pipeline.NewReader(config), a.observed(), end)
	if unread != nil && err == nil { // otherwise it is what ended the run
		a.tell("metrics: %v", unread)
	}
	if err := metrics.WriteFile(a.metricsFile, registry); err != nil {
		a.tell("%v", err)
	}
}

// runs is what this process knows of the runs it made.
type runs struct {
	mu   sync.Mutex
	last metrics.Observed
}

// observed is what metrics cannot read from the state.
func (a *app) observed() metrics.Observed {
	a.runs.mu.Lock()
	defer a.runs.mu.Unlock()
	return a.runs.last
}

// logNight writes a line for a night, with whatever an operator should know.
func (a *app) logNight(n *pipeline.NightResult, took time.Duration) {
	attributes := []any{"date", n.Date.String(), "duration_ms", took.Milliseconds(), "dry_run", n.DryRun, "already_committed", n.Already, "dir", n.Dir}
	if !n.DryRun {
		attributes = append(attributes, "sequence", n.Sequence, "manifest_sha256", n.Manifest)
	}
	if len(n.Notes) > 0 {
		attributes = append(attributes, "notes", n.Notes)
	}
	if len(n.ChangedRules) > 0 {
		attributes = append(attributes, "changed_rules", n.ChangedRules)
	}
	if n.Summary != nil {
		attributes = append(attributes, "rows", n.RowsRead, "all_held", n.AllHeld, "effective_date", n.Effective.String())
		attributes = append(attributes, figures(n.Summary)...)
	}
	a.logger().Info("night", attributes...)
}

// figures are a night's counts, and amounts in minor units by currency.
func figures(s *report.Summary) []any {
	var t report.Totals
	if err := t.Add(s); err != nil {
		return []any{"figures", err.Error()} // the night's own report has them
	}
	minor := func(key string, sums money.ByCurrency) slog.Attr { return slog.Any(key, map[string]int64(sums)) }
	attributes := []any{
		"credits", t.IssuedCount, minor("issued_minor", t.Issued), "held", t.HeldCount, minor("held_minor", t.Held),
		"forfeited", t.ForfeitedCount, minor("forfeited_minor", t.Forfeited), "redeemed", t.RedeemedCount, minor("redeemed_minor", t.Redeemed),
		"rejects", t.Rejected, "holds_waiting", s.HoldFlow.Closing,
	}
	if len(s.Guardrails) > 0 {
		attributes = append(attributes, "guardrails", len(s.Guardrails))
	}
	if len(s.Notices) > 0 {
		attributes = append(attributes, "notices", s.Notices)
	}
	return attributes
}
