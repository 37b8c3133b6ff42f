package check_test

import (
	"strings"
	"testing"

	"amends/rules/check"
	"amends/rules/ir"
)

func TestTableLeaves(t *testing.T) {
	t.Parallel()
	tests := []struct {
		leaf   string
		quoted bool
		want   ir.Value
		code   string
	}{
		{"10", false, ir.Value{Kind: ir.Int, I: 10}, ""},
		{"-10", false, ir.Value{Kind: ir.Int, I: -10}, ""},
		{"10.00", false, ir.Value{Kind: ir.Decimal, I: 10_000_000}, ""},
		{"0.123456", false, ir.Value{Kind: ir.Decimal, I: 123_456}, ""},
		{"10", true, ir.StringValue("10"), ""},
		{"", true, ir.StringValue(""), ""},
		{"true", false, ir.BoolValue(true), ""},
		{"False", false, ir.BoolValue(false), ""},
		{"true", true, ir.StringValue("true"), ""},
		{"express", false, ir.StringValue("express"), ""},
		{"2026-01-31", false, ir.StringValue("2026-01-31"), ""},
		{"1e3", false, ir.StringValue("1e3"), ""},
		{"", false, ir.Value{}, "R033"},
		{"null", false, ir.Value{}, "R033"},
		{"~", false, ir.Value{}, "R033"},
		{"0.1234567", false, ir.Value{}, "R033"},
		{"99999999999999999999", false, ir.Value{}, "R033"},
		{"9999999999999.5", false, ir.Value{}, "R033"},
	}
	for _, test := range tests {
		table, list := check.Table(&check.TableText{At: text("key"), Leaf: test.leaf, Quoted: test.quoted})
		if test.code != "" {
			if table != nil || len(list) != 1 || list[0].Code != test.code {
				t.Errorf("%q: %v %v, want %s", test.leaf, table, list, test.code)
			}
			continue
		}
		if table == nil {
			t.Errorf("%q: %v", test.leaf, list)
			continue
		}
		if got, ok := table.Leaf(); !ok || got != test.want {
			t.Errorf("%q: %v, want %v", test.leaf, got, test.want)
		}
	}
}

func TestTableOfTables(t *testing.T) {
	t.Parallel()
	leafText := func(leaf string) *check.TableText { return &check.TableText{At: text("key"), Leaf: leaf} }
	table, list := check.Table(&check.TableText{At: text("caps"), Entries: map[string]*check.TableText{
		"late": {At: text("late"), Entries: map[string]*check.TableText{"USD": leafText("10.00"), "JPY": leafText("1500")}},
		"tier": {At: text("tier"), Entries: map[string]*check.TableText{"prime": leafText("2"), "USD": leafText("1")}},
	}})
	if table == nil || len(list) > 0 {
		t.Fatal(list)
	}
	if got := strings.Join(table.Keys(), " "); got != "late tier" {
		t.Errorf("keys %s", got)
	}
	for key, perCurrency := range map[string]bool{"late": true, "tier": false} {
		if below, ok := table.Get(key); !ok || below.PerCurrency() != perCurrency {
			t.Errorf("%s is per currency: %t, want %t", key, !perCurrency, perCurrency)
		}
	}

	empty := &check.TableText{At: text("empty"), Entries: map[string]*check.TableText{}}
	deep := leafText("1")
	for range 9 {
		deep = &check.TableText{At: text("deep"), Entries: map[string]*check.TableText{"x": deep}}
	}
	table, list = check.Table(&check.TableText{At: text("both"), Entries: map[string]*check.TableText{"a": empty, "b": deep, "c": leafText("null")}})
	if table != nil || len(list) != 3 {
		t.Errorf("an empty, a deep and a null entry: %v, want one diagnostic each", list)
	}
}
