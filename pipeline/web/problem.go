package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"amends/pipeline"
	"amends/pipeline/state"
	"amends/rules/diag"
)

// problem is why a request has no page but this one.
type problem struct {
	status int
	title  string
	detail string // lines; "" for none
}

// Detail and Status are for the page.
func (p *problem) Detail() string { return p.detail }
func (p *problem) Status() string { return fmt.Sprintf("%d %s", p.status, http.StatusText(p.status)) }

// Error implements error.
func (p *problem) Error() string { return p.title + ": " + p.detail }

// errNothing is of a page that there is not.
var errNothing = errors.New("not here")

// asProblem says what kept a page from being made, for the person at the browser.
func asProblem(err error) *problem {
	var known *problem
	var bad *diag.ListError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &bad):
		var b strings.Builder
		bad.List.Render(&b)
		return &problem{http.StatusInternalServerError, "The workspace or its rules need mending before anything can run", b.String()}
	case errors.Is(err, errNothing):
		return &problem{http.StatusNotFound, "There is no such page", strings.TrimPrefix(err.Error(), errNothing.Error()+": ")}
	case errors.Is(err, pipeline.ErrUsage):
		return &problem{http.StatusBadRequest, "That cannot be asked for", err.Error()}
	case errors.Is(err, pipeline.ErrRefused), errors.Is(err, state.ErrRequestExists):
		return &problem{http.StatusConflict, "Nothing was written", err.Error()}
	case errors.Is(err, state.ErrRequest):
		return &problem{http.StatusInternalServerError, "A request in the state cannot be read", err.Error() + "\nNo night runs until somebody has looked at that file."}
	case errors.Is(err, state.ErrBroken):
		return &problem{http.StatusInternalServerError, "The state is broken", err.Error() + "\nRestore that file from the backup, then run amends verify."}
	case errors.Is(err, fs.ErrNotExist):
		return &problem{http.StatusNotFound, "That is not there any more", err.Error()}
	}
	return &problem{http.StatusInternalServerError, "This could not be read", err.Error()}
}

// fail answers with a page that says why there is no other.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := asProblem(err)
	if p.status >= http.StatusInternalServerError {
		s.options.Log.Error("a page could not be shown", "path", r.URL.Path, "error", p.Error())
	}
	if p.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, HEAD")
	}
	v := &view{Title: p.title, Data: p}
	if err := s.show(w, p.status, "problem.html", v); err != nil {
		http.Error(w, p.title, p.status)
	}
}

// nothing is where no page is.
func (s *site) nothing(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &problem{http.StatusMethodNotAllowed, "That cannot be done here", fmt.Sprintf("%s is not for this page.", r.Method)}
	}
	if back, ok := formPages[r.URL.Path]; ok {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	return fmt.Errorf("%w: %s", errNothing, r.URL.Path)
}

// formPages are where the forms are that are sent to a target: a browser asks
// for a target when its address is opened again.
var formPages = map[string]string{
	"/review": "/holds", "/review/write": "/holds", "/confirm": "/requests", "/confirm/write": "/requests", "/logout": "/",
}
