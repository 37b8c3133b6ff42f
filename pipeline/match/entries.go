package match

import "amends/rules/ir"

// texts remembers what is known of the few texts that a column has.
type texts[V any] struct {
	known map[string]*known[V]
	last  *known[V] // most rows have the text of the row before
}

type known[V any] struct {
	text  string
	value V
}

func (t *texts[V]) get(text string, learn func(string) V) V {
	if t.last != nil && t.last.text == text {
		return t.last.value
	}
	k := t.known[text]
	if k == nil {
		if t.known == nil || len(t.known) >= maxTexts {
			t.known = map[string]*known[V]{}
		}
		text = cloned(text)
		k = &known[V]{text, learn(text)}
		t.known[text] = k
	}
	t.last = k
	return k.value
}

// maxTexts bounds what is remembered of a column that has many texts against
// expectation.
const maxTexts = 10_000

// entries are what is known of the texts of a column's dictionary, worked out
// once for each dictionary.
type entries[V comparable] struct {
	dict   *ir.Dictionary
	values []V
	alike  bool
}

// of returns what is known by code, and whether all of it is usual.
func (e *entries[V]) of(dict *ir.Dictionary, learn func(string) V, usual V) (values []V, alike bool) {
	if e.dict != dict {
		e.dict, e.values, e.alike = dict, e.values[:0], true
		for _, text := range dict.Entries() {
			v := learn(text)
			e.values = append(e.values, v)
			e.alike = e.alike && v == usual
		}
	}
	return e.values, e.alike
}

// null reports whether row i of a column is null.
func null(column *ir.Vector, i int) bool { return column.Valid != nil && !column.Valid[i] }
