package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"amends/cmd/amends/heap"
	"amends/pipeline/profile"
	"amends/pipeline/report"
)

// profileFlags are for those who want to know why a run takes as long as it does.
type profileFlags struct {
	Profile     bool   `help:"Also say where the time went, stage by stage, on stderr (with --json in the result)."`
	CPUProfile  string `name:"cpu-profile" placeholder:"FILE" help:"For developers of amends: write a CPU profile there, for go tool pprof."`
	HeapProfile string `placeholder:"FILE" help:"For developers of amends: write there what memory held at the end of the stage that held most, for go tool pprof. Makes the run slower."`
}

// profiling is what was begun because of the flags.
type profiling struct {
	recorder *profile.Recorder // nil without --profile
	cpu      *os.File
	heapFile string
	held     bytes.Buffer // the largest so far, as pprof reads it
	largest  uint64       // its bytes
	failed   error        // of writing it
}

func (f profileFlags) begin() (*profiling, error) {
	if err := takesFile("heap profile", f.HeapProfile); err != nil {
		return nil, err
	}
	p := &profiling{heapFile: f.HeapProfile}
	if f.HeapProfile != "" {
		heap.Sample()
	}
	if f.Profile {
		p.recorder = profile.New()
	}
	if f.CPUProfile == "" {
		return p, nil
	}
	file, err := os.Create(f.CPUProfile)
	if err != nil {
		return nil, fmt.Errorf("CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("CPU profile: %w", err), file.Close())
	}
	p.cpu = file
	return p, nil
}

// look keeps the heap where it is larger than it was before.
func (p *profiling) look() {
	if p.heapFile == "" || p.failed != nil {
		return
	}
	runtime.GC() // a heap profile is as of the last collection
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if now.HeapAlloc > p.largest {
		p.largest = now.HeapAlloc
		p.held.Reset()
		p.failed = pprof.WriteHeapProfile(&p.held)
	}
}

// end stops measuring and writes the files.
func (p *profiling) end() error {
	var err error
	if p.cpu != nil {
		pprof.StopCPUProfile()
		err = p.cpu.Close()
	}
	if p.heapFile != "" {
		p.look()
		err = errors.Join(err, p.failed, os.WriteFile(p.heapFile, p.held.Bytes(), 0o644))
	}
	return err
}

// showProfile writes a profile, if there is one, for people, or as lines of a log.
func (a *app) showProfile(p *profile.Profile) error {
	if p == nil {
		return nil
	}
	if a.json {
		for _, s := range p.Stages {
			a.logger().Info("profile", append([]any{"stage", s.Name}, logged(s.Figures)...)...)
		}
		a.logger().Info("profile", "nights", p.Nights, "wall_us", p.Wall, "cpu_us", p.CPU, "peak_resident_bytes", p.PeakBytes)
		return nil
	}
	fmt.Fprintf(a.err, "\nProfile of %s: %s, %s of processor time%s\n",
		report.Counted(int64(p.Nights), "night", "nights"), millis(p.Wall), millis(p.CPU), peak(p.PeakBytes))
	t := report.Table{Columns: []report.Column{{Name: "stage"}, {Name: "wall ms", Figures: true}, {Name: "cpu ms", Figures: true},
		{Name: "rows", Figures: true}, {Name: "read kB", Figures: true}, {Name: "written kB", Figures: true}, {Name: "fsync ms", Figures: true}}}
	for _, s := range p.Stages {
		t.Rows = append(t.Rows, profileRow(s.Name, s.Figures))
		for _, part := range s.Parts {
			t.Rows = append(t.Rows, profileRow("  "+part.Name, part.Figures))
		}
		for _, w := range s.Work {
			if w.Busy*100 >= p.Wall {
				t.Rows = append(t.Rows, []string{"  " + w.Name, "(" + tenths(w.Busy) + ")", "", "", "", "", ""})
			}
		}
	}
	t.Rows = append(t.Rows, profileRow("outside of stages", *p.Rest))
	return t.Write(a.err)
}

func logged(f profile.Figures) []any {
	return []any{"wall_us", f.Wall, "cpu_us", f.CPU, "fsync_us", f.Fsync, "fsyncs", f.Fsyncs, "rows", f.Rows, "read_bytes", f.Read, "written_bytes", f.Written}
}

func profileRow(name string, f profile.Figures) []string {
	row := []string{name, tenths(f.Wall), tenths(f.CPU), "", "", "", ""}
	for i, n := range []int64{f.Rows, f.Read / 1000, f.Written / 1000} {
		if n > 0 {
			row[3+i] = report.Count(n)
		}
	}
	if f.Fsyncs > 0 {
		row[6] = tenths(f.Fsync)
	}
	return row
}

// tenths shows microseconds as milliseconds.
func tenths(us int64) string {
	t := (us + 50) / 100
	return fmt.Sprintf("%s.%d", report.Count(t/10), t%10)
}

func millis(us int64) string { return tenths(us) + " ms" }

func peak(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf(", at most %s MB of memory", report.Count(bytes/1_000_000))
}
