package analysis

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"amends/rules/calendar"
)

// TrendsFile is the output of a run that holds its Trends.
const TrendsFile = "trends.json"

// TrendsVersion is the version of Trends that this program writes and reads.
const TrendsVersion = 1

// The bounds of Trends: the file is read and written every night, so it does
// not grow with the number of nights, values or weeks.
const (
	TrendNights = 28  // four of each weekday
	TrendValues = 200 // of a column and currency: what the largest sellers got
)

// Trends is what a run leaves for the nights after it, so that none has to open
// a file of each night before: the last nights' figures, and what became of
// value by the week in which it expires. All of it is a function of the run and
// of the Trends of the run before.
type Trends struct {
	Version int          `json:"version"`
	Nights  []TrendNight `json:"nights"`  // oldest first, at most TrendNights
	Cohorts []Cohort     `json:"cohorts"` // by currency and week
}

// TrendNight is one night in figures.
type TrendNight struct {
	Date      string           `json:"date"`
	Rows      map[string]int64 `json:"rows"`      // read, by event source
	Movements []TrendMovement  `json:"movements"` // by currency, movement and funding; what did not move is not there
	Rules     []TrendRule      `json:"rules"`     // that hit or issued, by id
	Columns   []TrendColumn    `json:"columns"`   // by source, then as report.by has them
}

// TrendMovement is what moved in one currency and funding.
type TrendMovement struct {
	What     string `json:"what"`
	Currency string `json:"currency"`
	Funding  string `json:"funding"`
	Count    int64  `json:"count"`
	Minor    int64  `json:"minor"`
}

// TrendRule is one rule: the new incidents that it hit, and what was issued for
// those that it won.
type TrendRule struct {
	Rule   string              `json:"rule"`
	Hits   int64               `json:"hits"`
	Wins   int64               `json:"wins"`
	Issued map[string]TrendSum `json:"issued"` // by currency
}

// TrendSum is credits and their sum.
type TrendSum struct {
	Count int64 `json:"count"`
	Minor int64 `json:"minor"`
}

// TrendColumn is what was issued by the values of one column.
type TrendColumn struct {
	Source     string           `json:"source"`
	Column     string           `json:"column"`
	TooMany    bool             `json:"too_many"` // not counted
	Currencies []TrendValueList `json:"currencies"`
}

// TrendValueList is the values of a column that got most in one currency.
type TrendValueList struct {
	Currency string       `json:"currency"`
	Values   []TrendValue `json:"values"` // by value: [value, credits, minor units]
	// More is how many values got less than each of Values, or as much.
	More int64 `json:"more"`
}

// TrendValue is what was issued for incidents of one value. As JSON it is a
// list of the three: names would be most of the file.
type TrendValue struct {
	Value string
	Count int64
	Minor int64
}

// MarshalJSON implements json.Marshaler.
func (v TrendValue) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{v.Value, v.Count, v.Minor})
}

// UnmarshalJSON implements json.Unmarshaler. A list that is longer is noticed
// where the whole is written again.
func (v *TrendValue) UnmarshalJSON(content []byte) error {
	return json.Unmarshal(content, &[]any{&v.Value, &v.Count, &v.Minor})
}

// Cohort is the value that expires in one week: its last usable day lies there.
type Cohort struct {
	Currency  string     `json:"currency"`
	Monday    string     `json:"monday"`
	Sealed    string     `json:"sealed"` // the night on which its grace was over; "" before
	Snapshots []Snapshot `json:"snapshots"`
}

// Snapshot is a cohort as it was first seen so many weeks ahead, and what has
// been forfeited since of the credits that it held.
type Snapshot struct {
	Ahead            int    `json:"ahead"` // weeks from the night's week to the cohort's
	Date             string `json:"date"`  // the night
	OutstandingMinor int64  `json:"outstanding"`
	ExpectedMinor    int64  `json:"expected"` // of it, to be forfeited; valid with Past > 0
	Past             int    `json:"past"`     // weeks that the expectation is from
	ForfeitedMinor   int64  `json:"forfeited"`
}

// Encode returns the one sequence of bytes of t.
func (t *Trends) Encode() []byte { return append(t.appendTo(make([]byte, 0, encodedRoom)), '\n') }

// encodedRoom is what a file of many nights takes, about; what is left of it is
// never touched.
const encodedRoom = 1 << 18

// ErrTrends is why bytes are no Trends.
var ErrTrends = errors.New("not a trends file")

// DecodeTrends reads what Encode wrote, and nothing else: other fields, another
// order or more than the bounds allow are ErrTrends.
func DecodeTrends(content []byte) (*Trends, error) {
	t, read := readTrends(string(content))
	if !read {
		var err error
		if t, err = unmarshalTrends(content); err != nil {
			return nil, err
		}
	}
	if t.Version != TrendsVersion {
		return nil, fmt.Errorf("%w of version %d; this program reads version %d", ErrTrends, t.Version, TrendsVersion)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTrends, err)
	}
	if !bytes.Equal(append(t.appendTo(make([]byte, 0, len(content))), '\n'), content) {
		return nil, fmt.Errorf("%w: not written as this program writes it", ErrTrends)
	}
	return t, nil
}

// unmarshalTrends reads any JSON, and says what is wrong.
func unmarshalTrends(content []byte) (*Trends, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	t := &Trends{}
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTrends, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more behind it", ErrTrends)
	}
	return t, nil
}

// check holds nights and cohorts to their order, dates and bounds.
func (t *Trends) check() error {
	if len(t.Nights) > TrendNights {
		return fmt.Errorf("%d nights, at most %d", len(t.Nights), TrendNights)
	}
	for i := range t.Nights {
		n := &t.Nights[i]
		if _, err := calendar.ParseDate(n.Date); err != nil {
			return fmt.Errorf("a night's date: %w", err)
		}
		if i > 0 && n.Date <= t.Nights[i-1].Date {
			return fmt.Errorf("the night of %s stands after that of %s", n.Date, t.Nights[i-1].Date)
		}
		if err := n.check(); err != nil {
			return fmt.Errorf("the night of %s: %w", n.Date, err)
		}
	}
	for i := range t.Cohorts {
		c := &t.Cohorts[i]
		if i > 0 && compareCohorts(t.Cohorts[i-1], *c) >= 0 {
			return fmt.Errorf("the week of %s in %s is not in its place", c.Monday, c.Currency)
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("the week of %s in %s: %w", c.Monday, c.Currency, err)
		}
	}
	return nil
}

func (n *TrendNight) check() error {
	for _, m := range n.Movements {
		if m.Count < 0 || m.Minor < 0 {
			return fmt.Errorf("%s in %s is below zero", m.What, m.Currency)
		}
	}
	for _, c := range n.Columns {
		for _, l := range c.Currencies {
			if len(l.Values) > TrendValues || l.More < 0 {
				return fmt.Errorf("%s.%s in %s has %d values, at most %d", c.Source, c.Column, l.Currency, len(l.Values), TrendValues)
			}
		}
	}
	return nil
}

func (c *Cohort) check() error {
	monday, err := calendar.ParseDate(c.Monday)
	if err != nil || monday.Weekday() != 1 {
		return fmt.Errorf("%q is no Monday", c.Monday)
	}
	if c.Sealed != "" {
		if _, err := calendar.ParseDate(c.Sealed); err != nil {
			return fmt.Errorf("sealed: %w", err)
		}
	}
	for i, s := range c.Snapshots {
		if i > 0 && s.Ahead >= c.Snapshots[i-1].Ahead {
			return fmt.Errorf("its snapshot %d weeks ahead is not in its place", s.Ahead)
		}
		if _, err := calendar.ParseDate(s.Date); err != nil {
			return fmt.Errorf("a snapshot's date: %w", err)
		}
		if s.OutstandingMinor <= 0 || s.ExpectedMinor < 0 || s.Past < 0 {
			return fmt.Errorf("its snapshot of %s is below zero", s.Date)
		}
	}
	return nil
}

func compareCohorts(a, b Cohort) int {
	return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Monday, b.Monday))
}

// Next returns the Trends of a night after t, which stays as it was.
func (t *Trends) Next(night TrendNight, cohorts []Cohort) *Trends {
	nights := append(slices.Clone(t.Nights), night)
	if cohorts == nil {
		cohorts = []Cohort{} // as JSON has it
	}
	return &Trends{
		Version: TrendsVersion, Nights: nights[max(0, len(nights)-TrendNights):], Cohorts: cohorts,
	}
}
