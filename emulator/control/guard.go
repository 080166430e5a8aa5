package control

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Authorize implements api.Authorizer. It keeps out web pages: a foreign Host (DNS rebinding) and a
// cross-site Origin. Programs that are not browsers pass.
func (c *Control) Authorize(r *api.Request) error {
	if !trustedHost(hostname(r.Host)) {
		return forbidden("the host " + r.Host + " is not this machine; call the control API by localhost, an IP address or a container's name")
	}
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return forbidden("a page of another site may not call the control API")
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !sameSite(u.Hostname(), hostname(r.Host)) {
		return forbidden("the origin " + origin + " may not call the control API")
	}
	return nil
}

func forbidden(why string) error {
	return &checkout.Error{Code: checkout.CodeForbidden, Message: why}
}

func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}

// trustedHost accepts names that a public DNS server cannot make point here: loopback names, IP
// addresses, names without a dot (containers) and Docker's name of the host.
func trustedHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".docker.internal")
}

func sameSite(origin, host string) bool {
	return origin == host || loopback(origin) && loopback(host)
}

func loopback(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
