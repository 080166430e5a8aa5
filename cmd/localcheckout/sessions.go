package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

// actionCommands are the actions on a session.
func actionCommands() []*cli.Command {
	code := &cli.StringFlag{Name: "code", Local: true, Usage: "decline `CODE` of the provider; its general one when absent"}
	return []*cli.Command{
		payCommand(),
		withCode("decline", "refuse a payment; the session stays open", "decline cs_1 --code insufficient_funds", code, (*client.Client).Decline),
		actionCommand("confirm", "start a payment and leave it in flight", "confirm cs_1", (*client.Client).Confirm),
		actionCommand("settle", "end the payment in flight with success", "settle cs_1 --after 72h", (*client.Client).Settle),
		withCode("fail", "end the payment in flight with failure", "fail cs_1", code, (*client.Client).Fail),
		actionCommand("cancel", "have the customer turn back", "cancel cs_1", (*client.Client).Cancel),
		actionCommand("expire", "end an open session without payment", "expire cs_1", (*client.Client).Expire),
		forceCommand(),
	}
}

// payCommand takes what the customer pays with.
func payCommand() *cli.Command {
	with := &cli.StringFlag{Name: "instrument", Local: true, Usage: "let the sandbox's rules decide about this test card, token or bank `NUMBER`"}
	return sessionCommand("pay", "pay an open session", "pay cs_1 --instrument '4111 1111 1111 1111'", with,
		func(ctx context.Context, r *remote, id string, how client.Action) (client.Acted, error) {
			how.Instrument = r.cmd.String("instrument")
			return r.Pay(ctx, id, how)
		})
}

type (
	plainAction func(*client.Client, context.Context, string, ...client.Action) (client.Acted, error)
	codedAction func(c *client.Client, ctx context.Context, id, code string, how ...client.Action) (client.Acted, error)
)

func actionCommand(name, usage, example string, act plainAction) *cli.Command {
	return sessionCommand(name, usage, example, nil, func(ctx context.Context, r *remote, id string, how client.Action) (client.Acted, error) {
		return act(r.Client, ctx, id, how)
	})
}

func withCode(name, usage, example string, code cli.Flag, act codedAction) *cli.Command {
	return sessionCommand(name, usage, example, code, func(ctx context.Context, r *remote, id string, how client.Action) (client.Acted, error) {
		return act(r.Client, ctx, id, r.cmd.String("code"), how)
	})
}

// forceCommand takes the status as a second argument.
func forceCommand() *cli.Command {
	c := sessionCommand("force", "set any status, to test what cannot happen", "force cs_1 failed", nil,
		func(ctx context.Context, r *remote, id string, how client.Action) (client.Acted, error) {
			return r.Force(ctx, id, checkout.Status(r.cmd.StringArg("status")), how)
		})
	c.ArgsUsage = "SESSION STATUS"
	c.Arguments = append(c.Arguments, argument("status", "STATUS"))
	return c
}

func sessionCommand(name, usage, example string, extra cli.Flag,
	act func(context.Context, *remote, string, client.Action) (client.Acted, error),
) *cli.Command {
	c := &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "SESSION", Category: "Sessions",
		Description: "SESSION is the id that the provider shows; 'localcheckout sessions' lists them.\n\nExample: localcheckout " + example,
		Arguments:   []cli.Argument{argument("id", "SESSION")},
		Flags: []cli.Flag{&cli.StringFlag{
			Name: "after", Local: true, Usage: "act only when this `DURATION` has passed on the sandbox's clock: 10m, 24h, P1D",
		}},
		ShellComplete: completeSessions,
	}
	if extra != nil {
		c.Flags = append(c.Flags, extra)
	}
	return remoteCommand(c, func(ctx context.Context, r *remote) error {
		how := client.Action{}
		var err error
		if how.After, err = spanOf("--after", r.cmd.String("after")); err != nil {
			return err
		}
		acted, err := act(ctx, r, r.cmd.StringArg("id"), how)
		if err != nil {
			return err
		}
		return r.print(func(w io.Writer) { showActed(w, acted, how.After) })
	})
}

func showActed(w io.Writer, acted client.Acted, after time.Duration) {
	s := acted.Session
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID, s.Provider, statusOf(s), amountOf(s))
	for _, e := range acted.Events {
		fmt.Fprintf(w, "  %s  %s\n", clockTime(e.At), e.Type)
	}
	if acted.Challenge {
		fmt.Fprintln(w, "  asks the customer to authenticate: settle passes, fail does not")
	}
	if after > 0 {
		fmt.Fprintf(w, "  comes in %s on the sandbox's clock\n", after)
	}
}

// statusOf is the status in our word and the provider's, with the code of a refused payment.
func statusOf(s client.Session) string {
	text := string(s.Status)
	if s.NativeStatus != text {
		text += " (" + s.NativeStatus + ")"
	}
	if s.DeclineCode != "" {
		text += ", declined: " + s.DeclineCode
	}
	return text
}

// amountOf is in minor units, as on the wire.
func amountOf(s client.Session) string { return fmt.Sprintf("%d %s", s.Amount, s.Currency) }

func clockTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func sessionsCommand() *cli.Command {
	c := &cli.Command{
		Name: "sessions", Usage: "list the sessions of every provider, newest first", Category: "Sessions",
		Description: "Amounts are in minor units.\n\nExamples: localcheckout sessions --status open\n          localcheckout sessions --provider polar --json | jq -r '.sessions[0].id'",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "provider", Local: true, Usage: "those of one `PROVIDER`"},
			&cli.StringFlag{Name: "status", Local: true, Usage: "those in one `STATUS`: open, confirmed, succeeded, failed, expired"},
			&cli.IntFlag{Name: "limit", Local: true, Value: 100, Usage: "at most this `NUMBER`"},
		},
	}
	return remoteCommand(c, func(ctx context.Context, r *remote) error {
		page, err := r.Sessions(ctx, client.SessionQuery{
			Provider: r.cmd.String("provider"), Status: checkout.Status(r.cmd.String("status")), Limit: r.cmd.Int("limit"),
		})
		if err != nil {
			return err
		}
		return r.print(func(w io.Writer) { showSessions(w, page) })
	})
}

func showSessions(w io.Writer, page client.SessionPage) {
	if len(page.Sessions) == 0 {
		fmt.Fprintln(w, "no sessions")
		return
	}
	fmt.Fprintln(w, "SESSION\tPROVIDER\tSTATUS\tAMOUNT\tCREATED\tEXPIRES")
	for _, s := range page.Sessions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Provider, statusOf(s), amountOf(s), clockTime(s.CreatedAt), clockTime(s.ExpiresAt))
	}
	if page.HasMore {
		fmt.Fprintf(w, "%d of %d shown; more with --limit\n", len(page.Sessions), page.Total)
	}
}
