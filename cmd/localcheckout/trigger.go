package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/urfave/cli/v3"
)

func triggerCommand() *cli.Command {
	c := &cli.Command{
		Name: "trigger", Usage: "make an event of a provider happen, with the objects that it needs", Category: "Webhooks", ArgsUsage: "PROVIDER EVENT",
		Description: "Sessions, orders, customers and what else the event is about are made as an application would make them, and the webhooks\n" +
			"of all that are sent. Polar's are marked as its own tool marks them, by the header X-Polar-Triggered.\n\n" +
			"Examples: localcheckout trigger polar order.paid\n          localcheckout trigger --list\n          localcheckout trigger --list tilled",
		Arguments: []cli.Argument{argument("provider", "[PROVIDER]"), argument("event", "[EVENT]")},
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "list", Aliases: []string{"l"}, Local: true, Usage: "list the events, of one provider or of all"}},
	}
	c.ShellComplete = completeEvents
	return remoteCommand(c, func(ctx context.Context, r *remote) error {
		provider, event := r.cmd.StringArg("provider"), r.cmd.StringArg("event")
		switch {
		case r.cmd.Bool("list") && event == "":
			return listEvents(ctx, r, provider)
		case r.cmd.Bool("list"):
			return &usageError{errors.New("trigger --list takes a PROVIDER at most")}
		case event == "":
			return &usageError{errors.New("trigger needs PROVIDER EVENT, such as: localcheckout trigger polar order.paid\n'localcheckout trigger --list' shows the events.")}
		}
		made, err := r.Trigger(ctx, provider, event)
		if err != nil {
			return err
		}
		return r.print(func(w io.Writer) { r.showTriggered(ctx, w, provider, made) })
	})
}

func (r *remote) showTriggered(ctx context.Context, w io.Writer, provider string, made client.Triggered) {
	if s := made.Session; s != nil {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID, s.Provider, statusOf(*s), amountOf(*s))
	}
	var urls []string
	for _, d := range made.Deliveries {
		if !slices.Contains(urls, d.URL) {
			urls = append(urls, d.URL)
		}
	}
	for _, e := range made.Events {
		if e.Native {
			fmt.Fprintf(w, "  %s  %s\n", clockTime(e.At), e.Type)
		}
	}
	switch p, err := r.Provider(ctx, provider); {
	case len(urls) > 0:
	case err == nil && p.WebhookSecret == "":
		fmt.Fprintf(w, "  %s sends no webhooks: its events are in its own API\n", provider)
	default:
		fmt.Fprintln(w, "  sent to nobody: no webhook endpoint wants them; 'localcheckout listen' makes one")
	}
	for _, url := range urls {
		fmt.Fprintf(w, "  sent to %s; 'localcheckout tail' shows the attempts\n", url)
	}
}

// listEvents prints the events of one provider, or of all.
func listEvents(ctx context.Context, r *remote, provider string) error {
	info, err := r.Info(ctx)
	if err != nil {
		return err
	}
	events, names := map[string][]string{}, []string(nil)
	for _, p := range info.Providers {
		names = append(names, p.Name)
		if provider == "" || provider == p.Name {
			events[p.Name] = p.Events
		}
	}
	if len(events) == 0 {
		return &usageError{match.Unknown([]any{"provider"}, "provider", provider, names)}
	}
	if r.json {
		return r.printLine(events, "")
	}
	for _, name := range names {
		for _, event := range events[name] {
			if _, err := fmt.Fprintf(r.out, "%s %s\n", name, event); err != nil {
				return failed(err)
			}
		}
	}
	return nil
}

// completeEvents offers the providers, then the events of the one that was chosen, and flags. Where no
// emulator runs it offers the providers alone.
func completeEvents(ctx context.Context, c *cli.Command) {
	chosen := c.Args().First()
	if completesFlag(c) || chosen == "" {
		completeProviders(ctx, c)
		return
	}
	r, err := dial(c)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	p, err := r.Provider(ctx, chosen)
	if err != nil {
		return
	}
	for _, event := range p.Events {
		fmt.Fprintln(c.Root().Writer, event)
	}
}
