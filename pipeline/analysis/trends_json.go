package analysis

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Every night reads and writes as many figures as a small one has rows, so they
// are read and written without reflection. What is written is what encoding/json
// writes; what is read here is only what is likely there, and anything else is
// for encoding/json to judge.

// appendTo appends t as JSON.
func (t *Trends) appendTo(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"version":`...), int64(t.Version), 10)
	b = appendList(append(b, `,"nights":`...), t.Nights, (*TrendNight).appendTo)
	b = appendList(append(b, `,"cohorts":`...), t.Cohorts, (*Cohort).appendTo)
	return append(b, '}')
}

func (n *TrendNight) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"date":`...), n.Date)
	b = appendMap(append(b, `,"rows":`...), n.Rows, func(b []byte, rows int64) []byte { return strconv.AppendInt(b, rows, 10) })
	b = appendList(append(b, `,"movements":`...), n.Movements, (*TrendMovement).appendTo)
	b = appendList(append(b, `,"rules":`...), n.Rules, (*TrendRule).appendTo)
	b = appendList(append(b, `,"columns":`...), n.Columns, (*TrendColumn).appendTo)
	return append(b, '}')
}

func (m *TrendMovement) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"what":`...), m.What)
	b = appendText(append(b, `,"currency":`...), m.Currency)
	b = appendText(append(b, `,"funding":`...), m.Funding)
	return append(appendCounted(append(b, ','), m.Count, m.Minor), '}')
}

func appendCounted(b []byte, count, minor int64) []byte {
	b = strconv.AppendInt(append(b, `"count":`...), count, 10)
	return strconv.AppendInt(append(b, `,"minor":`...), minor, 10)
}

func (r *TrendRule) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"rule":`...), r.Rule)
	b = strconv.AppendInt(append(b, `,"hits":`...), r.Hits, 10)
	b = strconv.AppendInt(append(b, `,"wins":`...), r.Wins, 10)
	b = appendMap(append(b, `,"issued":`...), r.Issued, func(b []byte, s TrendSum) []byte {
		return append(appendCounted(append(b, '{'), s.Count, s.Minor), '}')
	})
	return append(b, '}')
}

func (c *TrendColumn) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"source":`...), c.Source)
	b = appendText(append(b, `,"column":`...), c.Column)
	b = strconv.AppendBool(append(b, `,"too_many":`...), c.TooMany)
	b = appendList(append(b, `,"currencies":`...), c.Currencies, (*TrendValueList).appendTo)
	return append(b, '}')
}

func (l *TrendValueList) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"currency":`...), l.Currency)
	b = appendList(append(b, `,"values":`...), l.Values, (*TrendValue).appendTo)
	b = strconv.AppendInt(append(b, `,"more":`...), l.More, 10)
	return append(b, '}')
}

func (v *TrendValue) appendTo(b []byte) []byte {
	b = appendText(append(b, '['), v.Value)
	b = strconv.AppendInt(append(b, ','), v.Count, 10)
	b = strconv.AppendInt(append(b, ','), v.Minor, 10)
	return append(b, ']')
}

func (c *Cohort) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"currency":`...), c.Currency)
	b = appendText(append(b, `,"monday":`...), c.Monday)
	b = appendText(append(b, `,"sealed":`...), c.Sealed)
	b = appendList(append(b, `,"snapshots":`...), c.Snapshots, (*Snapshot).appendTo)
	return append(b, '}')
}

func (s *Snapshot) appendTo(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"ahead":`...), int64(s.Ahead), 10)
	b = appendText(append(b, `,"date":`...), s.Date)
	b = strconv.AppendInt(append(b, `,"outstanding":`...), s.OutstandingMinor, 10)
	b = strconv.AppendInt(append(b, `,"expected":`...), s.ExpectedMinor, 10)
	b = strconv.AppendInt(append(b, `,"past":`...), int64(s.Past), 10)
	b = strconv.AppendInt(append(b, `,"forfeited":`...), s.ForfeitedMinor, 10)
	return append(b, '}')
}

func appendList[E any](b []byte, list []E, one func(*E, []byte) []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(&list[i], b)
	}
	return append(b, ']')
}

func appendMap[V any](b []byte, m map[string]V, one func([]byte, V) []byte) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(append(appendText(b, key), ':'), m[key])
	}
	return append(b, '}')
}

// appendText appends a text as encoding/json quotes it.
func appendText(b []byte, text string) []byte {
	if !isPlain(text) {
		quoted, _ := json.Marshal(text) // of a text there is no error
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), text...), '"')
}

// isPlain reports whether a text stands in quotes as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// trendReader reads what appendTo wrote, but for texts that are not plain. After
// the first thing that is another, bad is set and nothing is read any more.
type trendReader struct {
	rest string
	bad  bool
}

// readTrends reads content; false where it is not for this reader.
func readTrends(content string) (*Trends, bool) {
	r := &trendReader{rest: content}
	t := &Trends{}
	t.Version = int(r.number(`{"version":`))
	r.word(`,"nights":`)
	t.Nights = readList(r, r.night)
	r.word(`,"cohorts":`)
	t.Cohorts = readList(r, r.cohort)
	r.word("}\n")
	return t, !r.bad && r.rest == ""
}

func (r *trendReader) night(n *TrendNight) {
	n.Date = r.text(`{"date":`)
	r.word(`,"rows":`)
	n.Rows = readMap(r, func() int64 { return r.number(":") })
	r.word(`,"movements":`)
	n.Movements = readList(r, func(m *TrendMovement) {
		m.What, m.Currency, m.Funding = r.text(`{"what":`), r.text(`,"currency":`), r.text(`,"funding":`)
		m.Count, m.Minor = r.number(`,"count":`), r.number(`,"minor":`)
		r.word("}")
	})
	r.word(`,"rules":`)
	n.Rules = readList(r, r.rule)
	r.word(`,"columns":`)
	n.Columns = readList(r, r.column)
	r.word("}")
}

func (r *trendReader) rule(of *TrendRule) {
	of.Rule, of.Hits, of.Wins = r.text(`{"rule":`), r.number(`,"hits":`), r.number(`,"wins":`)
	r.word(`,"issued":`)
	of.Issued = readMap(r, func() (s TrendSum) {
		s.Count, s.Minor = r.number(`:{"count":`), r.number(`,"minor":`)
		r.word("}")
		return s
	})
	r.word("}")
}

func (r *trendReader) column(c *TrendColumn) {
	c.Source, c.Column = r.text(`{"source":`), r.text(`,"column":`)
	r.word(`,"too_many":`)
	if c.TooMany = strings.HasPrefix(r.rest, "true"); c.TooMany {
		r.word("true")
	} else {
		r.word("false")
	}
	r.word(`,"currencies":`)
	c.Currencies = readList(r, func(l *TrendValueList) {
		l.Currency = r.text(`{"currency":`)
		r.word(`,"values":`)
		l.Values = readList(r, func(v *TrendValue) {
			v.Value, v.Count, v.Minor = r.text("["), r.number(","), r.number(",")
			r.word("]")
		})
		l.More = r.number(`,"more":`)
		r.word("}")
	})
	r.word("}")
}

func (r *trendReader) cohort(c *Cohort) {
	c.Currency, c.Monday, c.Sealed = r.text(`{"currency":`), r.text(`,"monday":`), r.text(`,"sealed":`)
	r.word(`,"snapshots":`)
	c.Snapshots = readList(r, func(s *Snapshot) {
		s.Ahead, s.Date = int(r.number(`{"ahead":`)), r.text(`,"date":`)
		s.OutstandingMinor, s.ExpectedMinor = r.number(`,"outstanding":`), r.number(`,"expected":`)
		s.Past, s.ForfeitedMinor = int(r.number(`,"past":`)), r.number(`,"forfeited":`)
		r.word("}")
	})
	r.word("}")
}

// word reads exactly this.
func (r *trendReader) word(word string) {
	if !strings.HasPrefix(r.rest, word) {
		r.bad, r.rest = true, ""
		return
	}
	r.rest = r.rest[len(word):]
}

// text reads a plain text after a word.
func (r *trendReader) text(after string) string {
	r.word(after)
	r.word(`"`)
	end := strings.IndexByte(r.rest, '"')
	if end < 0 || !isPlain(r.rest[:end]) {
		r.bad, r.rest = true, ""
		return ""
	}
	text := r.rest[:end]
	r.rest = r.rest[end+1:]
	return text
}

// number reads a number after a word.
func (r *trendReader) number(after string) int64 {
	r.word(after)
	end := 0
	for end < len(r.rest) && (r.rest[end] == '-' || r.rest[end] >= '0' && r.rest[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(r.rest[:end], 10, 64)
	r.bad = r.bad || err != nil
	r.rest = r.rest[end:]
	return n
}

// null reads the null of an absent list or map, if it is there.
func (r *trendReader) null() bool {
	if !strings.HasPrefix(r.rest, "null") {
		return false
	}
	r.word("null")
	return true
}

func readList[E any](r *trendReader, one func(*E)) []E {
	if r.null() {
		return nil
	}
	list := []E{}
	for r.word("["); !r.bad && !strings.HasPrefix(r.rest, "]"); {
		if len(list) > 0 {
			r.word(",")
		}
		var e E
		one(&e)
		list = append(list, e)
	}
	r.word("]")
	return list
}

func readMap[V any](r *trendReader, one func() V) map[string]V {
	if r.null() {
		return nil
	}
	m := map[string]V{}
	for r.word("{"); !r.bad && !strings.HasPrefix(r.rest, "}"); {
		if len(m) > 0 {
			r.word(",")
		}
		key := r.text("")
		m[key] = one()
	}
	r.word("}")
	return m
}
