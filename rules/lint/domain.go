package lint

import (
	"math"
	"slices"
)

// domain is a set of what one subject of a condition may be. Everything but
// texts is a whole number of the subject's smallest unit, so intervals are
// closed and two of them touch where one begins after the other's end.
type domain struct {
	null   bool // it may be missing
	value  bool // it may have a value: one of [lo, hi], or of texts
	lo, hi int64
	text   bool
	texts  []string // sorted
	except bool     // every text but those
}

var missing = domain{null: true}

func between(lo, hi int64) domain { return domain{value: true, lo: lo, hi: hi} }

func among(texts []string, except bool) domain {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return domain{value: true, lo: math.MinInt64, hi: math.MaxInt64, text: true, texts: slices.Compact(texts), except: except}
}

func (d domain) empty() bool {
	return !d.null && !d.hasValue()
}

func (d domain) hasValue() bool {
	return d.value && d.lo <= d.hi && (!d.text || d.except || len(d.texts) > 0)
}

func (d domain) and(o domain) domain {
	out := domain{null: d.null && o.null, value: d.value && o.value, lo: max(d.lo, o.lo), hi: min(d.hi, o.hi)}
	switch {
	case !d.text:
		out.text, out.texts, out.except = o.text, o.texts, o.except
	case !o.text:
		out.text, out.texts, out.except = d.text, d.texts, d.except
	case d.except && o.except:
		out.text, out.except = true, true
		out.texts = slices.Compact(slices.Sorted(slices.Values(slices.Concat(d.texts, o.texts))))
	case o.except:
		out.text, out.texts = true, without(d.texts, o.texts)
	case d.except:
		out.text, out.texts = true, without(o.texts, d.texts)
	default:
		out.text = true
		for _, t := range d.texts {
			if slices.Contains(o.texts, t) {
				out.texts = append(out.texts, t)
			}
		}
	}
	return out
}

// meets is !d.and(o).empty(), without making the set: pairs of rules ask it often.
func (d *domain) meets(o *domain) bool {
	if d.null && o.null {
		return true
	}
	if !d.value || !o.value || max(d.lo, o.lo) > min(d.hi, o.hi) {
		return false
	}
	if !d.text || !o.text || d.except && o.except {
		return d.textsLeft() && o.textsLeft()
	}
	if d.except {
		d, o = o, d
	}
	return slices.ContainsFunc(d.texts, func(t string) bool { return slices.Contains(o.texts, t) != o.except })
}

func (d *domain) textsLeft() bool { return !d.text || d.except || len(d.texts) > 0 }

func without(texts, dropped []string) []string {
	var left []string
	for _, t := range texts {
		if !slices.Contains(dropped, t) {
			left = append(left, t)
		}
	}
	return left
}

// bounded reports whether it is an interval with an end.
func (d domain) bounded() bool {
	return !d.text && !d.null && d.value && (d.lo != math.MinInt64 || d.hi != math.MaxInt64)
}

// constraint is what a box says of one subject of the space.
type constraint struct {
	subject int
	domain  domain
}

// box is a conjunction of constraints, in order of subjects, each once. The
// empty box is every row.
type box []constraint

// region is a union of boxes, none of which is empty: a set of rows that holds
// at least every row which a condition holds for. An empty region is no row.
type region []box

// maxBoxes bounds a region; past it a region only becomes larger, so that less
// is said.
const maxBoxes = 64

var everything = region{box{}}

// and returns the rows of both boxes, and false where there are none.
func (b box) and(o box) (box, bool) {
	out := make(box, 0, len(b)+len(o))
	for i, j := 0, 0; i < len(b) || j < len(o); {
		switch {
		case j == len(o) || i < len(b) && b[i].subject < o[j].subject:
			out = append(out, b[i])
			i++
		case i == len(b) || o[j].subject < b[i].subject:
			out = append(out, o[j])
			j++
		default:
			d := b[i].domain.and(o[j].domain)
			if d.empty() {
				return nil, false
			}
			out = append(out, constraint{b[i].subject, d})
			i, j = i+1, j+1
		}
	}
	return out, true
}

// meets reports whether the boxes may have a row in common.
func (b box) meets(o box) bool {
	for i, j := 0, 0; i < len(b) && j < len(o); {
		switch {
		case b[i].subject < o[j].subject:
			i++
		case o[j].subject < b[i].subject:
			j++
		case !b[i].domain.meets(&o[j].domain):
			return false
		default:
			i, j = i+1, j+1
		}
	}
	return true
}

func (r region) and(o region) region {
	var out region
	for _, a := range r {
		for _, b := range o {
			if both, some := a.and(b); some {
				out = append(out, both)
			}
		}
	}
	if len(out) > maxBoxes {
		if len(r) > len(o) {
			return o
		}
		return r
	}
	return out
}

// intersection returns the rows of all regions. Most of them are one box, and
// those are put into one at once.
func intersection(regions []region) region {
	var constraints box
	for _, r := range regions {
		if len(r) == 1 {
			constraints = append(constraints, r[0]...)
		}
	}
	joined, some := constraints.joined()
	if !some {
		return nil
	}
	out := region{joined}
	for _, r := range regions {
		if len(r) != 1 {
			out = out.and(r)
		}
	}
	return out
}

// joined puts constraints into the order of a box, each subject once, and is
// false where no row fulfils them. It takes the slice over.
func (b box) joined() (box, bool) {
	slices.SortStableFunc(b, func(x, y constraint) int { return x.subject - y.subject })
	out := b[:0]
	for _, c := range b {
		last := len(out) - 1
		if last < 0 || out[last].subject != c.subject {
			out = append(out, c)
			continue
		}
		out[last].domain = out[last].domain.and(c.domain)
		if out[last].domain.empty() {
			return nil, false
		}
	}
	return out, true
}

// union returns the rows of any region.
func union(regions []region) region {
	boxes := 0
	for _, r := range regions {
		boxes += len(r)
	}
	if boxes > maxBoxes {
		return everything
	}
	return slices.Concat(regions...)
}

func (r region) or(o region) region { return union([]region{r, o}) }

// meets reports whether the regions may have a row in common.
func (r region) meets(o region) bool {
	for _, a := range r {
		for _, b := range o {
			if a.meets(b) {
				return true
			}
		}
	}
	return false
}
