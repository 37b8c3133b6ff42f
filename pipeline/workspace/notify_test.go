package workspace

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const notifySource = `
timezone: UTC
sources:
  late: {files: l.parquet, currency: USD, money: {p: minor}, event: {id: a, incident: a, customer: c, since: s, at: s, value: p}}
`

func TestNotify(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*Notify{
		"": nil,
		"notify: {url: https://example.org/hook?a=b}": {URL: "https://example.org/hook?a=b", On: []string{"failure", "held"}, Timeout: 10 * time.Second, Retries: 3},
		"notify: {url_env: AMENDS_WEBHOOK_URL, on: [success, failure, held], timeout: 1s, retries: 0}": {
			URLEnv: "AMENDS_WEBHOOK_URL", On: []string{"success", "failure", "held"}, Timeout: time.Second},
		"notify: {url: \"http://10.0.0.7:8080/\", on: success}": {URL: "http://10.0.0.7:8080/", On: []string{"success"}, Timeout: 10 * time.Second, Retries: 3},
	} {
		w, list := Parse("amends.yaml", []byte(notifySource+text))
		if err := list.Err(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, w.Notify); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	var none *Notify
	if none.Wants(NotifyFailure) {
		t.Error("nobody is told, and wants to be")
	}
}

func TestReportAsCSVAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"report: {csv: true}": true, "report: {csv: false}": false, "report: {by: [a]}": false} {
		w, list := Parse("amends.yaml", []byte(notifySource+text))
		if err := list.Err(); err != nil || w.ReportCSV != want {
			t.Errorf("%s: %v, %v", text, w.ReportCSV, err)
		}
	}
	for _, text := range []string{"report: {}", "report: {csv: maybe}"} {
		if _, list := Parse("amends.yaml", []byte(notifySource+text)); !list.HasErrors() {
			t.Errorf("%s is no mistake", text)
		}
	}
}
