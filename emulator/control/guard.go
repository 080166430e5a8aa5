package control

import (
	"net/url"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Authorize implements api.Authorizer. It keeps out web pages: a foreign Host (DNS rebinding) and a
// cross-site Origin. Programs that are not browsers pass.
func (c *Control) Authorize(r *api.Request) error {
	if !api.TrustedHost(api.Hostname(r.Host)) {
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
	if err != nil || !api.SameSite(u.Hostname(), api.Hostname(r.Host)) {
		return forbidden("the origin " + origin + " may not call the control API")
	}
	return nil
}

func forbidden(why string) error {
	return &checkout.Error{Code: checkout.CodeForbidden, Message: why}
}
