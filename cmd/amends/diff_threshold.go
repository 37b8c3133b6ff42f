package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/report/page"
)

// sweep tries the numbers of --threshold. It asks a question, and so finds
// nothing: exit code 0.
func (c *diffCommand) sweep(ctx context.Context, a *app) error {
	request, err := c.sweepRequest()
	if err != nil {
		return err
	}
	if err := c.takesFiles(); err != nil {
		return err
	}
	request.Costs = func(runs, nights int) {
		_, _ = fmt.Fprintf(a.err, "amends: %s tried, so %s decided again\n", isAre(runs, "other number"), isAre(runs*nights, "night"))
	}
	bar := newProgress(a.err)
	config := a.config
	config.Progress = bar.report
	s, err := pipeline.Sweep(ctx, config, request, c.Threshold)
	bar.clear()
	if err != nil {
		return err
	}
	if c.JSON {
		err = a.printJSON(s)
	} else {
		_ = report.SweepText(a.out, s, report.TextOptions{Colour: a.colour}) // a.out keeps the error
	}
	if err != nil {
		return err
	}
	// After the result: a disk that is full since does not lose it.
	if c.CSV != "" {
		if err := writeWhole(c.CSV, s.CSV); err != nil {
			return fmt.Errorf("--csv: %w", err)
		}
	}
	if c.HTML != "" {
		content, err := page.Sweep(s)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.HTML, content, 0o666); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	return nil
}

// sweepRequest refuses what says nothing beside a sweep.
func (c *diffCommand) sweepRequest() (pipeline.DiffRequest, error) {
	for _, other := range []struct {
		is   bool
		flag string
	}{{len(c.Runs) > 0, "folders of runs"}, {len(c.By) > 0, "--by"}, {c.NearMisses != nil, "--near-misses"}, {c.Markdown, "--markdown"}} {
		if other.is {
			return pipeline.DiffRequest{}, fmt.Errorf("%w: --threshold tries numbers in the rules, and goes without %s", pipeline.ErrUsage, other.flag)
		}
	}
	return c.nights(pipeline.DiffRequest{With: c.With, Whole: c.Whole})
}

// writeWhole writes a file under its name once it is whole.
func writeWhole(name string, write func(io.Writer) error) error {
	partial, err := os.Create(name + ".partial")
	if err != nil {
		return err
	}
	defer func() {
		_ = partial.Close()           // a second time, where all went well
		_ = os.Remove(partial.Name()) // is there no more where it became name
	}()
	if err := write(partial); err != nil {
		return err
	}
	if err := partial.Close(); err != nil {
		return err
	}
	return os.Rename(partial.Name(), name)
}
