package scan

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// large is an opened file that is not held as a whole, and its bytes.
func large(t *testing.T) (*source, []byte) {
	t.Helper()
	dir := t.TempDir()
	file := numbers(t, dir, "a.parquet", 0, 200_000, 50_000)
	data := readFile(t, file.Path)
	if len(data) < heldBytes+3*blockBytes || len(data)%blockBytes == 0 {
		t.Fatalf("%d bytes", len(data))
	}
	opened, err := openFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.release)
	return opened, data
}

// TestReadAtGivesTheBytesOfTheFile reads parts that begin and end anywhere, at the
// borders of blocks and beyond the end among them.
func TestReadAtGivesTheBytesOfTheFile(t *testing.T) {
	t.Parallel()
	s, data := large(t)
	random := rand.New(rand.NewPCG(1, 2))
	edges := []int{0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 3 * blockBytes, len(data) - 1, len(data), len(data) + 5}
	for range 2000 {
		at, end := random.IntN(len(data)), random.IntN(len(data)+2*blockBytes)
		if random.IntN(2) == 0 {
			at = edges[random.IntN(len(edges))]
		}
		if random.IntN(2) == 0 {
			end = edges[random.IntN(len(edges))]
		}
		got := make([]byte, max(end-at, 0))
		n, err := s.ReadAt(got, int64(at))
		want := data[min(at, len(data)):max(min(end, len(data)), min(at, len(data)))]
		if !bytes.Equal(got[:n], want) || (err == io.EOF) != (n < len(got)) || err != nil && err != io.EOF {
			t.Fatalf("bytes %d to %d: %d read, error %v", at, end, n, err)
		}
	}
}

// TestEveryBlockIsHeldToItsFirstReading changes one byte after a block was read,
// and reads it again as a part, alone, and within a run of blocks.
func TestEveryBlockIsHeldToItsFirstReading(t *testing.T) {
	t.Parallel()
	for name, again := range map[string][2]int64{
		"part": {2*blockBytes + 7, 20}, "alone": {2 * blockBytes, blockBytes}, "run": {blockBytes, 4 * blockBytes}, "run from a part": {5, 3 * blockBytes},
	} {
		s, data := large(t)
		if _, err := s.ReadAt(make([]byte, 10), 2*blockBytes+100); err != nil {
			t.Fatal(err)
		}
		data[3*blockBytes-1] ^= 1
		if err := os.WriteFile(s.file.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReadAt(make([]byte, again[1]), again[0]); !errors.Is(err, ErrFileChanged) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.ReadAt(make([]byte, blockBytes), 3*blockBytes); err != nil {
			t.Errorf("%s: the block after it: %v", name, err)
		}
	}
}
