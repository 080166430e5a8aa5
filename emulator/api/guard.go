package api

import (
	"net"
	"net/netip"
	"strings"
)

// Hostname returns the host of a Host header or of an origin's host and port, without the port.
func Hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}

// TrustedHost accepts names that a public DNS server cannot make point here: loopback names, IP
// addresses, names without a dot (containers) and Docker's name of the host. It keeps out DNS
// rebinding.
func TrustedHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".docker.internal")
}

// SameSite reports whether a page of the first host may act on the second: the same, or both this
// machine.
func SameSite(origin, host string) bool {
	return origin == host || loopback(origin) && loopback(host)
}

func loopback(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
