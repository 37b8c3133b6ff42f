package award_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// keyBytes is what is hashed for the incident ["ab", 258, -1, 2026-03-08] of the
// failure "late", written out byte by byte: kind, length in eight bytes, value.
// Kinds are those of package ir: 5 a string, 2 an int, 7 a date.
var keyBytes = []byte{
	0, 0, 0, 0, 0, 0, 0, 0, 18, // the version of the hash, of no kind
	'a', 'm', 'e', 'n', 'd', 's', '-', 'i', 'n', 'c', 'i', 'd', 'e', 'n', 't', '-', 'v', '1',
	0, 0, 0, 0, 0, 0, 0, 0, 4, // the failure, of no kind
	'l', 'a', 't', 'e',
	5, 0, 0, 0, 0, 0, 0, 0, 2, // a string of two bytes
	'a', 'b',
	2, 0, 0, 0, 0, 0, 0, 0, 8, // an int
	0, 0, 0, 0, 0, 0, 1, 2, // 258, the highest byte first
	2, 0, 0, 0, 0, 0, 0, 0, 8,
	255, 255, 255, 255, 255, 255, 255, 255, // -1
	7, 0, 0, 0, 0, 0, 0, 0, 8, // a date
	0, 0, 0, 0, 0, 0, 80, 40, // 80·256 + 40 = 20520 days after 1970-01-01 is 2026-03-08
}

func TestKeyByHand(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(keyBytes)
	want := hex.EncodeToString(sum[:16])
	key := award.NewKey("late", []ir.Value{
		ir.StringValue("ab"), {Kind: ir.Int, I: 258}, {Kind: ir.Int, I: -1}, {Kind: ir.Date, I: 20520},
	})
	if got := key.IncidentID(); got != "in1_"+want {
		t.Errorf("incident %s, want in1_%s", got, want)
	}
	if got := key.CreditID(); got != "cr1_"+want {
		t.Errorf("credit %s, want cr1_%s", got, want)
	}
	if got := award.CreditIDOf("in1_" + want); got != "cr1_"+want {
		t.Errorf("credit of the incident %s", got)
	}
}

// The ids that ledgers hold never change: a night would pay again. Computed
// by another program from the layout above.
func TestKeysThatLedgersHold(t *testing.T) {
	t.Parallel()
	for want, key := range map[string]award.Key{
		"cr1_84e46df423fd72dbdfb3f93199b20494": award.NewKey("deliveries", nil),
		"cr1_a6809f23a239c27d7bc1b2ef1a354aae": award.NewKey("deliveries", []ir.Value{ir.StringValue("d1")}),
		"cr1_f23049d3dadfc2377f045e9c3fe5c4ad": award.NewKey("defects", []ir.Value{ir.StringValue("o-7"), {Kind: ir.Int, I: 3}}),
	} {
		if got := key.CreditID(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What differs in kind, in where a value ends, or in number is another incident.
func TestKeysThatLookAlike(t *testing.T) {
	t.Parallel()
	text := ir.StringValue
	type id struct {
		failure string
		values  []ir.Value
	}
	ids := []id{
		{"f", nil}, {"", []ir.Value{text("f")}}, {"f", []ir.Value{text("")}}, {"f", []ir.Value{text(""), text("")}},
		{"f", []ir.Value{text("ab"), text("c")}}, {"f", []ir.Value{text("a"), text("bc")}}, {"f", []ir.Value{text("abc")}},
		{"fa", []ir.Value{text("bc")}}, {"f", []ir.Value{text("a"), text("b"), text("c")}},
		{"f", []ir.Value{text("1")}}, {"f", []ir.Value{{Kind: ir.Int, I: 1}}}, {"f", []ir.Value{{Kind: ir.Decimal, I: 1}}},
		{"f", []ir.Value{{Kind: ir.Date, I: 1}}}, {"f", []ir.Value{{Kind: ir.Time, I: 1}}},
		{"f", []ir.Value{text("\x00\x00\x00\x00\x00\x00\x00\x01")}},
		{"f", []ir.Value{{Kind: ir.Int, I: 1}, {Kind: ir.Int, I: 2}}}, {"f", []ir.Value{{Kind: ir.Int, I: 2}, {Kind: ir.Int, I: 1}}},
		{"f", []ir.Value{{Kind: ir.Int, I: -1}}}, {"F", []ir.Value{{Kind: ir.Int, I: 1}}},
	}
	seen := map[award.Key]id{}
	for _, i := range ids {
		k := award.NewKey(i.failure, i.values)
		if other, taken := seen[k]; taken {
			t.Errorf("%v and %v are one incident", i, other)
		}
		seen[k] = i
	}
}

func TestKeysOfAnyValues(t *testing.T) {
	t.Parallel()
	value := rapid.Custom(func(t *rapid.T) ir.Value {
		if rapid.Bool().Draw(t, "text") {
			return ir.StringValue(rapid.StringN(0, 3, 6).Draw(t, "s"))
		}
		kind := rapid.SampledFrom([]ir.Kind{ir.Int, ir.Decimal, ir.Time, ir.Date}).Draw(t, "kind")
		return ir.Value{Kind: kind, I: rapid.Int64Range(-2, 2).Draw(t, "i")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(value, 0, 3).Draw(t, "a"), rapid.SliceOfN(value, 0, 3).Draw(t, "b")
		f, g := rapid.StringN(0, 2, 4).Draw(t, "f"), rapid.StringN(0, 2, 4).Draw(t, "g")
		same := f == g && slices.Equal(a, b)
		if (award.NewKey(f, a) == award.NewKey(g, b)) != same {
			t.Fatalf("%q %v and %q %v", f, a, g, b)
		}
	})
}

// Where one award goes before another: priority, then at, then credit id.
func TestCompare(t *testing.T) {
	t.Parallel()
	decision := func(priority int, at int64, key string) *award.Decision {
		return &award.Decision{Award: &award.Award{Rule: &award.Rule{Priority: priority}}, Incident: &award.Incident{At: calendar.Instant(at), Key: award.Key([]byte(strings.Repeat(key, 16)))}}
	}
	ordered := []*award.Decision{
		decision(-1, 9, "z"), decision(1, 5, "b"), decision(1, 6, "a"), decision(1, 6, "b"), decision(2, 0, "a"), decision(10, -3, "a"),
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := award.Compare(a, b); got != sign(i-j) {
				t.Errorf("%d against %d is %d", i, j, got)
			}
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }
