// Command amends turns service failures into courtesy credits, night by night.
// It parses flags, calls package pipeline and shows what came of it: stdout is
// the result, stderr diagnostics and progress. Nothing is decided here.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A night in progress is abandoned before its commit; a second signal ends
	// the process at once, which the state survives as well.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
