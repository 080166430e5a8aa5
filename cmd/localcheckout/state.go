package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

// stateCommands are about a sandbox as a whole.
func stateCommands() []*cli.Command {
	return []*cli.Command{
		remoteCommand(&cli.Command{Name: "reset", Usage: "put the sandbox back to how it was at first use", Category: "Sandboxes"}, reset),
	}
}

func reset(ctx context.Context, r *remote) error {
	if err := r.Reset(ctx); err != nil {
		return err
	}
	return r.done("%s is as it was at first use", r.place())
}

// done says what was done, and nothing with --json.
func (r *remote) done(format string, args ...any) error {
	if r.json {
		return nil
	}
	_, err := fmt.Fprintf(r.out, format+"\n", args...)
	return failed(err)
}

// place is the sandbox, for people.
func (r *remote) place() string {
	name := r.cmd.String("sandbox")
	if name == "" {
		name = "default"
	}
	return "the sandbox " + name
}
