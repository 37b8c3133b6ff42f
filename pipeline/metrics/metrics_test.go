package metrics_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/metrics"
	"amends/samples"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// bent makes every outage a rejected row, and holds what is worth a third of
// what the demo holds.
var bent = map[string][2]string{
	"service.yaml": {"minutes_out >= 60", "60 / (minutes_out - minutes_out) >= 60"},
	"limits.yaml":  {"when: amount > caps.review_above", "when: 3 * amount > caps.review_above"},
}

// workspace is a demo with other rules and some nights settled.
func workspace(t *testing.T, nights int) pipeline.Config {
	t.Helper()
	c := pipeline.Config{Dir: t.TempDir()}
	g, err := samples.New(samples.Options{Dir: c.Dir, Deliveries: 20000, Nights: 45, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.WriteWorkspace(); err != nil {
		t.Fatal(err)
	}
	for name, change := range bent {
		name = filepath.Join(c.Dir, "rules", name)
		content, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(content), change[0]) {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(content), change[0], change[1])), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dates := g.Nights()[:nights]
	for _, date := range dates {
		if err := g.WriteNight(date, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pipeline.Run(context.Background(), c, pipeline.RunOptions{From: dates[0], To: dates[nights-1]}, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// series are the values of a registry by name{label="value",…}.
func series(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			name := f.GetName()
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			values[name] = m.GetGauge().GetValue()
		}
	}
	return values
}

// published is what the test reads of summary.json by itself.
type published struct {
	Sources     []map[string]any `json:"sources"`
	Rejects     []map[string]any `json:"rejects"`
	Issued      []map[string]any `json:"issued"`
	Held        []map[string]any `json:"held"`
	RollForward []map[string]any `json:"roll_forward"`
	HoldFlow    map[string]int64 `json:"hold_flow"`
}

// perUnit is how many minor units the currencies of the demo have.
var perUnit = map[string]float64{"USD": 100, "EUR": 100, "GBP": 100, "JPY": 1}

func TestMetricsAreWhatIsPublished(t *testing.T) {
	t.Parallel()
	c := workspace(t, 8) // 2026-01-05 to 2026-01-12
	ended := time.Date(2026, 1, 15, 12, 0, 0, 500_000_000, time.UTC)
	registry, err := metrics.Registry(context.Background(), pipeline.NewReader(c), metrics.Observed{Ended: ended, Duration: 1500 * time.Millisecond, Succeeded: ended}, ended)
	if err != nil {
		t.Fatal(err)
	}
	got := series(t, registry)
	content, err := os.ReadFile(filepath.Join(c.Dir, "state", "runs", "2026-01-12", "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p published
	if err := json.Unmarshal(content, &p); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"amends_up": 1, "amends_last_run_failed": 0, "amends_last_run_duration_seconds": 1.5, "amends_nights": 8,
		"amends_last_run_completion_timestamp_seconds": 1768478400.5, "amends_last_success_completion_timestamp_seconds": 1768478400.5,
		"amends_last_success_business_date_timestamp_seconds": float64(time.Date(2026, 1, 13, 5, 0, 0, 0, time.UTC).Unix()), // midnight in New York
		"amends_missed_dates": 2, "amends_requests_waiting": 0,
	}
	issued, held := map[string]float64{}, map[string]float64{}
	for _, l := range p.Issued {
		issued[l["currency"].(string)] += l["minor"].(float64)
	}
	for _, l := range p.Held {
		held[l["currency"].(string)] += l["minor"].(float64)
	}
	for _, l := range p.RollForward {
		currency := l["currency"].(string)
		want["amends_outstanding_liability{currency="+currency+"}"] = l["closing"].(float64) / perUnit[currency]
		want["amends_night_amount{currency="+currency+",outcome=issued}"] = issued[currency] / perUnit[currency]
		want["amends_night_amount{currency="+currency+",outcome=held}"] = held[currency] / perUnit[currency]
	}
	for _, s := range p.Sources {
		for outcome, rows := range s {
			if outcome != "source" && outcome != "read" {
				want["amends_night_rows{outcome="+outcome+",source="+s["source"].(string)+"}"] = rows.(float64)
			}
		}
	}
	for _, l := range p.Rejects {
		want["amends_night_rejected_rows{code="+l["code"].(string)+",source="+l["source"].(string)+"}"] = l["count"].(float64)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, ok := got[name]; !ok || value != want[name] {
			t.Errorf("%s is %v (there: %v), want %v", name, value, ok, want[name])
		}
	}
	waiting := 0.0
	for name, value := range got {
		if strings.HasPrefix(name, "amends_holds_waiting{") {
			waiting += value
		}
	}
	if len(p.Issued) == 0 || len(p.Held) == 0 || len(p.Rejects) == 0 || p.HoldFlow["closing"] == 0 {
		t.Errorf("the night of the test lacks something: %+v", p)
	}
	if waiting != float64(p.HoldFlow["closing"]) {
		t.Errorf("%v wait, want %d", waiting, p.HoldFlow["closing"])
	}
	if age := got["amends_holds_oldest_age_seconds"]; age < 0 || age > 7*86400 || int64(age)%86400 != 0 {
		t.Errorf("the oldest waits %v seconds", age)
	}
	documented(t, registry)
	lint(t, registry)
}

// documented holds the table of README.md against a registry that has every
// metric.
func documented(t *testing.T, registry *prometheus.Registry) {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); strings.HasPrefix(line, "| `amends_") {
			labels := strings.Split(strings.ReplaceAll(strings.TrimSpace(cells[2]), "`", ""), ", ")
			slices.Sort(labels)
			rows[strings.Trim(strings.TrimSpace(cells[1]), "`")] = strings.Join(labels, ",") + ": " + strings.TrimSpace(cells[3])
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		written[f.GetName()] = strings.Join(labels, ",") + ": " + f.GetHelp()
	}
	for name := range maps.Keys(rows) {
		if rows[name] != written[name] {
			t.Errorf("README.md says of %s %q, and it is %q", name, rows[name], written[name])
		}
	}
	for name := range maps.Keys(written) {
		if _, ok := rows[name]; !ok {
			t.Errorf("README.md lacks %s", name)
		}
	}
}

func lint(t *testing.T, registry *prometheus.Registry) {
	t.Helper()
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
}

func TestMetricsOfAWorkspaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	ended := time.Unix(1_768_478_400, 0)
	registry, err := metrics.Registry(context.Background(), pipeline.NewReader(pipeline.Config{Dir: t.TempDir()}), metrics.Observed{Ended: ended, Failed: true}, ended)
	if err == nil {
		t.Error("a folder without a workspace is no error")
	}
	want := map[string]float64{"amends_up": 0, "amends_last_run_failed": 1, "amends_last_run_duration_seconds": 0, "amends_last_run_completion_timestamp_seconds": 1_768_478_400}
	if got := series(t, registry); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	lint(t, registry)
}

func TestMetricsBeforeTheFirstNight(t *testing.T) {
	t.Parallel()
	c := pipeline.Config{Dir: t.TempDir()}
	g, err := samples.New(samples.Options{Dir: c.Dir, Deliveries: 100, Nights: 2, Seed: 1})
	if err == nil {
		err = g.WriteWorkspace()
	}
	if err != nil {
		t.Fatal(err)
	}
	registry, err := metrics.Registry(context.Background(), pipeline.NewReader(c), metrics.Observed{}, time.Unix(1_768_478_400, 0))
	if err != nil {
		t.Fatal(err)
	}
	got := series(t, registry)
	if got["amends_up"] != 1 || got["amends_nights"] != 0 {
		t.Errorf("%v", got)
	}
	for name := range got {
		if strings.Contains(name, "_last_") || strings.HasPrefix(name, "amends_night_") {
			t.Errorf("%s before the first night", name)
		}
	}
}

// countingFS counts the files that are read.
type countingFS struct {
	durable.FS
	reads atomic.Int64
}

// ReadFile implements durable.FS.
func (f *countingFS) ReadFile(path string) ([]byte, error) {
	f.reads.Add(1)
	return f.FS.ReadFile(path)
}

func TestHandlerAnswersWithTheStateOfNow(t *testing.T) {
	t.Parallel()
	c := workspace(t, 3)
	counting := &countingFS{FS: durable.OS{}}
	c.FS = counting
	failed := false
	handler := metrics.Handler(pipeline.NewReader(c), func() metrics.Observed { return metrics.Observed{Ended: time.Unix(1, 0), Failed: failed} })
	scrape := func() string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if w.Code != 200 {
			t.Errorf("status %d", w.Code)
		}
		return w.Body.String()
	}
	if body := scrape(); !strings.Contains(body, "\namends_nights 3\n") || !strings.Contains(body, "\namends_last_run_failed 0\n") {
		t.Errorf("%s", body)
	}
	// The last manifest and its summary: what a scrape costs does not grow with the ledger's age.
	if counting.reads.Store(0); scrape() == "" || counting.reads.Load() != 2 {
		t.Errorf("the second scrape reads %d files of the state, want 2", counting.reads.Load())
	}
	failed = true
	if err := os.Remove(filepath.Join(c.Dir, "amends.yaml")); err != nil {
		t.Fatal(err)
	}
	if body := scrape(); !strings.Contains(body, "\namends_up 0\n") || !strings.Contains(body, "\namends_last_run_failed 1\n") {
		t.Errorf("%s", body)
	}
}

func TestMetricsFileIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "amends.prom")
	for _, failed := range []bool{true, false} {
		registry, _ := metrics.Registry(context.Background(), pipeline.NewReader(pipeline.Config{Dir: dir}), metrics.Observed{Ended: time.Unix(1, 0), Failed: failed}, time.Unix(1, 0))
		if err := metrics.WriteFile(file, registry); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), "\namends_last_run_failed 0\n") {
		t.Errorf("%v: %s", err, content)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left beside it: %v", entries)
	}
	if err := metrics.WriteFile(filepath.Join(dir, "nowhere", "amends.prom"), prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
