package web

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
)

const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`

// Whatever data says, it is text on a page.
func TestDataIsText(t *testing.T) {
	t.Parallel()
	templates, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{options: Options{Title: evil, Token: evil, Log: slog.New(slog.DiscardHandler)}, templates: templates, key: make([]byte, keyBytes)}
	hold := publish.Hold{
		CreditID: evil, IncidentID: evil, Failure: evil, Source: evil, EventID: evil, CustomerID: evil, OrderID: evil, SellerID: evil, AmountMinor: 100, GrossMinor: 200,
		Currency: "USD", ReasonCode: evil, RuleID: evil, Funding: evil, Terms: evil, Message: []award.MessagePart{{Text: evil}, {Fact: evil}}, Facts: `{"` + `<script>alert(1)</script>` + `": "<script>alert(3)</script>"}`,
		HoldCauses: []award.Cause{{Kind: evil, ID: evil, Why: evil}},
	}
	holds := []publish.Hold{hold}
	data := &holdsData{Filter: filterOf(map[string][]string{"customer": {evil}, "rule": {evil}}), Review: reviewForm{Seen: evil, Credit: evil, Count: 1, What: evil, Held: evil, Currency: evil, By: evil, Why: evil}}
	data.Rules, data.Causes = choicesOf(holds)
	asked := &waitingRequest{Request: &state.Request{ID: evil, Kind: state.Approve, Credits: []string{evil}, By: evil, Why: evil, Confirms: evil}, What: evil, Word: &state.Request{By: evil, Why: evil}}
	line := report.MoneyLine{Rule: evil, Reason: evil, Terms: evil, Funding: evil, Currency: "USD", Count: 1, Minor: 1}
	summary := &report.Summary{Issued: []report.MoneyLine{line}, Rules: []report.RuleLine{{Rule: evil, Mode: evil}}, Suppressions: []report.ReasonLine{{Reason: evil}},
		Requests: []report.RequestLine{{ID: evil, By: evil, Detail: evil}}, Notices: []string{evil}, Rejects: []report.RejectLine{{Source: evil, Code: evil}}, Guardrails: []report.BreachLine{{Guardrail: evil, Bound: evil}}}
	parts := []part{{Title: evil, Lead: evil, Facts: []fact{{evil, linked(evil, "/holds?customer="+evil)}}, Links: []link{{evil, holdAddress(&hold)}}, ID: evil},
		{Title: "holds", Table: holdTable(holds, 3, map[string]pipeline.Verdict{hold.CreditID: {Request: asked.Request, Currency: "USD"}})}, {Title: "causes", Table: causeTable(&hold)}, {Title: "facts", Table: factTable(hold.Facts)}, {Title: "message", Empty: messageText(hold.Message)},
		{Title: "requests", Table: requestTable([]*waitingRequest{asked})}}
	parts = append(append(parts, asked.parts()...), summaryParts(summary)...)
	v := view{Title: evil, Lead: evil, Error: evil, Alerts: []alert{{evil, evil, evil}}, Back: &link{evil, "javascript:alert(1)"}, Parts: parts}
	for name, extra := range map[string]any{
		"page.html": nil, "holds.html": data, "hold.html": data, "problem.html": &problem{400, evil, evil}, "login.html": nil,
		"explain.html": &explainData{ID: evil, Date: evil, Text: evil, Full: true},
		"confirm.html": &confirmData{Action: "/review/write", Button: evil, Back: "javascript:alert(1)", Fields: []field{{evil, evil}}},
		"request.html": &requestData{Confirm: true, ID: evil, Maker: evil},
	} {
		page := v
		page.Data = extra
		w := httptest.NewRecorder()
		if err := s.show(w, http.StatusOK, name, &page); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body := w.Body.String()
		for _, bad := range []string{"<script", "<img", `href="javascript:`} {
			if strings.Contains(strings.ToLower(body), bad) {
				at := strings.Index(strings.ToLower(body), bad)
				t.Errorf("%s has %s: …%s…", name, bad, body[max(0, at-100):min(len(body), at+100)])
			}
		}
		if !strings.Contains(body, html.EscapeString(evil[:25])) {
			t.Errorf("%s shows nothing of the data", name)
		}
	}
}
