package match_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/match"
	"amends/rules/ir"
)

func TestDimensionValues(t *testing.T) {
	t.Parallel()
	missing, conflict, domain := ir.FaultValue(ir.MissingRow), ir.FaultValue(ir.ConflictingRow), ir.FaultValue(ir.OutOfDomain)
	for _, required := range []bool{true, false} {
		d := match.NewDimension("customer", "customer_id", required, []string{"spent", "tier"}, []ir.Kind{ir.Money, ir.String})
		add := func(key ir.Value, spent ir.Value, tier, currency string, bad bool) {
			d.Add(key, []ir.Value{spent, text(tier)}, currency, bad)
		}
		add(text("c1"), amount("9"), "gold", "USD", false)
		add(text("c1"), amount("9"), "gold", "USD", false) // the same row again
		add(text("c2"), amount("9"), "gold", "USD", false)
		add(text("c2"), amount("9"), "basic", "USD", false)
		add(text("c3"), amount("9"), "gold", "USD", false)
		add(text("c3"), amount("9"), "gold", "JPY", false) // differs in what its money is
		add(text("c4"), ir.Value{}, "gold", "USD", false)
		add(text("c5"), amount("9"), "gold", "USD", true)
		add(text("c6"), amount("9"), "gold", "USD", false)
		add(text("c6"), amount("9"), "gold", "USD", true)
		add(text("c6"), amount("9"), "gold", "USD", false) // does not heal it
		add(ir.Value{}, amount("9"), "gold", "USD", false)
		add(whole(12), amount("8"), "int", "USD", false)

		absent := ir.Value{}
		if required {
			absent = missing
		}
		tests := []struct {
			name     string
			key      ir.Value
			currency string
			spent    ir.Value
			tier     ir.Value
		}{
			{"one row", text("c1"), "USD", amount("9"), text("gold")},
			{"money of another currency", text("c1"), "JPY", domain, text("gold")},
			{"rows that differ", text("c2"), "USD", conflict, conflict},
			{"rows that differ in currency", text("c3"), "USD", conflict, conflict},
			{"a null field", text("c4"), "USD", ir.Value{}, text("gold")},
			{"a null field, whatever its currency", text("c4"), "JPY", ir.Value{}, text("gold")},
			{"a row that was not read whole", text("c5"), "USD", conflict, conflict},
			{"a good and a bad row", text("c6"), "USD", conflict, conflict},
			{"no row", text("c9"), "USD", absent, absent},
			{"no key", ir.Value{}, "USD", absent, absent},
			{"a whole number is joined by its text", text("12"), "USD", amount("8"), text("int")},
			{"and the other way round", whole(12), "USD", amount("8"), text("int")},
		}
		for _, test := range tests {
			if got := d.Value(test.key, 0, test.currency); got != test.spent {
				t.Errorf("required %t, %s: spent %+v, want %+v", required, test.name, got, test.spent)
			}
			if got := d.Value(test.key, 1, test.currency); got != test.tier {
				t.Errorf("required %t, %s: tier %+v, want %+v", required, test.name, got, test.tier)
			}
		}
		if got := d.Len(); got != 6 { // c1 to c4, c6, 12; c5 was never read
			t.Errorf("%d keys", got)
		}
	}
}

// What a dimension cannot say is a fault where it is needed, and nowhere else.
func TestDimensionsInRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		when    string
		changes row
		want    string
	}{
		{"a field", `customer.tier == "gold"`, nil, "matched"},
		{"another value", `customer.tier == "gold"`, row{"customer_id": text("c2")}, "unmatched"},
		{"a required row that is missing", `customer.tier == "gold"`, row{"customer_id": text("c9")}, "reject:missing-row:customer.tier"},
		{"not needed", `days_late > 5 and customer.tier == "gold"`, row{"customer_id": text("c9")}, "unmatched"},
		{"not needed, on the right", `customer.tier == "gold" and days_late > 5`, row{"customer_id": text("c9")}, "unmatched"},
		{"rows that differ", `customer.tier == "gold"`, row{"customer_id": text("c3")}, "reject:conflicting-rows:customer.tier"},
		{"money", `customer.spent > price`, nil, "matched"},
		{"money of another currency", `customer.spent > price`, row{"currency": text("JPY")}, "reject:out-of-domain:customer.spent"},
		{"an optional row", `order.status == nil`, nil, "unmatched"},
		{"an optional row that is missing", `order.status == nil`, row{"order_id": text("o9")}, "matched"},
		{"an optional row without a key", `order.status == nil`, row{"order_id": {}}, "matched"},
		{"an optional row whose rows differ", `order.status == nil`, row{"order_id": text("o3")}, "reject:conflicting-rows:order.status"},
		{"a fallback", `(order.status ?? "paid") == "paid"`, row{"order_id": text("o9")}, "matched"},
	}
	s := newShop(t)
	customer, order := s.dimensions["customer"], s.dimensions["order"]
	customer.Add(text("c1"), []ir.Value{amount("1000"), text("gold")}, "USD", false)
	customer.Add(text("c2"), []ir.Value{amount("1000"), text("basic")}, "USD", false)
	customer.Add(text("c3"), []ir.Value{amount("1000"), text("basic")}, "USD", false)
	customer.Add(text("c3"), []ir.Value{amount("1000"), text("gold")}, "USD", false)
	order.Add(text("o1"), []ir.Value{text("sent")}, "", false)
	order.Add(text("o3"), []ir.Value{text("sent")}, "", false)
	order.Add(text("o3"), []ir.Value{text("paid")}, "", false)
	for _, test := range tests {
		book := terms + "rules: [{id: r, on: deliveries, when: '" + test.when + "', amount: price, reason: LATE}]"
		if got := outcomes(s.find(t, book, late().with(test.changes)), "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]ir.Value{
		"a b":                    text("a b"),
		"":                       text(""),
		"-7":                     whole(-7),
		"2028-02-29":             day("2028-02-29"),
		"0.25":                   ratio("0.25"),
		"2026-03-08T07:00:00.5Z": at("2026-03-08T07:00:00.5Z"),
	} {
		if got, ok := match.Text(v); got != want || !ok {
			t.Errorf("%+v is %q %t, want %q", v, got, ok, want)
		}
	}
	for _, v := range []ir.Value{{}, ir.FaultValue(ir.MissingRow), amount("1"), ir.BoolValue(true), {Kind: ir.Duration, I: 1}} {
		if got, ok := match.Text(v); ok {
			t.Errorf("%+v is an id: %q", v, got)
		}
	}
}

// dimensionLine is a row of a dimension of two fields.
type dimensionLine struct {
	key, field, tier ir.Value
	currency         string
	bad              bool
}

// dimensionKeys are keys of texts; a few of them read like keys of other kinds.
var dimensionKeys = rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "12", "2026-03-08"})

// drawDimension draws rows of few keys of a kind.
func drawDimension(t *rapid.T, keyKind ir.Kind) []dimensionLine {
	lines := make([]dimensionLine, rapid.IntRange(0, 40).Draw(t, "rows"))
	for i := range lines {
		key := text(dimensionKeys.Draw(t, "key"))
		if keyKind != ir.String {
			key = ir.Value{Kind: keyKind, I: int64(rapid.IntRange(0, 9).Draw(t, "key"))}
		}
		field := amount(fmt.Sprint(rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "field")))
		tier := text(rapid.SampledFrom([]string{"gold", "gold", "gold", "none", ""}).Draw(t, "tier"))
		lines[i] = dimensionLine{key, field, tier, rapid.SampledFrom([]string{"USD", "USD", "USD", "JPY"}).Draw(t, "currency"), rapid.IntRange(0, 9).Draw(t, "bad") == 0}
		switch rapid.IntRange(0, 9).Draw(t, "null") {
		case 0:
			lines[i].key = ir.Value{}
		case 1:
			lines[i].field = ir.Value{}
		}
	}
	return lines
}

// dimensionBatch is rows as a batch has them, and which of them could not be read.
func dimensionBatch(keyKind ir.Kind, lines []dimensionLine) (b *ir.Batch, bad []int) {
	b = &ir.Batch{Rows: len(lines), Columns: []ir.Vector{{Kind: ir.Money}, {Kind: ir.String}, {Kind: keyKind}, {Kind: ir.String}}}
	for i, l := range lines {
		for c, v := range []ir.Value{l.field, l.tier, l.key, text(l.currency)} {
			column := &b.Columns[c]
			column.Valid = append(column.Valid, !v.Null())
			if column.Kind == ir.String {
				column.Strings = append(column.Strings, v.S)
			} else {
				column.Ints = append(column.Ints, v.I)
			}
		}
		if l.bad {
			bad = append(bad, i)
		}
	}
	return b, bad
}

// dimensionValues are a row's by hand: the one value of all rows of its key, or a
// fault.
func dimensionValues(lines []dimensionLine, l dimensionLine) []ir.Value {
	if l.key.Null() {
		return []ir.Value{ir.FaultValue(ir.MissingRow), ir.FaultValue(ir.MissingRow)}
	}
	for _, o := range lines {
		if o.key == l.key && (o.bad || o.field != l.field || o.tier != l.tier || o.currency != l.currency) {
			return []ir.Value{ir.FaultValue(ir.ConflictingRow), ir.FaultValue(ir.ConflictingRow)}
		}
	}
	return []ir.Value{l.field, l.tier}
}

// However rows are spread over workers and batches, and in whatever order they
// come, a key has what all of its rows say. Of keys that are wanted nothing
// changes where others are left out.
func TestDimensionPartsAgainstRows(t *testing.T) {
	t.Parallel()
	kinds, names := []ir.Kind{ir.Money, ir.String}, []string{"spent", "tier"}
	evens := 0
	rapid.Check(t, func(t *rapid.T) {
		keyKind := rapid.SampledFrom([]ir.Kind{ir.String, ir.Int, ir.Date}).Draw(t, "kind")
		lines := drawDimension(t, keyKind)
		var wanted *match.Keys
		of := func(k ir.Value) bool { return true }
		if rapid.Bool().Draw(t, "wanted") {
			wanted = &match.Keys{}
			list := rapid.SliceOfN(dimensionKeys, 0, 5).Draw(t, "wanted keys")
			for _, k := range list {
				wanted.Add(text(k))
			}
			of = func(k ir.Value) bool { said, ok := match.Text(k); return ok && slices.Contains(list, said) }
		}
		plain, dimension := match.NewDimension("d", "on", true, names, kinds), match.NewDimension("d", "on", true, names, kinds)
		for _, l := range lines {
			plain.Add(l.key, []ir.Value{l.field, l.tier}, l.currency, l.bad)
		}
		parts := dimension.Parts(3)
		for from := 0; from < len(lines); {
			n := rapid.IntRange(1, len(lines)-from).Draw(t, "batch")
			b, bad := dimensionBatch(keyKind, lines[from:from+n])
			for c := range b.Columns {
				lean(&b.Columns[c], rapid.Bool().Draw(t, "codes"))
				if rapid.Bool().Draw(t, "even") && even(&b.Columns[c]) {
					evens++
				}
			}
			rapid.SampledFrom(parts).Draw(t, "part").AddBatch(b, match.DimensionColumns{Key: 2, Currency: 3}, bad, wanted)
			from += n
		}
		for _, l := range lines {
			if !of(l.key) {
				continue
			}
			want := dimensionValues(lines, l)
			for _, d := range []*match.Dimension{plain, dimension} {
				if got := []ir.Value{d.Value(l.key, 0, l.currency), d.Value(l.key, 1, l.currency)}; !slices.Equal(got, want) {
					t.Fatalf("%+v: %+v, want %+v", l, got, want)
				}
			}
		}
	})
	if evens == 0 {
		t.Error("no column was even: the test shows nothing of them")
	}
}

// Of a dictionary's texts, those of rows that nobody wants are not kept.
func TestDimensionKeepsOnlyTextsThatAreWanted(t *testing.T) { // alone: it counts memory
	const rows = 5000
	texts, keys, names := make([]string, rows), ir.Vector{Kind: ir.String}, ir.Vector{Kind: ir.String}
	for i := range texts {
		texts[i] = fmt.Sprintf("%0200d", i) // a megabyte of them
		keys.Strings, names.Codes = append(keys.Strings, fmt.Sprint("k", i)), append(names.Codes, int32(i))
	}
	names.Dict = ir.NewDictionary(texts)
	batch := &ir.Batch{Rows: rows, Columns: []ir.Vector{names, keys}}
	for _, key := range []string{"k7", "nobody's"} {
		wanted := &match.Keys{}
		wanted.Add(text(key))
		dimension := match.NewDimension("d", "on", false, []string{"name"}, []ir.Kind{ir.String})
		part := dimension.Parts(1)[0]
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		part.AddBatch(batch, match.DimensionColumns{Key: 1, Currency: -1}, nil, wanted)
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 200_000 {
			t.Errorf("%s: took %d bytes", key, after.TotalAlloc-before.TotalAlloc)
		}
		want := ir.Value{}
		if key == "k7" {
			want = text(texts[7])
		}
		if got := dimension.Value(text(key), 0, ""); got != want {
			t.Errorf("%s: %+v, want %+v", key, got, want)
		}
	}
}

// lean makes a column as scan does: without validity where none is null, and, if
// so wanted, of codes where it has texts.
func lean(v *ir.Vector, codes bool) {
	if !slices.Contains(v.Valid, false) {
		v.Valid = nil
	}
	if v.Kind != ir.String || !codes {
		return
	}
	entries := slices.Compact(slices.Sorted(slices.Values(v.Strings)))
	for _, text := range v.Strings {
		code, _ := slices.BinarySearch(entries, text)
		v.Codes = append(v.Codes, int32(code))
	}
	v.Strings, v.Dict = nil, ir.NewDictionary(entries)
}
