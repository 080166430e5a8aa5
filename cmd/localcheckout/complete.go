package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

// completionTime bounds what the shell waits for.
const completionTime = 300 * time.Millisecond

// completeSessions offers the ids of the latest sessions of a running emulator, and flags. Where none
// runs it offers nothing: a prompt is no place for errors.
func completeSessions(ctx context.Context, c *cli.Command) {
	if completesFlag(c) {
		cli.DefaultCompleteWithFlags(ctx, c)
		return
	}
	r, err := dial(c)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	page, err := r.Sessions(ctx, client.SessionQuery{Limit: 50})
	if err != nil {
		return
	}
	for _, s := range page.Sessions {
		fmt.Fprintf(c.Root().Writer, "%s:%s %s\n", s.ID, s.Provider, s.Status)
	}
}

// completeProviders offers the names of the providers, and flags.
func completeProviders(ctx context.Context, c *cli.Command) {
	if completesFlag(c) {
		cli.DefaultCompleteWithFlags(ctx, c)
		return
	}
	for _, name := range emulator.ProviderNames() {
		fmt.Fprintln(c.Root().Writer, name)
	}
}

// completesFlag reports whether the word that is being completed begins a flag.
func completesFlag(c *cli.Command) bool {
	args := c.Root().Args().Slice()
	return len(args) > 0 && strings.HasPrefix(args[len(args)-1], "-")
}
