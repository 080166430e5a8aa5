package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/control"
	"github.com/urfave/cli/v3"
)

// clockCommands move the sandbox's time.
func clockCommands() []*cli.Command {
	return []*cli.Command{
		advanceCommand(),
		clockCommand("freeze", "stop the sandbox's clock where it is", (*client.Client).Freeze),
		clockCommand("resume", "let a frozen clock run on", (*client.Client).Resume),
		clockCommand("clock", "show the sandbox's time", (*client.Client).Clock),
	}
}

func clockCommand(name, usage string, act func(*client.Client, context.Context) (client.Clock, error)) *cli.Command {
	return remoteCommand(&cli.Command{Name: name, Usage: usage, Category: "Time"}, func(ctx context.Context, r *remote) error {
		now, err := act(r.Client, ctx)
		if err != nil {
			return err
		}
		return r.print(func(w io.Writer) { showClock(w, now) })
	})
}

func advanceCommand() *cli.Command {
	c := &cli.Command{
		Name: "advance", Usage: "move the sandbox's clock forward; ends when all that fell due has happened", Category: "Time",
		ArgsUsage:   "DURATION",
		Description: "DURATION is Go's (90s, 24h) or ISO 8601 (P1D).\n\nExamples: localcheckout advance 24h\n          localcheckout advance --to 2030-01-01T00:00:00Z",
		Arguments:   []cli.Argument{argument("by", "[DURATION]")},
		Flags:       []cli.Flag{&cli.StringFlag{Name: "to", Local: true, Usage: "move to this `INSTANT` (RFC 3339) instead"}},
	}
	return remoteCommand(c, func(ctx context.Context, r *remote) error {
		now, err := advance(ctx, r, r.cmd.StringArg("by"), r.cmd.String("to"))
		if err != nil {
			return err
		}
		return r.print(func(w io.Writer) { showClock(w, now) })
	})
}

func advance(ctx context.Context, r *remote, by, to string) (client.Clock, error) {
	if (by == "") == (to == "") {
		return client.Clock{}, &usageError{fmt.Errorf("advance needs a DURATION such as 24h, or --to INSTANT")}
	}
	if to != "" {
		at, err := time.Parse(time.RFC3339Nano, to)
		if err != nil {
			return client.Clock{}, &usageError{fmt.Errorf("--to %q is not an RFC 3339 instant, such as 2030-01-01T00:00:00Z", to)}
		}
		return r.SetClock(ctx, at)
	}
	d, err := spanOf("DURATION", by)
	if err != nil {
		return client.Clock{}, err
	}
	return r.Advance(ctx, d)
}

// spanOf reads a duration of the command line; "" is zero.
func spanOf(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := control.ParseDuration(text)
	if err != nil {
		return 0, &usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return d, nil
}

func showClock(w io.Writer, now client.Clock) {
	state := "running"
	if now.Frozen {
		state = "frozen"
	}
	fmt.Fprintf(w, "%s, %s, %s\n", clockTime(now.Now), state, ahead(now.Offset))
	for _, f := range now.Fired {
		for _, e := range f.Events {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", clockTime(f.At), e.Type, e.Session)
		}
	}
}

// ahead is the distance to wall time, in words.
func ahead(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d > 0:
		return d.String() + " ahead of wall time"
	case d < 0:
		return (-d).String() + " behind wall time"
	}
	return "at wall time"
}
