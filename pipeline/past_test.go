package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// pastWorkspace has one growing table. A claim without a day of its own is
// closed a day after it was opened.
const pastWorkspace = `timezone: America/New_York
state: state
rules: rules
horizon_days: 10
currencies: [USD]
sources:
  claims:
    files: data/claims.parquet
    lookback_days: 2
    event: {id: claim_id, version: version, incident: [claim_id], order: order_id, customer: customer_id,
      since: opened_at, at: "closed_at ?? (opened_at + hours(24))", value: paid}
    currency: USD
    money: {paid: minor}
    nullable: [closed_at]
`

const pastRules = `terms: {short: {valid_days: 9}}
rules:
  - {id: bad, on: claims, when: kind == "bad", amount: 0.1 * paid, reason: BAD, terms: short}
`

// pastNight is the night, and the days before it on which claims were opened.
const (
	pastNight = calendar.Date(20_500)
	pastDays  = 8
)

// writePast writes the workspace into a folder.
func writePast(t failer, dir string, table []byte) {
	for name, content := range map[string][]byte{"amends.yaml": []byte(pastWorkspace), "rules/r.yaml": []byte(pastRules), "data/claims.parquet": table} {
		path := filepath.Join(dir, name)
		mustDo(t, os.MkdirAll(filepath.Dir(path), 0o755))
		mustDo(t, os.WriteFile(path, content, 0o644))
	}
}

// drawPast draws a table that mostly stands in the order of its days: claims of
// several versions, some of them far apart, and rows with any part missing.
func drawPast(t *rapid.T) []parquetio.Column {
	rows := rapid.IntRange(1, 60).Draw(t, "rows")
	c := []parquetio.Column{
		{Name: "claim_id", Type: parquetio.String, Optional: true}, {Name: "order_id", Type: parquetio.String},
		{Name: "customer_id", Type: parquetio.String, Optional: true}, {Name: "kind", Type: parquetio.String},
		{Name: "version", Type: parquetio.Int64, Optional: true}, {Name: "paid", Type: parquetio.Int64},
		{Name: "opened_at", Type: parquetio.Timestamp, Optional: true}, {Name: "closed_at", Type: parquetio.LocalTimestamp, Optional: true},
	}
	often := func(what string, of int) bool { return rapid.IntRange(0, of).Draw(t, what) > 0 }
	for row := range rows {
		day := int64(pastNight) - pastDays + int64(row*(pastDays+1)/rows)
		if !often("moved", 9) {
			day = int64(pastNight) - int64(rapid.IntRange(-1, pastDays+9).Draw(t, "day"))
		}
		hour := int64(3_600_000_000)
		opened := day*24*hour + int64(rapid.IntRange(0, 23).Draw(t, "hour"))*hour
		id := row
		if rapid.IntRange(0, 3).Draw(t, "again") == 0 {
			id = rapid.IntRange(0, rows-1).Draw(t, "of")
		}
		kind := rapid.SampledFrom([]string{"bad", "good", "good"}).Draw(t, "kind")
		for i, text := range []string{fmt.Sprintf("c%04d", id), fmt.Sprintf("o%04d", id), fmt.Sprintf("k%d", id%5), kind} {
			c[i].Strings = append(c[i].Strings, text)
		}
		for i, v := range []int64{int64(rapid.IntRange(1, 3).Draw(t, "version")), 1000 + int64(id), opened, opened + int64(rapid.IntRange(-1, 40).Draw(t, "open"))*hour} {
			c[4+i].Ints = append(c[4+i].Ints, v)
		}
		for i, of := range map[int]int{0: 25, 2: 25, 4: 25, 6: 40, 7: 4} {
			c[i].Valid = append(c[i].Valid, often(fmt.Sprint("valid ", i), of))
		}
	}
	return c
}

// A night that passes over row groups is the night that reads all of them: the
// same files, or the same error.
func TestPassingOverChangesNothing(t *testing.T) {
	t.Parallel()
	issued, older := int64(0), int64(0)
	rapid.Check(t, func(t *rapid.T) {
		var table bytes.Buffer
		mustDo(t, parquetio.Write(&table, drawPast(t), parquetio.WriteOptions{RowGroupRows: rapid.IntRange(1, 12).Draw(t, "group")}))
		var published [2]map[string]string
		for i := range published {
			dir, err := os.MkdirTemp("", "amends-past-")
			mustDo(t, err)
			defer func() { _ = os.RemoveAll(dir) }()
			writePast(t, dir, table.Bytes())
			config := pipeline.Config{Dir: dir, Workers: 1 + i}
			if i == 1 {
				config = pipeline.ReadingAll(config)
			}
			results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: pastNight, To: pastNight}, nil)
			if err != nil {
				t.Fatal(err)
			}
			published[i] = map[string]string{}
			mustDo(t, filepath.WalkDir(results[0].Dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				published[i][strings.TrimPrefix(path, results[0].Dir)] = string(content)
				return err
			}))
			if flow := results[0].Summary.Sources; i == 0 && len(flow) > 0 {
				issued += flow[0].Issued
				older += flow[0].OutOfWindow
			}
		}
		for name, content := range published[1] {
			if published[0][name] != content {
				t.Fatalf("%s differs where row groups were passed over:\n%.600q\nwant\n%.600q", name, published[0][name], content)
			}
		}
	})
	if issued == 0 || older == 0 {
		t.Errorf("%d issued, %d older than the window: the test shows nothing", issued, older)
	}
}

// pastTable has three claims, of three days.
func pastTable(days [3]int64, ids ...string) []parquetio.Column {
	const day = int64(24 * 3_600_000_000)
	return []parquetio.Column{
		{Name: "claim_id", Type: parquetio.String, Strings: ids}, {Name: "order_id", Type: parquetio.String, Strings: []string{"o1", "o2", "o3"}},
		{Name: "customer_id", Type: parquetio.String, Strings: []string{"a", "b", "c"}}, {Name: "kind", Type: parquetio.String, Strings: []string{"bad", "bad", "bad"}},
		{Name: "version", Type: parquetio.Int64, Ints: []int64{1, 1, 1}}, {Name: "paid", Type: parquetio.Int64, Ints: []int64{1000, 1000, 1000}},
		{Name: "opened_at", Type: parquetio.Timestamp, Ints: []int64{(days[0] - 1) * day, days[1] * day, days[2] * day}},
		{Name: "closed_at", Type: parquetio.LocalTimestamp, Optional: true, Ints: []int64{days[0] * day, 0, days[2] * day}, Valid: []bool{true, false, true}},
	}
}

// Old row groups are not read, unless a row of the window may share an incident
// with them: what is broken in them shows only then.
func TestOldRowGroupsAreNotRead(t *testing.T) {
	t.Parallel()
	table := func(ids ...string) []byte {
		c := pastTable([3]int64{int64(pastNight) - 7, int64(pastNight) - 6, int64(pastNight)}, ids...)
		var out bytes.Buffer
		mustDo(t, parquetio.Write(&out, c, parquetio.WriteOptions{RowGroupRows: 2, NoDictionary: true, Codec: parquetio.Uncompressed}))
		content := out.Bytes()
		at := bytes.Index(content, []byte("\x02\x00\x00\x00o1")) // the first group's order_id: its length becomes too long
		content[at] = 200
		return content
	}
	for _, test := range []struct {
		name string
		ids  []string
		all  bool
		want string // part of the error; empty for none
	}{
		{"ids of their own", []string{"c1", "c2", "c3"}, false, ""},
		{"all is read", []string{"c1", "c2", "c3"}, true, "page ends"},
		{"an id that could be of the old group", []string{"c1", "c3", "c2"}, false, "page ends"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writePast(t, dir, table(test.ids...))
			config := pipeline.Config{Dir: dir, Workers: 2}
			if test.all {
				config = pipeline.ReadingAll(config)
			}
			results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: pastNight, To: pastNight}, nil)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("error %v, want one with %q", err, test.want)
				}
				return
			}
			mustDo(t, err)
			flow := results[0].Summary.Sources[0]
			if flow.Read != 3 || flow.OutOfWindow != 2 || flow.Issued != 1 {
				t.Errorf("%+v, want 3 read, 2 out of window, 1 issued", flow)
			}
		})
	}
}

// check --plan names the columns whose statistics are asked.
func TestPlanSaysWhatIsPassedOverBy(t *testing.T) {
	t.Parallel()
	var table bytes.Buffer
	mustDo(t, parquetio.Write(&table, pastTable([3]int64{1, 2, 3}, "c1", "c2", "c3"), parquetio.WriteOptions{}))
	for at, want := range map[string]string{
		`closed_at ?? (opened_at + hours(24))`:                    "closed_at opened_at",
		`min(opened_at, closed_at ?? opened_at)`:                  "opened_at closed_at",
		`version > 1 ? opened_at : opened_at + hours(1)`:          "",
		`opened_at + (kind == "bad" ? hours(1) : hours(2))`:       "",
		`max(opened_at, opened_at + hours(3))`:                    "opened_at",
		`weekday(date(opened_at)) > 5 ? opened_at : opened_at`:    "",
		`opened_at - hours(2)`:                                    "opened_at",
		`closed_at == nil ? opened_at : (closed_at ?? opened_at)`: "",
	} {
		dir := t.TempDir()
		writePast(t, dir, table.Bytes())
		content := strings.Replace(pastWorkspace, "closed_at ?? (opened_at + hours(24))", strings.ReplaceAll(at, `"`, `\"`), 1)
		mustDo(t, os.WriteFile(filepath.Join(dir, "amends.yaml"), []byte(content), 0o644))
		plan, list, err := pipeline.Plan(context.Background(), pipeline.Config{Dir: dir})
		if err != nil || plan == nil {
			t.Errorf("%s: %v %v", at, list, err)
			continue
		}
		got := plan.Sources[0].PassBy
		slices.Sort(got)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: passed over by %v, want %v", at, got, wanted)
		}
	}
}
