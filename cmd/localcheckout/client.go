package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/urfave/cli/v3"
)

func waitCommand() *cli.Command {
	return &cli.Command{
		Name:  "wait",
		Usage: "wait until the emulator is ready: exit 0 when it is, 1 when it is not in time",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Local: true, Value: defaultAddr, Sources: env("addr"), Usage: "`HOST:PORT` of the emulator"},
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
	at, err := reachable(c.String("addr"))
	if err != nil {
		return err
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
		Name:   "fixtures",
		Usage:  "print the catalog that every sandbox begins with, as JSON",
		Action: fixtures,
	}
}

// fixtures asks an emulator of its own, which need not listen anywhere.
func fixtures(_ context.Context, c *cli.Command) error {
	emu, err := emulator.New(emulator.Options{Version: version})
	if err != nil {
		return &failure{err}
	}
	defer emu.Close()
	req, err := http.NewRequest(http.MethodGet, "http://localhost/_control/fixtures", nil)
	if err != nil {
		return &failure{err}
	}
	var body recorder
	emu.Handler().ServeHTTP(&body, req)
	if body.status != http.StatusOK {
		return &failure{fmt.Errorf("read the catalog: %s", strings.TrimSpace(body.String()))}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body.Bytes(), "", "  "); err != nil {
		return &failure{fmt.Errorf("read the catalog: %w", err)}
	}
	pretty.WriteByte('\n')
	if _, err := io.Copy(c.Root().Writer, &pretty); err != nil {
		return &failure{err}
	}
	return nil
}

// recorder keeps an answer in memory.
type recorder struct {
	bytes.Buffer
	header http.Header
	status int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) { r.status = status }
