package main

import (
	"fmt"
	"io"
	"slices"

	"amends/pipeline"
	"amends/pipeline/report"

	"github.com/schollz/progressbar/v3"
)

// stages are the steps of a night as its progress names them, in order.
var stages = []string{"checking", "reading", "matching", "checking rows", "resolving", "weighing", "posting", "balancing", "reporting", "publishing", "committed"}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func newProgress(stderr io.Writer) *progress {
	if !isTerminal(stderr) {
		return &progress{}
	}
	return &progress{w: stderr}
}

// report moves the bar; it is pipeline.Config's Progress.
func (p *progress) report(now pipeline.Progress) {
	if p.w == nil {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(now.Of*len(stages), progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(30),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(now.Of > 1))
	}
	what := now.Date.String()
	if now.Of > 1 {
		what += fmt.Sprintf(" (%d of %d)", now.Night, now.Of)
	}
	what += " " + now.Stage
	if now.Rows > 0 {
		what += fmt.Sprintf(", %s rows", report.Count(now.Rows))
	}
	p.bar.Describe(what)
	_ = p.bar.Set((now.Night-1)*len(stages) + slices.Index(stages, now.Stage) + 1) // a bar that cannot be drawn stops nothing
}

// tried moves the bar to the n-th of so many changes of the rules; it is
// pipeline.TestOptions' Tried.
func (p *progress) tried(n, of int) {
	if p.w == nil {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(of, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	}
	p.bar.Describe(fmt.Sprintf("%s of %s changes of the rules", report.Count(int64(n)), report.Count(int64(of))))
	_ = p.bar.Set(n) // a bar that cannot be drawn stops nothing
}

// clear takes the bar off the terminal, so that a line can be printed.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
