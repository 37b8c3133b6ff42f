package archive_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
)

// failingFS writes files of which one write goes wrong: with err, or a byte short.
type failingFS struct {
	*durabletest.FS
	at  int // which write, from 1
	err error
}

func (f *failingFS) CreateExclusive(name string) (durable.File, error) {
	file, err := f.FS.CreateExclusive(name)
	return &failingFile{file, f}, err
}

type failingFile struct {
	durable.File
	fsys *failingFS
}

func (f *failingFile) Write(p []byte) (int, error) {
	if f.fsys.at--; f.fsys.at != 0 {
		return f.File.Write(p)
	}
	n, _ := f.File.Write(p[:len(p)-1])
	return n, f.fsys.err
}

// A write that fails is an error of Keep's, whichever of a volume's it is, and no
// volume is there then.
func TestAWriteThatFailsIsReported(t *testing.T) {
	t.Parallel()
	c := steady(1)
	for i := range 4000 { // some writes long
		c.postings[0] = append(c.postings[0], ledger.Posting{
			ID: fmt.Sprintf("po1_%032x", 1<<40+i), BusinessDate: c.nights[0].Date, Kind: ledger.Issue,
			CreditID: fmt.Sprintf("cr1_%032x", 1<<40+i), CustomerID: fmt.Sprint("customer ", i), EventID: fmt.Sprint("event ", i), Currency: "USD", Minor: 1,
		})
	}
	full := errors.New("no space left")
	failed := 0
	for at := 1; ; at++ {
		for _, test := range []struct{ given, want error }{{full, full}, {nil, io.ErrShortWrite}} {
			fsys := &failingFS{FS: durabletest.New(), at: at, err: test.given}
			config := c.config(fsys.FS, 1)
			config.FS = fsys
			err := archive.Keep(config)
			if fsys.at > 0 { // there are no more writes
				if err != nil || failed < 6 {
					t.Errorf("%d writes failed: %v", failed, err)
				}
				return
			}
			failed++
			if !errors.Is(err, test.want) {
				t.Errorf("write %d: %v, want %v", at, err, test.want)
			}
			if there := files(fsys.FS); len(there) > 0 {
				t.Errorf("write %d: %v", at, there)
			}
		}
	}
}

// crowdedFS remembers how many volumes it had at most.
type crowdedFS struct {
	*durabletest.FS
	most int
}

func (f *crowdedFS) RenameNoReplace(from, to string) error {
	err := f.FS.RenameNoReplace(from, to)
	f.most = max(f.most, len(files(f.FS)))
	return err
}

// What was merged is removed before the next is made: of each length there are
// eight volumes at the most, and the one that they become.
func TestMakingAnArchiveKeepsFewVolumes(t *testing.T) {
	t.Parallel()
	const nights = 3 * 64
	c := steady(nights)
	fsys := &crowdedFS{FS: durabletest.New()}
	config := c.config(fsys.FS, nights)
	config.FS = fsys
	if err := archive.Keep(config); err != nil {
		t.Fatal(err)
	}
	if there := files(fsys.FS); len(there) != 3 {
		t.Errorf("%v", there)
	}
	if most := 2 + 8 + 8 + 1; fsys.most > most || fsys.most < 16 {
		t.Errorf("%d volumes at once, %d are enough", fsys.most, most)
	}
}

// readFS counts the bytes that are read of volumes.
type readFS struct {
	*durabletest.FS
	bytes int
}

func (f *readFS) Open(name string) (durable.Content, error) {
	content, err := f.FS.Open(name)
	return &readContent{content, f}, err
}

type readContent struct {
	durable.Content
	fsys *readFS
}

func (c *readContent) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Content.ReadAt(p, at)
	c.fsys.bytes += n
	return n, err
}

// Keep reads no more of volumes that are there than says that they fit.
func TestKeepReadsLittleOfWhatIsThere(t *testing.T) {
	t.Parallel()
	c := steady(5)
	fsys := &readFS{FS: durabletest.New()}
	config := c.config(fsys.FS, 5)
	if err := archive.Keep(config); err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, content := range fsys.Tree() {
		whole += len(content)
	}
	config.FS = fsys
	if err := archive.Keep(config); err != nil {
		t.Fatal(err)
	}
	if fsys.bytes == 0 || fsys.bytes > whole/4 {
		t.Errorf("%d bytes read of %d", fsys.bytes, whole)
	}
}

// Whatever operation of Keep fails, and whatever a crash then loses, every
// answer stays, and the next Keep comes to the files of one that nothing
// happened to.
func TestKeepIsInterrupted(t *testing.T) {
	t.Parallel()
	const nights = 16 // the last of which merges twice eight
	c, before := steady(nights), durabletest.New()
	if err := archive.Keep(c.config(before, nights-1)); err != nil {
		t.Fatal(err)
	}
	counted := before.Crash(durabletest.Nothing, 0)
	counted.FailAt(0, durabletest.None)
	if err := archive.Keep(c.config(counted, nights)); err != nil {
		t.Fatal(err)
	}
	ops, want := counted.Ops(), counted.Tree()
	for op := 1; op <= ops; op++ {
		for _, fault := range durabletest.Faults() {
			for _, loss := range []durabletest.Loss{durabletest.Nothing, durabletest.Everything, durabletest.Some} {
				fsys := before.Crash(durabletest.Nothing, 0)
				fsys.FailAt(op, fault)
				_ = archive.Keep(c.config(fsys, nights)) // may have come to its end
				after := fsys.Crash(loss, uint64(op))
				a, err := archive.Open(c.config(after, nights))
				if err != nil {
					t.Fatalf("%s at %d: %v", fault, op, err)
				}
				given, err := a.Before(firstDay+nights).Customer("ann", firstDay)
				if err != nil || len(given) != nights {
					t.Fatalf("%s at %d: %d credits, %v", fault, op, len(given), err)
				}
				if err := archive.Keep(c.config(after, nights)); err != nil {
					t.Fatalf("%s at %d: kept again: %v", fault, op, err)
				}
				if diff := differing(want, after.Tree()); diff != "" {
					t.Fatalf("%s at %d: %s", fault, op, diff)
				}
			}
		}
	}
	t.Logf("%d operations", ops)
}

// A reader keeps its answers while volumes are merged and removed behind it.
func TestReadersOutliveAMerge(t *testing.T) {
	t.Parallel()
	c, fsys := steady(16), durabletest.New()
	if err := archive.Keep(c.config(fsys, 15)); err != nil {
		t.Fatal(err)
	}
	reader, err := archive.Open(c.config(fsys, 15))
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Keep(c.config(fsys, 16)); err != nil {
		t.Fatal(err)
	}
	given, err := reader.Before(firstDay+15).Customer("ann", firstDay)
	if err != nil || len(given) != 15 {
		t.Errorf("%d credits, %v", len(given), err)
	}
}

// Who opened the chain before a night that merges asks what it merged, and leaves out
// what that night posted; a volume of nights of another chain it leaves alone.
func TestOpenedAfterALaterNightMerged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		later func([]archive.Night) ([]archive.Night, error)
		read  int
		err   error
	}{
		"the same chain": {func(later []archive.Night) ([]archive.Night, error) { return later, nil }, 0, nil},
		"another chain":  {func([]archive.Night) ([]archive.Night, error) { return nil, nil }, 63, nil},
		"other bytes":    {func([]archive.Night) ([]archive.Night, error) { return []archive.Night{{Date: firstDay + 63}}, nil }, 63, nil},
		"unreadable":     {func([]archive.Night) ([]archive.Night, error) { return nil, io.ErrNoProgress }, 0, io.ErrNoProgress},
	} {
		c, fsys := steady(64), durabletest.New()
		if err := archive.Keep(c.config(fsys, 64)); err != nil {
			t.Fatal(err)
		}
		config := c.config(fsys, 63)
		later := config.Later
		config.Later = func(n int) ([]archive.Night, error) {
			nights, err := later(n)
			if err != nil {
				return nil, err
			}
			return test.later(nights)
		}
		reader, err := archive.Open(config)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", name, err, test.err)
		}
		if err != nil {
			continue
		}
		given, err := reader.Before(firstDay+70).Customer("ann", firstDay)
		if err != nil || len(given) != 63 || len(c.read) != test.read {
			t.Errorf("%s: %d credits, %v; %d nights read", name, len(given), err, len(c.read))
		}
	}
}

// mergingFS brings the files up to another chain as the first volume is opened.
type mergingFS struct {
	*durabletest.FS
	merge func()
}

func (f *mergingFS) Open(name string) (durable.Content, error) {
	content, err := f.FS.Open(name)
	if merge := f.merge; merge != nil {
		f.merge = nil
		merge()
	}
	return content, err
}

// Who opens an archive while volumes are merged takes what they were merged into:
// it makes nothing in memory of the postings of nights.
func TestOpenedWhileVolumesAreMerged(t *testing.T) {
	t.Parallel()
	c, fsys := steady(64), durabletest.New()
	if err := archive.Keep(c.config(fsys, 63)); err != nil {
		t.Fatal(err)
	}
	config := c.config(fsys, 64)
	read := 0
	config.Postings = func(int, func(int, []ledger.Posting) error) error { read++; return nil }
	config.FS = &mergingFS{fsys, func() {
		if err := archive.Keep(c.config(fsys, 64)); err != nil {
			t.Error(err)
		}
	}}
	reader, err := archive.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	given, err := reader.Before(firstDay+64).Customer("ann", firstDay)
	if err != nil || len(given) != 64 || read > 0 {
		t.Errorf("%d credits, %v; %d nights read", len(given), err, read)
	}
}
