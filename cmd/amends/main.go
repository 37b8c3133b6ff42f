// Command amends turns service failures into courtesy credits, night by night.
// It parses flags, calls package pipeline and shows what came of it: stdout is
// the result, stderr diagnostics and progress. Nothing is decided here.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "amends/cmd/amends/heap" // when garbage is collected first
)

func main() { os.Exit(start()) }

// start runs the program with the process's arguments, files and signals. After
// an interrupt the night in progress is abandoned before its commit; a second
// one ends the process at once, which the state survives as well.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
