package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/money"
)

const issuanceFile = "issuance.parquet"

// ledger replays every posting, and holds each run's roll-forward, open credits
// and issuance to the balance that they come to. A file is read some rows at a time:
// in memory is what the Book keeps of each credit, and what one night issued.
func (v *verifier) ledger(ctx context.Context) error {
	book := ledger.NewBook()
	totals := map[string]ledger.Movement{}
	for i := range v.chain.Nights() {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := v.chain.ManifestOf(i + 1)
		if err != nil {
			return err
		}
		r := &replayed{night: m, book: book, issued: map[string]money.Amount{}, moved: map[ledger.Kind]money.ByCurrency{}}
		if well, err := v.post(r); err != nil || !well {
			return err
		}
		moved, err := v.roll(r)
		if err != nil {
			v.findOf(m, state.PostingsFile, err.Error())
			return nil
		}
		v.rollForward(m, moved, totals)
		if err := errors.Join(v.open(r), v.issuance(r)); err != nil {
			return err
		}
	}
	v.result.Totals = rollForwardLines(totals)
	return nil
}

// replayed is a night whose postings were applied to a Book.
type replayed struct {
	night  *state.Manifest
	book   *ledger.Book
	before money.ByCurrency // what was outstanding
	issued map[string]money.Amount
	moved  map[ledger.Kind]money.ByCurrency
}

func (v *verifier) findOf(m *state.Manifest, file, problem string) {
	v.find("runs/"+m.BusinessDate.String()+"/"+file, problem)
}

// apply applies a posting.
func (r *replayed) apply(p *ledger.Posting) error {
	if err := r.book.Apply(*p); err != nil {
		return fmt.Errorf("posting %s of incident %s: %w", p.ID, p.IncidentID, err)
	}
	if p.Kind == ledger.Issue {
		r.issued[strings.Clone(p.CreditID)] = money.Amount{Minor: p.Minor, Currency: strings.Clone(p.Currency)}
	}
	if r.moved[p.Kind] == nil {
		r.moved[p.Kind] = money.ByCurrency{}
	}
	currency := p.Currency
	if _, known := r.moved[p.Kind][currency]; !known {
		currency = strings.Clone(currency)
	}
	if err := r.moved[p.Kind].Add(currency, p.Minor); err != nil {
		return fmt.Errorf("sum of %s in %.40q: %w", p.Kind, currency, err)
	}
	return nil
}

// post applies a night's postings; false where one of them is a finding, after which
// nothing can be said of the nights that follow.
func (v *verifier) post(r *replayed) (well bool, err error) {
	r.before = r.book.Outstanding()
	content, err := v.chain.OpenOutput(r.night, state.PostingsFile)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	listed, _ := r.night.Output(state.PostingsFile) // it was opened
	next := 0
	var broken error // of a posting, which the error below has behind the file's name
	problem := publish.EachPosting(content, publish.Output(listed), 1, func(first int, postings []ledger.Posting) error {
		if first != next {
			return fmt.Errorf("posting %d comes after %d of them", first+1, next)
		}
		next += len(postings)
		for i := range postings {
			if broken = r.apply(&postings[i]); broken != nil {
				return broken
			}
		}
		return nil
	})
	if problem != nil {
		v.findOf(r.night, state.PostingsFile, cmp.Or(broken, problem).Error())
	}
	v.result.Credits += int64(len(r.issued))
	return problem == nil, nil
}

// roll is how a night's postings moved each currency.
func (v *verifier) roll(r *replayed) (map[string]ledger.Movement, error) {
	return ledger.RollForwardOf(r.before, r.book.Outstanding(), func(yield func(ledger.Kind, money.Amount) bool) {
		for kind, sums := range r.moved {
			for currency, minor := range sums {
				if !yield(kind, money.Amount{Minor: minor, Currency: currency}) {
					return
				}
			}
		}
	})
}

func (v *verifier) rollForward(m *state.Manifest, moved, totals map[string]ledger.Movement) {
	if len(moved) != len(m.RollForward) {
		v.find(fmt.Sprintf("manifests/%d.json", m.Sequence), "its roll-forward has other currencies than its postings")
	}
	for currency, got := range moved {
		if state.Moved(got) != m.RollForward[currency] {
			v.find(fmt.Sprintf("manifests/%d.json", m.Sequence), fmt.Sprintf("roll-forward of %s is %+v, its postings come to %+v", currency, m.RollForward[currency], got))
		}
		t, seen := totals[currency]
		if !seen {
			t.Opening = got.Opening
		}
		t.Issued += got.Issued
		t.Reinstated += got.Reinstated
		t.Redeemed += got.Redeemed
		t.Forfeited += got.Forfeited
		t.Voided += got.Voided
		t.Closing = got.Closing
		totals[currency] = t
	}
}

// open compares open.parquet with the Book: as many credits as have value left there,
// each once and as the Book has it.
func (v *verifier) open(r *replayed) (err error) {
	content, err := v.chain.OpenOutput(r.night, openFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	listed, _ := r.night.Output(openFile) // it was opened
	open, err := publish.NewOpenCredits(content, publish.Output(listed))
	if err != nil {
		v.findOf(r.night, openFile, err.Error())
		return nil
	}
	c := compared{book: r.book, same: open.Rows() == int64(r.book.CountOpen()), byID: true, byIssue: true}
	for group := range open.Groups() {
		if err := open.Each(group, publish.OpenColumns(), c.rows); err != nil {
			v.findOf(r.night, openFile, err.Error())
			return nil
		}
	}
	if !c.same || !c.byID && !c.byIssue {
		v.findOf(r.night, openFile, "is not what the postings up to this run add up to")
	}
	return nil
}

// compared is the rows of an open.parquet so far.
type compared struct {
	book          *ledger.Book
	same          bool // as the Book has them
	byID, byIssue bool // they ascend by credit id, or by date of issue and id: so none is there twice
	last          ledger.Credit
}

func (c *compared) rows(rows []ledger.Credit) error {
	for i := range rows {
		row, last := &rows[i], &c.last
		if i > 0 {
			last = &rows[i-1]
		}
		credit, known := c.book.Credit(row.CreditID)
		c.same = c.same && known && credit == *row && row.Remaining() > 0
		order := cmp.Compare(last.CreditID, row.CreditID)
		c.byID = c.byID && order < 0
		c.byIssue = c.byIssue && cmp.Or(cmp.Compare(last.Issued, row.Issued), order) < 0
	}
	if len(rows) > 0 {
		c.last = rows[len(rows)-1]
		c.last.CreditID = strings.Clone(c.last.CreditID) // the other texts are the reader's
	}
	return nil
}

// issuance compares issuance.parquet with what the night's postings issue.
func (v *verifier) issuance(r *replayed) error {
	content, err := v.chain.ReadOutput(r.night, issuanceFile)
	if err != nil {
		return err
	}
	rows, err := publish.ReadIssuance(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		v.findOf(r.night, issuanceFile, err.Error())
		return nil
	}
	if len(rows) != len(r.issued) {
		v.findOf(r.night, issuanceFile, fmt.Sprintf("has %d rows, and the postings issue %d credits", len(rows), len(r.issued)))
	}
	for i := range rows {
		row := &rows[i]
		if got := (money.Amount{Minor: row.AmountMinor, Currency: row.Currency}); r.issued[row.CreditID] != got {
			v.findOf(r.night, issuanceFile, fmt.Sprintf("credit %s is %s, its posting %s", row.CreditID, got, r.issued[row.CreditID]))
		}
	}
	return nil
}
