// Command longledger makes ledgers of many nights through amends' own publishing
// and commits, and measures what the night after them costs: processor time by
// stage, bytes allocated, the largest resident set, and files opened.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/profile"
	"amends/rules/calendar"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "longledger:", err)
		os.Exit(1)
	}
}

func run() error {
	data := flag.String("data", filepath.Join(os.TempDir(), "amends-longledger"), "folder for generated ledgers; they are kept")
	nights := flag.String("nights", "30,365,730", "nights, several separated by commas")
	credits := flag.Int("credits", 2000, "credits a night")
	customers := flag.Int("customers", 300_000, "customers")
	rows := flag.Int("rows", 8000, "deliveries of the measured night")
	hits := flag.Int("hits", 2000, "late ones among them")
	measure := flag.String("measure", "", "measure the night of this folder once, in this process")
	date := flag.String("date", "", "the night of -measure")
	cpuProfile := flag.String("cpuprofile", "", "where -measure leaves a profile")
	flag.Parse()
	if *measure != "" {
		return measured(*measure, *date, *cpuProfile)
	}
	for _, text := range strings.Split(*nights, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		s := shape{nights: n, credits: *credits, customers: *customers, first: 19_800}
		dir := filepath.Join(*data, s.name())
		if err := prepared(s, dir, *rows, *hits); err != nil {
			return err
		}
		fmt.Printf("%s\n", s.name())
		for range 3 { // the first one makes the archive
			if err := child(dir, s.last()+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepared makes a ledger that is not there yet; a folder that is whole has its
// name.
func prepared(s shape, dir string, rows, hits int) error {
	if _, err := os.Stat(dir); err != nil {
		unfinished := dir + ".unfinished"
		if err := os.RemoveAll(unfinished); err != nil {
			return err
		}
		if err := writeWorkspace(unfinished); err != nil {
			return err
		}
		if err := s.generate(unfinished); err != nil {
			return err
		}
		if err := os.Rename(unfinished, dir); err != nil {
			return err
		}
	}
	if err := writeWorkspace(dir); err != nil {
		return err
	}
	return s.writeNight(dir, rows, hits)
}

// child measures in a process of its own: the night is run, and then taken back.
func child(dir string, date calendar.Date) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(self, "-measure", dir, "-date", date.String())
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return err
	}
	return takeBack(dir, date)
}

// takeBack removes a committed night, and keeps the archive of those before it.
func takeBack(dir string, date calendar.Date) error {
	names, err := filepath.Glob(filepath.Join(dir, "state/manifests/*.json"))
	if err != nil {
		return err
	}
	for _, path := range []string{
		filepath.Join(dir, "state/manifests", strconv.Itoa(len(names))+".json"), filepath.Join(dir, "state/runs", date.String()),
	} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// counting counts the files that are opened.
type counting struct {
	durable.OS
	opened map[string]int
}

func (c *counting) ReadFile(path string) ([]byte, error) {
	c.opened[filepath.Base(filepath.Dir(path))]++
	return c.OS.ReadFile(path)
}

func (c *counting) Open(path string) (durable.Content, error) {
	c.opened[filepath.Base(filepath.Dir(path))]++
	return c.OS.Open(path)
}

func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for this process
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measured(dir, day, cpuProfile string) error {
	date, err := calendar.ParseDate(day)
	if err != nil {
		return err
	}
	if cpuProfile != "" {
		f, err := os.Create(cpuProfile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fsys := &counting{opened: map[string]int{}}
	started, last, name := cpu(), cpu(), "start"
	var line strings.Builder
	config := pipeline.Config{Dir: dir, FS: fsys, Progress: func(p pipeline.Progress) {
		now := cpu()
		fmt.Fprintf(&line, " %s %.3f", name, (now - last).Seconds())
		last, name = now, p.Stage
	}}
	results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: date, To: date}, nil)
	if err != nil {
		return err
	}
	for _, r := range results {
		for _, note := range r.Notes {
			fmt.Println("    note:", note)
		}
	}
	now := cpu()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	files := 0
	for _, n := range fsys.opened {
		files += n
	}
	fmt.Printf("   %s %s %.3f\n    processor %.3f s, allocated %d MB, resident %d MB, %d files opened: derived %d, manifests %d\n", line.String(), name, (now - last).Seconds(),
		(now - started).Seconds(), memory.TotalAlloc>>20, profile.PeakResident()>>20, files, fsys.opened["derived"], fsys.opened["manifests"])
	return nil
}
