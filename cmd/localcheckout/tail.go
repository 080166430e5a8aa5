package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

func tailCommand() *cli.Command {
	c := &cli.Command{
		Name: "tail", Usage: "show the latest events, and those to come as they happen", Category: "Sessions",
		Description: "It ends with Ctrl-C.\n\nExamples: localcheckout tail\n          localcheckout tail --session cs_1 --json\n" +
			"          localcheckout tail --once --lines 1000 --type session.succeeded",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "lines", Aliases: []string{"n"}, Local: true, Value: 10, Usage: "begin with this `NUMBER` of events"},
			&cli.BoolFlag{Name: "once", Local: true, Usage: "do not wait for those to come"},
			&cli.StringFlag{Name: "type", Local: true, Usage: "events of this `TYPE`, such as session.succeeded"},
			&cli.StringFlag{Name: "session", Local: true, Usage: "events of the session with this `ID`"},
			&cli.StringFlag{Name: "provider", Local: true, Usage: "events of this `PROVIDER`"},
		},
	}
	return remoteCommand(c, tail)
}

func tail(ctx context.Context, r *remote) error {
	q := client.EventQuery{Type: r.cmd.String("type"), Session: r.cmd.String("session"), Provider: r.cmd.String("provider")}
	events, err := r.Events(ctx, q)
	if err != nil {
		return err
	}
	for _, e := range events[max(len(events)-max(r.cmd.Int("lines"), 0), 0):] {
		if err := r.printEvent(e); err != nil {
			return err
		}
	}
	if r.cmd.Bool("once") {
		return nil
	}
	if len(events) > 0 {
		q.Since = events[len(events)-1].Seq
	} else if q.Since, err = r.first(ctx, q); err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, r.follow(ctx, q))
}

// first waits for the first event there ever is, and prints it: a stream without a number to begin
// after might miss it.
func (r *remote) first(ctx context.Context, q client.EventQuery) (seq uint64, err error) {
	for {
		events, err := r.WaitEvent(ctx, q, client.Wait{Timeout: time.Minute})
		for _, e := range events {
			if err := r.printEvent(e); err != nil {
				return 0, err
			}
			seq = e.Seq
		}
		var late *client.Problem
		if seq > 0 || !errors.As(err, &late) || late.Status != http.StatusRequestTimeout {
			return seq, err
		}
	}
}

// follow prints events as they come.
func (r *remote) follow(ctx context.Context, q client.EventQuery) error {
	for e, err := range r.StreamEvents(ctx, q) {
		if err != nil {
			return err
		}
		if err := r.printEvent(e); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		return &failure{fmt.Errorf("the emulator at %s has stopped", r.Base())}
	}
	return nil
}

// ended is nothing when the user ended it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// printEvent writes one line.
func (r *remote) printEvent(e client.Event) error {
	if r.json {
		return failed(json.NewEncoder(r.out).Encode(e))
	}
	_, err := fmt.Fprintf(r.out, "%s  %-20s %-10s %s\n", clockTime(e.At), e.Type, e.Provider, e.Session)
	return failed(err)
}
