package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// hook FILE STATUS listens until the script ends, writes each message to FILE,
// a line each, answers STATUS, and puts its address into AMENDS_WEBHOOK_URL.
func hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hook file status")
	}
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path, nil, 0o600))
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err == nil {
			var file *os.File
			if file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0); err == nil {
				_, err = file.Write(body)
				file.Close()
			}
		}
		if err != nil {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
	}))
	ts.Defer(server.Close)
	ts.Setenv("AMENDS_WEBHOOK_URL", server.URL+"/s3cret")
}
