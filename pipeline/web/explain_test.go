package web_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/web"
)

// The page says what the command says, of settled nights, and writes nothing.
func TestAnAwardIsExplained(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	hold := w.largest()
	before := w.pending()
	wants(t, s.get("/holds/"+hold.CreditID, http.StatusOK), `href="/explain?id=`+hold.CreditID+`"`)
	wants(t, s.get("/", http.StatusOK), `href="/explain"`)
	wants(t, s.get("/explain", http.StatusOK), `name="id"`)

	x, err := pipeline.Explain(context.Background(), w.config(), pipeline.ExplainRequest{ID: hold.CreditID}, demoNow)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.ExplanationText(&text, x, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	wants(t, s.get("/explain?id="+hold.CreditID, http.StatusOK), html.EscapeString(text.String()), "waits for a person")
	wants(t, s.get("/explain?full=1&id="+url.QueryEscape(hold.CustomerID)+"&date="+hold.HeldSince.String(), http.StatusOK), html.EscapeString(hold.EventID))

	wants(t, s.get("/explain?id="+url.QueryEscape("<b>nobody"), http.StatusNotFound), "Nothing to explain.", "&lt;b&gt;nobody")
	wants(t, s.get("/explain?id=x&date="+demoNext.String(), http.StatusNotFound), "is not settled")
	s.get("/explain?id=x&date=tomorrow", http.StatusBadRequest)
	s.get("/explain?id="+strings.Repeat("x", 201), http.StatusBadRequest)
	if a := s.send(http.MethodPost, "/explain?id=x", url.Values{}); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", a.StatusCode)
	}
	if got := w.pending(); len(got) != len(before) {
		t.Errorf("requests were written: %q", got)
	}
}
