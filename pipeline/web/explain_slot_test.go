package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"amends/pipeline"
)

// While one explanation is made another waits, no longer than its time; the slot
// is free again whatever came of the first.
func TestOneExplanationAtATime(t *testing.T) {
	t.Parallel()
	s := &site{options: Options{Config: pipeline.Config{Dir: t.TempDir()}, Now: time.Now}, explaining: make(chan struct{}, 1)}
	ask := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		_, err := s.explained(httptest.NewRequestWithContext(ctx, http.MethodGet, "/explain", nil), &explainData{ID: "x"})
		return err
	}
	s.explaining <- struct{}{}
	var busy *problem
	if err := ask(); !errors.As(err, &busy) || busy.status != http.StatusServiceUnavailable {
		t.Errorf("beside another: %v, want 503", err)
	}
	<-s.explaining
	if err := ask(); err == nil || errors.As(err, &busy) {
		t.Errorf("alone, without a workspace: %v, want what is missing", err)
	}
	if len(s.explaining) != 0 {
		t.Error("the slot is taken still")
	}
}
