package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/pipeline/scan"
	"amends/pipeline/state"
)

// A night on which rows wait in many small crowds, each with the dimension's rows
// of its own keys, is the night on which all wait together.
func TestCrowdsOfWaitingRowsChangeNothing(t *testing.T) {
	t.Parallel()
	const rows = 9000
	claims := pastClaims(rows, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros)
	customers := []parquetio.Column{{Name: "customer_id", Type: parquetio.String}, {Name: "points", Type: parquetio.Int64}}
	want := int64(0) // 0.01 of 10.00, for each point
	for i := range rows + 500 {
		if i%50 == 0 {
			continue // is not there, and has no points
		}
		customers[0].Strings = append(customers[0].Strings, fmt.Sprintf("k%05d", i))
		customers[1].Ints = append(customers[1].Ints, int64(i%7))
		if i < rows {
			want += 10 * int64(i%7)
		}
	}
	var published map[string]string
	for _, shape := range []struct{ waiting, workers int }{{0, 1}, {1, 1}, {1, 2}, {3000, 2}} {
		var claimsFile, customersFile bytes.Buffer
		mustDo(t, parquetio.Write(&claimsFile, claims, parquetio.WriteOptions{RowGroupRows: 1500}))
		mustDo(t, parquetio.Write(&customersFile, customers, parquetio.WriteOptions{}))
		dir := t.TempDir()
		writePast(t, dir, claimsFile.Bytes())
		for name, content := range map[string]string{
			"data/customers.parquet": customersFile.String(),
			"amends.yaml":            pastWorkspace + "  customers: {files: data/customers.parquet, dimension: {as: customer, key: customer_id, on: customer_id}}\n",
			"rules/r.yaml":           strings.Replace(pastRules, "0.1 * paid", "0.01 * paid * (customer.points ?? 0)", 1),
		} {
			mustDo(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
		}
		config := pipeline.Waiting(pipeline.Config{Dir: dir, Workers: shape.workers}, shape.waiting)
		config = pipeline.PuttingAside(config, shape.waiting) // the smaller, the more
		results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: pastNight, To: pastNight}, nil)
		mustDo(t, err)
		if s := results[0].Summary; len(s.Issued) != 1 || s.Issued[0].Minor != want {
			t.Errorf("%+v: %+v issued, want %d", shape, s.Issued, want)
		}
		files, err := demoTree(results[0].Dir)
		mustDo(t, err)
		got := map[string]string{}
		for name, content := range files {
			got[name] = string(content)
		}
		if published == nil {
			published = got
		} else if !maps.Equal(published, got) {
			t.Errorf("%+v: other files than where all rows wait together", shape)
		}
	}
}

// A dimension's files that are read once more must be what they were.
func TestDimensionsReadTwiceAreTheSame(t *testing.T) {
	t.Parallel()
	first := []state.Input{{Path: "data/customers.parquet", SHA256: "aa", Rows: 2}}
	if err := pipeline.ReadTwice(first, []state.Input{first[0]}); err != nil {
		t.Error(err)
	}
	second := []state.Input{first[0]}
	second[0].SHA256 = "bb"
	if err := pipeline.ReadTwice(first, second); !errors.Is(err, scan.ErrFileChanged) || !strings.Contains(err.Error(), "data/customers.parquet") {
		t.Errorf("error %v", err)
	}
}
