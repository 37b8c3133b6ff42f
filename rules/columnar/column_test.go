package columnar_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules/columnar"
	"amends/rules/ir"
)

// some is nil for an empty slice, which means the same in a Column.
func some[T any](slice []T) []T {
	if len(slice) == 0 {
		return nil
	}
	return slice
}

func TestAppend(t *testing.T) {
	t.Parallel()
	d, other := ir.NewDictionary([]string{"a", "b"}), ir.NewDictionary([]string{"a", "b"})
	const f = ir.MissingRow
	type part struct {
		from columnar.Column
		rows []int32
	}
	tests := []struct {
		name  string
		parts []part
		want  columnar.Column
	}{
		{"ints", []part{{columnar.Column{Ints: []int64{1, 2, 3}}, []int32{0, 2}}, {columnar.Column{Ints: []int64{4, 5}}, []int32{1}}},
			columnar.Column{Ints: []int64{1, 3, 5}}},
		{"the same for all", []part{{columnar.Column{Ints: []int64{7}, Same: true}, []int32{4, 9}}, {columnar.Column{Ints: []int64{8}, Valid: []bool{false}, Same: true}, []int32{3, 5}}},
			columnar.Column{Ints: []int64{7, 7, 8, 8}, Valid: []bool{true, true, false, false}}},
		{"strings, of which some are null", []part{{columnar.Column{Strings: []string{"x", ""}, Valid: []bool{true, false}}, []int32{0, 1}}, {columnar.Column{Strings: []string{"y"}}, []int32{0}}},
			columnar.Column{Strings: []string{"x", "", "y"}, Valid: []bool{true, false, true}}},
		{"faults after none", []part{{columnar.Column{Ints: []int64{1}}, []int32{0}}, {columnar.Column{Ints: []int64{0, 0}, Faults: []ir.FaultCode{0, f}}, []int32{1}}},
			columnar.Column{Ints: []int64{1, 0}, Faults: []ir.FaultCode{0, f}}},
		{"codes", []part{{columnar.Column{Codes: []int32{1, 0}, Dict: d}, []int32{0}}, {columnar.Column{Codes: []int32{0}, Dict: d}, []int32{0}}},
			columnar.Column{Codes: []int32{1, 0}, Dict: d}},
	}
	for _, test := range tests {
		var c columnar.Column
		for range 2 { // the second time in the memory of the first
			c.Empty()
			for _, part := range test.parts {
				if !c.Append(&part.from, part.rows) {
					t.Errorf("%s: another dictionary", test.name)
				}
			}
			got := c
			got.Ints, got.Strings, got.Codes = some(got.Ints), some(got.Strings), some(got.Codes)
			got.Valid, got.Faults = some(got.Valid), some(got.Faults)
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b *ir.Dictionary) bool { return a == b })); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
	c := columnar.Column{}
	if !c.Append(&columnar.Column{Codes: []int32{1}, Dict: d}, []int32{0}) || c.Append(&columnar.Column{Codes: []int32{1}, Dict: other}, []int32{0}) {
		t.Error("rows of two dictionaries in one column")
	}
	if len(c.Codes) != 1 {
		t.Errorf("%d rows, want the one of the first dictionary", len(c.Codes))
	}
}
