package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"amends/pipeline"
	"amends/pipeline/profile"
	"amends/rules/calendar"
)

// contender is amends with the policy as a rulebook, in a workspace of its own
// that reads the dataset's files, so that several can be measured at once.
type contender struct {
	set     dataset
	folder  string // of the dataset
	work    string // the workspace; close removes it
	program string // amends; "" runs nights in this process
	workers int
}

// outcome is what came of a night.
type outcome struct {
	dir     string        // what it published
	wall    time.Duration // of the whole process, where it had one
	cpu     time.Duration // the same, user and system
	profile profile.Profile
}

// buildProgram builds amends as it is installed, into dir: in the module that
// this one measures.
func buildProgram(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "amends").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	path := filepath.Join(dir, "amends")
	command := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/amends")
	command.Dir, command.Env = strings.TrimSpace(string(root)), append(os.Environ(), "CGO_ENABLED=0")
	if message, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, message)
	}
	return path, nil
}

// prepare makes the workspace, and runs the nights that the ledger is made of
// where that is not done yet. The ledger does not depend on the policy, so it is
// kept, and each measured night begins from it.
func (c *contender) prepare(ctx context.Context) error {
	var err error
	if c.work, err = os.MkdirTemp(filepath.Dir(c.folder), "workspace-"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.work, "amends.yaml"), []byte(workspaceFile), 0o644); err != nil {
		return err
	}
	data, err := filepath.Abs(filepath.Join(c.folder, "data"))
	if err != nil {
		return err
	}
	if err := os.Symlink(data, filepath.Join(c.work, "data")); err != nil {
		return err
	}
	if _, err := os.Stat(c.ledgerState()); err == nil {
		return derive(c.ledgerState())
	}
	if err := c.use(policy(10)); err != nil {
		return err
	}
	dates, _, err := c.set.ledgerNights()
	if err != nil {
		return err
	}
	if _, err := c.run(ctx, dates[0], dates[len(dates)-1], false); err != nil {
		return fmt.Errorf("the ledger's nights: %w", err)
	}
	return os.Rename(c.state(), c.ledgerState())
}

func (c *contender) close() error { return os.RemoveAll(c.work) }

func (c *contender) state() string       { return filepath.Join(c.work, "state") }
func (c *contender) ledgerState() string { return filepath.Join(c.folder, "ledger") }
func (c *contender) ledgerFiles() string {
	return filepath.Join(c.ledgerState(), "runs", "*", "postings.parquet")
}

// use makes a policy the workspace's rulebook.
func (c *contender) use(rules []rule) error {
	dir := filepath.Join(c.work, "rules")
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

// night runs the measured night, from the evening before.
func (c *contender) night(ctx context.Context, dry bool) (*outcome, error) {
	if err := c.reset(); err != nil {
		return nil, err
	}
	night, err := calendar.ParseDate(measuredNight)
	if err != nil {
		return nil, err
	}
	return c.run(ctx, night, night, dry)
}

func (c *contender) run(ctx context.Context, from, to calendar.Date, dry bool) (*outcome, error) {
	if c.program != "" {
		return c.runProgram(ctx, from, to, dry)
	}
	recorder, started := profile.New(), time.Now()
	config := pipeline.Config{Dir: c.work, Workers: c.workers, Profile: recorder}
	results, err := pipeline.Run(ctx, config, pipeline.RunOptions{From: from, To: to, DryRun: dry}, nil)
	if err != nil {
		return nil, err
	}
	return &outcome{dir: results[0].Dir, wall: time.Since(started), profile: *recorder.Result()}, nil
}

func (c *contender) runProgram(ctx context.Context, from, to calendar.Date, dry bool) (*outcome, error) {
	arguments := []string{"-C", c.work, "run", "--from", from.String(), "--to", to.String(), "--json", "--profile", "--workers", strconv.Itoa(c.workers)}
	if dry {
		arguments = append(arguments, "--dry-run")
	}
	command := exec.CommandContext(ctx, c.program, arguments...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	started := time.Now()
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", command, err, stderr.Bytes())
	}
	out := &outcome{wall: time.Since(started), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime()}
	var result struct {
		Nights []struct {
			Dir string `json:"dir"`
		} `json:"nights"`
		Profile profile.Profile `json:"profile"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &result); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	if len(result.Nights) == 0 {
		return nil, fmt.Errorf("%s: no night", command)
	}
	out.dir, out.profile = result.Nights[0].Dir, result.Profile
	if !filepath.IsAbs(out.dir) {
		return nil, fmt.Errorf("%s: the folder %s is not absolute", command, out.dir)
	}
	return out, nil
}

var errNoFiles = errors.New("no files")
