package check

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// TableText is a table as written: entries by key, or a leaf.
type TableText struct {
	At      diag.Text // the key's place
	Entries map[string]*TableText
	Leaf    string // the scalar as written
	Quoted  bool   // a quoted leaf is a text whatever it looks like
}

const maxTableDepth = 8

// Table returns the constants of a table. Leaves are conditions (true, false),
// numbers, read exactly, and texts. The table is nil where the list has errors.
func Table(text *TableText) (*ir.Table, diag.List) {
	var list diag.List
	table := tableLevel(text, 1, &list)
	list.Sort()
	if list.HasErrors() {
		return nil, list
	}
	return table, list
}

func tableLevel(text *TableText, depth int, list *diag.List) *ir.Table {
	report := func(m message, args ...string) {
		what, hint := m.format(args)
		list.Add(text.At.Diagnose(0, m.code, what, hint))
	}
	if text.Entries == nil {
		leaf, wrong := tableLeaf(text)
		if wrong != nil {
			report(*wrong, strconv.Quote(shorten(text.Leaf)))
			return ir.NewLeaf(ir.Value{})
		}
		return ir.NewLeaf(leaf)
	}
	entries := make(map[string]*ir.Table, len(text.Entries))
	switch {
	case len(text.Entries) == 0:
		report(emptyTable)
	case depth > maxTableDepth:
		report(deepTable)
	default:
		for _, key := range slices.Sorted(maps.Keys(text.Entries)) {
			entries[key] = tableLevel(text.Entries[key], depth+1, list)
		}
	}
	return ir.NewTable(entries)
}

func tableLeaf(text *TableText) (ir.Value, *message) {
	if text.Quoted {
		return ir.StringValue(text.Leaf), nil
	}
	switch strings.ToLower(text.Leaf) {
	case "":
		return ir.Value{}, &noLeaf
	case "null", "~":
		return ir.Value{}, &missingLeaf
	case "true":
		return ir.BoolValue(true), nil
	case "false":
		return ir.BoolValue(false), nil
	}
	d, err := money.ParseDecimal(text.Leaf)
	switch {
	case errors.Is(err, money.ErrSyntax):
		return ir.StringValue(text.Leaf), nil
	case !strings.Contains(text.Leaf, "."):
		i, err := strconv.ParseInt(text.Leaf, 10, 64)
		if err != nil {
			return ir.Value{}, &badLeaf
		}
		return ir.Value{Kind: ir.Int, I: i}, nil
	case err != nil:
		return ir.Value{}, &badLeaf
	default:
		return ir.Value{Kind: ir.Decimal, I: int64(d)}, nil
	}
}
