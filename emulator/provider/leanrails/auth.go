package leanrails

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Headers of requests and responses.
//
// Source: G1, authentication, versioning; G2, rate limiting.
const (
	headerAuthorization = "Authorization"
	headerVersion       = "X-API-Version"
	headerLimit         = "X-RateLimit-Limit"
	headerRemaining     = "X-RateLimit-Remaining"
	headerRetryAfter    = "Retry-After"
)

// defaultVersion is the version that an account without a choice has.
//
// Source: the sample of G1, versioning.
const defaultVersion = "2026-03-09"

// Requests in a minute, for a merchant, and for an address without a good key.
//
// Source: G2, rate limiting.
const (
	limitMerchant = 1500
	limitAddress  = 100
)

// Beginnings of keys: secret ones of the test mode, publishable ones of either.
//
// Source: G1, authentication: publishable keys may only tokenise payment methods.
const (
	prefixSecret    = "sk_test_"
	prefixPublished = "pk_"
)

// schemeBearer is the scheme of bearer tokens, in lower case.
const schemeBearer = "bearer"

// retryAfter is how many seconds a caller should wait who has used up the rate limit.
//
// Assumed: a second; the header is documented (G2), its values are not.
const retryAfter = "1"

// Credential implements provider.Provider: the user name of HTTP Basic, or a bearer token. Whether
// the latter is taken is for Authorize to say.
func (l *LeanRails) Credential(h http.Header) string {
	user, _, _ := credential(h)
	return user
}

// credential reads the Authorization header.
func credential(h http.Header) (key, password, scheme string) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(h.Get(headerAuthorization)), " ")
	scheme = strings.ToLower(scheme)
	if scheme == schemeBearer {
		return strings.TrimSpace(rest), "", scheme
	}
	r := http.Request{Header: h}
	key, password, _ = r.BasicAuth()
	return key, password, scheme
}

// Authorize implements api.Authorizer: the secret key as user name with an empty password, then the
// version.
//
// Source: G1, authentication.
// Assumed: a password that is not empty is refused; so is a publishable key on every operation, and
// a bearer token without [ProfileBearer]. No header allows pages of other origins to read answers: a
// secret key is on no page.
func (l *LeanRails) Authorize(r *api.Request) error {
	if r.Operation == opOpenLink { // by whoever has the link
		return nil
	}
	key, password, scheme := credential(r.Header)
	grant, known := l.keys.Find(key)
	switch {
	case key == "":
		return unauthorized("no secret key was sent as the user name of HTTP Basic")
	case api.LooksLive(key), api.LooksLive(password):
		return api.RefuseLive(messageLiveKey)
	case strings.HasPrefix(key, prefixPublished):
		return unauthorized("a publishable key cannot read or change anything here")
	case scheme == schemeBearer && !l.bearer:
		return unauthorized("bearer tokens are accepted with the profile " + ProfileBearer + " only; send the key as the user name of HTTP Basic")
	case password != "":
		return unauthorized("the password of HTTP Basic must be empty")
	case !known:
		return unauthorized("the key is not one of those configured")
	case len(l.keys) == 0 && (!strings.HasPrefix(key, prefixSecret) || key == prefixSecret):
		return unauthorized("a secret key begins with " + prefixSecret)
	}
	r.Grant = grant
	if v := r.Header.Get(headerVersion); v != "" && !wellFormed(v) {
		return &checkout.Error{Code: checkout.CodeRefused, Message: "the version is no date", Violations: []checkout.Violation{{
			In: checkout.InHeader, Path: []any{headerVersion}, Rule: codeInvalid, Value: v, Message: fieldText([]any{headerVersion}, "must be a date of the form YYYY-MM-DD"),
		}}}
	}
	return nil
}

// unauthorized is a refused credential; why is for the journal, the caller reads the one documented
// sentence.
func unauthorized(why string) error {
	return &checkout.Error{Code: checkout.CodeUnauthorized, Message: why}
}

// wellFormed reports whether a version is a date.
//
// Assumed: any date is accepted, also one that never was a version.
func wellFormed(version string) bool {
	_, err := time.Parse(time.DateOnly, version)
	return err == nil
}

// Finish implements api.Finisher: every answer says which version it has and what is left of the
// rate limit.
//
// Assumed: the headers are on every answer, errors included. Nothing is counted: each request finds
// its window fresh, and only an answer that says otherwise finds it used up.
func (l *LeanRails) Finish(r *api.Request, resp *api.Response) {
	version := defaultVersion
	if v := r.Header.Get(headerVersion); wellFormed(v) {
		version = v
	}
	resp.SetHeader(headerVersion, version)
	limit := limitMerchant
	if resp.Status == http.StatusUnauthorized {
		limit = limitAddress
	}
	remaining := limit - 1 // this one
	if resp.Status == http.StatusTooManyRequests {
		remaining = 0
		resp.SetHeader(headerRetryAfter, cmp.Or(resp.Header.Get(headerRetryAfter), retryAfter))
	}
	resp.SetHeader(headerLimit, cmp.Or(resp.Header.Get(headerLimit), strconv.Itoa(limit)))
	resp.SetHeader(headerRemaining, strconv.Itoa(remaining))
}
