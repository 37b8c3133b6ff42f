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
