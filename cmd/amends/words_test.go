package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// mustParse holds the words of a command that stands at a place in a document or a
// sample to the program's own parser. It returns which command it is, "" where
// help is all that is asked for, and what its flags say.
func mustParse(t *testing.T, place string, args []string) (string, *commands) {
	t.Helper()
	var c commands
	parser, err := kong.New(&c, kong.Name("amends"), kong.NoDefaultHelp(), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		if !errors.Is(err, errHelp) {
			t.Errorf("%s: amends %s: %v", place, strings.Join(args, " "), err)
		}
		return "", &c
	}
	return parsed.Command(), &c
}
