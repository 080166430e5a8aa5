package api

import (
	"net/netip"
	"net/url"
	"strings"
)

// TrustedHost accepts a Host header that a public DNS server cannot make point here: loopback names,
// IP addresses, names without a dot (containers) and Docker's name of the host. It keeps out DNS
// rebinding.
func TrustedHost(host string) bool {
	name, ok := hostname(host)
	if !ok {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return !strings.Contains(name, ".") || loopback(name) || strings.HasSuffix(name, ".docker.internal")
}

// SameSite reports whether a page, by its address or origin, may act on the host of a Host header: it
// is of the same one, whatever the port, or both are this machine.
func SameSite(page, host string) bool {
	u, err := url.Parse(page)
	if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	from, known := hostname(u.Host)
	to, ok := hostname(host)
	return known && ok && from != "" && (from == to || loopback(from) && loopback(to))
}

// hostname returns the host of a Host header in lower case, without a port. ok is false for what is
// no host.
func hostname(hostport string) (name string, ok bool) {
	name, port := hostport, ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		name, port = name[:i], name[i+1:]
	}
	if strings.Trim(port, "0123456789") != "" {
		return "", false
	}
	if inner, bracketed := strings.CutPrefix(name, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		_, err := netip.ParseAddr(inner)
		return inner, closed && err == nil
	}
	name = strings.ToLower(name)
	return name, strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// loopback reports whether a name is this machine's own, also written with the dot of the root.
func loopback(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback()
	}
	name = strings.TrimSuffix(name, ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
