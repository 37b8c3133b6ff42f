package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// contender is amends with the policy as a rulebook, in a workspace beside the
// dataset's files.
type contender struct {
	folder  string // of the dataset
	workers int
}

// stages are the seconds of a night's stages, by their names.
type stages map[string]time.Duration

// prepare writes the workspace, and runs the night that the ledger is made of
// where that is not done yet. The ledger does not depend on the policy, so its
// night is kept, and each measured night begins from it.
func (c *contender) prepare(ctx context.Context) error {
	if err := os.WriteFile(filepath.Join(c.folder, "amends.yaml"), []byte(workspaceFile), 0o644); err != nil {
		return err
	}
	if _, err := os.Stat(c.ledgerState()); err == nil {
		return nil
	}
	if err := c.use(baseRules); err != nil {
		return err
	}
	if err := os.RemoveAll(c.state()); err != nil {
		return err
	}
	night, err := calendar.ParseDate(earlierNight)
	if err != nil {
		return err
	}
	if _, err := pipeline.Run(ctx, pipeline.Config{Dir: c.folder, Workers: c.workers}, pipeline.RunOptions{From: night, To: night}, nil); err != nil {
		return fmt.Errorf("the ledger's night: %w", err)
	}
	return os.Rename(c.state(), c.ledgerState())
}

func (c *contender) state() string       { return filepath.Join(c.folder, "state") }
func (c *contender) ledgerState() string { return filepath.Join(c.folder, "ledger") }
func (c *contender) ledgerFile() string {
	return filepath.Join(c.ledgerState(), "runs", earlierNight, "postings.parquet")
}

// use makes a policy the workspace's rulebook.
func (c *contender) use(rules []rule) error {
	dir := filepath.Join(c.folder, "rules")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(rulebook(rules)), 0o644)
}

// reset puts the state back to the evening before: the ledger's files, linked.
func (c *contender) reset() error {
	if err := os.RemoveAll(c.state()); err != nil {
		return err
	}
	from := c.ledgerState()
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(c.state(), name)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		return os.Link(path, to)
	})
}

// night runs the measured night and gives the time of each stage, and of all.
func (c *contender) night(ctx context.Context, dry bool) (total time.Duration, by stages, dir string, err error) {
	if err := c.reset(); err != nil {
		return 0, nil, "", err
	}
	night, err := calendar.ParseDate(measuredNight)
	if err != nil {
		return 0, nil, "", err
	}
	by = stages{}
	started := time.Now()
	last, name := started, "ledger"
	config := pipeline.Config{Dir: c.folder, Workers: c.workers, Progress: func(p pipeline.Progress) {
		now := time.Now()
		by[name] += now.Sub(last)
		last, name = now, p.Stage
	}}
	results, err := pipeline.Run(ctx, config, pipeline.RunOptions{From: night, To: night, DryRun: dry}, nil)
	if err != nil {
		return 0, nil, "", err
	}
	ended := time.Now()
	by[name] += ended.Sub(last)
	return ended.Sub(started), by, results[0].Dir, nil
}

// scanColumns are those that the joinless policy and the keys of its hits need.
var scanColumns = []string{"delivery_id", "order_id", "customer_id", "seller_id", "currency", "category", "carrier", "service_level",
	"shipped_at", "promised_at", "delivered_at", "exception_code", "item_price", "updated_at"}

// floor times the decompression of the columns that the rules need, and nothing
// else: no engine can be below it on these files.
func (c *contender) floor() (elapsed time.Duration, err error) {
	paths, err := filepath.Glob(filepath.Join(c.folder, "data/deliveries/dt="+measuredNight+"/*.parquet"))
	if err != nil || len(paths) == 0 {
		return 0, errors.Join(err, errors.New("no deliveries"))
	}
	started := time.Now()
	for _, path := range paths {
		if err := inflate(path, c.workers); err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
	}
	return time.Since(started), nil
}

func inflate(path string, workers int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquetio.Open(f, info.Size(), parquetio.Limits{})
	if err != nil {
		return err
	}
	groups := make(chan int)
	failed := make(chan error, workers)
	for range workers {
		go func() {
			var buffers parquetio.Buffers
			var failure error
			for group := range groups {
				for _, name := range scanColumns {
					field, _ := file.Field(name)
					if _, err := file.Inflate(group, field, &buffers); err != nil && failure == nil {
						failure = err
					}
				}
			}
			failed <- failure
		}()
	}
	for group := range file.GroupRows() {
		groups <- group
	}
	close(groups)
	var all error
	for range workers {
		all = errors.Join(all, <-failed)
	}
	return all
}

// peak runs the night in a process of its own and returns the largest resident
// set that it had, in bytes.
func (c *contender) peak(ctx context.Context) (int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	command := exec.CommandContext(ctx, self, "-night", c.folder)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return 0, fmt.Errorf("night in a process of its own: %w", err)
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not tell a process's resident set")
	}
	return usage.Maxrss * 1024, nil // Linux counts KiB
}
