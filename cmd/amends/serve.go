package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/metrics"
	"amends/pipeline/schedule"
	"amends/pipeline/web"
	"amends/rules/calendar"
)

type serveCommand struct {
	Listen  string   `placeholder:"ADDRESS" default:"127.0.0.1:8420" help:"Where pages are served (default: 127.0.0.1:8420, for this machine alone); --listen= for none."`
	Token   string   `name:"token-file" placeholder:"FILE" help:"A file with the token that pages ask for; needed where other machines reach them."`
	Proxies []string `name:"behind" sep:"," placeholder:"ADDRESS" help:"The proxies with TLS before the pages, as addresses or networks: what they say of who asks, and that the line is encrypted, is believed."`
	Workers int      `placeholder:"N" help:"How many cores a night uses (default: all). Results are the same with any number."`
	Pages   bool     `name:"pages-only" help:"Serve pages and run no night, whatever the schedule says."`
	logFlags
}

// Help is shown by amends serve --help.
func (serveCommand) Help() string {
	return `It settles every night when it is due by the schedule of amends.yaml, waits for files that are late, and catches up on nights that were missed. It commits a night that is due at once; --pages-only is to look around, and commits none. It serves pages until it is stopped: the first SIGTERM or interrupt lets the night in progress come to its end, the second abandons it.

Examples:

  amends -C /srv/credits serve
  amends -C /srv/credits serve --listen 0.0.0.0:8420 --token-file /etc/amends/token
  amends -C /srv/credits serve --token-file /etc/amends/token --behind 127.0.0.1
  amends -C /srv/credits serve --listen= --log json
  amends -C /srv/credits serve --pages-only`
}

// Run serves until a signal stops it, or the context.
func (c *serveCommand) Run(ctx ctxArgument, a *app) error {
	if c.Workers < 0 {
		return fmt.Errorf("%w: --workers %d: want 1 or more", pipeline.ErrUsage, c.Workers)
	}
	if c.Pages && c.Listen == "" {
		return fmt.Errorf("%w: --pages-only and --listen= leave nothing to do", pipeline.ErrUsage)
	}
	a.serving = true
	s := newServer(a, c.Workers)
	s.pagesOnly = c.Pages
	plan, err := s.timetable()
	switch {
	case err != nil:
		return err
	case plan.Cron == "" && c.Listen == "":
		return fmt.Errorf("%w: amends.yaml has no schedule, and --listen= serves no pages: nothing is left to do", pipeline.ErrUsage)
	}
	token, err := readToken(c.Token)
	if err != nil {
		return err
	}
	if s.proxies, err = web.ParseProxies(c.Proxies); err != nil {
		return fmt.Errorf("%w: --behind: %w", pipeline.ErrUsage, err)
	}
	if len(s.proxies) > 0 && token == "" {
		return fmt.Errorf("%w: --behind: who comes through a proxy comes from other machines, so the pages need --token-file", pipeline.ErrUsage)
	}
	pages, err := s.listen(c.Listen, token)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return s.run(ctx, pages, signals)
}

// server runs nights by the clock, and serves pages beside them.
type server struct {
	app    *app
	config pipeline.Config
	reader *pipeline.Reader
	nights *schedule.Scheduler
	// pagesOnly is whether no night is run, whatever the schedule says; halted then
	// ends what there is to wait for.
	pagesOnly bool
	halted    chan struct{}
	proxies   web.Proxies // before the pages
	// ended is whether the last attempt came as far as settle, which takes note
	// itself of what ended it.
	ended bool
	work  context.Context // of nights, and of what follows them; its end abandons both
	// echo is how long after the first signal others are taken for the same one.
	echo time.Duration
}

// signalEcho is longer than those who stop a process take to signal both it and
// its group, as timeout does, and shorter than a person takes to decide.
const signalEcho = 500 * time.Millisecond

func newServer(a *app, workers int) *server {
	s := &server{app: a, config: a.config, reader: pipeline.NewReader(a.config), echo: signalEcho, halted: make(chan struct{})}
	s.nights = schedule.New(schedule.Options{
		Timetable: s.timetable, LastSettled: s.reader.LastSettled, Ready: s.ready, Night: s.night,
		Missing: func(err error) bool { return errors.As(err, new(*pipeline.MissingFilesError)) },
		Locked:  func(err error) bool { return errors.Is(err, durable.ErrLocked) },
		Clock:   clock{}, Log: a.logger(), Notify: s.notify,
	})
	s.config.Workers = workers
	s.config.Progress = func(p pipeline.Progress) { s.nights.Progress(p.Stage, p.Rows) }
	return s
}

// clock is the machine's, or what tests set it to.
type clock struct{ schedule.System }

// Now implements schedule.Clock.
func (clock) Now() time.Time { return now() }

func (s *server) timetable() (schedule.Timetable, error) {
	plan, zone, err := s.reader.Timetable()
	if err != nil || plan == nil {
		return schedule.Timetable{Location: zone}, err
	}
	return schedule.Timetable{Cron: plan.Cron, WaitForFiles: plan.WaitForFiles, Location: zone}, nil
}

func (s *server) ready(ctx context.Context, date calendar.Date) error {
	s.ended = false
	return s.reader.FilesReady(ctx, date)
}

// night settles one date.
func (s *server) night(ctx context.Context, date calendar.Date) (warning string, err error) {
	results, err := s.app.settle(ctx, s.config, pipeline.RunOptions{From: date, To: date}, nil)
	s.ended = true
	for _, n := range results {
		if n.AllHeld && !n.Already {
			warning = "a guardrail held every new award; amends review lists them"
		}
	}
	return warning, err
}

// notify does for a failure that settle does not know of what settle does: for
// files that did not come, a panic, a state that cannot be read.
func (s *server) notify(e schedule.Event) {
	if e.Kind != schedule.NightFailed || e.HasDate && s.ended {
		return
	}
	newNotices(s.app, s.config).failure(s.work, e.Date, e.HasDate, e.Err)
	s.app.ended(s.config, e.At, e.Err)
}

// readToken reads the pages' token; "" is none.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("%w: --token-file %s is empty", pipeline.ErrUsage, file)
	}
	return token, nil
}

// handler is what is served.
func (s *server) handler(token string) (http.Handler, error) {
	return web.New(web.Options{
		Config: s.app.config, Scheduler: s.standing, PagesOnly: s.pagesOnly, Metrics: metrics.Handler(s.reader, s.app.observed),
		Token: token, Proxies: s.proxies, Log: s.app.logger(), Now: now,
	})
}

// standing is the scheduler's status as pages show it; nil without a schedule.
func (s *server) standing() *web.Scheduler {
	status := s.nights.Status()
	if status.Cron == "" {
		return nil
	}
	c := &web.Scheduler{Locked: status.Locked}
	if n := status.Next; n != nil {
		c.NextDate, c.NextDue, c.NextTry = n.Date, n.Due, n.Again
	}
	if r := status.Running; r != nil {
		c.RunningDate, c.Stage = r.Date, r.Stage
	}
	if w := status.Waiting; w != nil {
		c.WaitingDate, c.WaitingUntil, c.WaitingFor = w.Date, w.Until, w.Missing
	}
	if n := status.Settled; n != nil {
		c.LastSuccess, c.LastSuccessDate, c.Warning = n.At, n.Date, n.Warning
	}
	if f := status.Failed; f != nil {
		c.LastFailure, c.LastFailureDate, c.LastError = f.At, f.Date, f.Message
	}
	return c
}

// shutdownTimeout is what is still being sent is given when the server ends.
const shutdownTimeout = 5 * time.Second

// site is the pages' server.
type site struct {
	listener net.Listener
	server   *http.Server
}

// listen opens the pages' address; "" is none.
func (s *server) listen(address, token string) (*site, error) {
	if address == "" {
		return nil, nil
	}
	if err := web.CheckListen(address, token); err != nil {
		return nil, fmt.Errorf("%w: --listen and --token-file: %w", pipeline.ErrUsage, err)
	}
	handler, err := s.handler(token)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, err)
	}
	s.app.logger().Info("pages", "url", "http://"+listener.Addr().String()+"/")
	return &site{listener, web.NewServer(address, handler)}, nil
}

func (p *site) close() {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close() // the process ends: nothing can be done about it
	}
}

// run runs nights and pages until it is told to stop. The first signal, or the
// end of ctx, lets the night in progress finish; the second signal abandons it.
func (s *server) run(ctx context.Context, pages *site, signals <-chan os.Signal) error {
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	s.work = work
	done, lost := make(chan error, 1), make(chan error, 1)
	go func() { done <- s.runNights(work) }()
	if pages != nil {
		defer pages.close()
		go func() { lost <- pages.server.Serve(pages.listener) }()
	}
	stop := ctx.Done()
	var first time.Time // when the first signal came
	var pagesErr error
	for {
		select {
		case err := <-done:
			s.app.logger().Info("stopped")
			return errors.Join(err, pagesErr)
		case <-stop:
			stop = nil // main's own word for the first signal
			s.stop()
		case <-signals:
			switch {
			case first.IsZero():
				first = time.Now()
				s.stop()
			case time.Since(first) >= s.echo:
				abandon()
				s.app.logger().Warn("second signal: the night in progress is abandoned")
			}
		case pagesErr = <-lost: // nights without pages would go unseen: whoever watches starts both again
			s.app.logger().Error("pages ended", "error", pagesErr)
			s.stop()
		}
	}
}

// runNights runs nights until it is stopped, or only waits for that.
func (s *server) runNights(work context.Context) error {
	if !s.pagesOnly {
		return s.nights.Run(work)
	}
	s.app.logger().Warn("pages only: no night is run here")
	select {
	case <-s.halted:
	case <-work.Done():
	}
	return nil
}

// stop starts no other night, and says what is waited for.
func (s *server) stop() {
	if s.nights.Status().Stopping {
		return
	}
	s.nights.Stop()
	if s.pagesOnly {
		close(s.halted)
	}
	status := s.nights.Status()
	if status.Running == nil {
		s.app.logger().Info("stopping")
		return
	}
	s.app.logger().Info("stopping once the night in progress is settled; a second signal abandons it", "date", status.Running.Date.String())
}
