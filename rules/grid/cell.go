package grid

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// test is what a cell says of the value in its column: that it is none of the
// items, with not, or one of them; or that there is no value.
type test struct {
	any, null, not bool
	items          []item
}

// item is one value, or a band between two.
type item struct {
	single            bool // low alone
	text              string
	low, high         int64
	noLow, noHigh     bool
	lowOpen, highOpen bool // the end itself is not in it
}

// wrong is what is the matter with a cell; the zero value is nothing.
type wrong struct{ what, hint string }

// parseTest reads a cell of conditions on a domain.
func parseTest(text string, d domain) (test, wrong) {
	if (Cell{Text: text}).blank() {
		return test{any: true}, wrong{}
	}
	var t test
	if rest, ok := cutWord(text, "not"); ok {
		t.not, text = true, rest
	}
	switch {
	case strings.EqualFold(text, "null"):
		t.null = true
		if !d.nullable {
			return t, wrong{msgNeverNull, hintNeverNull}
		}
		return t, wrong{}
	case (Cell{Text: text}).blank():
		return t, wrong{msgNotAny, ""}
	}
	items, bad := splitList(text, d.kind)
	if bad != (wrong{}) {
		return t, bad
	}
	for _, text := range items {
		i, bad := parseItem(text, d.kind)
		if bad != (wrong{}) {
			return t, bad
		}
		if len(items) > 1 && !i.single && i.text == "" && (i.noLow || i.noHigh) {
			return t, wrong{msgCompareList, hintCompareList}
		}
		t.items = append(t.items, i)
	}
	return t, wrong{}
}

// cutWord takes a word from the front of a text, in any case.
func cutWord(text, word string) (rest string, found bool) {
	if len(text) <= len(word) || !strings.EqualFold(text[:len(word)], word) || text[len(word)] != ' ' && text[len(word)] != '\t' {
		return text, false
	}
	return strings.TrimSpace(text[len(word):]), true
}

var (
	decimalComma = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d,\d`) })
	rangeDash    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[\d.]+\s*(-|–|to|bis|and)\s*-?[\d.]+$`) })
)

// splitList cuts a list at its commas; those in quotes stay.
func splitList(text string, kind ir.Kind) ([]string, wrong) {
	if kind != ir.String {
		if decimalComma().MatchString(text) {
			return nil, wrong{msgDecimalComma, hintDecimalComma}
		}
		items := strings.Split(text, ",")
		for i := range items {
			if items[i] = strings.TrimSpace(items[i]); items[i] == "" {
				return nil, wrong{msgEmptyItem, ""}
			}
		}
		return items, wrong{}
	}
	var items []string
	for rest := text; ; {
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return nil, wrong{msgEmptyItem, ""}
		}
		if rest[0] == '"' {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil, wrong{msgQuotes, hintTexts}
			}
			after := strings.TrimSpace(rest[end+2:])
			items = append(items, rest[:end+2])
			if after == "" {
				return items, wrong{}
			}
			if after[0] != ',' {
				return nil, wrong{msgQuotes, hintTexts}
			}
			rest = after[1:]
			continue
		}
		one, more, comma := strings.Cut(rest, ",")
		items = append(items, strings.TrimSpace(one))
		if items[len(items)-1] == "" {
			return nil, wrong{msgEmptyItem, ""}
		}
		if !comma {
			return items, wrong{}
		}
		rest = more
	}
}

func parseItem(text string, kind ir.Kind) (item, wrong) {
	if kind == ir.String {
		return parseText(text)
	}
	if i, found, bad := parseComparison(text, kind); found {
		return i, bad
	}
	if strings.Contains(text, "..") {
		return parseBand(text, kind)
	}
	v, bad := parseValue(text, kind)
	return item{single: true, low: v}, bad
}

var comparisons = []string{">=", "<=", "≥", "≤", ">", "<"}

func startsComparison(text string) bool {
	return slices.ContainsFunc(comparisons, func(sign string) bool { return strings.HasPrefix(text, sign) })
}

func parseText(text string) (item, wrong) {
	if text[0] == '"' {
		if text = text[1 : len(text)-1]; text == "" {
			return item{single: true}, wrong{}
		}
		return item{single: true, text: text}, wrong{}
	}
	switch {
	case startsComparison(text):
		return item{}, wrong{msgTextBand, hintTextBand}
	case text[0] == '=':
		return item{}, wrong{msgEquals, hintEquals}
	case strings.HasPrefix(text, "!="):
		return item{}, wrong{msgTextBand, hintNot}
	}
	return item{single: true, text: text}, wrong{}
}

func parseComparison(text string, kind ir.Kind) (i item, found bool, bad wrong) {
	switch {
	case strings.HasPrefix(text, "="):
		return i, true, wrong{msgEquals, hintEquals}
	case strings.HasPrefix(text, "!="), strings.HasPrefix(text, "<>"):
		return i, true, wrong{msgEquals, hintNot}
	}
	for _, sign := range comparisons {
		rest, ok := strings.CutPrefix(text, sign)
		if !ok {
			continue
		}
		if kind == ir.Bool {
			return i, true, wrong{msgValue(text, word(kind)), hintBool}
		}
		v, bad := parseValue(strings.TrimSpace(rest), kind)
		switch sign {
		case ">=", "≥":
			i = item{low: v, noHigh: true}
		case ">":
			i = item{low: v, noHigh: true, lowOpen: true}
		case "<=", "≤":
			i = item{high: v, noLow: true}
		default:
			i = item{high: v, noLow: true, highOpen: true}
		}
		if _, ok := i.span(); !ok && bad == (wrong{}) {
			bad = wrong{msgEmptyBand("-", rest), ""}
		}
		return i, true, bad
	}
	return i, false, wrong{}
}

func parseBand(text string, kind ir.Kind) (item, wrong) {
	if kind == ir.Bool {
		return item{}, wrong{msgValue(text, word(kind)), hintBool}
	}
	inner := text
	opens, closes := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "("), strings.HasSuffix(text, "]") || strings.HasSuffix(text, ")")
	if opens != closes {
		return item{}, wrong{msgHalfBand, hintHalfBand}
	}
	var i item
	if opens {
		i.lowOpen, i.highOpen = text[0] == '(', text[len(text)-1] == ')'
		inner = text[1 : len(text)-1]
	}
	low, high, _ := strings.Cut(inner, "..")
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if low == "" || high == "" {
		return item{}, wrong{msgOpenBand, hintOpenBand}
	}
	var bad wrong
	if i.low, bad = parseValue(low, kind); bad != (wrong{}) {
		return i, bad
	}
	if i.high, bad = parseValue(high, kind); bad != (wrong{}) {
		return i, bad
	}
	if _, ok := i.span(); !ok {
		return i, wrong{msgEmptyBand(low, high), hintHalfBand}
	}
	return i, wrong{}
}

const hintBool = "write true, false, or - for any"

var boolWords = map[string]int64{"true": 1, "yes": 1, "false": 0, "no": 0}

// parseValue reads one value of a kind that is counted.
func parseValue(text string, kind ir.Kind) (int64, wrong) {
	refuse := func(hint string) (int64, wrong) { return 0, wrong{msgValue(text, word(kind)), hint} }
	switch kind {
	case ir.Bool:
		if v, ok := boolWords[strings.ToLower(text)]; ok {
			return v, wrong{}
		}
		return refuse(hintBool)
	case ir.Date:
		d, err := calendar.ParseDate(text)
		if err != nil {
			return refuse(hintDate)
		}
		return int64(d), wrong{}
	}
	hint := hintBands
	switch {
	case rangeDash().MatchString(text):
		hint = hintRange
	case strings.ContainsAny(text, "%$€£¥"):
		hint = hintPercent
	}
	if kind == ir.Int {
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strings.HasPrefix(text, "+") {
			return refuse(hint)
		}
		return v, wrong{}
	}
	v, err := money.ParseDecimal(text)
	if err != nil {
		return refuse(hint)
	}
	return int64(v), wrong{}
}

// span is the values of an item that is no text; false where there are none.
func (i item) span() (span, bool) {
	if i.single {
		return span{i.low, i.low}, true
	}
	s := span{math.MinInt64, math.MaxInt64}
	if !i.noLow {
		s.low = i.low
		if i.lowOpen {
			if s.low == math.MaxInt64 {
				return s, false
			}
			s.low++
		}
	}
	if !i.noHigh {
		s.high = i.high
		if i.highOpen {
			if s.high == math.MinInt64 {
				return s, false
			}
			s.high--
		}
	}
	return s, s.low <= s.high
}

// set is the values of a domain that fit a test. A missing value fits only what
// says so, and what takes any.
func (t test) set(d domain) set {
	switch {
	case t.any:
		return d.all()
	case t.null && t.not:
		s := d.all()
		s.null = false
		return s
	case t.null:
		return set{null: true}
	}
	var s set
	for _, i := range t.items {
		if d.kind == ir.String {
			s.texts = append(s.texts, i.text)
			continue
		}
		span, _ := i.span()
		s.spans = append(s.spans, span)
	}
	slices.Sort(s.texts)
	s.texts = slices.Compact(s.texts)
	s.spans = joinSpans(s.spans)
	if t.not {
		s = d.not(s)
		s.null = false
	}
	return s.and(d.all())
}

// word is a kind in the words of those who write tables.
func word(kind ir.Kind) string {
	switch kind {
	case ir.Bool:
		return "true or false"
	case ir.Int:
		return "a whole number"
	case ir.Decimal, ir.Money:
		return "a number"
	case ir.String:
		return "a text"
	case ir.Time:
		return "a time"
	case ir.Date:
		return "a date"
	case ir.Duration:
		return "a duration"
	default:
		return "nothing"
	}
}
