package ir

import (
	"maps"
	"slices"

	"amends/rules/money"
)

// Table is an immutable tree of constants: entries by key, or one leaf.
type Table struct {
	entries     map[string]*Table
	keys        []string // of entries, ascending
	leaf        Value
	perCurrency bool
}

// NewLeaf returns a table that is one constant.
func NewLeaf(v Value) *Table { return &Table{leaf: v} }

// NewTable returns a table of entries by key, which it copies.
func NewTable(entries map[string]*Table) *Table {
	t := &Table{entries: maps.Clone(entries), keys: slices.Sorted(maps.Keys(entries))}
	if t.entries == nil {
		t.entries = map[string]*Table{}
	}
	t.perCurrency = len(t.keys) > 0
	for _, key := range t.keys {
		if _, ok := money.Digits(key); !ok {
			t.perCurrency = false
		}
	}
	return t
}

// Leaf returns the constant, and false where the table has entries.
func (t *Table) Leaf() (Value, bool) { return t.leaf, t.entries == nil }

// Keys returns the keys of the entries, ascending; callers do not change them.
func (t *Table) Keys() []string { return t.keys }

// Get returns the entry of a key.
func (t *Table) Get(key string) (*Table, bool) {
	entry, ok := t.entries[key]
	return entry, ok
}

// PerCurrency reports whether there are entries and every key is a code of ISO
// 4217: such a level is only ever indexed by the row's own currency.
func (t *Table) PerCurrency() bool { return t.perCurrency }

// Map returns the tree with every constant replaced; it is false where f is for
// some constant.
func (t *Table) Map(f func(Value) (Value, bool)) (*Table, bool) {
	if v, ok := t.Leaf(); ok {
		mapped, ok := f(v)
		return NewLeaf(mapped), ok
	}
	entries := make(map[string]*Table, len(t.keys))
	for _, key := range t.keys {
		mapped, ok := t.entries[key].Map(f)
		if !ok {
			return nil, false
		}
		entries[key] = mapped
	}
	return NewTable(entries), true
}
