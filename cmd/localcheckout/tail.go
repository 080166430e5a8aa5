package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

func tailCommand() *cli.Command {
	c := &cli.Command{
		Name: "tail", Usage: "show the latest events with the attempts to deliver them, and those to come as they happen", Category: "Sessions",
		Description: "An attempt is shown when it has ended: the answer, and when the next one is due. It ends with Ctrl-C.\n" +
			"With --json each line is an event, which has a seq, or a delivery after an attempt, which has attempts.\n\n" +
			"Examples: localcheckout tail\n          localcheckout tail --session cs_1 --json\n" +
			"          localcheckout tail --once --lines 1000 --type session.succeeded",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "lines", Aliases: []string{"n"}, Local: true, Value: 10, Usage: "begin with this `NUMBER` of events"},
			&cli.BoolFlag{Name: "once", Local: true, Usage: "do not wait for those to come"},
			&cli.StringFlag{Name: "type", Local: true, Usage: "events of this `TYPE`, such as session.succeeded"},
			&cli.StringFlag{Name: "session", Local: true, Usage: "events of the session with this `ID`"},
			&cli.StringFlag{Name: "provider", Local: true, Usage: "events of this `PROVIDER`"},
		},
	}
	return remoteCommand(c, func(ctx context.Context, r *remote) error { return (&tailing{remote: r}).run(ctx) })
}

// tailing is a tail that runs.
type tailing struct {
	*remote
	mu   sync.Mutex // guards the output
	told map[string]client.Delivery
}

func (t *tailing) run(ctx context.Context) error {
	q := client.EventQuery{Type: t.cmd.String("type"), Session: t.cmd.String("session"), Provider: t.cmd.String("provider")}
	events, err := t.Events(ctx, q)
	if err != nil {
		return err
	}
	shown := events[max(len(events)-max(t.cmd.Int("lines"), 0), 0):]
	deliveries := client.DeliveryQuery{Type: q.Type, Session: q.Session, Provider: q.Provider}
	switch {
	case len(shown) > 0:
		deliveries.Since = shown[0].Seq - 1
	case len(events) > 0:
		deliveries.Since = events[len(events)-1].Seq
	}
	if err := t.past(ctx, shown, deliveries); err != nil || t.cmd.Bool("once") {
		return err
	}
	if len(events) > 0 {
		q.Since = events[len(events)-1].Seq
	} else if q.Since, err = t.first(ctx, q); err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, together(ctx,
		func(ctx context.Context) error { return t.follow(ctx, q) },
		func(ctx context.Context) error { return t.followDeliveries(ctx, deliveries) }))
}

// past prints events, each with the attempts so far to deliver it.
func (t *tailing) past(ctx context.Context, events []client.Event, q client.DeliveryQuery) error {
	t.told = map[string]client.Delivery{}
	if len(events) == 0 {
		return nil
	}
	deliveries, err := t.Deliveries(ctx, q)
	if err != nil {
		return err
	}
	of := map[uint64][]client.Delivery{}
	for _, d := range deliveries {
		of[d.Event.Seq] = append(of[d.Event.Seq], d)
		t.told[d.ID] = d
	}
	for _, e := range events {
		if err := t.printEvent(e); err != nil {
			return err
		}
		for _, d := range of[e.Seq] {
			if err := t.printAttempts(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// printAttempts prints a delivery as it stood after each attempt.
func (t *tailing) printAttempts(d client.Delivery) error {
	for n := range max(len(d.Attempts), 1) {
		then := d
		if then.Attempts = d.Attempts[:min(n+1, len(d.Attempts))]; n < len(d.Attempts)-1 {
			then.State, then.NextAt, then.Reason = "pending", time.Time{}, ""
		}
		if err := t.printDelivery(then); err != nil {
			return err
		}
	}
	return nil
}

// first waits for the first event there ever is, and prints it: a stream without a number to begin
// after might miss it.
func (t *tailing) first(ctx context.Context, q client.EventQuery) (seq uint64, err error) {
	for {
		events, err := t.WaitEvent(ctx, q, client.Wait{Timeout: time.Minute})
		for _, e := range events {
			if err := t.printEvent(e); err != nil {
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
func (t *tailing) follow(ctx context.Context, q client.EventQuery) error {
	for e, err := range t.StreamEvents(ctx, q) {
		if err != nil {
			return err
		}
		if err := t.printEvent(e); err != nil {
			return err
		}
	}
	return t.gone(ctx)
}

// followDeliveries prints deliveries as attempts end. After a reset all are new.
func (t *tailing) followDeliveries(ctx context.Context, q client.DeliveryQuery) error {
	for {
		for d, err := range t.StreamDeliveries(ctx, q) {
			if err != nil {
				return t.lost(ctx, err)
			}
			if before, ok := t.told[d.ID]; ok && len(d.Attempts) <= len(before.Attempts) {
				continue
			}
			if err := t.printDelivery(d); err != nil {
				return err
			}
		}
		if err := t.again(ctx); err != nil {
			return err
		}
		q.Since, t.told = 0, nil
	}
}

// again is nil when a stream that has ended can be opened again.
func (r *remote) again(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(waitStep):
	}
	if err := ready(ctx, r.Base()); err != nil {
		return r.gone(ctx)
	}
	return nil
}

// lost is an error of an emulator that answered before: that it has stopped, when nothing answers.
func (r *remote) lost(ctx context.Context, err error) error {
	if errors.As(err, new(net.Error)) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.gone(ctx)
	}
	return err
}

// gone is the error of an emulator that has stopped; nil when the user has ended the command.
func (r *remote) gone(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	return &failure{fmt.Errorf("the emulator at %s has stopped", r.Base())}
}

// together runs what lasts side by side until the first one ends, and answers its error.
func together(ctx context.Context, lasting ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(lasting))
	for _, run := range lasting {
		go func() { errs <- run(ctx) }()
	}
	err := <-errs
	cancel()
	for range len(lasting) - 1 {
		<-errs
	}
	return err
}

// ended is nothing when the user ended it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// printEvent writes one line.
func (t *tailing) printEvent(e client.Event) error {
	return t.line(e, fmt.Sprintf("%s  %-20s %-10s %s", clockTime(e.At), e.Type, e.Provider, e.Session))
}

// printDelivery writes one line, when something has come of the delivery.
func (t *tailing) printDelivery(d client.Delivery) error {
	at := d.CreatedAt
	if n := len(d.Attempts); n > 0 {
		at = d.Attempts[n-1].At
	} else if d.State == "pending" {
		return nil
	}
	return t.line(d, fmt.Sprintf("%s    %-18s %-10s %s  POST %s %s", clockTime(at), d.Event.Type, d.Event.Provider, d.Event.Session, d.URL, outcome(d)))
}

func (t *tailing) line(v any, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.printLine(v, text)
}

// printLine writes v as JSON with --json, else the text.
func (r *remote) printLine(v any, text string) error {
	if r.json {
		return failed(json.NewEncoder(r.out).Encode(v))
	}
	_, err := fmt.Fprintln(r.out, text)
	return failed(err)
}

// outcome is what became of the last attempt of a delivery, and of the delivery by it.
func outcome(d client.Delivery) string {
	text := "not sent"
	if n := len(d.Attempts); n > 0 {
		a := d.Attempts[n-1]
		text = fmt.Sprintf("attempt %d: %s in %s", a.N, answerOf(a), a.Duration.Round(time.Millisecond))
	}
	switch {
	case !d.NextAt.IsZero():
		text += ", next try " + clockTime(d.NextAt)
	case d.State != "pending":
		text += ", " + d.State
	}
	if d.Reason != "" {
		text += " (" + d.Reason + ")"
	}
	return text
}

// answerOf is the status of an answer, or why there was none.
func answerOf(a client.Attempt) string {
	if a.Status == 0 {
		return a.Error
	}
	return fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
}
