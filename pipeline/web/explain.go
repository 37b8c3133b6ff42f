package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

const (
	// explainTime is what one explanation may take: it runs a night again, and a
	// browser waits no longer. The command has no limit.
	explainTime = 20 * time.Second
	// maxExplainedIDBytes is longer than ids are.
	maxExplainedIDBytes = 200
)

// explainData is the form and, below it, the text that the command prints.
type explainData struct {
	ID, Date, Text string
	Full           bool
}

// explainAddress is the page that explains an id.
func explainAddress(id string) string { return "/explain?id=" + url.QueryEscape(id) }

// explain says why a decision came out as it did. It writes nothing, works on one
// id at a time and with one core, so that a night beside it keeps the rest.
func (s *site) explain(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	data := &explainData{ID: strings.TrimSpace(query.Get("id")), Date: strings.TrimSpace(query.Get("date")), Full: query.Get("full") != ""}
	v := &view{Title: "Explain", Here: "explain", Data: data,
		Lead: "Why an event, order, customer or credit got what it got on a settled night, condition by condition. The night is run again in memory; nothing is written."}
	if data.ID == "" {
		return s.show(w, http.StatusOK, "explain.html", v)
	}
	x, err := s.explained(r, data)
	var nothing *pipeline.NothingError
	switch {
	case errors.As(err, &nothing):
		v.Alerts = []alert{{"watch", "Nothing to explain.", nothing.Sentence}}
		return s.show(w, http.StatusNotFound, "explain.html", v)
	case err != nil:
		return err
	}
	var b strings.Builder
	if err := report.ExplanationText(&b, x, report.TextOptions{Full: data.Full}); err != nil {
		return err
	}
	v.Title, data.Text = "Explain "+data.ID, b.String()
	return s.show(w, http.StatusOK, "explain.html", v)
}

// explained explains once no other page does.
func (s *site) explained(r *http.Request, data *explainData) (*report.Explanation, error) {
	if len(data.ID) > maxExplainedIDBytes {
		return nil, fmt.Errorf("%w: an id has at most %d bytes", pipeline.ErrUsage, maxExplainedIDBytes)
	}
	request := pipeline.ExplainRequest{ID: data.ID}
	if data.Date != "" {
		date, err := calendar.ParseDate(data.Date)
		if err != nil {
			return nil, fmt.Errorf("%w: night %q: %w", pipeline.ErrUsage, data.Date, err)
		}
		request.Date, request.HasDate = date, true
		look, err := s.reader.Look(r.Context())
		if err != nil {
			return nil, err
		}
		if !look.Chain().Has(date) {
			return nil, fmt.Errorf("%w: the night of %s is not settled; what it would do is for amends explain --dry-run", errNothing, date)
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), explainTime)
	defer cancel()
	tooLong := &problem{http.StatusServiceUnavailable, "This takes too long for a page",
		fmt.Sprintf("One explanation is made at a time, in at most %s. Try again, or use the command: amends explain %s", explainTime, data.ID)}
	select {
	case s.explaining <- struct{}{}:
		defer func() { <-s.explaining }()
	case <-ctx.Done():
		return nil, tooLong
	}
	config := s.options.Config
	config.Workers, config.Progress = 1, nil
	x, err := pipeline.Explain(ctx, config, request, s.options.Now())
	if ctx.Err() != nil && err != nil {
		return nil, tooLong
	}
	return x, err
}
