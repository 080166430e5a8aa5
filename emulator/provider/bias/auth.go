package bias

import (
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Beginnings of keys.
//
// Source: docs.biaspay.com, authentication.
const (
	prefixTest   = "sk_test_"
	bearerScheme = "bearer"
)

// current is the id by which a client secret names its own session.
//
// Source: @biaspay/elements 0.0.1.
const current = "current"

// wellFormed reports whether a test key has the form of one. Samples have 40 letters and digits;
// dots, dashes and underscores are let through because the name of a sandbox may be part of the key.
func wellFormed(key string) bool {
	body := strings.TrimPrefix(key, prefixTest)
	return body != "" && len(body) < len(key) && strings.Trim(body, digits+"._-") == ""
}

// Operations that a client secret is good for, on its own session.
//
// Source: @biaspay/elements 0.0.1 reads, updates and pays. Assumed: everything else is a 401.
var ofClients = []string{opGet, opUpdate, opUpdateByPost, opUpdateByPut, opPay}

// bearer returns the key of a request, "" when there is none.
func bearer(h http.Header) string {
	scheme, key, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, bearerScheme) {
		return ""
	}
	return strings.TrimSpace(key)
}

func isSecretKey(key string) bool {
	return strings.HasPrefix(key, prefixTest) || api.LooksLive(key)
}

// Credential implements provider.Provider.
func (b *Bias) Credential(h http.Header) string { return bearer(h) }

// SessionKey implements api.SecretHolder: a client secret finds its sandbox by itself.
func (b *Bias) SessionKey(r *api.Request) string {
	if key := bearer(r.Header); !isSecretKey(key) {
		return key
	}
	return ""
}

// Authorize implements api.Authorizer: a test key, or a client secret for what a browser may do.
func (b *Bias) Authorize(r *api.Request) error {
	key := bearer(r.Header)
	switch {
	case key == "":
		return unauthorized(messageNoKey)
	case api.LooksLive(key):
		return api.RefuseLive(messageLiveKey)
	case isSecretKey(key):
		grant, ok := b.keys.Find(key)
		if !ok || !wellFormed(key) {
			return unauthorized(messageBadKey)
		}
		r.Grant = grant
		return nil
	}
	if _, err := secretSession(r.Sandbox, key); err != nil {
		return unauthorized(messageBadKey)
	}
	if id := r.Param("id"); !slices.Contains(ofClients, r.Operation) || id != "" && id != current {
		return unauthorized(messageClientOnly)
	}
	return nil
}

func unauthorized(message string) error {
	return &checkout.Error{Code: checkout.CodeUnauthorized, Message: message}
}

// secretSession returns the session with that client secret.
func secretSession(b *sandbox.Sandbox, secret string) (*sandbox.Record, error) {
	rec, err := b.FindSecret(secret)
	if err == nil && rec.Session.Provider != name {
		err = errNoSession
	}
	return rec, err
}

// find returns the session that a request is about, and whether a client secret asks for it.
func find(r *api.Request) (rec *sandbox.Record, client bool, err error) {
	if key := bearer(r.Header); !isSecretKey(key) {
		rec, err = secretSession(r.Sandbox, key)
		return rec, true, err
	}
	rec, err = r.Sandbox.Find(r.Param("id"))
	if err == nil && rec.Session.Provider != name {
		err = errNoSession
	}
	return rec, false, err
}

// errNoSession is a session of another provider: it does not exist here.
var errNoSession = &checkout.Error{Code: checkout.CodeNotFound, Message: "the session belongs to another provider"}
