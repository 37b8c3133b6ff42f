package match

import (
	"slices"
	"strconv"
	"strings"

	"amends/rules/calendar"
	"amends/rules/ir"
)

// The bounds of what is counted by value. A column beyond them is too many,
// however its rows are spread over workers: each bound is on the values of all
// of them together, so that a worker which exceeds it alone exceeds it for all.
const (
	// MaxValues is far above the sellers or cities that a person looks at, and
	// keeps a worker's counts of a column to a few megabytes.
	MaxValues = 100_000
	// MaxValueBytes is above every name that fits a line of a report.
	MaxValueBytes = 200
)

// Report says which columns of a source events are counted by, and since when.
// It changes no outcome: rows that differ in these columns alone are equal.
type Report struct {
	Columns []string
	From    calendar.Instant // the as_of of the last settled night
}

// ReportKinds are the kinds of columns that events can be counted by. Reading
// one of them rejects no row but for a text that is none.
var ReportKinds = []ir.Kind{ir.String, ir.Int, ir.Bool, ir.Date}

// ValueCounts is how many events of a source became final since Report.From, by
// the values of one column. Null is "".
type ValueCounts struct {
	Column  string
	TooMany bool // Events is nil
	Events  map[string]int64
}

// valueCounter counts one column for one worker. A value that was seen before
// costs a look-up and no memory.
type valueCounter struct {
	texts   map[string]int
	ints    map[int64]int
	counts  []int64        // the first is of null
	codes   entries[int32] // of the dictionary at hand: the counts of its texts, notCounted or -1
	tooMany bool
}

// notCounted is a text of a dictionary that no row has had so far.
const notCounted = -2

func newValueCounter() *valueCounter {
	return &valueCounter{texts: map[string]int{}, ints: map[int64]int{}, counts: make([]int64, 1)}
}

// add counts the value of one row.
func (c *valueCounter) add(v *ir.Vector, i int) {
	if c.tooMany {
		return
	}
	if at := c.at(v, i); at >= 0 {
		c.counts[at]++
		return
	}
	*c = valueCounter{tooMany: true}
}

// at returns the index of a value's count, or -1 where it is one too many.
func (c *valueCounter) at(v *ir.Vector, i int) int {
	if v.Valid != nil && !v.Valid[i] {
		return 0
	}
	if v.Kind != ir.String {
		at, seen := c.ints[v.Ints[i]]
		if !seen {
			at = c.next()
			c.ints[v.Ints[i]] = at
		}
		return at
	}
	if v.Dict == nil {
		return c.textAt(v.Text(i))
	}
	counts, _ := c.codes.of(v.Dict, func(string) int32 { return notCounted }, notCounted)
	at := &counts[v.Codes[i]]
	if *at == notCounted {
		*at = int32(c.textAt(v.Text(i)))
	}
	return int(*at)
}

// textAt is at of a text.
func (c *valueCounter) textAt(text string) int {
	if text == "" {
		return 0
	}
	at, seen := c.texts[text]
	if !seen {
		if len(text) > MaxValueBytes {
			return -1
		}
		text = strings.Clone(text) // not the whole page that it stands in
		at = c.next()
		c.texts[text] = at
	}
	return at
}

func (c *valueCounter) next() int {
	if len(c.counts) > MaxValues {
		return -1
	}
	c.counts = append(c.counts, 0)
	return len(c.counts) - 1
}

// into adds the counts to those of other workers.
func (c *valueCounter) into(total *ValueCounts, kind ir.Kind) {
	if total.TooMany || c.tooMany {
		total.TooMany, total.Events = true, nil
		return
	}
	add := func(value string, at int) {
		if n := c.counts[at]; n > 0 {
			total.Events[value] += n
		}
	}
	add("", 0)
	for text, at := range c.texts {
		add(text, at)
	}
	for i, at := range c.ints {
		add(valueText(ir.Value{Kind: kind, I: i}), at)
	}
	distinct := len(total.Events)
	if _, null := total.Events[""]; null {
		distinct--
	}
	if distinct > MaxValues {
		total.TooMany, total.Events = true, nil
	}
}

// valueText is a value as reports show it; null is "".
func valueText(v ir.Value) string {
	if v.Kind == ir.Bool {
		return strconv.FormatBool(v.I != 0)
	}
	text, _ := Text(v)
	return text
}

// countEvent counts a row whose event became final since the last settled night.
func (f *Finder) countEvent(batch *ir.Batch, i int) {
	for n, c := range f.source.report {
		f.values[n].add(&batch.Columns[c], i)
		f.kinds[n] = batch.Columns[c].Kind
	}
}

// reportValues are the row's values of the report's columns, for its incident.
func (f *Finder) reportValues(batch *ir.Batch, i int, texts *textArena) []string {
	if len(f.source.report) == 0 {
		return nil
	}
	values := make([]string, len(f.source.report))
	for n, c := range f.source.report {
		values[n] = texts.keep(valueText(batch.Columns[c].Value(i)))
	}
	return values
}

// ReportOf returns the values that events are counted by of a released hold,
// from its parties or from what rules had read; ok is false, column by column,
// where neither says.
func (s *Source) ReportOf(facts, customer, order, seller string) (values []string, ok []bool) {
	values, ok = make([]string, len(s.event.Report.Columns)), make([]bool, len(s.event.Report.Columns))
	for n, column := range s.event.Report.Columns {
		v, known := s.event.party(column, customer, order, seller)
		if !known {
			v, known = factText(facts, column)
		}
		values[n], ok[n] = v.S, known
	}
	return values, ok
}

// countValues brings the counts of all workers together.
func countValues(finders []*Finder) map[string][]ValueCounts {
	all := map[string][]ValueCounts{}
	for _, f := range finders {
		if len(f.source.report) == 0 {
			continue
		}
		source := f.source.event.Source
		counts, begun := all[source]
		if !begun {
			for _, column := range f.source.event.Report.Columns {
				counts = append(counts, ValueCounts{Column: column, Events: map[string]int64{}})
			}
		}
		for n := range counts {
			f.values[n].into(&counts[n], f.kinds[n])
		}
		all[source] = counts
	}
	return all
}

// sameReport gives equal rows of one incident the report values of one of them:
// the first in the order of values, wherever the rows stand.
func sameReport(rows []member) {
	inc := rows[0].incident()
	for _, r := range rows[1:] {
		if other := r.incident().Report(); slices.Compare(other, inc.Report()) < 0 {
			inc.Own().Report = other
		}
	}
}

// OnlyReport returns the columns that nothing but the report reads.
func (s *Source) OnlyReport() []string { return s.columns[s.decisive:] }
