// Package profile says where the time of a run went. Its law: what it measures
// reaches people and logs, never a published file; and a run is the same with a
// recorder and without one.
//
// A run has stages, one after the other; a stage has parts, which it does in turn
// as well, and work, which it may do on several cores at once. Of stages and
// parts the processor time of the whole process is known, of work only how long
// each piece took. Which stages there are is for package pipeline.
package profile

import (
	"cmp"
	"context"
	"runtime/pprof"
	"slices"
	"sync"
	"time"
)

// Profile is what a recorder saw, nights added up.
type Profile struct {
	Nights    int      `json:"nights"`
	Wall      int64    `json:"wall_us"`
	CPU       int64    `json:"cpu_us"`                   // user and system
	PeakBytes int64    `json:"peak_resident_bytes"`      // of the process so far; 0 where the system does not tell
	Stages    []*Stage `json:"stages"`                   // in the order in which they first began
	Rest      *Figures `json:"outside_stages,omitempty"` // what came between them, such as printing
}

// Figures are what something took, in microseconds, and what went through it.
// CPU is user and system time of the whole process meanwhile, the collector of
// garbage included. Fsync is how long files and folders were waited for until
// they were on disk; waits at the same time count each.
type Figures struct {
	Wall    int64 `json:"wall_us"`
	CPU     int64 `json:"cpu_us"`
	Fsync   int64 `json:"fsync_us"`
	Fsyncs  int64 `json:"fsyncs"`
	Rows    int64 `json:"rows"`
	Read    int64 `json:"read_bytes"`
	Written int64 `json:"written_bytes"`
}

// Stage is one stage with its parts, in the order in which they first began, and
// its work, by name.
type Stage struct {
	Name string `json:"name"`
	Figures
	Parts []*Part `json:"parts"`
	Work  []*Work `json:"work"`
}

// Part is something that a stage does in turn, such as reading one source.
type Part struct {
	Name string `json:"name"`
	Figures
}

// Work is something that a stage may do on several cores at once. Busy is the
// sum over all of them, so it can be more than the stage took.
type Work struct {
	Name  string `json:"name"`
	Busy  int64  `json:"busy_us"`
	Times int64  `json:"times"`
}

// Recorder measures one run. Its methods may be called from several goroutines,
// but stages and parts follow each other. A nil one records nothing.
type Recorder struct {
	mu      sync.Mutex
	measure func() usage
	began   usage
	nights  int
	stages  []*Stage
	stage   *Stage // that is running; nil between stages
	since   usage  // when it began
	part    *Part  // of it, that is running; nil for none
}

// usage is a moment as the process sees it.
type usage struct {
	at  time.Time
	cpu time.Duration
}

// New begins to measure.
func New() *Recorder { return newRecorder(now) }

func newRecorder(measure func() usage) *Recorder {
	return &Recorder{measure: measure, began: measure()}
}

func now() usage { return usage{at: time.Now(), cpu: processorTime()} }

// Night counts one night more.
func (r *Recorder) Night() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nights++
}

// Stage ends the stage that is running and begins another; "" only ends.
func (r *Recorder) Stage(name string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	moment := r.measure()
	if r.stage != nil {
		r.stage.took(r.since, moment)
	}
	r.stage, r.part, r.since = nil, nil, moment
	label(name)
	if name == "" {
		return
	}
	i := slices.IndexFunc(r.stages, func(s *Stage) bool { return s.Name == name })
	if i < 0 {
		i = len(r.stages)
		r.stages = append(r.stages, &Stage{Name: name, Parts: []*Part{}, Work: []*Work{}})
	}
	r.stage = r.stages[i]
}

// label names the stage in CPU profiles: `go tool pprof -tagfocus stage=NAME` shows it
// alone, with the goroutines that it began.
func label(stage string) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("stage", stage)))
}

func (f *Figures) took(from, to usage) {
	f.Wall += to.at.Sub(from.at).Microseconds()
	f.CPU += (to.cpu - from.cpu).Microseconds()
}

// Part begins a part of the stage that is running, and returns what ends it.
func (r *Recorder) Part(name string) (end func()) {
	if r == nil {
		return func() {}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	stage := r.stage
	if stage == nil {
		return func() {}
	}
	i := slices.IndexFunc(stage.Parts, func(p *Part) bool { return p.Name == name })
	if i < 0 {
		i = len(stage.Parts)
		stage.Parts = append(stage.Parts, &Part{Name: name})
	}
	part, from := stage.Parts[i], r.measure()
	r.part = part
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		part.took(from, r.measure())
		if r.part == part {
			r.part = nil
		}
	}
}

// Work begins a piece of work of the stage that is running, and returns what
// ends it.
func (r *Recorder) Work(name string) (end func()) { return r.WorkOf(name, 1) }

// WorkOf is Work that keeps so many cores busy.
func (r *Recorder) WorkOf(name string, cores int) (end func()) {
	if r == nil {
		return func() {}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	stage, from := r.stage, r.measure().at
	if stage == nil {
		return func() {}
	}
	return func() {
		took := r.measure().at.Sub(from)
		r.mu.Lock()
		defer r.mu.Unlock()
		i := slices.IndexFunc(stage.Work, func(w *Work) bool { return w.Name == name })
		if i < 0 {
			i = len(stage.Work)
			stage.Work = append(stage.Work, &Work{Name: name})
		}
		stage.Work[i].Busy += took.Microseconds() * int64(cores)
		stage.Work[i].Times++
	}
}

// Rows counts rows and the bytes read for them, of the stage that is running
// and of its part.
func (r *Recorder) Rows(rows, readBytes int64) {
	r.count(func(f *Figures) { f.Rows += rows; f.Read += readBytes })
}

func (r *Recorder) count(add func(*Figures)) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stage != nil {
		add(&r.stage.Figures)
	}
	if r.part != nil {
		add(&r.part.Figures)
	}
}

// Result ends the stage that is running and returns what was measured. The
// recorder is of no more use.
func (r *Recorder) Result() *Profile {
	if r == nil {
		return nil
	}
	r.Stage("")
	r.mu.Lock()
	defer r.mu.Unlock()
	var all Figures
	all.took(r.began, r.measure())
	p := &Profile{Nights: r.nights, Wall: all.Wall, CPU: all.CPU, PeakBytes: PeakResident(), Stages: r.stages, Rest: &Figures{Wall: all.Wall, CPU: all.CPU}}
	for _, s := range r.stages {
		p.Rest.Wall -= s.Wall
		p.Rest.CPU -= s.CPU
		slices.SortFunc(s.Work, func(a, b *Work) int { return cmp.Compare(a.Name, b.Name) })
	}
	if p.Stages == nil {
		p.Stages = []*Stage{}
	}
	return p
}
