package main

import (
	"errors"

	"amends/pipeline/lsp"
)

type lspCommand struct{}

// Help is shown by amends lsp --help.
func (lspCommand) Help() string {
	return `It is started by an editor, and speaks the Language Server Protocol with it on standard input and output: marks what amends check finds while it is written, explains and completes names, keys and functions, goes to definitions and formats. The workspace of a file is the nearest folder above it with an amends.yaml.

How editors are set up stands in EDITORS.md beside the commands' page.

Example:

  amends lsp`
}

// Run serves one editor.
func (lspCommand) Run(ctx ctxArgument, a *app) error {
	if !lsp.Serve(ctx, a.in, a.out, now) {
		return errors.New("the editor ended without a word")
	}
	return nil
}
