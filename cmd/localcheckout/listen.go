package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/urfave/cli/v3"
)

func listenCommand() *cli.Command {
	c := &cli.Command{
		Name: "listen", Usage: "have webhooks sent to your application until Ctrl-C, and show what comes of each", Category: "Webhooks",
		ArgsUsage: " ",
		Description: "It makes a webhook endpoint for each provider that sends any, prints the secret that signs what it gets, then a line\n" +
			"for each event (-->) and for each attempt to deliver it (<--). Ctrl-C removes the endpoints.\n\n" +
			"The emulator sends straight to the URL, nothing stands between: headers, bytes and signatures are the provider's.\n" +
			"So the URL is one that the emulator reaches: of one that runs in a container, http://host.docker.internal:3000.\n\n" +
			"Examples: localcheckout listen --forward-to localhost:3000/hooks\n" +
			"          localcheckout listen --forward-to localhost:3000/hooks --provider polar --events order.paid,checkout.updated\n" +
			"          export POLAR_WEBHOOK_SECRET=$(localcheckout listen --provider polar --print-secret)",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "forward-to", Local: true, Usage: "the `URL` of your application; without a scheme it is http"},
			&cli.StringFlag{Name: "provider", Local: true, Usage: "events of this `PROVIDER` only"},
			&cli.StringSliceFlag{Name: "events", Local: true, Usage: "only events of these `TYPES`, divided by commas, in the provider's words"},
			&cli.BoolFlag{Name: "print-secret", Local: true, Usage: "print the secret that signs, and nothing else, and end"},
		},
	}
	return remoteCommand(c, func(ctx context.Context, r *remote) error { return (&listening{remote: r}).run(ctx) })
}

// listening is a listen that runs.
type listening struct {
	*remote
	drafts    []client.EndpointDraft
	endpoints []client.Endpoint
}

func (l *listening) run(ctx context.Context) error {
	providers, err := l.providers(ctx)
	if err != nil {
		return err
	}
	if l.cmd.Bool("print-secret") {
		return l.printSecret(providers)
	}
	if err := l.draft(providers); err != nil {
		return err
	}
	defer l.remove(context.WithoutCancel(ctx))
	if err := l.add(ctx); err != nil {
		return ended(ctx, err)
	}
	for {
		if err := l.show(ctx); err != nil {
			return l.lost(ctx, err)
		}
		if err := l.again(ctx); err != nil || ctx.Err() != nil {
			return ended(ctx, err)
		}
		if err := l.add(ctx); err != nil {
			return l.lost(ctx, err)
		}
	}
}

// providers are those whose events are wanted: the one that is named, else all that send any.
func (l *listening) providers(ctx context.Context) ([]client.Provider, error) {
	info, err := l.Info(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	var sending []client.Provider
	name := l.cmd.String("provider")
	for _, p := range info.Providers {
		names = append(names, p.Name)
		switch {
		case name != "" && name != p.Name:
		case p.WebhookSecret != "":
			sending = append(sending, p)
		case name != "":
			return nil, &failure{fmt.Errorf("%s sends no webhooks; its events are in its own API", name)}
		}
	}
	if len(sending) == 0 {
		return nil, &usageError{match.Unknown([]any{"provider"}, "provider", name, names)}
	}
	return sending, nil
}

func (l *listening) printSecret(providers []client.Provider) error {
	if l.cmd.String("provider") == "" {
		return &usageError{errors.New("--print-secret needs --provider: each provider has its own secret")}
	}
	_, err := fmt.Fprintln(l.out, providers[0].WebhookSecret)
	return failed(err)
}

// draft says which endpoints are to be made.
func (l *listening) draft(providers []client.Provider) error {
	to, events := l.cmd.String("forward-to"), l.cmd.StringSlice("events")
	if to == "" {
		return &usageError{errors.New("listen needs --forward-to URL, such as http://localhost:3000/hooks")}
	}
	if !strings.Contains(to, "://") {
		to = "http://" + to
	}
	if err := webhook.CheckURL(to); err != nil {
		return &usageError{fmt.Errorf("--forward-to: %w", err)}
	}
	if len(events) > 0 && l.cmd.String("provider") == "" {
		return &usageError{errors.New("--events needs --provider: each provider has its own names of events")}
	}
	for _, p := range providers {
		l.drafts = append(l.drafts, client.EndpointDraft{Provider: p.Name, URL: to, Events: events, Description: "localcheckout listen"})
	}
	return nil
}

// add makes the endpoints that are not there: all at first, and those that a reset has taken.
func (l *listening) add(ctx context.Context) error {
	there, err := l.Endpoints(ctx)
	if err != nil {
		return err
	}
	var endpoints []client.Endpoint
	for i, draft := range l.drafts {
		if i < len(l.endpoints) && slices.ContainsFunc(there, func(e client.Endpoint) bool { return e.ID == l.endpoints[i].ID && e.URL == draft.URL }) {
			endpoints = append(endpoints, l.endpoints[i])
			continue
		}
		made, err := l.AddEndpoint(ctx, draft)
		if err != nil {
			l.endpoints = endpoints // those that are to be removed
			return err
		}
		endpoints = append(endpoints, made)
		if err := l.printLine(made, fmt.Sprintf("%s sends to %s, signed with %s", made.Provider, made.URL, made.Secret)); err != nil {
			return err
		}
	}
	l.endpoints = endpoints
	return nil
}

// removal is how long the endpoints may take to go.
const removal = 2 * time.Second

// remove takes the endpoints away. What cannot be reached any more has none.
func (l *listening) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, removal)
	defer cancel()
	for _, e := range l.endpoints {
		_ = l.DropEndpoint(ctx, e.ID)
	}
}

// show prints what is sent to the endpoints until they are gone.
func (l *listening) show(ctx context.Context) error {
	for d, err := range l.StreamDeliveries(ctx, client.DeliveryQuery{Provider: l.cmd.String("provider")}) {
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(l.endpoints, func(e client.Endpoint) bool { return e.ID == d.Endpoint }) {
			continue
		}
		at, arrow, text := d.CreatedAt, "-->", d.Event.ID
		if n := len(d.Attempts); n > 0 {
			at, arrow, text = d.Attempts[n-1].At, "<--", outcome(d)
		} else if d.State != "pending" {
			arrow, text = "<--", outcome(d)
		}
		if err := l.printLine(d, fmt.Sprintf("%s  %s %-24s %-10s %s  %s", clockTime(at), arrow, d.Event.Type, d.Event.Provider, d.Event.Session, text)); err != nil {
			return err
		}
	}
	return nil
}
