package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/notify"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/workspace"
	"amends/rules/calendar"
)

// lastWords is how long an interrupted run tries to say that it failed.
const lastWords = 5 * time.Second

// notices tells the workspace's web hook of nights. What goes wrong with it is
// a warning; without a hook nothing happens.
type notices struct {
	app    *app
	name   string // of the workspace
	wanted *workspace.Notify
	sender *notify.Sender // nil where nobody is told
}

// newNotices reads who is to be told. amends.yaml may be broken elsewhere: that
// is told as a failure.
func newNotices(a *app, config pipeline.Config) *notices {
	n := &notices{app: a, name: filepath.Base(config.Dir)}
	if whole, err := filepath.Abs(config.Dir); err == nil {
		n.name = filepath.Base(whole)
	}
	content, err := os.ReadFile(filepath.Join(config.Dir, pipeline.WorkspaceFile))
	if err != nil {
		return n // what runs the nights says so
	}
	w, _ := workspace.Parse(pipeline.WorkspaceFile, content)
	if w.Notify == nil {
		return n
	}
	address := w.Notify.URL
	if w.Notify.URLEnv != "" {
		address = os.Getenv(w.Notify.URLEnv)
		if address == "" {
			a.tell("notify: the environment has no %s, so nobody is told of this run", w.Notify.URLEnv)
			return n
		}
	}
	if n.sender, err = notify.New(w.Notify, address); err != nil {
		a.tell("%v", err)
		return n
	}
	n.wanted = w.Notify
	return n
}

// night tells of a night that was committed now.
func (n *notices) night(ctx context.Context, r *pipeline.NightResult) {
	if n.sender == nil || r.Already || r.DryRun || r.Summary == nil {
		return
	}
	m := notify.Message{Event: workspace.NotifySuccess, Workspace: n.name, BusinessDate: r.Date.String(), EffectiveDate: r.Effective.String(), Folder: r.Dir}
	if waiting := r.Summary.HoldFlow.Closing > 0 || len(r.Summary.Guardrails) > 0; waiting && n.wanted.Wants(workspace.NotifyHeld) {
		m.Event = workspace.NotifyHeld
	}
	if !n.wanted.Wants(m.Event) {
		return
	}
	var t report.Totals
	if err := t.Add(r.Summary); err != nil {
		n.app.tell("notify: %v", err)
		return
	}
	m.Counts = map[string]int64{
		"issued": t.IssuedCount, "held": t.HeldCount, "forfeited": t.ForfeitedCount, "redeemed": t.RedeemedCount, "rejected_rows": t.Rejected,
		"holds_waiting": r.Summary.HoldFlow.Closing, "guardrails_breached": int64(len(r.Summary.Guardrails)),
	}
	m.AmountsMinor = map[string]notify.Amount{
		"issued": notify.Amount(t.Issued), "held": notify.Amount(t.Held), "forfeited": notify.Amount(t.Forfeited), "redeemed": notify.Amount(t.Redeemed),
	}
	if page := filepath.Join(r.Dir, publish.ReportFile); fileExists(page) {
		m.Report = page
	}
	n.send(ctx, m)
}

// failure tells what ended a run, and on which night. Another run's lock is no
// failure, nor is a call that makes no sense.
func (n *notices) failure(ctx context.Context, date calendar.Date, known bool, err error) {
	if n.sender == nil || err == nil || !n.wanted.Wants(workspace.NotifyFailure) || errors.Is(err, durable.ErrLocked) || errors.Is(err, pipeline.ErrUsage) {
		return
	}
	m := notify.Message{Event: workspace.NotifyFailure, Workspace: n.name, Error: err.Error()}
	if known {
		m.BusinessDate = date.String()
	}
	if ctx.Err() != nil { // it was interrupted, and may be killed soon
		m.Error = fmt.Sprintf("interrupted: %v", err)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
	}
	n.send(ctx, m)
}

// send delivers a message, and warns where it does not arrive. Once the time
// for messages is spent the rest of the run is silent.
func (n *notices) send(ctx context.Context, m notify.Message) {
	err := n.sender.Send(ctx, m)
	if err == nil {
		return
	}
	n.app.tell("%v", err)
	if errors.Is(err, notify.ErrSpent) {
		n.sender = nil
	}
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
