// Package metrics shows a workspace to Prometheus: where its ledger stands, what
// its last night did, and how the last run went. Every figure comes from the
// committed state but those that only a process can know, which it is given. A
// gauge is a float by Prometheus' nature: amounts become one here and nowhere
// else, from minor units, as the nearest float of the exact decimal.
package metrics

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/money"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Observed is what a process knows of its runs; no file has it. Zero times are
// not known, and their metrics are left out.
type Observed struct {
	Ended     time.Time     // when its last run ended, well or not
	Duration  time.Duration // of that run
	Failed    bool          // whether that run failed
	Succeeded time.Time     // when its last run ended that did not fail
}

// Registry holds the metrics of a workspace at an instant. Where the state
// cannot be read the error says why, and the registry still has what was
// observed, with amends_up 0.
func Registry(ctx context.Context, reader *pipeline.Reader, o Observed, now time.Time) (*prometheus.Registry, error) {
	r := &registry{Registry: prometheus.NewRegistry()}
	r.observed(o)
	status, last, err := read(ctx, reader, now)
	if err != nil {
		r.set("amends_up", 0)
		return r.Registry, err
	}
	r.set("amends_up", 1)
	r.standing(status)
	if last != nil {
		r.night(last)
	}
	return r.Registry, r.err
}

// read returns where the workspace stands and its last night, both of one moment.
func read(ctx context.Context, reader *pipeline.Reader, now time.Time) (*pipeline.StatusResult, *report.Summary, error) {
	view, err := reader.Look(ctx)
	if err != nil {
		return nil, nil, err
	}
	status, err := view.Status(now)
	if err != nil {
		return nil, nil, err
	}
	last, err := view.LastSummary()
	return status, last, err
}

// WriteFile writes a registry for the node exporter's textfile collector: a
// reader sees the old file or the new one.
func WriteFile(path string, r *prometheus.Registry) error {
	if err := prometheus.WriteToTextfile(path, r); err != nil {
		return fmt.Errorf("metrics file %s: %w", path, err)
	}
	return nil
}

// Handler answers each scrape with the state as it is then. Between nights a
// scrape reads the last one alone, however many there are. Observe is what the
// process knows of its runs; it is called from many goroutines.
func Handler(reader *pipeline.Reader, observe func() Observed) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		// A state that cannot be read is amends_up 0: the scrape itself succeeds,
		// so that the alert names the reason.
		r, _ := Registry(request.Context(), reader, observe(), time.Now())
		promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, request)
	})
}

// registry fills a Prometheus registry; err is the first error of doing so.
type registry struct {
	*prometheus.Registry
	gauges map[string]*prometheus.GaugeVec
	err    error
}

// set sets a gauge to a value; labels are name, value, name, value.
func (r *registry) set(name string, value float64, labels ...string) {
	gauge := r.gauges[name]
	if gauge == nil {
		var names []string
		for i := 0; i < len(labels); i += 2 {
			names = append(names, labels[i])
		}
		gauge = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help[name]}, names)
		if err := r.Register(gauge); err != nil && r.err == nil {
			r.err = err
		}
		if r.gauges == nil {
			r.gauges = map[string]*prometheus.GaugeVec{}
		}
		r.gauges[name] = gauge
	}
	values := make([]string, 0, len(labels)/2)
	for i := 1; i < len(labels); i += 2 {
		values = append(values, labels[i])
	}
	gauge.WithLabelValues(values...).Set(value)
}

// amount sets a gauge to an amount in the currency's own unit.
func (r *registry) amount(name, currency string, minor int64, labels ...string) {
	exact, err := money.FromMinor(minor, currency)
	if err != nil {
		if r.err == nil {
			r.err = fmt.Errorf("%s: %w", name, err)
		}
		return
	}
	nearest, err := strconv.ParseFloat(exact.String(), 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	r.set(name, nearest, append([]string{"currency", currency}, labels...)...)
}

func (r *registry) observed(o Observed) {
	if !o.Ended.IsZero() {
		r.set("amends_last_run_completion_timestamp_seconds", seconds(o.Ended))
		r.set("amends_last_run_duration_seconds", o.Duration.Seconds())
		r.set("amends_last_run_failed", truth(o.Failed))
	}
	if !o.Succeeded.IsZero() {
		r.set("amends_last_success_completion_timestamp_seconds", seconds(o.Succeeded))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

const secondsPerDay = 24 * 60 * 60

// standing is where the ledger stands, and what waits.
func (r *registry) standing(s *pipeline.StatusResult) {
	r.set("amends_nights", float64(s.Runs))
	r.set("amends_missed_dates", float64(len(s.Missed)))
	r.set("amends_requests_waiting", float64(len(s.Requests)))
	r.set("amends_open_credits", float64(s.OpenCredits))
	count, minor, oldest := map[string]int64{}, money.ByCurrency{}, 0
	for currency, outstanding := range s.Outstanding {
		r.amount("amends_outstanding_liability", currency, outstanding)
		count[currency], minor[currency] = 0, 0
	}
	for _, h := range s.Holds {
		count[h.Currency]++
		if err := minor.Add(h.Currency, h.AmountMinor); err != nil && r.err == nil {
			r.err = err
		}
		oldest = max(oldest, h.Days)
	}
	for currency, n := range count {
		r.set("amends_holds_waiting", float64(n), "currency", currency)
		r.amount("amends_holds_waiting_amount", currency, minor[currency])
	}
	r.set("amends_holds_oldest_age_seconds", float64(oldest*secondsPerDay))
}

// night is what the last committed night did.
func (r *registry) night(s *report.Summary) {
	if asOf, err := time.Parse(time.RFC3339Nano, s.AsOf); err == nil {
		r.set("amends_last_success_business_date_timestamp_seconds", seconds(asOf))
	} else if r.err == nil {
		r.err = fmt.Errorf("summary of %s: %w", s.BusinessDate, err)
	}
	for _, f := range s.Sources {
		for outcome, rows := range map[string]int64{
			"rejected": f.Rejected, "out_of_window": f.OutOfWindow, "not_yet": f.NotYet, "unmatched": f.Unmatched,
			"merged": f.Merged, "suppressed": f.Suppressed, "held": f.Held, "issued": f.Issued,
		} {
			r.set("amends_night_rows", float64(rows), "source", f.Source, "outcome", outcome)
		}
	}
	for _, l := range s.Rejects {
		r.set("amends_night_rejected_rows", float64(l.Count), "source", l.Source, "code", l.Code)
	}
	r.set("amends_night_guardrails_breached", float64(len(s.Guardrails)))
	for what, lines := range map[string][]report.MoneyLine{"issued": s.Issued, "held": s.Held, "forfeited": s.Forfeited} {
		count, minor := map[string]int64{}, money.ByCurrency{}
		for _, l := range s.RollForward { // a currency that had nothing tonight is zero, not gone
			count[l.Currency], minor[l.Currency] = 0, 0
		}
		for _, l := range lines {
			count[l.Currency] += l.Count
			if err := minor.Add(l.Currency, l.Minor); err != nil && r.err == nil {
				r.err = err
			}
		}
		for currency, n := range count {
			r.set("amends_night_credits", float64(n), "currency", currency, "outcome", what)
			r.amount("amends_night_amount", currency, minor[currency], "outcome", what)
		}
	}
}
