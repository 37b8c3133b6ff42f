package grid

import (
	"math"
	"slices"
	"strconv"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// span is the whole numbers from low to high, both in it: every kind with an
// order is counted in whole numbers, a decimal in millionths.
type span struct{ low, high int64 }

// set is the values that fit a cell. Texts are listed, or listed as those that
// are not in it; everything else is spans, ascending, which do not touch.
type set struct {
	null  bool
	spans []span
	texts []string // ascending
	co    bool     // of texts: all but these
}

// domain is what the expression of a column can be.
type domain struct {
	kind     ir.Kind
	nullable bool
	natural  bool // never below zero
}

func (d domain) all() set {
	s := set{null: d.nullable}
	switch d.kind {
	case ir.String:
		s.co = true
	case ir.Bool:
		s.spans = []span{{0, 1}}
	default:
		s.spans = []span{{math.MinInt64, math.MaxInt64}}
		if d.natural {
			s.spans[0].low = 0
		}
	}
	return s
}

func (s set) empty() bool { return !s.null && len(s.spans) == 0 && len(s.texts) == 0 && !s.co }

func (s set) and(o set) set {
	out := set{null: s.null && o.null}
	for i, j := 0, 0; i < len(s.spans) && j < len(o.spans); {
		low, high := max(s.spans[i].low, o.spans[j].low), min(s.spans[i].high, o.spans[j].high)
		if low <= high {
			out.spans = append(out.spans, span{low, high})
		}
		if s.spans[i].high < o.spans[j].high {
			i++
		} else {
			j++
		}
	}
	has := func(list []string, text string) bool { _, found := slices.BinarySearch(list, text); return found }
	switch {
	case s.co && o.co:
		out.co = true
		out.texts = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(s.texts), o.texts...))))
	default:
		if s.co {
			s, o = o, s
		}
		for _, text := range s.texts {
			if has(o.texts, text) != o.co {
				out.texts = append(out.texts, text)
			}
		}
	}
	return out
}

// not is what is in the domain and not in s.
func (d domain) not(s set) set {
	out := set{null: d.nullable && !s.null, texts: s.texts, co: !s.co}
	if d.kind != ir.String {
		out.texts, out.co = nil, false
	}
	for _, whole := range d.all().spans {
		from, open := whole.low, true
		for _, taken := range s.spans {
			if taken.low > from {
				out.spans = append(out.spans, span{from, taken.low - 1})
			}
			if taken.high == math.MaxInt64 {
				open = false
				break
			}
			from = max(from, taken.high+1)
		}
		if open && from <= whole.high {
			out.spans = append(out.spans, span{from, whole.high})
		}
	}
	return out
}

// within reports whether everything in s is in o.
func (d domain) within(s, o set) bool { return s.and(d.not(o)).empty() }

// joinSpans sorts spans and joins those that meet.
func joinSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.low != b.low {
			if a.low < b.low {
				return -1
			}
			return 1
		}
		return 0
	})
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && (out[n-1].high == math.MaxInt64 || s.low <= out[n-1].high+1) {
			out[n-1].high = max(out[n-1].high, s.high)
			continue
		}
		out = append(out, s)
	}
	return out
}

// example is a value of the set as a cell would write it, as plain as can be.
func (d domain) example(s set) string {
	switch {
	case len(s.texts) > 0 && !s.co:
		return shown(s.texts[0])
	case s.co && len(s.texts) > 0:
		return "another text"
	case s.co:
		return "any text"
	case len(s.spans) > 0:
		return d.literal(plainest(s.spans, d.kind))
	case s.null:
		return "null"
	default:
		return "nothing"
	}
}

// plainest is the value with the fewest digits after the point, the smallest
// that is not below zero first.
func plainest(spans []span, kind ir.Kind) int64 {
	pick := spans[0]
	for _, s := range spans {
		if s.high >= 0 {
			pick = s
			break
		}
	}
	low, high := pick.low, pick.high
	if low < 0 && high >= 0 {
		low = 0
	}
	if kind != ir.Decimal && kind != ir.Money {
		if low == math.MinInt64 {
			return high
		}
		return low
	}
	for step := int64(money.One); step > 1; step /= 10 {
		if low == math.MinInt64 {
			if v := high - mod(high, step); v <= high { // the next below
				return v
			}
			continue
		}
		v := low
		if rest := mod(low, step); rest != 0 {
			if low > math.MaxInt64-step {
				continue
			}
			v = low + step - rest
		}
		if v <= high {
			return v
		}
	}
	return low
}

func mod(v, step int64) int64 { return ((v % step) + step) % step }

func (d domain) literal(v int64) string {
	switch d.kind {
	case ir.Bool:
		if v != 0 {
			return "true"
		}
		return "false"
	case ir.Decimal, ir.Money:
		return money.Decimal(v).String()
	case ir.Date:
		return calendar.Date(v).String()
	default:
		return strconv.FormatInt(v, 10)
	}
}
