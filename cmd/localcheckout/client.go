package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

func waitCommand() *cli.Command {
	return &cli.Command{
		Name:  "wait",
		Usage: "wait until the emulator is ready: exit 0 when it is, 1 when it is not in time",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Local: true, Value: defaultAddr, Sources: env("addr"), Usage: "`HOST:PORT` of the emulator"},
			&cli.StringFlag{Name: "url", Local: true, Usage: "`URL` of the emulator, instead of its address"},
			&cli.DurationFlag{Name: "timeout", Local: true, Value: 10 * time.Second, Sources: env("timeout"), Usage: "give up after this `DURATION`"},
		},
		Action: wait,
	}
}

// waitStep is the pause between two tries.
const waitStep = 20 * time.Millisecond

func wait(ctx context.Context, c *cli.Command) error {
	ctx, cancel := context.WithTimeout(ctx, c.Duration("timeout"))
	defer cancel()
	at, addr := c.String("url"), c.String("addr")
	if !c.IsSet("addr") {
		addr = configuredAddr()
	}
	if at == "" {
		var err error
		if at, err = reachable(addr); err != nil {
			return err
		}
	}
	for {
		err := ready(ctx, at)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return &failure{fmt.Errorf("%s was not ready within %s: %w", at, c.Duration("timeout"), err)}
		case <-time.After(waitStep):
		}
	}
}

func ready(ctx context.Context, base string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", resp.Status)
	}
	return nil
}

// reachable turns a listen address into a base URL: an unspecified host is this machine.
func reachable(addr string) (string, error) {
	host, port, err := hostPort("addr", addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func fixturesCommand() *cli.Command {
	return &cli.Command{
		Name:          "fixtures",
		Usage:         "print the catalog that every sandbox begins with, as JSON",
		ArgsUsage:     "[PROVIDER[.RESOURCE]]",
		Description:   "Examples: localcheckout fixtures\n          localcheckout fixtures polar.products | jq -r '.[0].id'",
		Arguments:     []cli.Argument{argument("part", "[PROVIDER[.RESOURCE]]")},
		Action:        fixtures,
		ShellComplete: completeProviders,
		Category:      "Applications",
	}
}

// fixtures asks an emulator of its own, which need not listen anywhere.
func fixtures(ctx context.Context, c *cli.Command) error {
	emu, err := emulator.New(emulator.Options{Version: version})
	if err != nil {
		return &failure{err}
	}
	defer emu.Close()
	catalog, err := emu.Fixtures(ctx)
	if err != nil {
		return &failure{fmt.Errorf("read the catalog: %w", err)}
	}
	part, err := partOf(catalog, c.StringArg("part"))
	if err != nil {
		return err
	}
	out := json.NewEncoder(c.Root().Writer)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return failed(out.Encode(part))
}

// partOf is the catalog, the part of one provider, or the objects of one of its resources.
func partOf(catalog client.Fixtures, name string) (any, error) {
	if name == "" {
		return catalog, nil
	}
	provider, resource, narrow := strings.Cut(name, ".")
	resources, ok := catalog[provider]
	if !ok {
		return nil, fmt.Errorf("there is no provider %q; there are %s", provider, strings.Join(slices.Sorted(maps.Keys(catalog)), ", "))
	}
	if !narrow {
		return resources, nil
	}
	objects, ok := resources[resource]
	if !ok {
		return nil, fmt.Errorf("%s has no resource %q; it has %s", provider, resource, strings.Join(slices.Sorted(maps.Keys(resources)), ", "))
	}
	return objects, nil
}
