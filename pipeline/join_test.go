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
	"amends/pipeline/profile"
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

// Rows that waited too long make a night read the dimensions that they join, and no
// others; where none wait in the end, none is read once more.
func TestCrowdsReadWhatTheyJoin(t *testing.T) {
	t.Parallel()
	const rows = 3000
	table := func(columns []parquetio.Column, options parquetio.WriteOptions) string {
		var out bytes.Buffer
		mustDo(t, parquetio.Write(&out, columns, options))
		return out.String()
	}
	points := func(key string) []parquetio.Column {
		return []parquetio.Column{
			{Name: key, Type: parquetio.String, Strings: []string{"k00000", "o00000"}}, {Name: "points", Type: parquetio.Int64, Ints: []int64{1, 1}},
		}
	}
	dir := t.TempDir()
	writePast(t, dir, []byte(table(pastClaims(rows, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros), parquetio.WriteOptions{RowGroupRows: 500})))
	losses := strings.ReplaceAll(pastWorkspace[strings.Index(pastWorkspace, "  claims:"):], "claims", "losses")
	for name, content := range map[string]string{
		"data/losses.parquet":    table(pastClaims(1, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros), parquetio.WriteOptions{}),
		"data/customers.parquet": table(points("customer_id"), parquetio.WriteOptions{}),
		"data/orders.parquet":    table(points("order_id"), parquetio.WriteOptions{}),
		"amends.yaml": pastWorkspace + losses +
			"  customers: {files: data/customers.parquet, dimension: {as: customer, key: customer_id, on: customer_id, required: false}}\n" +
			"  orders: {files: data/orders.parquet, dimension: {as: order, key: order_id, on: order_id, required: false}}\n",
		"rules/r.yaml": strings.Replace(pastRules, "0.1 * paid", "0.01 * paid * (customer.points ?? 0)", 1) +
			"  - {id: lost, on: losses, when: kind == \"bad\", amount: 0.01 * paid * (order.points ?? 0), reason: BAD, terms: short}\n",
	} {
		mustDo(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	recorder := profile.New()
	config := pipeline.Waiting(pipeline.Config{Dir: dir, Workers: 1, BatchRows: 500, Profile: recorder}, 1)
	_, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: pastNight, To: pastNight}, nil)
	mustDo(t, err)
	read := map[string]int64{}
	for _, stage := range recorder.Result().Stages {
		for _, work := range stage.Work {
			read[work.Name] += work.Times
		}
	}
	// Claims come in crowds; the one loss is none, and is joined in the end.
	if crowds, customers, orders := read["rows that waited"], read["digest of customers"], read["digest of orders"]; crowds < 2 || customers != crowds || orders != 1 {
		t.Errorf("%d crowds read customers %d times and orders %d times", crowds, customers, orders)
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
