package state

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"amends/rules/calendar"
)

// Day is a date as JSON has it: YYYY-MM-DD.
type Day calendar.Date

func (d Day) String() string { return calendar.Date(d).String() }

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) error {
	date, err := calendar.ParseDate(string(text))
	*d = Day(date)
	return err
}

// Moment is an instant as JSON has it: RFC 3339 in UTC.
type Moment calendar.Instant

// MarshalText implements encoding.TextMarshaler.
func (m Moment) MarshalText() ([]byte, error) { return []byte(calendar.Instant(m).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Moment) UnmarshalText(text []byte) error {
	instant, err := calendar.ParseInstant(string(text))
	*m = Moment(instant)
	return err
}

// ManifestVersion is the version of the manifests that this program writes, and
// the newest that it reads.
const ManifestVersion = 1

// Manifest is all that a run read and wrote. Its canonical JSON is what counts:
// one manifest has one sequence of bytes.
type Manifest struct {
	Version         int    `json:"version"`
	Program         string `json:"program"`
	Sequence        int    `json:"sequence"` // from 1, without gaps
	PreviousSHA256  string `json:"previous_sha256"`
	BusinessDate    Day    `json:"business_date"`
	EffectiveDate   Day    `json:"effective_date"`
	AsOf            Moment `json:"as_of"`
	Timezone        string `json:"timezone"`
	ZoneDataVersion string `json:"zone_data_version"`
	DryRun          bool   `json:"dry_run,omitempty"` // never in the chain
	Skipped         *Span  `json:"skipped,omitempty"` // dates that --skip-to left out before this one

	WorkspaceSHA256 string           `json:"workspace_sha256"`
	RulebookSHA256  string           `json:"rulebook_sha256"`
	Rules           []RuleDigest     `json:"rules"`
	Inputs          []Input          `json:"inputs"`
	Schemas         []Input          `json:"schemas"` // files of which only the columns were looked at: rows is 0
	Requests        []RequestInput   `json:"requests"`
	Outputs         []Output         `json:"outputs"`
	RollForward     map[string]Moved `json:"roll_forward"` // by currency, minor units

	// Outcomes counts rows: source → outcome → rows.
	Outcomes map[string]map[string]int64 `json:"outcomes"`
	// IssuableMinor is what new awards came to before guardrails, by currency:
	// what the medians of later nights are made of.
	IssuableMinor map[string]int64 `json:"issuable_minor"`
	// Definitions say what each source's incidents were, this run's and, for
	// sources that are gone, those of earlier runs.
	Definitions map[string]Definition `json:"definitions"`
}

// Span is dates, both ends included.
type Span struct {
	From Day `json:"from"`
	To   Day `json:"to"`
}

// RuleDigest is one rule file.
type RuleDigest struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Input is one source file that was read.
type Input struct {
	Source string `json:"source"`
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows"`
	Dated  bool   `json:"dated"` // its pattern has {date}: it may not change once settled
}

// RequestInput is one request that the run consumed.
type RequestInput struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256"` // of the file as it stood
}

// Output is one published file with its control totals; see publish.Output,
// whose fields these are.
type Output struct {
	Name        string                       `json:"name"`
	Size        int64                        `json:"size"`
	SHA256      string                       `json:"sha256"`
	Rows        int64                        `json:"rows"`
	SumsMinor   map[string]map[string]string `json:"sums_minor,omitempty"`
	IDHashTotal string                       `json:"id_hash_total,omitempty"`
}

// Moved is the roll-forward of one currency; see ledger.Movement, whose fields
// these are.
type Moved struct {
	Opening    int64 `json:"opening"`
	Issued     int64 `json:"issued"`
	Reinstated int64 `json:"reinstated"`
	Redeemed   int64 `json:"redeemed"`
	Forfeited  int64 `json:"forfeited"`
	Voided     int64 `json:"voided"`
	Closing    int64 `json:"closing"`
}

// Definition is what a source calls an incident. Were it to change, incidents
// would get other ids and be paid again.
type Definition struct {
	Failure  string      `json:"failure"`
	Incident []KeyColumn `json:"incident"`
	Since    string      `json:"since"`
	Files    string      `json:"files"` // the pattern: it may change, but tells a renamed source
	// Carried is set where the run had no such source: the definition is that of
	// an earlier one, so that a source that comes back must mean the same.
	Carried bool `json:"carried,omitempty"`
}

// KeyColumn is one column of an incident's key, by its name in the files: what
// rules call it does not change the key.
type KeyColumn struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // for local times with their zone
}

// Equal reports whether two definitions give the same incidents the same ids.
func (d Definition) Equal(e Definition) bool {
	return d.Failure == e.Failure && d.Since == e.Since && slices.Equal(d.Incident, e.Incident)
}

// Output returns the output of a name.
func (m *Manifest) Output(name string) (Output, bool) {
	at := slices.IndexFunc(m.Outputs, func(o Output) bool { return o.Name == name })
	if at < 0 {
		return Output{}, false
	}
	return m.Outputs[at], true
}

// Date returns the business date.
func (m *Manifest) Date() calendar.Date { return calendar.Date(m.BusinessDate) }

// Encode returns the canonical bytes of a manifest: lists sorted, maps by key,
// two spaces, a newline at the end.
func (m *Manifest) Encode() ([]byte, error) {
	c := *m
	c.Rules = sorted(m.Rules, func(a, b RuleDigest) int { return cmp.Compare(a.Path, b.Path) })
	c.Inputs = sorted(m.Inputs, func(a, b Input) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Path, b.Path))
	})
	c.Schemas = sorted(m.Schemas, func(a, b Input) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Path, b.Path))
	})
	c.Requests = sorted(m.Requests, func(a, b RequestInput) int { return cmp.Compare(a.ID, b.ID) })
	c.Outputs = sorted(m.Outputs, func(a, b Output) int { return cmp.Compare(a.Name, b.Name) })
	return encodeJSON(c)
}

func encodeJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sorted returns a sorted copy that is never nil, so that JSON says [].
func sorted[E any](list []E, compare func(a, b E) int) []E {
	out := append([]E{}, list...)
	slices.SortStableFunc(out, compare)
	return out
}

// DecodeManifest reads a manifest, which must be exactly as Encode writes it.
func DecodeManifest(content []byte) (*Manifest, error) {
	m, err := parseManifest(content)
	if err != nil {
		return nil, err
	}
	again, err := m.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, content) {
		return nil, errors.New("no manifest: not as this program writes it")
	}
	return m, nil
}

// parseManifest is DecodeManifest for bytes whose digest says that they were held
// to Encode before.
func parseManifest(content []byte) (*Manifest, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	m := new(Manifest)
	failed := decoder.Decode(m)
	version := m.Version
	if failed != nil { // a later version has fields that this one does not know
		var head struct {
			Version int `json:"version"`
		}
		if err := json.Unmarshal(content, &head); err != nil {
			return nil, fmt.Errorf("no manifest: %w", err)
		}
		version = head.Version
	}
	if version < 1 || version > ManifestVersion {
		return nil, fmt.Errorf("manifest version %d; this program reads 1 to %d", version, ManifestVersion)
	}
	if failed != nil {
		return nil, fmt.Errorf("no manifest: %w", failed)
	}
	return m, nil
}

// Digest returns the SHA-256 of a content in hex.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
