//go:build linux

package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// The environment of a child process that runs nights: the workspace, and the
// first and last date.
const (
	childDir  = "AMENDS_TEST_CHILD_DIR"
	childFrom = "AMENDS_TEST_CHILD_FROM"
	childTo   = "AMENDS_TEST_CHILD_TO"
)

// childLocked is what a child exits with where another process has the lock.
const childLocked = 44

// TestChildRunsNights is no test but the process that others start and kill.
func TestChildRunsNights(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("started by tests that kill it")
	}
	options := pipeline.RunOptions{From: date(t, os.Getenv(childFrom)), To: date(t, os.Getenv(childTo))}
	_, err := pipeline.Run(context.Background(), pipeline.Config{Dir: dir}, options, nil)
	if errors.Is(err, durable.ErrLocked) {
		os.Exit(childLocked)
	}
	mustDo(t, err)
}

// child is a process that runs the shop's nights on the machine's file system.
func (s *shop) child(t *testing.T, from, to calendar.Date) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	executable, err := os.Executable()
	mustDo(t, err)
	cmd := exec.Command(executable, "-test.run=^TestChildRunsNights$")
	cmd.Env = append(os.Environ(), childDir+"="+s.dir, childFrom+"="+from.String(), childTo+"="+to.String())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	return cmd, &output
}

// diskTree is what stands in the shop's state on the machine's disk.
func (s *shop) diskTree() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	mustDo(s.t, filepath.WalkDir(s.stateDir(), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		below := strings.TrimPrefix(name, s.stateDir()+"/")
		files[filepath.ToSlash(below)] = string(content)
		return err
	}))
	return files
}

const (
	minKills  = 30 // that hit a living process
	killLimit = 50 // rounds over all nights: a machine that never gets there is too slow for the test
	killSeed  = 20260305
)

// TestKilledAgainAndAgain kills the process that runs the nights until all of
// them are committed, and again from the start, and finds every time the bytes
// of a run that nobody disturbed.
func TestKilledAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("starts dozens of processes")
	}
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	s.spend(first, last)

	cmd, output := s.child(t, first, last)
	started := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("undisturbed: %v\n%s", err, output)
	}
	full := time.Since(started)
	want := published(s.diskTree())
	mustDo(t, os.RemoveAll(s.stateDir()))

	random := rand.New(rand.NewPCG(killSeed, 0))
	kills, rounds := 0, 0
	for ; kills < minKills; rounds++ {
		if rounds == killLimit {
			t.Fatalf("only %d kills in %d rounds of %s", kills, rounds, full)
		}
		kills += s.killUntilDone(t, random, full, first, last)
		if names := differing(want, published(s.diskTree())); len(names) > 0 {
			t.Fatalf("after %d kills the state differs from an undisturbed run: %s", kills, strings.Join(names, "; "))
		}
		if kills >= minKills {
			break // the last state stays, to be verified
		}
		mustDo(t, os.RemoveAll(s.stateDir()))
	}
	result, err := pipeline.Verify(context.Background(), pipeline.Config{Dir: s.dir}, pipeline.VerifyOptions{ReplayAll: true})
	mustDo(t, err)
	if len(result.Findings) > 0 || result.Runs != paradeNights {
		t.Errorf("%d runs, %v", result.Runs, result.Findings)
	}
	t.Logf("%d kills in %d rounds; a whole run takes %s", kills, rounds+1, full)
}

// killUntilDone starts the nights and kills them until a process comes to its
// end, and returns how many it killed. A delay is anything up to half of a whole run, so that no run comes far.
func (s *shop) killUntilDone(t *testing.T, random *rand.Rand, full time.Duration, first, last calendar.Date) (kills int) {
	t.Helper()
	for {
		cmd, output := s.child(t, first, last)
		mustDo(t, cmd.Start())
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(full/2))), func() {
			_ = cmd.Process.Kill() // it may be done already
		})
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			return kills
		}
		var exit *exec.ExitError
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !errors.As(err, &exit) || !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("a run failed by itself: %v\n%s", err, output)
		}
		kills++
		if chain := s.chain(durable.OS{}); len(chain.Nights()) > paradeNights {
			t.Fatalf("%d manifests", len(chain.Nights()))
		}
	}
}

// While one process runs a night, another is refused, be it of the same process
// or not, and the first one commits.
func TestTwoRunsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, _ := s.parade()
	config := s.config(nil)
	asked := false
	config.Progress = func(p pipeline.Progress) {
		if p.Stage != "publishing" {
			return
		}
		asked = true
		if _, err := s.run(nil, first, first); !errors.Is(err, durable.ErrLocked) {
			t.Errorf("a second run of this process: %v", err)
		}
		cmd, output := s.child(t, first, first)
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != childLocked {
			t.Errorf("another process: %v\n%s", err, output)
		}
	}
	results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: first, To: first}, nil)
	mustDo(t, err)
	if !asked || len(results) != 1 || results[0].Already || len(s.chain(durable.OS{}).Nights()) != 1 {
		t.Errorf("asked %v, %+v", asked, results)
	}
	again, err := s.run(nil, first, first) // the lock is free again
	mustDo(t, err)
	if !again[0].Already {
		t.Error("the same date ran twice")
	}
}

// A dry run needs no lock: it commits nothing.
func TestDryRunBesideARun(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, _ := s.parade()
	config := s.config(nil)
	config.Progress = func(p pipeline.Progress) {
		if p.Stage != "publishing" {
			return
		}
		options := pipeline.RunOptions{From: first, To: first, DryRun: true, Out: filepath.Join(t.TempDir(), "dry")}
		_, err := pipeline.Run(context.Background(), s.config(nil), options, nil)
		mustDo(t, err)
	}
	_, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: first, To: first}, nil)
	mustDo(t, err)
	result, err := pipeline.Verify(context.Background(), s.config(nil), pipeline.VerifyOptions{ReplayAll: true})
	mustDo(t, err)
	if len(result.Findings) > 0 || result.Runs != 1 {
		t.Errorf("%+v", result)
	}
}
