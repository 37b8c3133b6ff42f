package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

const dayMicros = int64(24 * 3_600_000_000)

// pastClaims are so many claims of the kind that is paid, opened and closed on
// these days, of version one.
func pastClaims(rows int, opened, closed int64) []parquetio.Column {
	c := []parquetio.Column{
		{Name: "claim_id", Type: parquetio.String}, {Name: "order_id", Type: parquetio.String}, {Name: "customer_id", Type: parquetio.String}, {Name: "kind", Type: parquetio.String},
		{Name: "version", Type: parquetio.Int64}, {Name: "paid", Type: parquetio.Int64}, {Name: "opened_at", Type: parquetio.Timestamp}, {Name: "closed_at", Type: parquetio.LocalTimestamp, Optional: true},
	}
	for row := range rows {
		for i, text := range []string{fmt.Sprintf("c%05d", row), fmt.Sprintf("o%05d", row), fmt.Sprintf("k%05d", row), "bad"} {
			c[i].Strings = append(c[i].Strings, text)
		}
		for i, v := range []int64{1, 1000, opened, closed} {
			c[4+i].Ints = append(c[4+i].Ints, v)
		}
		c[7].Valid = append(c[7].Valid, true)
	}
	return c
}

// writeClaims writes the workspace of one growing table with these claims.
func writeClaims(t *testing.T, claims []parquetio.Column) (dir string) {
	t.Helper()
	var table bytes.Buffer
	mustDo(t, parquetio.Write(&table, claims, parquetio.WriteOptions{}))
	dir = t.TempDir()
	writePast(t, dir, table.Bytes())
	return dir
}

// issuedOn runs a night and returns how many claims got a credit.
func issuedOn(t *testing.T, config pipeline.Config, date calendar.Date) (int64, error) {
	t.Helper()
	results, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: date, To: date, SkipTo: true}, nil)
	if err != nil {
		return 0, err
	}
	return results[0].Summary.Sources[0].Issued, nil
}

// A duration that a column counts is as long as its unit says, also where a row
// group's bounds are asked whether they lie before the window.
func TestDurationsOfColumnsAreNotMicroseconds(t *testing.T) {
	t.Parallel()
	for at, count := range map[string]int64{
		"opened_at + hours(version)": 96, "opened_at + days(version)": 4, "opened_at - hours(-version)": 96, "opened_at + hours(abs(version))": 96,
	} {
		claims := pastClaims(3, (int64(pastNight)-4)*dayMicros+dayMicros/2, 0)
		for i := range claims[4].Ints {
			claims[4].Ints[i] = count
		}
		dir := writeClaims(t, claims)
		content := strings.Replace(pastWorkspace, "closed_at ?? (opened_at + hours(24))", at, 1)
		mustDo(t, os.WriteFile(filepath.Join(dir, "amends.yaml"), []byte(content), 0o644))
		if got, err := issuedOn(t, pipeline.Config{Dir: dir, Workers: 1}, pastNight); err != nil || got != 3 {
			t.Errorf("at: %s: %d issued of 3, %v", at, got, err)
		}
	}
}

// Rows wait to be looked at in memory that is used again: nulls of the first
// look are not looked for in the second.
func TestNullsOfOneLookEndWithIt(t *testing.T) {
	t.Parallel()
	const rows = 9000 // several looks
	claims := pastClaims(rows, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros)
	for i := range 100 {
		claims[7].Valid[i] = false // closed a day after it was opened
	}
	if got, err := issuedOn(t, pipeline.Config{Dir: writeClaims(t, claims), Workers: 1}, pastNight); err != nil || got != rows {
		t.Errorf("%d issued of %d, %v", got, rows, err)
	}
}

// How far back history is read follows from the rules' text, so a window that
// the text does not show plainly is refused.
func TestAHiddenWindowOfHistoryIsRefused(t *testing.T) {
	t.Parallel()
	for call, wants := range map[string]string{
		"credits(9)": "", "credits(40)": "looks 40 days back", "credits((40))": "write it as credits(40)", "credits(4_0)": "write it as credits(40)",
		"credits(/* days */ 40)": "write it as credits(40)", "credits(0000040)": "write it as credits(40)", "credits((9))": "write it as credits(9)",
	} {
		dir := writeClaims(t, pastClaims(1, (int64(pastNight)-1)*dayMicros, int64(pastNight)*dayMicros))
		rule := strings.Replace(pastRules, `kind == "bad"`, `kind == "bad" and `+call+` == 0`, 1)
		mustDo(t, os.WriteFile(filepath.Join(dir, "rules/r.yaml"), []byte(rule), 0o644))
		_, err := issuedOn(t, pipeline.Config{Dir: dir, Workers: 1}, pastNight)
		if (err == nil) != (wants == "") || err != nil && !strings.Contains(err.Error(), wants) {
			t.Errorf("%s: %v, want %q", call, err, wants)
		}
	}
}
