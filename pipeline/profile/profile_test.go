package profile

import (
	"errors"
	"testing"
	"time"

	"amends/pipeline/durable"

	"github.com/google/go-cmp/cmp"
)

// ticking is a clock that goes on by one millisecond at each look, and of which
// the process uses two thirds.
func ticking() func() usage {
	looks := 0
	return func() usage {
		looks++
		return usage{at: time.UnixMilli(int64(looks)), cpu: time.Duration(looks) * 600 * time.Microsecond}
	}
}

// The same stages of two nights are one line each; what came between stages is
// no stage's.
func TestNightsAddUp(t *testing.T) {
	r := newRecorder(ticking()) // 1
	for range 2 {
		r.Night()
		r.Stage("reading")               // 2, 9
		end := r.Part("customers")       // 3, 10
		r.Rows(10, 1000)                 //
		end()                            // 4, 11
		done := r.WorkOf("digest of", 3) // 5, 12
		done()                           // 6, 13
		r.Rows(1, 0)                     // of no part
		r.Stage("matching")              // 7, 14
		r.Stage("")                      // 8, 15
	}
	got := r.Result() // 16 ends nothing, 17
	if got.PeakBytes < 0 {
		t.Errorf("peak of %d bytes", got.PeakBytes)
	}
	got.PeakBytes = 0
	want := &Profile{Nights: 2, Wall: 16_000, CPU: 9_600, Rest: &Figures{Wall: 4_000, CPU: 2_400}, Stages: []*Stage{
		{Name: "reading", Figures: Figures{Wall: 10_000, CPU: 6_000, Rows: 22, Read: 2000},
			Parts: []*Part{{Name: "customers", Figures: Figures{Wall: 2_000, CPU: 1_200, Rows: 20, Read: 2000}}},
			Work:  []*Work{{Name: "digest of", Busy: 6_000, Times: 2}}},
		{Name: "matching", Figures: Figures{Wall: 2_000, CPU: 1_200}, Parts: []*Part{}, Work: []*Work{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// fakeFiles are files of which only the lengths count.
type fakeFiles struct {
	durable.FS
	err error
}

type fakeFile struct{ err error }

func (f fakeFile) Write(p []byte) (int, error) { return len(p), nil }
func (f fakeFile) Sync() error                 { return f.err }
func (f fakeFile) Close() error                { return nil }

func (f fakeFiles) CreateExclusive(string) (durable.File, error) { return fakeFile{f.err}, nil }
func (f fakeFiles) ReadFile(string) ([]byte, error)              { return make([]byte, 30), nil }
func (f fakeFiles) SyncDir(string) error                         { return nil }

func TestBytesAndWaitsOfFiles(t *testing.T) {
	r := newRecorder(ticking())
	broken := errors.New("broken disk")
	fsys := r.FS(fakeFiles{err: broken})
	r.Stage("publishing")
	if err := durable.WriteFile(fsys, "a", make([]byte, 7)); !errors.Is(err, broken) {
		t.Errorf("a sync that failed: %v", err)
	}
	if content, err := fsys.ReadFile("a"); len(content) != 30 || err != nil {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	if err := fsys.SyncDir("."); err != nil {
		t.Error(err)
	}
	got := r.Result().Stages[0].Figures
	want := Figures{Wall: 5_000, CPU: 3_000, Fsync: 2_000, Fsyncs: 2, Read: 30, Written: 7}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNoRecorderIsNoTrouble(t *testing.T) {
	var r *Recorder
	r.Night()
	r.Stage("reading")
	r.Part("customers")()
	r.Work("digest")()
	r.Rows(1, 1)
	if fsys := (fakeFiles{}); r.FS(fsys) != durable.FS(fsys) {
		t.Error("files are watched though nobody asks")
	}
	if r.Result() != nil {
		t.Error("a profile of nothing")
	}
}

// What a process holds now is never more than the peak, and a peak stays.
func TestPeakResident(t *testing.T) {
	before := PeakResident()
	if before == 0 {
		t.Skip("this system does not tell")
	}
	held := make([]byte, 64<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	if after := PeakResident(); after < before || after < 64<<20 || after > 64<<30 {
		t.Errorf("%d bytes, then %d while 64 MiB are held (%d)", before, after, held[0])
	}
}
