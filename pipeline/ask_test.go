package pipeline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
)

// What rules read of earlier nights, and whose an order was, is the same whether
// it was looked for together or is asked for row by row.
func TestRulesReadWhatEarlierNightsGave(t *testing.T) {
	t.Parallel()
	const before = 10
	// So many rows fill what may wait, if that is little.
	for _, shape := range []struct{ many, waiting int }{{0, 0}, {5000, 0}, {5000, 1}} {
		many := shape.many
		dir := writeClaims(t, pastClaims(before, (int64(pastNight)-2)*dayMicros, (int64(pastNight)-1)*dayMicros))
		rule := strings.Replace(pastRules, "0.1 * paid", "0.01 * paid * (1 + credits(5)) + credited(5)", 1)
		mustDo(t, os.WriteFile(filepath.Join(dir, "rules/r.yaml"), []byte(rule), 0o644))
		config := pipeline.Config{Dir: dir, Workers: 2}
		if got, err := issuedOn(t, config, pastNight-1); err != nil || got != before {
			t.Fatalf("%d issued of %d, %v", got, before, err)
		}
		// Four of the customers come back and one of them again, six are new, and
		// one names an order of the first night that is another customer's.
		claims := pastClaims(12+many, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros)
		for i := range claims[0].Strings {
			claims[0].Strings[i] = "later " + claims[0].Strings[i]
			claims[1].Strings[i] = "later " + claims[1].Strings[i]
			if i >= 4 {
				claims[2].Strings[i] = "later " + claims[2].Strings[i]
			}
		}
		claims[2].Strings[4] = claims[2].Strings[0]
		claims[1].Strings[11] = "o00000"
		var table bytes.Buffer
		mustDo(t, parquetio.Write(&table, claims, parquetio.WriteOptions{}))
		mustDo(t, os.WriteFile(filepath.Join(dir, "data/claims.parquet"), table.Bytes(), 0o644))
		results, err := pipeline.Run(context.Background(), pipeline.Waiting(config, shape.waiting), pipeline.RunOptions{From: pastNight, To: pastNight}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := results[0].Summary
		if f := s.Sources[0]; f.Rejected != 1 || f.Issued != int64(11+many) {
			t.Errorf("%+v: %+v", shape, f)
		}
		// 10 for a claim of a new customer; 20, and the 10 of before, for one of the others.
		if want := int64(5*30 + (6+many)*10); len(s.Issued) != 1 || s.Issued[0].Minor != want {
			t.Errorf("%+v: %+v issued, want %d", shape, s.Issued, want)
		}
	}
}
