package tilled

import (
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Headers of a request.
//
// Source: vendor OpenAPI document, security schemes and the parameter of all four operations.
const (
	headerAccount = "tilled-account"
	headerAPIKey  = "tilled-api-key"
	headerBearer  = "Authorization"
	bearerScheme  = "bearer"
)

// reasonNoAccount marks the one error whose body has no "error" key.
const reasonNoAccount = "no account"

// Credential implements provider.Provider. Of two credentials the one that names a sandbox counts,
// else the API key.
func (t *Tilled) Credential(h http.Header) string {
	keys := credentials(h)
	if len(keys) == 0 {
		return ""
	}
	if i := slices.IndexFunc(keys, func(k string) bool { return api.SandboxOf(k) != "" }); i >= 0 {
		return keys[i]
	}
	return keys[0]
}

// credentials returns the API key and the bearer token of a request, as far as they were sent.
//
// Source: official samples and tilled-typescript-sdk: a secret key is also taken as bearer token,
// and a client may send both headers at once.
func credentials(h http.Header) []string {
	var keys []string
	if key := strings.TrimSpace(h.Get(headerAPIKey)); key != "" {
		keys = append(keys, key)
	}
	scheme, token, _ := strings.Cut(strings.TrimSpace(h.Get(headerBearer)), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, bearerScheme) && token != "" {
		keys = append(keys, token)
	}
	return keys
}

// Authorize implements api.Authorizer: first the account, then the credential, then whether the
// credential may act for the account.
//
// Source: a third-party probe of the live service: a missing account is reported before
// authentication is looked at.
// Assumed: of two credentials one that is good suffices. No header allows pages of other origins to
// read answers: sessions are made and read with secret keys, which no page has.
func (t *Tilled) Authorize(r *api.Request) error {
	if r.Operation == opHealth {
		return nil
	}
	account := accountOf(r.Header)
	if strings.TrimSpace(account) == "" {
		return &checkout.Error{Code: checkout.CodeRefused, Reason: reasonNoAccount, Message: messageNoAccount}
	}
	keys := credentials(r.Header)
	if len(keys) == 0 {
		return &checkout.Error{Code: checkout.CodeUnauthorized, Message: messageNoCredential}
	}
	if slices.ContainsFunc(keys, api.LooksLive) {
		return api.RefuseLive(messageLiveKey)
	}
	known := false
	for _, key := range keys {
		grant, ok := t.keys.Find(key)
		if ok && grant.Allows(account) {
			r.Grant = grant
			return nil
		}
		known = known || ok
	}
	if known {
		return &checkout.Error{Code: checkout.CodeForbidden, Message: messageForbidden}
	}
	return &checkout.Error{Code: checkout.CodeUnauthorized, Message: messageUnknownKey}
}
