package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// Night is what a chain keeps of a manifest: what every later night and most
// questions need, so that no manifest is opened for it.
type Night struct {
	BusinessDate  Day              `json:"date"`
	SHA256        string           `json:"sha256"` // of the manifest's bytes
	Skipped       *Span            `json:"skipped,omitempty"`
	IssuableMinor map[string]int64 `json:"issuable_minor,omitempty"`
	Requests      []string         `json:"requests,omitempty"` // ids of those that it consumed
}

// Date returns the business date.
func (n Night) Date() calendar.Date { return calendar.Date(n.BusinessDate) }

func nightOf(m *Manifest, digest string) Night {
	n := Night{BusinessDate: m.BusinessDate, SHA256: digest, Skipped: m.Skipped}
	if len(m.IssuableMinor) > 0 {
		n.IssuableMinor = m.IssuableMinor
	}
	for _, r := range m.Requests {
		n.Requests = append(n.Requests, r.ID)
	}
	return n
}

// A checkpoint says that the chain up to a manifest was walked and is well. Its
// first line is the SHA-256 of the rest. It is derived from the manifests: where
// it is absent, damaged, or of another chain, the manifests are walked again.

// DerivedFolder holds what can be made again from the manifests and runs, below
// the state's folder. Nothing in it decides what anything means.
const DerivedFolder = "derived"

const (
	checkpointPrefix  = "chain-"
	checkpointSuffix  = ".json"
	checkpointVersion = 1
)

type checkpoint struct {
	Version int     `json:"version"`
	Nights  []Night `json:"nights"`
}

func checkpointName(n int) string {
	return path.Join(DerivedFolder, checkpointPrefix+strconv.Itoa(n)+checkpointSuffix)
}

// checkpoints returns for how many nights there are checkpoints, the most first.
func (c *Chain) checkpoints() ([]int, error) {
	names, err := c.store.List(DerivedFolder)
	if err != nil {
		return nil, err
	}
	var counts []int
	for _, name := range names {
		digits, isOne := strings.CutPrefix(strings.TrimSuffix(name, checkpointSuffix), checkpointPrefix)
		if n, err := strconv.Atoi(digits); isOne && err == nil && n > 0 && checkpointName(n) == path.Join(DerivedFolder, name) {
			counts = append(counts, n)
		}
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	return counts, nil
}

// resume takes over the nights of the latest checkpoint that fits the manifests;
// where there is none, the chain stays empty. The last of them is read and held
// to its copy, as in a walk.
func (c *Chain) resume(count int) error {
	counts, err := c.checkpoints()
	if err != nil {
		return err
	}
	for _, n := range counts {
		nights, ok := c.readCheckpoint(n)
		if !ok || count == 0 {
			continue
		}
		n = min(n, count) // of a chain that was cut since it is good as far as it fits
		content, err := c.store.Read(manifestName(n))
		if err != nil {
			return err
		}
		if Digest(content) != nights[n-1].SHA256 {
			continue // of another chain, or the manifest is damaged: the walk tells
		}
		c.nights = nights[: n-1 : n-1]
		if n == len(nights) {
			c.point = n
		}
		return c.check(n, content, parseManifest)
	}
	return nil
}

// readCheckpoint reads a checkpoint; false where there is none that is whole.
func (c *Chain) readCheckpoint(n int) ([]Night, bool) {
	content, err := c.store.Read(checkpointName(n))
	if err != nil {
		return nil, false // a walk does without
	}
	digest, rest, found := bytes.Cut(content, []byte("\n"))
	var point checkpoint
	if !found || Digest(rest) != string(digest) || json.Unmarshal(rest, &point) != nil {
		return nil, false
	}
	return point.Nights, point.Version == checkpointVersion && len(point.Nights) == n
}

// Checkpoint writes down that the chain was walked, for the next Open, and
// removes earlier checkpoints. It needs the state's lock. An error leaves the
// state as good as it was: only the next Open costs more.
func (c *Chain) Checkpoint() error {
	if c.point == len(c.nights) {
		return nil
	}
	counts, err := c.checkpoints()
	if err != nil {
		return err
	}
	content, err := json.Marshal(checkpoint{checkpointVersion, c.nights})
	if err != nil {
		return err
	}
	content = slices.Concat([]byte(Digest(content)), []byte("\n"), content)
	name, there := checkpointName(len(c.nights)), false
	if slices.Contains(counts, len(c.nights)) {
		found, err := c.store.Read(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if there = bytes.Equal(found, content); !there {
			if err := c.removeDerived(name); err != nil {
				return err
			}
		}
	}
	if !there {
		if err := durable.MakeDir(c.fsys, filepath.Join(c.dir, DerivedFolder)); err != nil {
			return err
		}
		if err := c.store.PutIfAbsent(name, content); err != nil {
			return err
		}
	}
	for _, n := range counts {
		if n != len(c.nights) {
			if err := c.removeDerived(checkpointName(n)); err != nil {
				return err
			}
		}
	}
	c.point = len(c.nights)
	return nil
}

func (c *Chain) removeDerived(name string) error {
	return c.fsys.Remove(filepath.Join(c.dir, filepath.FromSlash(name)))
}

// VerifyCheckpoints finds checkpoints that are not what the chain says, which
// must come from Walk. Checkpoint makes them again.
func (c *Chain) VerifyCheckpoints() ([]Finding, error) {
	counts, err := c.checkpoints()
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, n := range counts {
		nights, whole := c.readCheckpoint(n)
		switch {
		case !whole:
			findings = append(findings, Finding{checkpointName(n), "damaged"})
		case n > len(c.nights):
			findings = append(findings, Finding{checkpointName(n), fmt.Sprintf("is of %d nights, and %d are committed", n, len(c.nights))})
		default:
			if at := firstDifference(nights, c.nights); at < n {
				findings = append(findings, Finding{checkpointName(n), fmt.Sprintf("is not what %s says", manifestName(at+1))})
			}
		}
	}
	return findings, nil
}

// firstDifference is the index of the first night that is not the same.
func firstDifference(a, b []Night) int {
	for i := range a {
		x, errX := json.Marshal(a[i])
		y, errY := json.Marshal(b[i])
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			return i
		}
	}
	return len(a)
}
