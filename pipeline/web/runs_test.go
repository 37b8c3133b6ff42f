package web_test

import (
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"testing"

	"amends/pipeline/durable"
	"amends/pipeline/state"
	"amends/pipeline/web"
	"amends/rules/calendar"
)

// Every file that the manifest lists can be saved, with the bytes that were
// published.
func TestPublishedFilesAreGivenOut(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.run(demoNext, true)
	s := newSite(t, web.Options{Config: w.config()})
	chain, err := state.Open(durable.OS{}, w.path("state"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{".parquet": "application/vnd.apache.parquet", ".json": "application/json", ".yaml": "application/yaml", ".csv": "text/csv; charset=utf-8", ".html": "text/html; charset=utf-8"}
	m := chain.Last()
	names := []string{"manifest.json"}
	for _, o := range m.Outputs {
		names = append(names, o.Name)
	}
	if len(names) < 15 {
		t.Fatalf("only %q", names)
	}
	for _, c := range []struct {
		base, folder, prefix string
		date                 calendar.Date
	}{{"/runs/", "state/runs/", "amends-", demoLast}, {"/dry-runs/", "state/dry-runs/", "amends-dry-run-", demoNext}} {
		shown := s.get(c.base+c.date.String(), http.StatusOK)
		for _, name := range names {
			address := c.base + c.date.String() + "/files/" + name
			wants(t, shown, `href="`+address+`" download`)
			a := s.get(address, http.StatusOK)
			if a.body != string(w.get(c.folder+c.date.String()+"/"+name)) {
				t.Errorf("%s has other bytes", address)
			}
			kind, values, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
			if want := c.prefix + c.date.String() + "-" + strings.ReplaceAll(name, "/", "-"); err != nil || kind != "attachment" || values["filename"] != want {
				t.Errorf("%s: disposition %q, want an attachment %s", address, a.Header.Get("Content-Disposition"), want)
			}
			if got := a.Header.Get("Content-Type"); got != kinds[path.Ext(name)] {
				t.Errorf("%s is %q", address, got)
			}
			if !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s: policy %q", address, a.Header.Get("Content-Security-Policy"))
			}
		}
	}
	out, _ := m.Output("issuance.parquet")
	wants(t, s.get("/runs/"+demoLast.String(), http.StatusOK), out.SHA256, chain.LastSHA256())
}

func TestReportsAreShownInASandbox(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.run(demoNext, true)
	s := newSite(t, web.Options{Config: w.config()})
	for address, file := range map[string]string{
		"/runs/" + demoLast.String() + "/report.html":     "state/runs/" + demoLast.String() + "/report.html",
		"/dry-runs/" + demoNext.String() + "/report.html": "state/dry-runs/" + demoNext.String() + "/report.html",
	} {
		a := s.get(address, http.StatusOK)
		if a.body != string(w.get(file)) {
			t.Errorf("%s is not as published", address)
		}
		policy := a.Header.Get("Content-Security-Policy")
		for _, part := range []string{"sandbox allow-scripts", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy %q has no %s", address, policy, part)
			}
		}
		if strings.Contains(policy, "allow-same-origin") || strings.Contains(policy, "connect-src") {
			t.Errorf("%s: policy %q", address, policy)
		}
	}
}

// What was changed after it was published is not shown as if it were not.
func TestAChangedFileIsNotGivenOut(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.run(demoNext, true)
	s := newSite(t, web.Options{Config: w.config()})
	for _, name := range []string{"report.html", "issuance.parquet", "summary.json"} {
		for _, folder := range []string{"state/runs/" + demoLast.String(), "state/dry-runs/" + demoNext.String()} {
			content := w.get(folder + "/" + name)
			content[len(content)/2] ^= 1
			w.put(folder+"/"+name, content)
		}
	}
	run, dry := "/runs/"+demoLast.String(), "/dry-runs/"+demoNext.String()
	for _, path := range []string{run + "/report.html", run + "/files/issuance.parquet", run} {
		wants(t, s.get(path, http.StatusInternalServerError), "The state is broken", "runs/"+demoLast.String())
	}
	for _, path := range []string{dry + "/report.html", dry + "/files/issuance.parquet", dry} {
		wants(t, s.get(path, http.StatusConflict), "This dry run is not whole")
	}
	wants(t, s.get("/runs", http.StatusOK), "the state is broken: runs/"+demoLast.String()+"/summary.json", "/runs/"+(demoLast-1).String()+`"`)
	wants(t, s.get("/dry-runs", http.StatusOK), "its files are not what its manifest says")
	wants(t, s.get("/", http.StatusOK), "the state is broken: runs/"+demoLast.String()+"/summary.json")
}

// The folder of dry runs may hold anything.
func TestOddDryRuns(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	wants(t, s.get("/dry-runs", http.StatusOK), "There is no dry run.")
	w.put("state/dry-runs/2026-01-20/summary.json", []byte("{}"))
	w.put("state/dry-runs/2026-01-21.staging/x", nil)
	w.put("state/dry-runs/2026-01-22", []byte("a file"))
	w.put("state/dry-runs/2026-01-23/manifest.json", []byte("{}"))
	w.put("state/dry-runs/2026-01-24/manifest.json", w.get("state/runs/"+demoLast.String()+"/manifest.json"))
	w.put("state/dry-runs/<script>alert(1)</script>/x", nil)
	a := s.get("/dry-runs", http.StatusOK)
	wants(t, a, "not finished: it has no manifest", "at work, or not finished", "something else than a dry run", "not the name of a dry run", "&lt;script&gt;")
	if strings.Contains(a.body, "<script>") || strings.Contains(a.body, `href="/dry-runs/2026`) {
		t.Error(shorten(a.body))
	}
	for day := 20; day <= 24; day++ {
		for _, rest := range []string{"", "/report.html", "/files/summary.json", "/files/manifest.json"} {
			s.get(fmt.Sprintf("/dry-runs/2026-01-%d%s", day, rest), http.StatusNotFound)
		}
	}
}

// A state or workspace that cannot be read gives pages that say so.
func TestAWorkspaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	paths := []string{"/", "/runs", "/holds", "/requests", "/dry-runs", "/status.json"}
	t.Run("rules", func(t *testing.T) {
		t.Parallel()
		w := newDemo(t)
		s := newSite(t, web.Options{Config: w.config()})
		w.put("rules/late.yaml", []byte("rules:\n  - {idd: late}\n"))
		for _, path := range paths {
			wants(t, s.get(path, http.StatusInternalServerError), "need mending", "rules/late.yaml:2")
		}
		wants(t, s.get("/healthz", http.StatusServiceUnavailable), "not ok", "need mending")
	})
	t.Run("state", func(t *testing.T) {
		t.Parallel()
		w := newDemo(t)
		s := newSite(t, web.Options{Config: w.config()})
		s.get("/", http.StatusOK)
		w.put("state/manifests/8.json", append(w.get("state/manifests/8.json"), ' '))
		for _, path := range paths {
			wants(t, s.get(path, http.StatusInternalServerError), "The state is broken", "8.json")
		}
	})
	t.Run("request", func(t *testing.T) {
		t.Parallel()
		w := newDemo(t)
		s := newSite(t, web.Options{Config: w.config()})
		w.put("state/requests/rq1_x.json", []byte("{}"))
		for _, path := range []string{"/", "/requests"} {
			wants(t, s.get(path, http.StatusInternalServerError), "rq1_x.json")
		}
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		w := newDemo(t)
		s := newSite(t, web.Options{Config: w.config()})
		if err := os.Remove(w.path("amends.yaml")); err != nil {
			t.Fatal(err)
		}
		wants(t, s.get("/", http.StatusInternalServerError), "no workspace here")
	})
	t.Run("no night", func(t *testing.T) {
		t.Parallel()
		w := newEmptyDemo(t)
		s := newSite(t, web.Options{Config: w.config()})
		wants(t, s.get("/", http.StatusOK), "none yet", "Nothing waits.")
		wants(t, s.get("/runs", http.StatusOK), "No night is settled yet.")
		wants(t, s.get("/holds", http.StatusOK), "No award waits.")
		wants(t, s.get("/requests", http.StatusOK), "No request waits.")
		wants(t, s.get("/dry-runs", http.StatusOK), "There is no dry run.")
		wants(t, s.get("/healthz", http.StatusOK), "ok: no night is settled yet")
		s.get("/holds/cr1_x", http.StatusNotFound)
		s.get("/requests/rq1_x", http.StatusNotFound)
	})
}

// People look while a night is committed: every page is whole, before and after.
func TestPagesWhileANightIsCommitted(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	paths := []string{"/", "/runs", "/runs/" + demoLast.String(), "/holds", "/requests", "/status.json", "/healthz", "/runs/" + demoLast.String() + "/files/open.parquet"}
	over := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
					s.get(paths[n%len(paths)], http.StatusOK)
				}
			}
		})
	}
	w.runNext()
	wants(t, s.get("/", http.StatusOK), "/runs/"+demoNext.String()+`"`)
	close(over)
	readers.Wait()
}

// What a run that is at work has written is not what another left.
func TestARunAtWorkIsNotTakenForOneThatDied(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.put("state/staging/"+demoNext.String()+"/x", nil)
	w.put("state/aside/2026-01-02.1/x", nil)
	var now *web.Scheduler
	s := newSite(t, web.Options{Config: w.config(), Scheduler: func() *web.Scheduler { return now }})
	wants(t, s.get("/", http.StatusOK), "staging/"+demoNext.String(), "aside/2026-01-02.1", "the next one sets it aside")
	now = &web.Scheduler{RunningDate: demoNext}
	a := s.get("/", http.StatusOK)
	wants(t, a, "aside/2026-01-02.1")
	if strings.Contains(a.body, "staging/") {
		t.Error("the run at work is taken for one that died")
	}
}

// A long list of nights comes in pages.
func TestNightsComeInPages(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	a := s.get("/runs?page=1", http.StatusOK)
	if strings.Contains(a.body, "page=2") {
		t.Error("8 nights have a second page")
	}
	for _, page := range []string{"0", "2", "-1", "1x", "99999999999999999999"} {
		s.get("/runs?page="+page, http.StatusNotFound)
		s.get("/holds?page="+page, http.StatusNotFound)
	}
}
