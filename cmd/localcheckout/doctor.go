package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

func doctorCommand() *cli.Command {
	c := &cli.Command{
		Name: "doctor", Usage: "look for what keeps an application from the emulator: exit 0 when all is well, 1 when not",
		Description: "It looks at the address, the version, the clocks and the environment of this process.",
	}
	return remoteCommand(c, doctor)
}

// grade is how bad a finding is.
type grade string

// The grades. Only what is wrong ends the command with 1.
const (
	well    grade = "ok"
	unsure  grade = "warning"
	illness grade = "wrong"
)

// finding is what one check found.
type finding struct {
	Grade  grade  `json:"grade"`
	Check  string `json:"check"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
}

// checkup collects findings about one emulator.
type checkup struct {
	*remote
	base     *url.URL
	findings []finding
}

// checkTime bounds each check that waits for an answer.
const checkTime = 3 * time.Second

func doctor(ctx context.Context, r *remote) error {
	base, err := url.Parse(r.Base())
	if err != nil {
		return &usageError{err}
	}
	d := &checkup{remote: r, base: base}
	d.proxies()
	d.names(ctx)
	if d.reachable(ctx) {
		info, err := r.Info(ctx)
		if d.control(err) {
			d.version(info)
			d.links(info)
			d.clocks(ctx)
			d.webhooks(ctx)
		}
	}
	return d.report()
}

func (d *checkup) add(g grade, check, detail, advice string) {
	d.findings = append(d.findings, finding{g, check, detail, advice})
}

// reachable asks whether an emulator answers at the address, something else, or nothing.
func (d *checkup) reachable(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	began := time.Now()
	err := ready(ctx, d.Base())
	switch {
	case err == nil:
		d.add(well, "reachable", fmt.Sprintf("%s is ready, %s", d.Base(), time.Since(began).Round(time.Millisecond)), "")
		return true
	case errors.As(err, new(net.Error)):
		d.add(illness, "reachable", firstLine(unreachable(d.Base(), err)), "start it with 'localcheckout serve', or name another with "+setting("url"))
	default:
		d.add(illness, "reachable", "something answers at "+d.Base()+" that is not localcheckout, or not ready: "+err.Error(),
			"another program has the port: choose one with --addr")
	}
	return false
}

// control tells whether the control API let us in.
func (d *checkup) control(err error) bool {
	var p *client.Problem
	switch {
	case err == nil:
		return true
	case errors.As(err, &p) && p.Status == http.StatusForbidden:
		d.add(illness, "control API", p.Detail, "name the emulator by localhost, an IP address or its container's name")
	case errors.As(err, &p) && p.Status == http.StatusNotFound:
		d.add(illness, "control API", "nothing answers below "+d.Base()+"/_control", "another program has the port, or the URL has a path")
	default:
		d.add(illness, "control API", firstLine(err), "")
	}
	return false
}

// version compares that of the server with this program's.
func (d *checkup) version(info client.Info) {
	if info.Version == version {
		d.add(well, "version", version, "")
		return
	}
	d.add(unsure, "version", fmt.Sprintf("the server is %s, this program %s", info.Version, version), "use the same version for both: calls may differ")
}

// links says what links in answers begin with, and whether that leads back here.
func (d *checkup) links(info client.Info) {
	if len(info.Providers) == 0 {
		return
	}
	u, err := url.Parse(info.Providers[0].BaseURL)
	if err != nil || u.Host == d.base.Host {
		d.add(well, "links", "links in answers begin with "+d.Base(), "")
		return
	}
	d.add(unsure, "links", fmt.Sprintf("links in answers begin with %s://%s, not with %s", u.Scheme, u.Host, d.Base()),
		"right when browsers reach it by that name; else change --public-url")
}

// names looks up the host. A name that leads to IPv6 first is refused where the server listens on
// 127.0.0.1 only; Node has tried that first since version 17.
func (d *checkup) names(ctx context.Context) {
	host := d.base.Hostname()
	if net.ParseIP(host) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		d.add(illness, "name", firstLine(err), "name the emulator by an address that this machine knows")
		return
	}
	if closed := d.refusing(ctx, found); closed != "" {
		d.add(unsure, "name", fmt.Sprintf("%s is %s, and nothing listens at %s", host, strings.Join(found, " and "), closed),
			"clients that try only the first, as Node does, fail: use 127.0.0.1")
		return
	}
	d.add(well, "name", host+" is "+strings.Join(found, " and "), "")
}

// refusing returns the first of the addresses where nothing listens while something does at another.
func (d *checkup) refusing(ctx context.Context, addresses []string) string {
	closed, open := "", false
	for _, a := range addresses {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(a, portOf(d.base)))
		if err == nil {
			_ = conn.Close()
			open = true
		} else if closed == "" {
			closed = a
		}
	}
	if !open {
		return ""
	}
	return closed
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// proxies looks for variables that send an application's calls elsewhere.
func (d *checkup) proxies() {
	req := &http.Request{URL: d.base}
	proxy, err := http.ProxyFromEnvironment(req)
	switch {
	case err != nil:
		d.add(illness, "proxy", firstLine(err), "correct HTTP_PROXY")
	case proxy != nil:
		d.add(unsure, "proxy", "calls to "+d.base.Host+" go to the proxy "+proxy.Host, "add "+d.base.Hostname()+" to NO_PROXY")
	case set("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") && !set("NO_PROXY", "no_proxy"):
		d.add(unsure, "proxy", "a proxy is set and NO_PROXY is not", "not every client leaves out localhost by itself: set NO_PROXY=localhost,127.0.0.1")
	default:
		d.add(well, "proxy", "none for "+d.base.Host, "")
	}
}

func set(names ...string) bool {
	for _, name := range names {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// skewAtMost is how far the server's wall time may be from ours: webhook signatures are good for five
// minutes.
const skewAtMost = 30 * time.Second

// clocks compares wall times, and says when the sandbox's differs.
func (d *checkup) clocks(ctx context.Context) {
	before := time.Now()
	c, err := d.Clock(ctx)
	if err != nil {
		d.add(illness, "clock", firstLine(err), "")
		return
	}
	middle := before.Add(time.Since(before) / 2)
	if skew := c.Now.Add(-c.Offset).Sub(middle); !c.Frozen && skew.Abs() > skewAtMost {
		d.add(unsure, "clock", fmt.Sprintf("the server's machine is %s from this one", skew.Round(time.Second)),
			"signatures of webhooks carry its time and may be refused: set the clocks right")
		return
	}
	detail := d.place() + " is " + ahead(c.Offset)
	if c.Frozen {
		d.add(unsure, "clock", detail+", and frozen", "nothing expires by itself: 'localcheckout resume' lets it run")
		return
	}
	d.add(well, "clock", detail, "")
}

// webhooks looks for endpoints that cannot be reached from where the emulator runs.
func (d *checkup) webhooks(ctx context.Context) {
	endpoints, err := d.Endpoints(ctx)
	if err != nil {
		d.add(illness, "webhooks", firstLine(err), "")
		return
	}
	const own = "in a container localhost is the container itself: use host.docker.internal or the name of the application's service"
	for _, e := range endpoints {
		u, err := url.Parse(e.URL)
		if err != nil {
			continue
		}
		if isLoopback(u.Hostname()) && !isLoopback(d.base.Hostname()) {
			d.add(unsure, "webhooks", fmt.Sprintf("those of %s go to %s, which is the emulator's own machine", e.Provider, e.URL), own)
		} else if reason := d.lost(ctx, e.ID); reason != "" {
			d.add(unsure, "webhooks", fmt.Sprintf("those of %s do not reach %s: %s", e.Provider, e.URL, reason), "is the application running? "+own)
		} else {
			d.add(well, "webhooks", "those of "+e.Provider+" go to "+e.URL, "")
		}
	}
}

// lost is why the latest attempt at an endpoint got no answer; "" when it got one, or there was none.
func (d *checkup) lost(ctx context.Context, endpoint string) string {
	deliveries, err := d.Deliveries(ctx, client.DeliveryQuery{Endpoint: endpoint})
	if err != nil {
		return firstLine(err)
	}
	var latest client.Attempt
	for _, one := range deliveries {
		for _, a := range one.Attempts {
			if !a.At.Before(latest.At) {
				latest = a
			}
		}
	}
	return latest.Error
}

// isLoopback reports whether a host is the machine that looks it up.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// report prints the findings. One that is wrong fails the command.
func (d *checkup) report() error {
	wrong := 0
	for _, f := range d.findings {
		if f.Grade == illness {
			wrong++
		}
	}
	if err := d.write(d.out); err != nil {
		return failed(err)
	}
	if wrong > 0 {
		return &failure{fmt.Errorf("%d of %d checks found something wrong", wrong, len(d.findings))}
	}
	return nil
}

func (d *checkup) write(out io.Writer) error {
	if d.json {
		return json.NewEncoder(out).Encode(map[string][]finding{"findings": d.findings})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range d.findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Grade, f.Check, f.Detail)
		if f.Advice != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", f.Advice)
		}
	}
	return w.Flush()
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
