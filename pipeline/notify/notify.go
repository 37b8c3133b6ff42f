// Package notify tells a web hook what came of a night. Nothing depends on the
// answer: a delivery that fails is an error for the caller to warn of, and all
// deliveries of one Sender together take a bounded time.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"amends/pipeline/workspace"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/go-retryablehttp"
)

// Message is what is sent, as JSON. README.md documents it.
type Message struct {
	Version       int               `json:"version"` // of this schema: 1
	Event         string            `json:"event"`   // success, failure or held
	Workspace     string            `json:"workspace"`
	BusinessDate  string            `json:"business_date"` // "" where a run failed before it knew
	EffectiveDate string            `json:"effective_date,omitempty"`
	Counts        map[string]int64  `json:"counts,omitempty"`
	AmountsMinor  map[string]Amount `json:"amounts_minor,omitempty"`
	Error         string            `json:"error,omitempty"`
	Folder        string            `json:"folder,omitempty"` // of the night's files
	Report        string            `json:"report,omitempty"` // the page that people open
}

// Amount is a sum by currency, in minor units.
type Amount map[string]int64

// Version is the schema of messages that this program sends.
const Version = 1

const (
	// maxTotal bounds what all messages of one run take together, however many
	// nights it has: past it the rest is left out.
	maxTotal = 2 * time.Minute
	waitMin  = 500 * time.Millisecond
	waitMax  = 10 * time.Second
	// maxErrorBytes keeps a message small: the log has the whole error.
	maxErrorBytes = 4000
)

// ErrSpent is why a message was not sent: those before it took the time that
// one run has for all of them.
var ErrSpent = errors.New("the time for messages is spent")

// Sender delivers messages to one URL. It is for one goroutine.
type Sender struct {
	url    string
	client *retryablehttp.Client
	left   time.Duration
}

// New makes a sender. The address is settings.URL, or what the variable that
// settings.URLEnv names holds, which the caller looks up.
func New(settings *workspace.Notify, address string) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("notify: the address is no https:// or http:// URL") // not shown: it may be a secret
	}
	web := cleanhttp.DefaultPooledClient()
	web.Timeout = settings.Timeout
	web.CheckRedirect = sameHost
	client := retryablehttp.NewClient()
	client.HTTPClient, client.Logger = web, nil
	client.RetryMax, client.RetryWaitMin, client.RetryWaitMax = settings.Retries, waitMin, waitMax
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Sender{url: address, client: client, left: maxTotal}, nil
}

// sameHost follows a redirection that keeps the host, the scheme and the
// method; any other is an answer that is not 2xx. A message goes nowhere that
// the workspace does not name.
func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	keeps := next.Response != nil && (next.Response.StatusCode == http.StatusTemporaryRedirect || next.Response.StatusCode == http.StatusPermanentRedirect)
	if !keeps || next.URL.Host != first.Host || next.URL.Scheme != first.Scheme || len(before) > 3 {
		return http.ErrUseLastResponse
	}
	return nil
}

// Send delivers a message: a 2xx answer ends it, other answers of the server's
// making and broken connections are tried again with growing waits.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if s.left <= 0 {
		return fmt.Errorf("notify: %s of %s: %w", m.Event, m.BusinessDate, ErrSpent)
	}
	began := time.Now()
	defer func() { s.left -= time.Since(began) }()
	ctx, cancel := context.WithTimeout(ctx, s.left)
	defer cancel()
	if err := s.send(ctx, m); err != nil {
		return fmt.Errorf("notify: %s of %s: %w", m.Event, m.BusinessDate, err)
	}
	return nil
}

func (s *Sender) send(ctx context.Context, m Message) error {
	m.Version, m.Error = Version, short(m.Error)
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		return err
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, s.url, body.Bytes())
	if err != nil {
		return withoutURL(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "amends")
	answer, err := s.client.Do(request)
	if answer != nil {
		defer answer.Body.Close()
	}
	if err != nil {
		return withoutURL(err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return nil
}

// withoutURL takes the address out of an error: it may be a secret.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func short(text string) string {
	if len(text) <= maxErrorBytes {
		return text
	}
	end := maxErrorBytes
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
