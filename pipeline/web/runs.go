package web

import (
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
)

// nightsPerPage is how many nights a page of them has.
const nightsPerPage = 50

// manifestName is the file that state writes beside a run's outputs.
const manifestName = "manifest.json"

func (s *site) runs(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	all := len(look.Chain().Nights())
	at, err := pageOf(r, all, nightsPerPage)
	if err != nil {
		return err
	}
	v := &view{Title: "Nights", Here: "runs", Lead: report.Counted(int64(all), "night is", "nights are") + " settled, the latest first."}
	nights, err := s.nightsTable(look.Chain(), at.from, nightsPerPage)
	if err != nil {
		return err
	}
	p := part{Table: nights, Links: at.links("/runs?")}
	if all == 0 {
		p = part{Empty: "No night is settled yet."}
	}
	v.Parts = []part{p}
	return s.show(w, http.StatusOK, "page.html", v)
}

// paging is one page of a list.
type paging struct{ page, pages, from int }

// pageOf reads ?page=, from 1, of a list of so many.
func pageOf(r *http.Request, all, size int) (paging, error) {
	p := paging{page: 1, pages: max(1, (all+size-1)/size)}
	if asked := r.FormValue("page"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > p.pages {
			return p, fmt.Errorf("%w: page %q of %d", errNothing, asked, p.pages)
		}
		p.page = n
	}
	p.from = (p.page - 1) * size
	return p, nil
}

func (p paging) links(base string) []link {
	var list []link
	if p.page > 1 {
		list = append(list, link{"Previous page", base + "page=" + strconv.Itoa(p.page-1)})
	}
	if p.page < p.pages {
		list = append(list, link{fmt.Sprintf("Next page (%d of %d)", p.page+1, p.pages), base + "page=" + strconv.Itoa(p.page+1)})
	}
	return list
}

// runFolder is one run or dry run, and how its files are read.
type runFolder struct {
	manifest *state.Manifest
	digest   string
	base     string // its address
	read     func(*state.Manifest, string) ([]byte, error)
}

func (s *site) runOf(r *http.Request) (runFolder, error) {
	date, err := dateOf(r)
	if err != nil {
		return runFolder{}, err
	}
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return runFolder{}, err
	}
	chain := look.Chain()
	m, err := chain.Manifest(date)
	if err != nil {
		return runFolder{}, err
	}
	if m == nil {
		return runFolder{}, fmt.Errorf("%w: %s is not settled", errNothing, date)
	}
	return runFolder{manifest: m, digest: chain.SHA256(m), base: "/runs/" + date.String(), read: chain.ReadOutput}, nil
}

func (s *site) run(w http.ResponseWriter, r *http.Request) error {
	run, err := s.runOf(r)
	if err != nil {
		return err
	}
	return s.showRun(w, run, &view{Title: "The night of " + run.manifest.BusinessDate.String(), Here: "runs", Back: &link{"All nights", "/runs"}})
}

func (s *site) showRun(w http.ResponseWriter, run runFolder, v *view) error {
	summary, err := s.summaryOf(run.digest, run.manifest, run.read)
	if err != nil {
		return err
	}
	v.Parts = append([]part{runFacts(run, summary)}, summaryParts(summary)...)
	v.Parts = append(v.Parts, filesPart(run))
	return s.show(w, http.StatusOK, "page.html", v)
}

func runFacts(run runFolder, summary *report.Summary) part {
	m := run.manifest
	p := part{Title: "The run", Facts: []fact{
		{"Business date", text(m.BusinessDate.String())}, {"Credits take effect", text(m.EffectiveDate.String())},
		{"Ends", text(summary.AsOf + ", in " + summary.Timezone)}, {"Number", text(strconv.Itoa(m.Sequence))},
	}}
	if m.Skipped != nil {
		p.Facts = append(p.Facts, fact{"Left out before it", text(m.Skipped.From.String() + " to " + m.Skipped.To.String())})
	}
	p.Facts = append(p.Facts, fact{"Manifest", code(run.digest)})
	if _, ok := m.Output(publish.ReportFile); ok {
		p.Links = append(p.Links, link{"Report of the night", run.base + "/" + publish.ReportFile})
	}
	return p
}

// filesPart is every published file with its rows and digest.
func filesPart(run runFolder) part {
	t := &table{Columns: columns("file", "#rows", "#bytes", "SHA-256")}
	for _, o := range run.manifest.Outputs {
		rows := text("")
		if strings.HasSuffix(o.Name, ".parquet") {
			rows = count(o.Rows)
		}
		t.Rows = append(t.Rows, []cell{{Lines: []string{o.Name}, Href: run.base + "/files/" + o.Name, Save: true}, rows, count(o.Size), code(o.SHA256)})
	}
	t.Rows = append(t.Rows, []cell{{Lines: []string{manifestName}, Href: run.base + "/files/" + manifestName, Save: true}, text(""), text(""), code(run.digest)})
	return part{Title: "Files", ID: "files", Table: t, Lead: "A file is given out once it has the digest that the manifest says."}
}

func (s *site) runReport(w http.ResponseWriter, r *http.Request) error {
	run, err := s.runOf(r)
	if err != nil {
		return err
	}
	return s.showReport(w, r, run)
}

// showReport shows a report as it was published, in a sandbox.
func (s *site) showReport(w http.ResponseWriter, r *http.Request, run runFolder) error {
	content, done, err := s.content(r, run, publish.ReportFile)
	defer done()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write(content)
	s.lost(err)
	return nil
}

func (s *site) runFile(w http.ResponseWriter, r *http.Request) error {
	run, err := s.runOf(r)
	if err != nil {
		return err
	}
	return s.saveFile(w, r, run, "amends-"+run.manifest.BusinessDate.String())
}

// contentTypes are those of published files, by the end of their names.
var contentTypes = map[string]string{
	".parquet": "application/vnd.apache.parquet",
	".json":    "application/json",
	".yaml":    "application/yaml",
	".csv":     "text/csv; charset=utf-8",
	".html":    "text/html; charset=utf-8",
}

// saveFile gives out a file that the manifest lists, to be saved.
func (s *site) saveFile(w http.ResponseWriter, r *http.Request, run runFolder, prefix string) error {
	name := r.PathValue("name")
	content, done, err := s.content(r, run, name)
	defer done()
	if err != nil {
		return err
	}
	kind := contentTypes[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", reportPolicy)
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": prefix + "-" + strings.ReplaceAll(name, "/", "-")}))
	_, err = w.Write(content)
	s.lost(err)
	return nil
}

// content reads a file that the manifest lists, whole, once its digest is
// right. Of large ones only a few are in memory at a time: done ends that.
func (s *site) content(r *http.Request, run runFolder, name string) (content []byte, done func(), err error) {
	done = func() {}
	if name == manifestName {
		content, err = run.manifest.Encode()
		return content, done, err
	}
	out, ok := run.manifest.Output(name)
	if !ok {
		return nil, done, fmt.Errorf("%w: the run of %s has no file %q", errNothing, run.manifest.BusinessDate, name)
	}
	if out.Size > largeBytes {
		select {
		case s.downloads <- struct{}{}:
			done = func() { <-s.downloads }
		case <-r.Context().Done():
			return nil, done, r.Context().Err()
		}
	}
	content, err = run.read(run.manifest, name)
	return content, done, err
}
