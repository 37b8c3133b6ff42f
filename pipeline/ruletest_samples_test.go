package pipeline_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ruletest"
)

// The tests beside the samples' rules come out as expected and show every part of
// them.
func TestSamplesDoWhatTheirTestsSay(t *testing.T) {
	t.Parallel()
	for sample, atLeast := range map[string]int{"marketplace": 200, "olist": 80} {
		t.Run(sample, func(t *testing.T) {
			t.Parallel()
			result := testSample(t, sample, pipeline.TestOptions{Coverage: true})
			if len(result.Cases) < atLeast {
				t.Errorf("%d cases", len(result.Cases))
			}
			if result.Coverage.Permille() != 1000 {
				t.Error(shown(t, result.CoverageText))
			}
		})
	}
}

// They notice every small change of the rules, or say why they need not.
func TestSamplesNoticeChanges(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("tries some six hundred rulebooks")
	}
	for sample, atLeast := range map[string]int{"marketplace": 400, "olist": 170} {
		t.Run(sample, func(t *testing.T) {
			t.Parallel()
			m := testSample(t, sample, pipeline.TestOptions{Mutate: true}).Mutation
			if len(m.Survivors)+len(m.Stale) > 0 || m.Counts[ruletest.Noticed] < atLeast {
				t.Error(shown(t, m.Text))
			}
		})
	}
}

func testSample(t *testing.T, sample string, o pipeline.TestOptions) *ruletest.Result {
	t.Helper()
	result, list, err := pipeline.Test(context.Background(), pipeline.Config{Dir: "../samples/" + sample}, o)
	for _, d := range list {
		if !strings.HasPrefix(d.Code, "L") { // the samples' warnings are for others
			t.Error(d)
		}
	}
	if err != nil || result == nil {
		t.Fatal(err)
	}
	if result.Failed() > 0 {
		var text strings.Builder
		_ = result.Text(&text, ruletest.TextOptions{Quiet: true}) // a Builder takes everything
		t.Fatal(text.String())
	}
	return result
}

func shown(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var text strings.Builder
	if err := write(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
