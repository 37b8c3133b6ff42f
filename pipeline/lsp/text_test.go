package lsp

import (
	"testing"
)

// TestPositions counts by hand: 日 is one unit of UTF-16 and three bytes, 🚚 two
// units and four bytes.
func TestPositions(t *testing.T) {
	t.Parallel()
	const text = "a日🚚b\r\nzweite"
	tests := []struct {
		at   position
		want int
	}{
		{position{0, 0}, 0}, {position{0, 1}, 1}, {position{0, 2}, 4}, {position{0, 3}, 4} /* in the middle of 🚚 */, {position{0, 4}, 8},
		{position{0, 5}, 9}, {position{0, 99}, 9}, {position{1, 0}, 11}, {position{1, 6}, 17}, {position{7, 0}, 17},
	}
	for _, test := range tests {
		if got := offset(text, test.at); got != test.want {
			t.Errorf("%v is byte %d, want %d", test.at, got, test.want)
		}
	}
	if got := apply(text, &span{position{0, 2}, position{0, 4}}, "x"); got != "a日xb\r\nzweite" {
		t.Errorf("changed to %q", got)
	}
	if got := apply(text, nil, "neu"); got != "neu" {
		t.Errorf("replaced by %q", got)
	}
	// column 4 in runes, the b, is unit 4
	if got, want := place(lines(text), 1, 4), (span{position{0, 4}, position{0, 5}}); got != want {
		t.Errorf("mark at %v, want %v", got, want)
	}
	if got, want := place(lines(text), 1, 3), (span{position{0, 2}, position{0, 4}}); got != want {
		t.Errorf("mark at %v, want %v", got, want)
	}
}
