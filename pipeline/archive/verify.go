package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	"amends/rules/calendar"
)

// Finding is a volume that is not what the postings of its nights make.
type Finding struct {
	File    string // its name in the archive's folder
	Problem string
}

// Verify holds every volume to the postings of its nights: each record is read
// by way of the index, and the filter must know its key. What is absent is no
// finding. Postings are read night by night, once.
func Verify(c Config) ([]Finding, error) {
	entries, err := c.FS.ReadDir(c.Dir)
	if errors.Is(err, errNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a := &Archive{config: c}
	sums := []tally{{}} // up to each night
	for n := range c.Nights {
		records, err := c.recordsOf(n + 1)
		if err != nil {
			return nil, err
		}
		next := sums[n]
		var within ordinal
		_ = records.each(func(k *key, value []byte) error { // which never fails
			next.add(k, value, within.next(k[:], dateOf(value)))
			return nil
		})
		sums = append(sums, next)
	}
	var findings []Finding
	for _, e := range entries {
		s, ok := spanOf(e.Name)
		if !ok {
			continue
		}
		problem := "it is of nights that are not committed"
		if s.last <= len(c.Nights) {
			if problem, err = a.verify(s, sums[s.last].minus(sums[s.first-1])); err != nil {
				return nil, errors.Join(err, a.Close())
			}
		}
		if problem != "" {
			findings = append(findings, Finding{e.Name, problem})
		}
	}
	return findings, a.Close()
}

// verify says what is wrong with a volume, "" where nothing is.
func (a *Archive) verify(s span, want tally) (string, error) {
	v, err := a.file(s, toAsk)
	switch {
	case err != nil:
		return "", err
	case v == nil:
		if _, err := a.config.FS.Stat(filepath.Join(a.config.Dir, s.file())); errors.Is(err, errNotExist) {
			return "", nil // merged meanwhile
		}
		return "it is damaged, or of another chain", nil
	}
	got, err := v.tally()
	switch {
	case errors.Is(err, ErrDamaged):
		return err.Error(), nil
	case err != nil:
		return "", err
	case got != want:
		return fmt.Sprintf("it is not what the postings of its nights make: %d records, not %d, or other ones", got.records, want.records), nil
	}
	return "", nil
}

// tally counts records, whatever order they come in.
type tally struct{ records, sum uint64 }

func (t *tally) add(k *key, value []byte, ordinal uint64) {
	h := sha256.New()
	h.Write(k[:])
	h.Write(binary.AppendUvarint(nil, ordinal))
	h.Write(value)
	t.sum += binary.BigEndian.Uint64(h.Sum(nil))
	t.records++
}

func (t tally) minus(o tally) tally { return tally{t.records - o.records, t.sum - o.sum} }

// ordinal counts the records of one key and date.
type ordinal struct {
	key  key
	date calendar.Date
	n    uint64
}

func (o *ordinal) next(k []byte, date calendar.Date) uint64 {
	if o.n > 0 && o.date == date && bytes.Equal(o.key[:], k) {
		o.n++
		return o.n
	}
	copy(o.key[:], k)
	o.date, o.n = date, 1
	return 1
}

// tally reads all of a volume; ErrDamaged where its parts do not fit each other.
func (v *volume) tally() (t tally, err error) {
	c := cursor{volume: v}
	var filter scratch
	var last key
	var within ordinal
	for {
		if err := c.advance(); err != nil || c.done {
			if err == nil && t.records != v.footer.records {
				err = fmt.Errorf("%s: %w: %d records, its footer says %d", filepath.Base(v.name), ErrDamaged, t.records, v.footer.records)
			}
			return t, err
		}
		k, date := key(c.key), dateOf(c.value)
		if order := bytes.Compare(k[:], last[:]); order < 0 || order == 0 && date < within.date {
			return t, fmt.Errorf("%s: %w: its records are not in order", filepath.Base(v.name), ErrDamaged)
		}
		if k != last {
			if known, err := v.may(&k, &filter); err != nil || !known {
				return t, errors.Join(err, fmt.Errorf("%s: %w: its filter does not know a key", filepath.Base(v.name), ErrDamaged))
			}
			found := false
			if err := v.find(&k, &filter, func([]byte) error { found = true; return nil }); err != nil || !found {
				return t, errors.Join(err, fmt.Errorf("%s: %w: its index does not find a key", filepath.Base(v.name), ErrDamaged))
			}
		}
		last = k
		t.add(&k, c.value, within.next(k[:], date))
	}
}
