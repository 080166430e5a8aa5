package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"
)

// stateCommands are about a sandbox as a whole.
func stateCommands() []*cli.Command {
	return []*cli.Command{
		remoteCommand(&cli.Command{Name: "reset", Usage: "put the sandbox back to how it was at first use", Category: "Sandboxes"}, reset),
		remoteCommand(&cli.Command{
			Name: "snapshot", Usage: "write the whole sandbox as one JSON document", ArgsUsage: "[FILE]", Category: "Sandboxes",
			Description: "Without FILE it is printed.\n\nExample: localcheckout snapshot paid.json",
			Arguments:   []cli.Argument{argument("file", "[FILE]")},
		}, snapshot),
		remoteCommand(&cli.Command{
			Name: "restore", Usage: "put a snapshot in the place of the sandbox", ArgsUsage: "FILE", Category: "Sandboxes",
			Description: "FILE is what 'localcheckout snapshot' wrote; - is the standard input.\n\nExample: localcheckout restore paid.json --sandbox w1",
			Arguments:   []cli.Argument{argument("file", "FILE")},
		}, restore),
	}
}

func reset(ctx context.Context, r *remote) error {
	if err := r.Reset(ctx); err != nil {
		return err
	}
	return r.done("%s is as it was at first use", r.place())
}

// snapshot writes a file whole or not at all.
func snapshot(ctx context.Context, r *remote) error {
	document, err := r.Snapshot(ctx)
	if err != nil {
		return err
	}
	name := r.cmd.StringArg("file")
	if name == "" {
		_, err := r.out.Write(append(document, '\n'))
		return failed(err)
	}
	if err := replace(name, document); err != nil {
		return failed(err)
	}
	return r.done("%s is in %s", r.place(), name)
}

// replace writes a file through a temporary one beside it.
func replace(name string, content []byte) error {
	fresh := name + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil { // client secrets are in it
		return err
	}
	if err := os.Rename(fresh, name); err != nil {
		_ = os.Remove(fresh)
		return err
	}
	return nil
}

func restore(ctx context.Context, r *remote) error {
	name := r.cmd.StringArg("file")
	document, err := readFile(name)
	if err != nil {
		return failed(fmt.Errorf("read the snapshot: %w", err))
	}
	if err := r.Restore(ctx, document); err != nil {
		return err
	}
	return r.done("%s is as in %s", r.place(), name)
}

// readFile reads a file; "-" is the standard input.
func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
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
