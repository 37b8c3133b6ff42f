package workspace

import (
	"net/url"
	"slices"
	"time"

	"amends/rules/diag"
	"amends/rules/document"
)

// Notify is who is told of a night, and of what.
type Notify struct {
	URL     string   // "" where URLEnv names the variable that holds it
	URLEnv  string   // of the environment
	On      []string // events, of NotifyEvents
	Timeout time.Duration
	Retries int
}

// Wants reports whether an event is told of.
func (n *Notify) Wants(event string) bool { return n != nil && slices.Contains(n.On, event) }

// The events that notify tells of.
const (
	NotifySuccess = "success"
	NotifyFailure = "failure"
	NotifyHeld    = "held"
)

// NotifyEvents are the words that `on` may list.
var NotifyEvents = []string{NotifySuccess, NotifyFailure, NotifyHeld}

const (
	defaultNotifyTimeout = 10 * time.Second
	defaultNotifyRetries = 3
	maxNotifyTimeout     = time.Minute // a night does not wait longer for one answer
	maxNotifyRetries     = 10
)

func (p *parser) notify(node *document.Node) {
	f := node.Read(notifyRecord)
	if f == nil {
		return
	}
	n := &Notify{On: []string{NotifyFailure, NotifyHeld}, Timeout: defaultNotifyTimeout, Retries: defaultNotifyRetries}
	switch {
	case f.Has("url") && f.Has("url_env"):
		p.report(f.KeyAt("url_env"), codeBadValue, msgTwoURLs, hintURLs)
	case !f.Has("url") && !f.Has("url_env"):
		node.Report(codeMissingKey, msgNoURL, hintURLs)
	}
	if text, ok := f.Get("url").Text("an https:// or http:// URL"); ok {
		n.URL = text.Source
		if !webAddress(text.Source) {
			p.report(text, codeBadValue, msgURL(text.Source), hintURLs)
		}
	}
	if text, ok := f.Get("url_env").Text("the name of an environment variable"); ok {
		n.URLEnv = text.Source
		if !identifier.MatchString(text.Source) {
			p.report(text, codeBadValue, msgVariable(text.Source), "")
		}
	}
	if f.Has("on") {
		n.On = p.notifyEvents(f.Get("on"))
	}
	if text, ok := f.Get("timeout").Text("a duration such as 10s"); ok {
		n.Timeout = p.notifyTimeout(text)
	}
	if retries, ok := f.Int("retries", "a number of retries"); ok {
		n.Retries = retries
	}
	p.w.Notify = n
}

// webAddress reports whether a text is the absolute URL of a web server.
// Secrets of the form user:password@ are refused: amends.yaml is published with
// every night.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func (p *parser) notifyEvents(node *document.Node) []string {
	var events []string
	for _, text := range node.Texts("a list of success, failure and held") {
		switch {
		case !slices.Contains(NotifyEvents, text.Source):
			p.report(text, codeBadValue, msgEvent(text.Source), document.Suggestion(text.Source, NotifyEvents))
		case slices.Contains(events, text.Source):
			p.report(text, codeDuplicateKey, msgTwice("the event", text.Source), "")
		default:
			events = append(events, text.Source)
		}
	}
	return events
}

func (p *parser) notifyTimeout(text diag.Text) time.Duration {
	timeout, err := time.ParseDuration(text.Source)
	if err != nil || timeout < time.Second || timeout > maxNotifyTimeout {
		p.report(text, codeBadValue, msgTimeout(text.Source), "")
		return defaultNotifyTimeout
	}
	return timeout
}
