package ir

import (
	"slices"
	"testing"
)

func TestEvenTexts(t *testing.T) {
	t.Parallel()
	v := Vector{Kind: String, Even: NewEvenTexts("ab--cd--ef", 2, 4)}
	want := []string{"ab", "cd", "ef"}
	for i, text := range want {
		if v.Text(i) != text || v.Value(i) != StringValue(text) {
			t.Errorf("row %d: text %q, value %v, want %q", i, v.Text(i), v.Value(i), text)
		}
	}
	if got := v.Even.Append([]string{"-"}, 3); !slices.Equal(got, append([]string{"-"}, want...)) {
		t.Errorf("written out: %q", got)
	}
	empty := NewEvenTexts("", 0, 4)
	if !empty.Any() || empty.At(0) != "" || v.Even.TextBytes() != 2 || empty.TextBytes() != 0 || (&EvenTexts{}).Any() {
		t.Error("even texts of no bytes are texts, and the zero EvenTexts has none")
	}
}
