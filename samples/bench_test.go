package samples

import "testing"

// BenchmarkDemo writes all nights of the default demo.
func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		g, err := New(Options{Dir: b.TempDir(), Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		if err := g.WriteWorkspace(); err != nil {
			b.Fatal(err)
		}
		for _, night := range g.Nights() {
			if err := g.WriteNight(night, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}
