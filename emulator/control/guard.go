package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

var _ api.Guard = (*Control)(nil)

// Guard implements api.Guard. It keeps out web pages: a foreign Host (DNS rebinding), a cross-site
// Origin or Referer, and what a browser says is cross-site. Programs that are not browsers pass, with
// the token if there is one.
func (c *Control) Guard(r *api.Request) error {
	if !api.TrustedHost(r.Host) {
		return forbidden("the host " + bounded(r.Host) + " is not this machine; call the control API by localhost, an IP address or a container's name")
	}
	if err := guardPages(r.Header, r.Host); err != nil {
		return err
	}
	return c.guardToken(r.Header)
}

// guardPages refuses pages of other sites. Browsers send an Origin with every request that can change
// something; the other headers are for those that do not.
func guardPages(h http.Header, host string) error {
	if origins := h.Values("Origin"); len(origins) > 0 {
		for _, origin := range origins {
			if !api.SameSite(origin, host) {
				return forbidden("the origin " + bounded(origin) + " may not call the control API")
			}
		}
		return nil
	}
	if referer := h.Get("Referer"); h.Get("Sec-Fetch-Site") == "cross-site" || referer != "" && !api.SameSite(referer, host) {
		return forbidden("a page of another site may not call the control API")
	}
	return nil
}

// guardToken wants the token, if there is one, in the Authorization header.
func (c *Control) guardToken(h http.Header) error {
	if c.token == "" {
		return nil
	}
	scheme, sent, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	want, got := sha256.Sum256([]byte(c.token)), sha256.Sum256([]byte(strings.TrimSpace(sent)))
	if !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return &checkout.Error{
			Code:    checkout.CodeUnauthorized,
			Message: "the control API wants its token: send Authorization: Bearer with what --control-token or LOCALCHECKOUT_CONTROL_TOKEN says",
		}
	}
	return nil
}

func forbidden(why string) error {
	return &checkout.Error{Code: checkout.CodeForbidden, Message: why}
}

// bounded cuts what a caller sent before it is repeated.
func bounded(s string) string { return s[:min(len(s), 200)] }
