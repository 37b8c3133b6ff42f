package pipeline

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"

	"amends/pipeline/archive"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/money"
)

// memory is what a session knows of the nights before it, without having
// replayed them: their postings as they are asked for, and what the last one
// left open. It holds files open until it is closed.
type memory struct {
	archive *archive.Archive
	past    *archive.View        // of the nights before
	open    *publish.OpenCredits // of the last night; nil before the first
	content durable.Content      // of open

	customersFrom calendar.Date // how far back the book looks
}

// archiveOf is the archive of a chain.
func archiveOf(fsys durable.FS, chain *state.Chain) archive.Config {
	return archive.Config{
		FS: fsys, Dir: filepath.Join(chain.Dir(), state.DerivedFolder), Nights: archiveNights(chain.Nights()), Aside: openAside,
		Later: func(n int) ([]archive.Night, error) {
			since, err := chain.Since(n)
			return archiveNights(since), err
		},
		Postings: func(n int, visit func(int, []ledger.Posting) error) error {
			m, err := chain.ManifestOf(n)
			if err != nil {
				return err
			}
			content, err := chain.OpenOutput(m, state.PostingsFile)
			if err != nil {
				return err
			}
			listed, _ := m.Output(state.PostingsFile) // it was opened
			err = publish.EachPosting(content, publish.Output(listed), runtime.GOMAXPROCS(0), visit)
			return errors.Join(err, content.Close())
		},
	}
}

func archiveNights(nights []state.Night) []archive.Night {
	list := make([]archive.Night, len(nights))
	for i, n := range nights {
		list[i] = archive.Night{Date: n.Date(), SHA256: n.SHA256}
	}
	return list
}

// recall opens the memory of the nights before a date, and makes the Book that
// goes on from them.
func (s *session) recall(before calendar.Date) error {
	earlier, err := s.chain.Before(before)
	if err != nil {
		return err
	}
	if err := s.close(); err != nil {
		return err
	}
	a, err := archive.Open(archiveOf(s.config.FS, s.chain))
	if err != nil {
		return err
	}
	s.memory.archive, s.memory.past = a, a.Before(before)
	s.memory.customersFrom = before.AddDays(-max(historyDays(s.project.rulebook, s.project.work.HorizonDays), s.project.work.HorizonDays))
	last := earlier.Last()
	after := ledger.After{
		Past: s.memory.past, Outstanding: money.ByCurrency{}, Last: beforeAll,
		CustomersFrom: s.memory.customersFrom,
	}
	if last != nil {
		after.Last, s.base = last.Date(), last.Date()
		for currency, moved := range last.RollForward {
			if moved.Closing != 0 {
				after.Outstanding[currency] = moved.Closing
			}
		}
		err := s.openCredits(last)
		if err == nil {
			err = s.loadHolds(last)
		}
		if err != nil {
			return errors.Join(err, s.close())
		}
		s.definitions, s.lastInputs = last.Definitions, last.Inputs
	}
	s.outstanding, s.behind = after.Outstanding, false
	s.book = ledger.NewBookAfter(after)
	return nil
}

// Before and after every date.
const (
	beforeAll = calendar.Date(math.MinInt32)
	afterAll  = calendar.Date(math.MaxInt32)
)

// openCredits opens what a run left open, digest checked.
func (s *session) openCredits(m *state.Manifest) error {
	content, err := s.chain.OpenOutput(m, openFile)
	if err != nil {
		return err
	}
	s.memory.content = content
	listed, _ := m.Output(openFile) // it was opened
	s.memory.open, err = publish.NewOpenCredits(content, publish.Output(listed))
	if err != nil {
		return fmt.Errorf("runs/%s/%w", m.BusinessDate, err)
	}
	return nil
}

// close closes what a session holds open.
func (s *session) close() error {
	var err error
	if s.memory.archive != nil {
		err = s.memory.archive.Close()
	}
	if s.memory.content != nil {
		err = errors.Join(err, s.memory.content.Close())
	}
	s.memory = memory{}
	return err
}
