package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

// remote is a command that steers a running emulator.
type remote struct {
	*client.Client
	cmd  *cli.Command
	out  io.Writer
	json bool
	tape *tape
}

// remoteCommand completes a command whose action steers a running emulator.
func remoteCommand(c *cli.Command, act func(ctx context.Context, r *remote) error) *cli.Command {
	c.Flags = append(c.Flags, remoteFlags()...)
	c.Action = func(ctx context.Context, c *cli.Command) error {
		if err := missing(c); err != nil {
			return err
		}
		r, err := dial(c)
		if err != nil {
			return err
		}
		if err := act(ctx, r); err != nil {
			return r.explain(err)
		}
		return nil
	}
	return c
}

func remoteFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "url", Local: true, Sources: env("url"), Usage: "`URL` of the emulator; http://" + defaultAddr + " when absent"},
		&cli.StringFlag{Name: "sandbox", Local: true, Sources: env("sandbox"), Usage: "act in the sandbox of this `NAME`; \"default\" when absent"},
		&cli.StringFlag{Name: "control-token", Local: true, Sources: env("control-token"), Usage: "`TOKEN` of the control API, when the emulator wants one"},
		&cli.BoolFlag{Name: "json", Local: true, Usage: "print what the control API answers"},
	}
}

// missing names the first argument that a command needs and did not get.
func missing(c *cli.Command) error {
	for _, a := range c.Arguments {
		if text, ok := a.(*cli.StringArg); ok && c.StringArg(text.Name) == "" && !strings.HasPrefix(text.UsageText, "[") {
			return fmt.Errorf("%s needs %s: localcheckout %s %s", c.Name, text.UsageText, c.Name, c.ArgsUsage)
		}
	}
	return nil
}

// argument is a positional one; shown in brackets it may be absent.
func argument(name, shown string) *cli.StringArg { return &cli.StringArg{Name: name, UsageText: shown} }

// dial makes the client that the flags name. Nothing is sent yet.
func dial(c *cli.Command) (*remote, error) {
	r := &remote{cmd: c, out: c.Root().Writer, json: c.Bool("json"), tape: &tape{}}
	base, err := baseURL(c.String("url"))
	if err != nil {
		return nil, err
	}
	if r.Client, err = client.New(base, client.Options{Sandbox: c.String("sandbox"), Token: controlToken(c.String("control-token")), Transport: r.tape}); err != nil {
		return nil, fmt.Errorf("%s: %w", setting("url"), err)
	}
	return r, nil
}

// baseURL is where the emulator is: as told, else where a server that reads the same environment
// listens.
func baseURL(told string) (string, error) {
	if told == "" { // completion asks before variables are read
		told, _ = variableOf("url").Lookup()
	}
	if told != "" {
		return told, nil
	}
	apart, _ := variableOf("control-addr").Lookup()
	addr, _ := variableOf("addr").Lookup()
	return reachable(cmp.Or(apart, configured("control-addr"), addr, configuredAddr()))
}

// controlToken is the token as told, else that of a server that reads the same environment.
func controlToken(told string) string {
	if told == "" { // completion asks before variables are read
		told, _ = variableOf("control-token").Lookup()
	}
	return cmp.Or(told, configured("control-token"))
}

// tape is a transport that remembers the latest answer, for --json.
type tape struct{ last []byte }

// RoundTrip implements http.RoundTripper.
func (t *tape) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp, err
	}
	defer resp.Body.Close()
	if t.last, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(t.last))
	return resp, nil
}

// print writes the latest answer with --json, else what human writes into aligned columns, which are
// divided by tabs.
func (r *remote) print(human func(w io.Writer)) error {
	if r.json {
		_, err := r.out.Write(append(bytes.TrimSpace(r.tape.last), '\n'))
		return failed(err)
	}
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	human(w)
	return failed(w.Flush())
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

// explain says what to try after a failure.
func (r *remote) explain(err error) error {
	if errors.As(err, new(*usageError)) || errors.As(err, new(*failure)) {
		return err
	}
	var problem *client.Problem
	if errors.As(err, &problem) {
		return &failure{errors.New(r.told(problem))}
	}
	return &failure{unreachable(r.Base(), err)}
}

// usageError is a command line that cannot be used, found out late.
type usageError struct{ error }

// told is a refusal of the emulator, for people.
func (r *remote) told(p *client.Problem) string {
	text := p.Detail
	if text == "" {
		text = fmt.Sprintf("%s answers %d %s", r.Base(), p.Status, http.StatusText(p.Status))
	}
	switch {
	case p.Status == http.StatusNotFound && takes(r.cmd, "id"):
		text += "\nThe sessions there are: localcheckout sessions" + r.flags() + "; other sandboxes by --sandbox NAME."
	case p.Status == http.StatusConflict && len(p.Allowed) > 0:
		text += "\nAllowed now: " + strings.Join(p.Allowed, ", ") + "."
	case len(p.Allowed) > 0 && !strings.Contains(text, p.Allowed[0]):
		text += "\nChoose of: " + strings.Join(p.Allowed, ", ") + "."
	}
	return text
}

// flags are the flags that reach the same emulator and sandbox again.
func (r *remote) flags() string {
	var b strings.Builder
	for _, name := range []string{"url", "sandbox"} {
		if inherited, _ := variableOf(name).Lookup(); r.cmd.String(name) != inherited {
			b.WriteString(" --" + name + " " + r.cmd.String(name))
		}
	}
	return b.String()
}

func takes(c *cli.Command, argument string) bool {
	return slices.ContainsFunc(c.Arguments, func(a cli.Argument) bool {
		text, ok := a.(*cli.StringArg)
		return ok && text.Name == argument
	})
}

// unreachable is an error that came from no emulator.
func unreachable(base string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s\nStart it with 'localcheckout serve', or name another with %s.", base, setting("url"))
	case errors.As(err, &dns):
		return fmt.Errorf("there is no host %s\nName the emulator with %s.", dns.Name, setting("url"))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not answer in time\n'localcheckout doctor' looks for the cause.", base)
	}
	return err
}
