package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// themes are the colours of both, by name, and of dark a second time: for those
// whom the system asks for it and those who choose it.
func themes(t *testing.T) []map[string]string {
	t.Helper()
	var all []map[string]string
	declaration := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	for _, block := range regexp.MustCompile(`(?s):root[^{]*\{(.*?)\}`).FindAllStringSubmatch(CSS, -1) {
		colours := map[string]string{}
		for _, d := range declaration.FindAllStringSubmatch(block[1], -1) {
			colours[d[1]] = d[2]
		}
		all = append(all, colours)
	}
	if len(all) != 3 {
		t.Fatalf("%d themes, want light and twice dark", len(all))
	}
	return all
}

// luminance is as WCAG 2 defines it.
func luminance(hex string) float64 {
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastInBothThemes(t *testing.T) {
	t.Parallel()
	for i, colours := range themes(t) {
		least := func(name, on string, ratio float64) {
			if got := contrast(colours[name], colours[on]); got < ratio {
				t.Errorf("theme %d: %s on %s has a contrast of %.2f, less than %.1f", i, name, on, got, ratio)
			}
		}
		for _, on := range []string{"page", "surface", "raised"} {
			for _, name := range []string{"text", "muted", "link", "stop", "watch", "know"} {
				least(name, on, 4.5)
			}
		}
		least("heat-ink", "heat-high", 4.5)
		least("text", "heat-low", 4.5)
		least("text", "heat-own", 4.5)
		least("focus", "surface", 3)
		tones := 0
		for name := range colours {
			if strings.HasPrefix(name, "tone-") && name != "tone-before" { // beside another, with a word
				tones++
				least(name, "surface", 3)
			}
		}
		if tones != 10 {
			t.Errorf("theme %d has %d tones", i, tones)
		}
	}
}

func TestDarkIsDarkHoweverItIsChosen(t *testing.T) {
	t.Parallel()
	all := themes(t)
	for name, colour := range all[0] {
		if all[1][name] == "" || all[1][name] != all[2][name] {
			t.Errorf("%s is %s in light, %q and %q in dark", name, colour, all[1][name], all[2][name])
		}
	}
}
