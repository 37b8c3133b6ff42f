package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
)

// Whatever the text, Expr ends, does not panic, and gives either a node or an
// error that stands inside of the text; what it accepts is bounded, and reads
// only slots that there are.
func FuzzExpr(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		bytes, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range strings.Split(string(bytes), "\n") {
			f.Add(line)
		}
	}
	for _, seed := range []string{
		"min(0.10 * item_price, caps.late[currency])", "note != nil and note == 'ä'", "if arrived { 1 } else if arrived { 2 } else { 3 }",
		"rates[country].post ?? 1", "stars ?? 0.5", "`raw ``text```", "'\\u{1F600}\\x41\\101'", "a?.5:1", "#", "/*", "1..2", "b'\\xff'",
		"1 < 2 < 3 < 4", "not not not arrived", "-1_0.5_0", "$env", "arrived and", "((((", "[1,]", "{a:1}", "x|y()", "sum([1], #)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		for _, currency := range []string{"", "USD"} {
			fuzzExpr(t, source, currency)
		}
	})
}

func fuzzExpr(t *testing.T, source, currency string) {
	s := scope(currency)
	const define = "note != nil and len(note) > 3"
	whole, list := check.Expr(text(define), s, anything)
	if whole == nil {
		t.Fatal(list)
	}
	s.Defines["long_note"] = whole
	// One part without a line: columns are then rune offsets, plus one.
	node, list := check.Expr(diag.Text{Source: source, Parts: []diag.Part{{Pos: diag.Pos{File: "f", Line: 1, Col: 1}}}}, s, anything)
	if (node == nil) != list.HasErrors() {
		t.Fatalf("node %v beside %v", node, list)
	}
	for _, d := range list {
		if d.Pos.Col < 1 || d.Pos.Col > utf8.RuneCountInString(source)+1 || d.Code == "" || d.Message == "" {
			t.Fatalf("diagnostic %+v of %q", d, source)
		}
	}
	if node == nil {
		return
	}
	nodes, slots := 0, s.Used.Slots()
	ir.Walk(node, func(n ir.Node) {
		nodes++
		if n.Type().Kind == ir.Invalid || n.Offset() < 0 || n.Offset() > max(utf8.RuneCountInString(source), len(define)) {
			t.Fatalf("node %#v of %q", n, source)
		}
	})
	if nodes > 3*10_000 {
		t.Fatalf("%d nodes of %q", nodes, source)
	}
	for _, slot := range ir.Reads(node) {
		if slot < 0 || slot >= len(slots) {
			t.Fatalf("slot %d of %d", slot, len(slots))
		}
	}
	printed := ir.Print(node, slots)
	if again, list := check.Expr(text(printed), scope(currency), check.Want{Kind: node.Type().Kind, NullableOK: true}); again == nil && len(printed) < 1000 {
		t.Fatalf("%q printed as %q does not check: %v", source, printed, list)
	}
}

// Texts that are hard on a parser end soon.
func TestHardTextsEndSoon(t *testing.T) {
	t.Parallel()
	const n = 1200
	for name, source := range map[string]string{
		"ternaries":     strings.Repeat("arrived ? 1 : ", n) + "1",
		"conjuncts":     strings.Repeat("arrived and ", n) + "arrived",
		"guards":        strings.Repeat("note != nil and note == 'x' and ", n/4) + "arrived",
		"defaults":      strings.Repeat("note ?? ", n) + "note",
		"sums":          strings.Repeat("days_late + ", n) + "1",
		"comparisons":   strings.Repeat("1 < ", n) + "1",
		"errors":        strings.Repeat("zzz + ", n) + "1",
		"list":          "days_late in [" + strings.Repeat("1,", n) + "1]",
		"nested nots":   strings.Repeat("not (", 190) + "arrived" + strings.Repeat(") == arrived", 190),
		"nested guards": strings.Repeat("(note != nil and ", 150) + "arrived" + strings.Repeat(")", 150),
		"arguments":     "min(" + strings.Repeat("days_late,", n) + "1)",
	} {
		began := time.Now()
		check.Expr(text(source), scope(""), anything)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
