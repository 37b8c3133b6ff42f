// Package web is the pages that `amends serve` shows: where the workspace stands,
// what was published, and the awards that wait for a person. Its law: nothing
// here writes but a request that a person was shown and confirmed, through
// pipeline's Seen.Ask; and reading takes no lock, so that a page never keeps a
// night waiting.
//
// When nights run is for schedule, and what the figures mean for pipeline.
package web

import (
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"amends/pipeline"
	"amends/rules/calendar"
)

// Options is what the pages are made of. Only Config is needed.
type Options struct {
	Config    pipeline.Config
	Title     string            // of the pages; "" means amends
	Scheduler func() *Scheduler // where the scheduler stands now; nil, or returning nil, where nothing is scheduled
	PagesOnly bool              // the server was told to run no night
	Metrics   http.Handler      // what /metrics shows; nil: nothing
	Token     string            // "" lets everybody in who can reach the address; see CheckListen
	Proxies   Proxies           // before the pages; none are believed that are not here
	Log       *slog.Logger      // nil: none
	Now       func() time.Time  // nil means time.Now
}

// Scheduler is where the scheduler of the same process stands at one moment.
// Times and dates that are zero are none.
type Scheduler struct {
	NextDate calendar.Date // the business date that it settles next
	NextDue  time.Time     // when that is to start, or was
	NextTry  time.Time     // when it is tried again, after a failure

	RunningDate calendar.Date // the night at work
	Stage       string        // of it: reading, matching, …

	WaitingDate  calendar.Date // the night that waits for its files
	WaitingUntil time.Time     // how long it waits for them
	WaitingFor   string        // the files
	Locked       bool          // another run has the state's lock

	LastSuccess     time.Time
	LastSuccessDate calendar.Date
	Warning         string // what a person should look at after it
	LastFailure     time.Time
	LastFailureDate calendar.Date
	LastError       string // of LastFailure
}

// site is the pages of one workspace.
type site struct {
	options   Options
	reader    *pipeline.Reader
	templates *template.Template
	key       []byte // of this process: forms and sessions end with it
	tries     tries
	kept      kept
	downloads chan struct{} // one slot a download
	// explaining has one slot: an explanation runs a night in memory.
	explaining chan struct{}
}

//go:embed pages/*.html
var files embed.FS

// keyBytes is how long the process's key is: as its hash.
const keyBytes = 32

// maxDownloads is how many published files of more than largeBytes are given
// out at a time: each is whole in memory, since its digest comes first.
const (
	maxDownloads = 4
	largeBytes   = 1 << 20
)

// New returns the pages. The error is ErrToken where the token is too short.
func New(o Options) (http.Handler, error) {
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	if o.Title == "" {
		o.Title = "amends"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	templates, err := parsePages()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	s := &site{
		options: o, reader: pipeline.NewReader(o.Config), templates: templates, key: make([]byte, keyBytes),
		downloads: make(chan struct{}, maxDownloads), explaining: make(chan struct{}, 1),
	}
	if _, err := rand.Read(s.key); err != nil {
		return nil, fmt.Errorf("key of the pages: %w", err)
	}
	return s.guard(s.routes()), nil
}

func parsePages() (*template.Template, error) {
	return template.New("pages").Funcs(templateFuncs).ParseFS(files, "pages/*.html")
}

// routes are the pages, each with who may see it. A page that writes is a form's
// target: POST, and with the form's token.
func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h answer) { mux.Handle(pattern, s.handle(h)) }
	show := func(pattern string, h answer) { mux.Handle(pattern, s.handle(s.signedIn(h))) }
	form := func(pattern string, h answer) { mux.Handle(pattern, s.handle(s.signedIn(s.formed(h)))) }

	open("GET /style.css", s.style)
	open("GET /healthz", s.health)
	open("GET /login", s.loginPage)
	mux.Handle("POST /login", s.handle(s.formed(s.login)))
	mux.Handle("POST /logout", s.handle(s.formed(s.logout)))

	show("GET /{$}", s.overview)
	show("GET /status.json", s.status)
	show("GET /metrics", s.metrics)
	show("GET /runs", s.runs)
	show("GET /runs/{date}", s.run)
	show("GET /runs/{date}/report.html", s.runReport)
	show("GET /runs/{date}/files/{name...}", s.runFile)
	show("GET /dry-runs", s.dryRuns)
	show("GET /dry-runs/{date}", s.dryRun)
	show("GET /dry-runs/{date}/report.html", s.dryReport)
	show("GET /dry-runs/{date}/files/{name...}", s.dryFile)
	show("GET /explain", s.explain)
	show("GET /holds", s.holds)
	show("GET /holds/{credit}", s.hold)
	show("GET /requests", s.requests)
	show("GET /requests/{id}", s.request)
	form("POST /review", s.review)
	form("POST /review/write", s.writeReview)
	form("POST /confirm", s.confirm)
	form("POST /confirm/write", s.writeConfirm)
	show("/", s.nothing)
	return mux
}
