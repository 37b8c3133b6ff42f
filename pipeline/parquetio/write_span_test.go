package parquetio

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRangeOfTexts holds the least and the greatest of texts to the order of their
// bytes.
func TestRangeOfTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`(in1_0000|)[\x00ab\x{e4}]{0,9}`), 1, 20).Draw(t, "texts")
		var r textRange
		for _, text := range texts {
			r.add(text)
		}
		if least, greatest := slices.Min(texts), slices.Max(texts); r.least != least || r.greatest != greatest {
			t.Fatalf("%q to %q, not %q to %q", r.least, r.greatest, least, greatest)
		}
	})
}

// TestTextsThatAreNotUTF8AreFound hides one among others.
func TestTextsThatAreNotUTF8AreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, bad, beside string }{
		{"short", "b\xff", "a"}, {"cut off", "b\xc3", "\xa4a"}, {"among other letters", "b\xff", "ä"},
		{"long", strings.Repeat("b", 200) + "\xff", "a"}, {"beside a long one", "b\xff", strings.Repeat("a", 200)},
	} {
		texts := slices.Repeat([]string{c.beside}, 3000)
		if c.name == "cut off" {
			texts = slices.Repeat([]string{"a"}, 3000)
			texts[1501] = c.beside // the bytes of both would be a letter
		}
		texts[1500] = c.bad
		err := Write(&bytes.Buffer{}, []Column{{Name: "s", Type: String, Strings: texts}}, WriteOptions{NoDictionary: true})
		if err == nil || !strings.Contains(err.Error(), `column "s": row 1500: `) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
