package pipeline_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// olistData is where the real orders lie beside the repository; their licence
// keeps them out of it.
const olistData = "../../shared/data/olist"

// olistWorkspace copies samples/olist to a folder of the test's, pointed at the
// data, or skips.
func olistWorkspace(t *testing.T) *demo {
	t.Helper()
	data, err := filepath.Abs(filepath.FromSlash(olistData))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err != nil {
		t.Skipf("no real orders here: %s is absent; its licence keeps it out of the repository", olistData)
	}
	w := &demo{t: t, dir: t.TempDir()}
	files, err := demoTree(filepath.FromSlash("../samples/olist"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if name == "amends.yaml" || strings.HasPrefix(name, "rules/") {
			w.put(name, content)
		}
	}
	w.replace("amends.yaml", "../../../shared/data/olist", filepath.ToSlash(data))
	return w
}

// olistOrder is one order as the test itself reads it.
type olistOrder struct {
	band      string // of lateness, "" where it was not late
	cents     int64
	delivered calendar.Date
}

// olistOrders reads the orders that came late, by their calendar days.
func olistOrders(t *testing.T) map[string]olistOrder {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(olistData + "/orders.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	reader := bytes.NewReader(content)
	columns, err := parquetio.ReadTable(reader, int64(len(content)),
		[]string{"order_id", "order_status", "order_estimated_delivery_date", "order_delivered_customer_date"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquetio.Open(reader, int64(len(content)), parquetio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at, _ := file.Field("price")
	if f := file.Fields()[at]; f.Storage != parquetio.Stored64 || f.Kind != ir.Decimal || f.Scale != 2 {
		t.Fatalf("prices are %s, not cents", f.Detail)
	}
	prices := demoDecimals(t, file, at)
	ids, status, promised, delivered := columns[0], columns[1], columns[2], columns[3]
	late := map[string]olistOrder{}
	for i, id := range ids.Strings {
		if status.Strings[i] != "delivered" || delivered.Null(i) {
			continue
		}
		o := olistOrder{cents: prices.Ints[i], delivered: calendar.LocalDate(delivered.Ints[i])}
		switch days := o.delivered - calendar.LocalDate(promised.Ints[i]); {
		case days < 1:
			continue
		case days <= 3:
			o.band = "late-1-3"
		case days <= 7:
			o.band = "late-4-7"
		case days <= 14:
			o.band = "late-8-14"
		default:
			o.band = "late-over-14"
		}
		late[id] = o
	}
	return late
}

// olistFacts were counted apart from this project: orders and cents by band.
var olistFacts = map[string][2]int64{
	"late-1-3": {100, 1_234_310}, "late-4-7": {87, 1_457_224}, "late-8-14": {79, 1_120_701}, "late-over-14": {76, 1_125_793},
}

// Every order that came late, and no other, is decided under the rule of its
// band. With CI or AMENDS_OLIST set that is all nights of two years, otherwise
// sixty.
func TestLateOrdersOfARealMarketplace(t *testing.T) {
	t.Parallel()
	w := olistWorkspace(t)
	from, to := olistDate(t, "2018-02-01"), olistDate(t, "2018-04-01")
	whole := !testing.Short() && (os.Getenv("AMENDS_OLIST") == "1" || os.Getenv("CI") == "true")
	if whole {
		from, to = olistDate(t, "2016-10-13"), olistDate(t, "2018-12-31")
	}
	want, facts := map[string]string{}, map[string][2]int64{}
	orders := olistOrders(t)
	for id, o := range orders {
		facts[o.band] = [2]int64{facts[o.band][0] + 1, facts[o.band][1] + o.cents}
		if o.delivered >= from-3 && o.delivered <= to { // the first night looks three days back
			want[id] = o.band
		}
	}
	if !maps.Equal(facts, olistFacts) {
		t.Fatalf("late orders by band %v, the facts are %v", facts, olistFacts)
	}
	results, err := pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{From: from, To: to}, nil)
	if err != nil {
		t.Fatal(demoMessage(err))
	}
	if nights := int(to-from) + 1; len(results) != nights {
		t.Errorf("%d nights ran, want %d", len(results), nights)
	}
	got := map[string]string{}
	issued := map[string]int{}
	var worth int64
	for _, r := range results {
		for _, d := range demoOutput(w, r.Date, publish.DecisionsFile, publish.ReadDecisions) {
			band := slices.IndexFunc(d.MatchedRules, func(rule string) bool { return strings.HasPrefix(rule, "late-") })
			if d.Source == "orders" && band >= 0 {
				if _, seen := got[d.EventID]; !seen {
					worth += orders[d.EventID].cents
				}
				got[d.EventID] = d.MatchedRules[band]
			}
		}
		for _, c := range demoOutput(w, r.Date, publish.IssuanceFile, publish.ReadIssuance) {
			issued[c.IncidentID]++
		}
		if rejects := demoOutput(w, r.Date, publish.RejectsFile, publish.ReadRejects); len(rejects) > 0 {
			t.Errorf("%s: %d rejects, the first %+v", r.Date, len(rejects), rejects[0])
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d late orders were decided, want %d", len(got), len(want))
	}
	if whole && (len(got) != 342 || worth != 4_938_028) {
		t.Errorf("%d late orders worth %d cents, the facts are 342 and 4,938,028", len(got), worth)
	}
	for incident, times := range issued {
		if times > 1 {
			t.Errorf("incident %s was paid %d times", incident, times)
		}
	}
	if len(issued) == 0 {
		t.Error("nobody got anything")
	}
	result := w.verify(pipeline.VerifyOptions{Replay: to, HasReplay: true})
	if result.Runs != len(results) || result.Credits != int64(len(issued)) {
		t.Errorf("verify saw %d runs and %d credits, want %d and %d", result.Runs, result.Credits, len(results), len(issued))
	}
}

func olistDate(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
