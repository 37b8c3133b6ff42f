package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// RequestKind is what a person asks for.
type RequestKind string

// The kinds of requests; see REQUESTS.md.
const (
	Approve  RequestKind = "approve"  // issue held awards
	Reject   RequestKind = "reject"   // settle held awards without an issue
	Void     RequestKind = "void"     // cancel the remaining value of credits
	Reverse  RequestKind = "reverse"  // the same for all credits of one run
	Confirm  RequestKind = "confirm"  // a second person's word for a void or reverse
	Withdraw RequestKind = "withdraw" // the maker's word that another request is not meant
)

// Request is one request of a person. Its id is the hash of its content, so the
// same request twice is one.
type Request struct {
	ID     string // derived: not part of the content
	SHA256 string // of the file as it stands; set by reading

	Kind    RequestKind
	Credits []string      // approve, reject, void: sorted credit ids
	Run     calendar.Date // reverse: the business date of the run
	// AmountMinor lowers an approval of one credit; 0 leaves it as it was held.
	AmountMinor int64
	Currency    string // of AmountMinor
	By          string
	Why         string
	SeenSHA256  string // the manifest that the person had seen
	Confirms    string // confirm: the id of the request
	Withdraws   string // withdraw: the id of the request
}

// ErrRequest is why a file is no request.
var ErrRequest = errors.New("not a request")

// ErrRequestExists is why a request was not written: it was made before.
var ErrRequestExists = errors.New("the same request was made before")

// Bounds of a request: far above what a person selects on a page.
const (
	maxRequestBytes = 1 << 20
	maxTargets      = 10_000
	maxTextBytes    = 4096
)

// requestID is the version and the hash of a request's canonical content.
func requestID(content []byte) string { return "rq1_" + Digest(content)[:32] }

// requestJSON is the file's form, in the order in which it is written.
type requestJSON struct {
	Kind       RequestKind    `json:"kind"`
	Targets    any            `json:"targets,omitempty"`
	Amount     *requestAmount `json:"amount,omitempty"`
	By         string         `json:"by"`
	Why        string         `json:"why"`
	SeenSHA256 string         `json:"seen_sha256"`
	Confirms   string         `json:"confirms,omitempty"`
	Withdraws  string         `json:"withdraws,omitempty"`
}

type requestAmount struct {
	Currency string `json:"currency"`
	Minor    int64  `json:"minor"`
}

type requestRun struct {
	Run Day `json:"run"`
}

// Encode returns the canonical bytes of a request, or what is wrong with it.
func (r *Request) Encode() ([]byte, error) {
	c := *r
	c.Credits = sorted(r.Credits, cmp.Compare[string])
	if err := c.check(); err != nil {
		return nil, err
	}
	out := requestJSON{Kind: c.Kind, By: c.By, Why: c.Why, SeenSHA256: c.SeenSHA256, Confirms: c.Confirms, Withdraws: c.Withdraws}
	switch {
	case c.Kind == Reverse:
		out.Targets = requestRun{Day(c.Run)}
	case len(c.Credits) > 0:
		out.Targets = c.Credits
	}
	if c.AmountMinor != 0 {
		out.Amount = &requestAmount{c.Currency, c.AmountMinor}
	}
	content, err := encodeJSON(out)
	if err == nil && len(content) > maxRequestBytes {
		err = fmt.Errorf("%w: more than %d bytes", ErrRequest, maxRequestBytes)
	}
	return content, err
}

// ParseRequest reads the content of a request file. It is strict: an unknown,
// repeated, missing or superfluous field is an error that names it, and so is a
// name that is not the hash of the content.
func ParseRequest(id string, content []byte) (*Request, error) {
	if len(content) > maxRequestBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrRequest, maxRequestBytes)
	}
	fields, err := objectFields(content)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	r := &Request{SHA256: Digest(content)}
	for _, f := range fields {
		if err := r.set(f.name, f.value); err != nil {
			return nil, fmt.Errorf("%w: field %q: %w", ErrRequest, f.name, err)
		}
	}
	if !slices.IsSorted(r.Credits) {
		slices.Sort(r.Credits)
	}
	canonical, err := r.Encode()
	if err != nil {
		return nil, err
	}
	if r.ID = requestID(canonical); r.ID != id {
		return nil, fmt.Errorf("%w: the content is that of %s: it was changed after it was written", ErrRequest, r.ID)
	}
	return r, nil
}

func (r *Request) set(name string, value json.RawMessage) error {
	switch name {
	case "kind":
		return json.Unmarshal(value, &r.Kind)
	case "targets":
		return r.setTargets(value)
	case "amount":
		return r.setAmount(value)
	case "by":
		return json.Unmarshal(value, &r.By)
	case "why":
		return json.Unmarshal(value, &r.Why)
	case "seen_sha256":
		return json.Unmarshal(value, &r.SeenSHA256)
	case "confirms":
		return json.Unmarshal(value, &r.Confirms)
	case "withdraws":
		return json.Unmarshal(value, &r.Withdraws)
	}
	return errors.New("unknown; a request has kind, targets, amount, by, why, seen_sha256, confirms, withdraws")
}

func (r *Request) setTargets(value json.RawMessage) error {
	if !bytes.HasPrefix(value, []byte("{")) {
		return json.Unmarshal(value, &r.Credits)
	}
	fields, err := objectFields(value)
	if err != nil {
		return err
	}
	if len(fields) != 1 || fields[0].name != "run" {
		return errors.New(`want a list of credit ids, or {"run": "YYYY-MM-DD"}`)
	}
	var run Day
	if err := json.Unmarshal(fields[0].value, &run); err != nil {
		return err
	}
	r.Run = calendar.Date(run)
	if r.Kind != "" && r.Kind != Reverse {
		return fmt.Errorf("a run is no target of kind %q", r.Kind)
	}
	return nil
}

func (r *Request) setAmount(value json.RawMessage) error {
	fields, err := objectFields(value)
	if err != nil {
		return err
	}
	for _, f := range fields {
		switch f.name {
		case "currency":
			err = json.Unmarshal(f.value, &r.Currency)
		case "minor":
			err = json.Unmarshal(f.value, &r.AmountMinor)
		default:
			err = fmt.Errorf("unknown field %q; an amount has currency and minor", f.name)
		}
		if err != nil {
			return err
		}
	}
	if r.AmountMinor <= 0 || r.Currency == "" {
		return errors.New("want a currency and minor units above zero")
	}
	return nil
}

type objectField struct {
	name  string
	value json.RawMessage
}

// objectFields reads one JSON object, in its order, and nothing after it. A name
// that comes twice is an error: which one a reader takes is anybody's guess.
func objectFields(content []byte) ([]objectField, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, fmt.Errorf("want a JSON object, found %v", token)
	}
	var fields []objectField
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		f := objectField{name: token.(string)} // a key, or Token had failed
		if slices.ContainsFunc(fields, func(o objectField) bool { return o.name == f.name }) {
			return nil, fmt.Errorf("field %q comes twice", f.name)
		}
		if err := decoder.Decode(&f.value); err != nil {
			return nil, fmt.Errorf("field %q: %w", f.name, err)
		}
		fields = append(fields, f)
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("more after the object")
	}
	return fields, nil
}

// check names the first field that does not fit the kind. Credits are sorted.
func (r *Request) check() error {
	field := func(name, problem string) error {
		return fmt.Errorf("%w: field %q: %s", ErrRequest, name, problem)
	}
	wantsCredits := r.Kind == Approve || r.Kind == Reject || r.Kind == Void
	switch {
	case !wantsCredits && r.Kind != Reverse && r.Kind != Confirm && r.Kind != Withdraw:
		return field("kind", fmt.Sprintf("%q is none of approve, reject, void, reverse, confirm, withdraw", r.Kind))
	case wantsCredits && len(r.Credits) == 0:
		return field("targets", "missing; want a list of credit ids")
	case !wantsCredits && len(r.Credits) > 0:
		return field("targets", fmt.Sprintf("credits are no target of kind %q", r.Kind))
	case len(r.Credits) > maxTargets:
		return field("targets", fmt.Sprintf("%d credits, more than %d", len(r.Credits), maxTargets))
	case slices.Contains(r.Credits, ""):
		return field("targets", "an empty credit id")
	case len(slices.Compact(slices.Clone(r.Credits))) != len(r.Credits):
		return field("targets", "a credit id comes twice")
	case r.Kind == Reverse && (r.Run == 0 || !r.Run.Valid()):
		return field("targets", `missing; want {"run": "YYYY-MM-DD"}`)
	case r.Kind != Reverse && r.Run != 0:
		return field("targets", fmt.Sprintf("a run is no target of kind %q", r.Kind))
	case r.AmountMinor < 0 || (r.AmountMinor == 0) != (r.Currency == ""):
		return field("amount", "want a currency and minor units above zero")
	case r.AmountMinor != 0 && (r.Kind != Approve || len(r.Credits) != 1):
		return field("amount", "only for the approval of one credit")
	case (r.Kind == Confirm) != (r.Confirms != ""):
		return field("confirms", "the id of a request for kind confirm, and for no other")
	case (r.Kind == Withdraw) != (r.Withdraws != ""):
		return field("withdraws", "the id of a request for kind withdraw, and for no other")
	}
	return r.checkTexts()
}

func (r *Request) checkTexts() error {
	for _, text := range []struct{ name, value string }{{"by", r.By}, {"why", r.Why}, {"seen_sha256", r.SeenSHA256}} {
		if strings.TrimSpace(text.value) == "" {
			return fmt.Errorf("%w: field %q: missing or empty", ErrRequest, text.name)
		}
		if !utf8.ValidString(text.value) { // JSON would keep another text, with another id: the file could not be read back
			return fmt.Errorf("%w: field %q: %q is not UTF-8", ErrRequest, text.name, text.value[:min(len(text.value), 80)])
		}
		if len(text.value) > maxTextBytes {
			return fmt.Errorf("%w: field %q: %d bytes, more than %d", ErrRequest, text.name, len(text.value), maxTextBytes)
		}
	}
	return nil
}

// Targets returns the targets as a list: credit ids, a run's date, or the id of
// the confirmed or withdrawn request.
func (r *Request) Targets() []string {
	switch r.Kind {
	case Reverse:
		return []string{r.Run.String()}
	case Confirm:
		return []string{r.Confirms}
	case Withdraw:
		return []string{r.Withdraws}
	}
	return r.Credits
}

// PutRequest writes a request into the state and returns its id, which it also
// sets. It needs no lock. A request that was made before, consumed or not, is
// ErrRequestExists.
func PutRequest(fsys durable.FS, dir string, r *Request) (id string, err error) {
	content, err := r.Encode()
	if err != nil {
		return "", err
	}
	for _, folder := range []string{dir, filepath.Join(dir, requestsFolder)} {
		if err := durable.MakeDir(fsys, folder); err != nil {
			return "", err
		}
	}
	id = requestID(content)
	err = folderStore{fsys, dir}.PutIfAbsent(requestName(id), content)
	if errors.Is(err, fs.ErrExist) { // by a writer that may have died before it was durable
		return "", errors.Join(fmt.Errorf("%s: %w", id, ErrRequestExists), fsys.SyncDir(filepath.Join(dir, requestsFolder)))
	}
	if err != nil {
		return "", err
	}
	r.ID, r.SHA256 = id, Digest(content)
	return id, nil
}

func requestName(id string) string { return path.Join(requestsFolder, id+".json") }

// Request reads one request by its id; fs.ErrNotExist where there is none.
func (c *Chain) Request(id string) (*Request, error) {
	content, err := c.store.Read(requestName(id))
	if err != nil {
		return nil, err
	}
	r, err := ParseRequest(id, content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", requestName(id), err)
	}
	return r, nil
}

// PendingRequests returns the requests that no manifest of the chain lists, by
// id. Files that are no requests are errors, all of them joined, each named.
func (c *Chain) PendingRequests() ([]*Request, error) {
	names, err := c.store.List(requestsFolder)
	if err != nil {
		return nil, err
	}
	consumed := map[string]bool{}
	for _, n := range c.nights {
		for _, id := range n.Requests {
			consumed[id] = true
		}
	}
	var pending []*Request
	var failures []error
	for _, name := range names { // sorted, and so are the ids
		id, isJSON := strings.CutSuffix(name, ".json")
		if !isJSON {
			failures = append(failures, fmt.Errorf("%s: %w: want <id>.json", path.Join(requestsFolder, name), ErrRequest))
			continue
		}
		if consumed[id] {
			continue
		}
		r, err := c.Request(id)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		pending = append(pending, r)
	}
	if len(failures) > 0 {
		return nil, errors.Join(failures...)
	}
	return pending, nil
}
