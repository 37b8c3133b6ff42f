package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/rules/calendar"
)

const seen = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func requests() map[string]Request {
	return map[string]Request{
		"approve":  {Kind: Approve, Credits: []string{"cr1_b", "cr1_a"}, By: "kim", Why: "fine <&>", SeenSHA256: seen},
		"lowered":  {Kind: Approve, Credits: []string{"cr1_a"}, AmountMinor: 500, Currency: "USD", By: "kim", Why: "half", SeenSHA256: seen},
		"reject":   {Kind: Reject, Credits: []string{"cr1_a"}, By: "kim", Why: "no", SeenSHA256: seen},
		"void":     {Kind: Void, Credits: []string{"cr1_a"}, By: "kim", Why: "charged back", SeenSHA256: seen},
		"reverse":  {Kind: Reverse, Run: day1, By: "kim", Why: "wrong rule", SeenSHA256: seen},
		"confirm":  {Kind: Confirm, Confirms: "rq1_x", By: "lee", Why: "seen", SeenSHA256: seen},
		"withdraw": {Kind: Withdraw, Withdraws: "rq1_x", By: "lee", Why: "not meant", SeenSHA256: seen},
	}
}

func TestRequestsReadBack(t *testing.T) {
	t.Parallel()
	for name, request := range requests() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := durabletest.New()
			id, err := PutRequest(fsys, stateDir, &request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := PutRequest(fsys, stateDir, &request); !errors.Is(err, ErrRequestExists) {
				t.Errorf("the second time: %v", err)
			}
			pending, err := mustOpen(t, fsys).PendingRequests()
			if err != nil || len(pending) != 1 {
				t.Fatalf("%v, %v", pending, err)
			}
			want := request
			if name == "approve" {
				want.Credits = []string{"cr1_a", "cr1_b"}
			}
			if diff := cmp.Diff(&want, pending[0]); diff != "" {
				t.Error(diff)
			}
			file := fsys.Tree()["ws/state/requests/"+id+".json"]
			sum := sha256.Sum256([]byte(file))
			if hash := hex.EncodeToString(sum[:]); id != "rq1_"+hash[:32] || want.SHA256 != hash {
				t.Errorf("id %s and sha256 %s of a file with %s", id, want.SHA256, hash)
			}
		})
	}
}

// TestWrittenRequestsCanBeRead holds PutRequest to write nothing that stops the
// nights: a terminal that is not UTF-8 gives such a name.
func TestWrittenRequestsCanBeRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"accents": "José", "not UTF-8": "Jos\xe9", "half a letter": "Jos\xc3", "the sign for what is none": "Jos\ufffd",
		"ends of lines": "a\r\nb\u2028c", "control": "a\x00b\x7f", "HTML": "<b>&amp;",
	} {
		for _, set := range []func(r *Request){func(r *Request) { r.By = text }, func(r *Request) { r.Why = text }} {
			request, fsys := requests()["approve"], durabletest.New()
			set(&request)
			_, err := PutRequest(fsys, stateDir, &request)
			if !utf8.ValidString(text) {
				if !errors.Is(err, ErrRequest) || !strings.Contains(err.Error(), "is not UTF-8") || len(fsys.Tree()) > 0 {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if pending, err := mustOpen(t, fsys).PendingRequests(); err != nil || len(pending) != 1 || pending[0].By != request.By || pending[0].Why != request.Why {
				t.Errorf("%s: read back as %v, %v", name, pending, err)
			}
		}
	}
}

// TestDocumentedRequest holds the example of REQUESTS.md to the parser.
func TestDocumentedRequest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("REQUESTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	r, err := ParseRequest("rq1_"+Digest([]byte(example))[:32], []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != Approve || r.AmountMinor != 500 || r.By != "kim" {
		t.Errorf("%+v", r)
	}
}

func TestRequestLayoutDoesNotMatter(t *testing.T) {
	t.Parallel()
	r := requests()["lowered"]
	content, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	other := fmt.Sprintf(`{"why":"half","by":"kim","amount":{"minor":500,"currency":"USD"},"seen_sha256":%q,
		"targets":["cr1_a"],"kind":"approve"}`, seen)
	got, err := ParseRequest(requestID(content), []byte(other))
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != Digest([]byte(other)) {
		t.Error("the digest is not of the file as it stands")
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	t.Parallel()
	ok := `"by": "kim", "why": "w", "seen_sha256": "aa"`
	tests := map[string]struct{ content, want string }{
		"unknown field":     {`{"kind": "void", "targets": ["a"], "colour": 1, ` + ok + `}`, `field "colour": unknown`},
		"other case":        {`{"Kind": "void", "targets": ["a"], ` + ok + `}`, `field "Kind": unknown`},
		"field twice":       {`{"kind": "void", "targets": ["a"], "by": "lee", ` + ok + `}`, `field "by" comes twice`},
		"wrong type":        {`{"kind": "void", "targets": [1], ` + ok + `}`, `field "targets"`},
		"kind":              {`{"kind": "refund", "targets": ["a"], ` + ok + `}`, `field "kind": "refund" is none of`},
		"kind missing":      {`{"targets": ["a"], ` + ok + `}`, `field "kind"`},
		"no targets":        {`{"kind": "approve", ` + ok + `}`, `field "targets": missing`},
		"empty target":      {`{"kind": "approve", "targets": [""], ` + ok + `}`, `field "targets": an empty credit id`},
		"target twice":      {`{"kind": "approve", "targets": ["a", "b", "a"], ` + ok + `}`, `field "targets": a credit id comes twice`},
		"run for approve":   {`{"kind": "approve", "targets": {"run": "2026-01-01"}, ` + ok + `}`, `field "targets": a run`},
		"run before kind":   {`{"targets": {"run": "2026-01-01"}, "kind": "void", ` + ok + `}`, `field "targets"`},
		"list for reverse":  {`{"kind": "reverse", "targets": ["a"], ` + ok + `}`, `field "targets": credits`},
		"run's date":        {`{"kind": "reverse", "targets": {"run": "2026-02-30"}, ` + ok + `}`, `field "targets"`},
		"run's other field": {`{"kind": "reverse", "targets": {"date": "2026-02-20"}, ` + ok + `}`, `field "targets": want`},
		"amount of two":     {`{"kind": "approve", "targets": ["a", "b"], "amount": {"currency": "USD", "minor": 1}, ` + ok + `}`, `field "amount": only`},
		"amount of void":    {`{"kind": "void", "targets": ["a"], "amount": {"currency": "USD", "minor": 1}, ` + ok + `}`, `field "amount": only`},
		"amount zero":       {`{"kind": "approve", "targets": ["a"], "amount": {"currency": "USD", "minor": 0}, ` + ok + `}`, `field "amount": want`},
		"amount fraction":   {`{"kind": "approve", "targets": ["a"], "amount": {"currency": "USD", "minor": 1.5}, ` + ok + `}`, `field "amount"`},
		"amount unknown":    {`{"kind": "approve", "targets": ["a"], "amount": {"usd": 1}, ` + ok + `}`, `unknown field "usd"`},
		"no maker":          {`{"kind": "void", "targets": ["a"], "by": " ", "why": "w", "seen_sha256": "a"}`, `field "by": missing`},
		"no reason":         {`{"kind": "void", "targets": ["a"], "by": "kim", "seen_sha256": "a"}`, `field "why": missing`},
		"null maker":        {`{"kind": "void", "targets": ["a"], "by": null, "why": "w", "seen_sha256": "a"}`, `field "by": missing`},
		"unseen":            {`{"kind": "void", "targets": ["a"], "by": "kim", "why": "w"}`, `field "seen_sha256": missing`},
		"long reason":       {`{"kind": "void", "targets": ["a"], "by": "kim", "why": "` + strings.Repeat("w", 4097) + `", "seen_sha256": "a"}`, `field "why": 4097 bytes`},
		"confirms nothing":  {`{"kind": "confirm", ` + ok + `}`, `field "confirms"`},
		"withdraws none":    {`{"kind": "withdraw", ` + ok + `}`, `field "withdraws"`},
		"withdraws in void": {`{"kind": "void", "targets": ["a"], "withdraws": "rq1_x", ` + ok + `}`, `field "withdraws"`},
		"withdraws credits": {`{"kind": "withdraw", "targets": ["a"], "withdraws": "rq1_x", ` + ok + `}`, `field "targets": credits`},
		"confirms in void":  {`{"kind": "void", "targets": ["a"], "confirms": "rq1_x", ` + ok + `}`, `field "confirms"`},
		"more after":        {`{"kind": "void", "targets": ["a"], ` + ok + `} {}`, "more after the object"},
		"cut":               {`{"kind": "void", "targets": ["a"]`, "EOF"},
		"empty":             {``, "EOF"},
		"list":              {`[]`, "want a JSON object"},
		"edited":            {`{"kind": "void", "targets": ["a"], ` + ok + `}`, "changed after it was written"},
		"too long":          {strings.Repeat(" ", maxRequestBytes+1), "more than 1048576 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := durabletest.New()
			mustPut(t, fsys, "requests/rq1_bad.json", test.content)
			_, err := mustOpen(t, fsys).PendingRequests()
			if !errors.Is(err, ErrRequest) || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "requests/rq1_bad.json") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// mustPut writes a file below the state's folder.
func mustPut(t *testing.T, fsys durable.FS, name, content string) {
	t.Helper()
	path := stateDir + "/" + name
	err := errors.Join(fsys.MkdirAll(path[:strings.LastIndex(path, "/")]), durable.WriteFile(fsys, path, []byte(content)))
	if err != nil {
		t.Fatal(err)
	}
}

func TestConsumedRequestsArePendingNoMore(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	void, reject := requests()["void"], requests()["reject"]
	for _, r := range []*Request{&void, &reject} {
		if _, err := PutRequest(fsys, stateDir, r); err != nil {
			t.Fatal(err)
		}
	}
	release, err := Lock(fsys, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	chain := mustOpen(t, fsys)
	stage, err := chain.Begin(day1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(day1)
	m.Requests = []RequestInput{{ID: void.ID, Kind: string(void.Kind), SHA256: void.SHA256}}
	if err := errors.Join(stageFiles(fsys, stage, day1), stage.Commit(m), release()); err != nil {
		t.Fatal(err)
	}
	pending, err := mustOpen(t, fsys).PendingRequests()
	if err != nil || len(pending) != 1 || pending[0].ID != reject.ID {
		t.Errorf("pending %v, %v", pending, err)
	}
	if before, err := earlier(t, mustOpen(t, fsys), day1).PendingRequests(); err != nil || len(before) != 2 {
		t.Errorf("before the run: %v, %v", before, err)
	}
	if err := fsys.Flip("/ws/state/requests/"+void.ID+".json", 20); err != nil {
		t.Fatal(err)
	}
	findings, err := mustOpen(t, fsys).Verify()
	if err != nil || len(findings) != 1 || findings[0].File != "requests/"+void.ID+".json" {
		t.Errorf("findings %v, %v", findings, err)
	}
}

func TestStrayFileInRequestsIsNamed(t *testing.T) {
	t.Parallel()
	fsys := durabletest.New()
	mustPut(t, fsys, "requests/.hidden", "x")
	mustPut(t, fsys, "requests/notes.txt", "x")
	_, err := mustOpen(t, fsys).PendingRequests()
	if !errors.Is(err, ErrRequest) || !strings.Contains(err.Error(), "requests/notes.txt") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
}

func TestConfirmationNeedsAnotherPerson(t *testing.T) {
	t.Parallel()
	reverse := &Request{ID: "rq1_r", Kind: Reverse, Run: calendar.Date(1), By: "kim"}
	own := &Request{ID: "rq1_a", Kind: Confirm, Confirms: "rq1_r", By: "kim"}
	other := &Request{ID: "rq1_c", Kind: Confirm, Confirms: "rq1_other", By: "lee"}
	late := &Request{ID: "rq1_e", Kind: Confirm, Confirms: "rq1_r", By: "lee"}
	first := &Request{ID: "rq1_d", Kind: Confirm, Confirms: "rq1_r", By: "max"}
	if got := reverse.ConfirmedBy([]*Request{own, other}); got != nil {
		t.Errorf("confirmed by %v", got)
	}
	if got := reverse.ConfirmedBy([]*Request{own, other, late, first}); got != first {
		t.Errorf("confirmed by %v", got)
	}
}

func TestEveryFailureOfARequestLeavesItWholeOrAbsent(t *testing.T) {
	t.Parallel()
	for _, fault := range durabletest.Faults() {
		for n := 1; n < 100; n++ {
			fsys := durabletest.New()
			fsys.FailAt(n, fault)
			r := requests()["void"]
			_, err := PutRequest(fsys, stateDir, &r)
			done := fsys.Ops() < n
			for seed := range uint64(4) {
				pending, readErr := mustOpen(t, fsys.Crash(durabletest.Some, seed)).PendingRequests()
				if readErr != nil || err == nil && len(pending) != 1 {
					t.Fatalf("%s at %d: %v; then %v, %v", fault, n, err, pending, readErr)
				}
			}
			fsys.Restart()
			if _, err := PutRequest(fsys, stateDir, &r); err != nil && !errors.Is(err, ErrRequestExists) {
				t.Fatalf("%s at %d, again: %v", fault, n, err)
			}
			if done {
				break
			}
		}
	}
}
