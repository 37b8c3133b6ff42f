package pipeline_test

import (
	"context"
	"testing"

	"amends/pipeline"
)

// BenchmarkTests runs the marketplace's cases once.
func BenchmarkTests(b *testing.B) {
	for b.Loop() {
		result, _, err := pipeline.Test(context.Background(), pipeline.Config{Dir: "../samples/marketplace", Workers: 1}, pipeline.TestOptions{})
		if err != nil || result.Failed() > 0 {
			b.Fatal(err)
		}
	}
}

// BenchmarkMutants tries every change of the marketplace's rules.
func BenchmarkMutants(b *testing.B) {
	for b.Loop() {
		result, _, err := pipeline.Test(context.Background(), pipeline.Config{Dir: "../samples/marketplace", Workers: 1}, pipeline.TestOptions{Mutate: true})
		if err != nil || result.Mutation == nil {
			b.Fatal(err)
		}
	}
}
