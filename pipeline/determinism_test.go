package pipeline_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// demoBadRows gives two nights a row of each kind that is rejected, one of them
// twice, so that rejects have something to be compared by.
func (w *demo) demoBadRows() {
	w.t.Helper()
	for _, night := range []calendar.Date{demoFirst + 2, demoFirst + 6} {
		name := demoFile("deliveries", night, "part-0.parquet")
		good := w.table(name)
		t := good.pick(append(demoRows(good), 0, 1, 2, 3, 3, 4)...)
		at := good.rows()
		id := t.column("delivery_id")
		for i := range 6 {
			id.Strings[at+i] = fmt.Sprintf("bad-%d", i)
		}
		t.null("customer_id", at)
		t.column("currency").Strings[at+1] = "ZZZ"
		t.column("item_price").Ints[at+2] = -5
		id.Strings[at+4] = "bad-3" // differs from bad-3 in its version's company only
		t.column("item_price").Ints[at+4]++
		t.column("zone").Strings[at+5] = "Mars/Olympus"
		w.write(name, t, parquetio.WriteOptions{})
	}
}

// shape is how the same rows can lie in files.
type shape struct {
	shuffle   bool
	parts     int // files that each file of a night becomes
	reverse   bool
	options   parquetio.WriteOptions
	workers   int
	batchRows int
}

func (s shape) String() string {
	return fmt.Sprintf("shuffle=%v parts=%d codec=%d group=%d v2=%v plain=%v workers=%d batch=%d",
		s.shuffle, s.parts, s.options.Codec, s.options.RowGroupRows, s.options.PageV2, s.options.NoDictionary, s.workers, s.batchRows)
}

// reshape rewrites every data file. The one file of customers stays one.
func (w *demo) reshape(s shape, seed uint64) {
	w.t.Helper()
	files, err := demoTree(w.path("data"))
	if err != nil {
		w.t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, short := range names {
		name := "data/" + short
		t := w.table(name)
		rows := demoRows(t)
		if s.shuffle {
			random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		}
		if s.parts < 2 || !strings.Contains(name, "dt=") {
			w.write(name, t.pick(rows...), s.options)
			continue
		}
		w.remove(name)
		base := strings.TrimSuffix(filepath.Base(name), ".parquet")
		for part := range s.parts {
			from, to := len(rows)*part/s.parts, len(rows)*(part+1)/s.parts
			label := part
			if s.reverse {
				label = s.parts - part
			}
			w.write(filepath.ToSlash(filepath.Dir(name))+fmt.Sprintf("/%d-%s.parquet", label, base), t.pick(rows[from:to]...), s.options)
		}
	}
}

// demoPublished is what a run published, with what may differ between shapes of
// the same rows left out: input digests and places.
func demoPublished(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := demoTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, content := range files {
		switch name {
		case "manifest.json":
			out[name] = demoManifest(t, content)
		case publish.RejectsFile:
			rows := demoDecode(t, content, publish.ReadRejects)
			for i := range rows {
				rows[i].File, rows[i].RowGroup, rows[i].Row = "", 0, 0
			}
			slices.SortFunc(rows, func(a, b publish.Reject) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			out[name] = fmt.Sprintf("%+v", rows)
		case publish.RedemptionsFile:
			rows := demoDecode(t, content, publish.ReadRedemptions)
			for i := range rows {
				rows[i].File, rows[i].RowGroup, rows[i].Row = "", 0, 0
			}
			slices.SortFunc(rows, func(a, b publish.Redemption) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			out[name] = fmt.Sprintf("%+v", rows)
		case publish.ReportFile: // shows the places of some rejects
			out[name] = demoRejectPlace.ReplaceAllString(string(content), "<td>a place</td>")
		default:
			out[name] = string(content)
		}
	}
	return out
}

// demoRejectPlace is where a rejected row stands, as report.html shows it.
var demoRejectPlace = regexp.MustCompile(`<td><code>data/[^<]*\.parquet</code></td><td class="figures">[0-9,]+</td>`)

func demoDecode[R any](t *testing.T, content []byte, read func(io.ReaderAt, int64) ([]R, error)) []R {
	t.Helper()
	rows, err := read(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func demoManifest(t *testing.T, content []byte) string {
	t.Helper()
	m, err := state.DecodeManifest(content)
	if err != nil {
		t.Fatal(err)
	}
	m.PreviousSHA256, m.DryRun = "", false
	rows := map[string]int64{}
	for _, in := range m.Inputs {
		rows[in.Source] += in.Rows
	}
	m.Inputs = nil
	for i, o := range m.Outputs {
		if slices.Contains([]string{publish.RejectsFile, publish.RedemptionsFile, publish.ReportFile}, o.Name) { // they hold places
			m.Outputs[i].SHA256, m.Outputs[i].Size, m.Outputs[i].IDHashTotal = "", 0, ""
		}
	}
	encoded, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded) + fmt.Sprint("\ninput rows ", rows)
}

func demoSame(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			at := 0
			for at < min(len(want[name]), len(got[name])) && want[name][at] == got[name][at] {
				at++
			}
			from := max(0, at-120)
			t.Errorf("%s: %s differs at byte %d:\n%.240q\nwant\n%.240q", what, name, at, got[name][min(from, len(got[name])):], want[name][from:])
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			t.Errorf("%s: %s was not published before", what, name)
		}
	}
}

// What hashes begin with is drawn anew for each run, and changes no byte.
func TestSeedsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	var want map[string]string
	for _, seed := range []uint64{1, 0xFEDC_BA98_7654_3210} {
		w := newDemo(t)
		w.demoBadRows()
		results, err := pipeline.Run(context.Background(), pipeline.Seeded(w.config(), seed), pipeline.RunOptions{From: demoFirst, To: demoFirst + 3}, nil)
		if err != nil || len(results) != 4 {
			t.Fatalf("seed %d: %d nights, %v", seed, len(results), err)
		}
		tree := map[string]string{}
		for name, content := range got(demoTree(w.path("state/runs")))(t) {
			tree[name] = string(content)
		}
		if want == nil {
			want = tree
			continue
		}
		demoSame(t, "another seed", want, tree)
	}
}

// The same rows, however they lie in files and on however many cores, give the
// same bytes in every published file; and every night replays bit for bit.
func TestSameRowsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	shapes := []shape{
		{shuffle: true, workers: 8, batchRows: 3},
		{parts: 3, reverse: true, workers: 2, options: parquetio.WriteOptions{Codec: parquetio.Snappy, RowGroupRows: 7}},
		{shuffle: true, parts: 2, workers: 5, batchRows: 1, options: parquetio.WriteOptions{Codec: parquetio.Gzip, PageV2: true, DataPageBytes: 256}},
		{shuffle: true, parts: 5, reverse: true, workers: 3, batchRows: 4096,
			options: parquetio.WriteOptions{Codec: parquetio.Uncompressed, NoDictionary: true, RowGroupRows: 64}},
	}
	if testing.Short() {
		shapes = shapes[2:3]
	}
	plain := newDemo(t)
	plain.demoBadRows()
	config := plain.config()
	config.Workers, config.BatchRows = 1, 4096
	demoRunAll(t, config)
	want := map[calendar.Date]map[string]string{}
	for night := range demoNightsOf {
		want[night] = demoPublished(t, plain.path("state/runs/"+night.String()))
	}
	demoHasEverything(t, plain)
	for i, s := range shapes {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			w := newDemo(t)
			w.demoBadRows()
			w.reshape(s, uint64(i))
			config := w.config()
			config.Workers, config.BatchRows = s.workers, s.batchRows
			demoRunAll(t, config)
			for night := range demoNightsOf {
				demoSame(t, night.String(), want[night], demoPublished(t, w.path("state/runs/"+night.String())))
				if t.Failed() {
					return // later nights stand on this one
				}
			}
			if i == 0 {
				w.verify(pipeline.VerifyOptions{ReplayAll: true})
			}
		})
	}
}

func demoRunAll(t *testing.T, config pipeline.Config) {
	t.Helper()
	if _, err := pipeline.Run(context.Background(), config, pipeline.RunOptions{From: demoFirst, To: demoLast}, nil); err != nil {
		t.Fatal(demoMessage(err))
	}
}

// demoHasEverything makes sure that the nights which are compared are worth it.
func demoHasEverything(t *testing.T, w *demo) {
	t.Helper()
	rows := map[string]int64{}
	for _, m := range manifestsOf(t, w.chain()) {
		for _, o := range m.Outputs {
			rows[o.Name] += o.Rows
		}
	}
	for _, name := range []string{
		publish.IssuanceFile, publish.ForfeitureFile, publish.AdjustmentsFile, publish.HeldFile, publish.DecisionsFile,
		publish.RejectsFile, publish.ExpiringFile, publish.RedemptionsFile, publish.PostingsFile, publish.OpenFile,
	} {
		if rows[name] == 0 {
			t.Errorf("no night has a row in %s: the demo shows too little to compare", name)
		}
	}
}

// Each replay gives the committed bytes on another number of cores as well, and
// a night whose input has other bytes since is said not to be replayable.
func TestReplayOfEveryNight(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	config := w.config()
	config.Workers, config.BatchRows = 7, 5
	result, err := pipeline.Verify(context.Background(), config, pipeline.VerifyOptions{ReplayAll: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) > 0 || len(result.Replayed) != demoNights {
		t.Fatalf("%d of %d nights replayed, findings %v", len(result.Replayed), demoNights, result.Findings)
	}
	name := demoFile("goodwill", demoFirst, "goodwill.parquet")
	if err := os.WriteFile(w.path(name), append(w.get(name), 0), 0o644); err != nil {
		t.Fatal(err)
	}
	if result, err = pipeline.Verify(context.Background(), config, pipeline.VerifyOptions{Replay: demoFirst, HasReplay: true}); err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) != 1 || !strings.Contains(result.Findings[0].Problem, name) {
		t.Errorf("findings %v, want one that names %s", result.Findings, name)
	}
}
