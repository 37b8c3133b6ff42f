package match_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/match"
	"amends/rules/calendar"
	"amends/rules/ir"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	column := func(name string, kind ir.Kind) ir.Slot {
		return ir.Slot{Name: name, Type: ir.Type{Kind: kind}, Origin: ir.FromColumn}
	}
	slots := []ir.Slot{
		column("z", ir.String), column("big", ir.Int), column("careful", ir.Bool), column("customer.tier", ir.String),
		column("price", ir.Money), column("share", ir.Decimal), column("shipped_at", ir.Time), column("due", ir.Date),
		column("waited", ir.Duration), column("empty", ir.String), column("none", ir.String),
		{Name: "amount", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromAward},
	}
	values := []ir.Value{
		text("<a href=\"x\">&\n\u2028ä"), whole(math.MaxInt64), ir.BoolValue(true), ir.FaultValue(ir.MissingRow),
		amount("-1234.56"), ratio("0.000001"), at("2026-11-01T05:59:59.5Z"), day("2028-02-29"),
		{Kind: ir.Duration, I: -1_500_000}, text(""), {}, amount("7"),
	}
	want := `{"big":9223372036854775807,"careful":true,"customer.tier":{"fault":"missing-row"},"due":"2028-02-29","empty":"","none":null,` +
		`"price":"-1234.56","share":"0.000001","shipped_at":"2026-11-01T05:59:59.5Z","waited":"-1.5s","z":"<a href=\"x\">&\n\u2028ä"}`
	if got := match.Facts(slots, values); got != want {
		t.Errorf("facts\n%s\nwant\n%s", got, want)
	}
	if got := match.Facts(nil, nil); got != "{}" {
		t.Errorf("no facts are %s", got)
	}
	back, err := match.ParseFacts(want, slots)
	if err != nil {
		t.Fatal(err)
	}
	values[3], values[11] = ir.FaultValue(ir.UnexpectedNull), ir.FaultValue(ir.UnexpectedNull) // unknown then, and never kept
	if diff := cmp.Diff(values, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestFactsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		facts string
		kind  ir.Kind
	}{
		{``, ir.Int}, {`[]`, ir.Int}, {`{"x":1`, ir.Int},
		{`{"x":"1"}`, ir.Int}, {`{"x":1.5}`, ir.Int}, {`{"x":9223372036854775808}`, ir.Int}, {`{"x":1e3}`, ir.Int},
		{`{"x":1}`, ir.Bool}, {`{"x":1}`, ir.String}, {`{"x":1}`, ir.Decimal}, {`{"x":"1.0000001"}`, ir.Money},
		{`{"x":"2026-02-29"}`, ir.Date}, {`{"x":"yesterday"}`, ir.Time}, {`{"x":"1"}`, ir.Duration}, {`{"x":""}`, ir.Duration}, {`{"x":"s"}`, ir.Duration},
	} {
		slots := []ir.Slot{{Name: "x", Type: ir.Type{Kind: test.kind}, Origin: ir.FromColumn}}
		got, err := match.ParseFacts(test.facts, slots)
		if whole := strings.HasPrefix(test.facts, "{") && strings.HasSuffix(test.facts, "}"); whole != (err == nil) {
			t.Errorf("%s as %s: %v", test.facts, test.kind, err)
		} else if whole && got[0] != ir.FaultValue(ir.OutOfDomain) { // a column that changed its type: not known
			t.Errorf("%s as %s is %+v", test.facts, test.kind, got)
		}
	}
}

// drawValue makes a value of a kind, or a null.
func drawValue(t *rapid.T, kind ir.Kind) ir.Value {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return ir.Value{}
	}
	switch kind {
	case ir.Bool:
		return ir.BoolValue(rapid.Bool().Draw(t, "bool"))
	case ir.String:
		return text(rapid.String().Draw(t, "text"))
	case ir.Time:
		return ir.Value{Kind: kind, I: rapid.Int64Range(int64(calendar.MinInstant), int64(calendar.MaxInstant)).Draw(t, "instant")}
	case ir.Date:
		return ir.Value{Kind: kind, I: rapid.Int64Range(int64(calendar.MinDate), int64(calendar.MaxDate)).Draw(t, "date")}
	}
	return ir.Value{Kind: kind, I: rapid.Int64().Draw(t, "number")}
}

// Facts are JSON with sorted keys, the same for slots in any order, and what
// they say is what they were made of.
func TestFactsRoundTrip(t *testing.T) {
	t.Parallel()
	kinds := []ir.Kind{ir.Bool, ir.Int, ir.Decimal, ir.Money, ir.String, ir.Time, ir.Date, ir.Duration}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,3}(\.[a-z]|\(9\))?`), 0, 8, rapid.ID[string]).Draw(t, "names")
		var slots []ir.Slot
		var values []ir.Value
		for _, name := range names {
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			slots = append(slots, ir.Slot{Name: name, Type: ir.Type{Kind: kind, Nullable: true}, Origin: ir.FromColumn})
			values = append(values, drawValue(t, kind))
		}
		facts := match.Facts(slots, values)
		back, err := match.ParseFacts(facts, slots)
		if err != nil || !slices.Equal(back, values) {
			t.Fatalf("%s: %+v became %+v, %v", facts, values, back, err)
		}
		order := rapid.Permutation(indexes(len(slots))).Draw(t, "order")
		var otherSlots []ir.Slot
		var otherValues []ir.Value
		for _, i := range order {
			otherSlots, otherValues = append(otherSlots, slots[i]), append(otherValues, values[i])
		}
		if other := match.Facts(otherSlots, otherValues); other != facts {
			t.Fatalf("%s in another order is %s", facts, other)
		}
		faulty := slices.Clone(values)
		for i := range faulty {
			if rapid.IntRange(0, 5).Draw(t, "fault") == 0 {
				faulty[i] = ir.FaultValue(rapid.SampledFrom([]ir.FaultCode{ir.Overflow, ir.UnexpectedNull, ir.OutOfDomain}).Draw(t, "code"))
			}
		}
		if packed, want := match.PackedFacts(slots, faulty), match.Facts(slots, faulty); packed != want {
			t.Fatalf("packed facts say %s, want %s", packed, want)
		}
		decoder := json.NewDecoder(strings.NewReader(facts))
		decoder.UseNumber()
		var generic map[string]any
		if err := decoder.Decode(&generic); err != nil || len(generic) != len(names) {
			t.Fatalf("%s: %v", facts, err)
		}
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
