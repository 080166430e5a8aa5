package api

import (
	"errors"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Grant is what a configured credential may do.
type Grant struct {
	Key string
	// Scopes are words that the dialect knows: OAuth scopes, accounts. Empty: everything.
	Scopes []string
}

// Allows reports whether the grant has any of the scopes. A nil grant, and one without scopes,
// allows everything.
func (g *Grant) Allows(scopes ...string) bool {
	if g == nil || len(g.Scopes) == 0 {
		return true
	}
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.Scopes, s) })
}

// Keyring is the credentials of one provider. Empty, it accepts every key.
type Keyring []Grant

// Find returns the grant of a key; ok is false when the key is not known. An empty keyring knows
// every key and grants everything, with a nil grant.
func (k Keyring) Find(key string) (g *Grant, ok bool) {
	if len(k) == 0 {
		return nil, true
	}
	for i := range k {
		if k[i].Key == key {
			return &k[i], true
		}
	}
	return nil, false
}

// livePrefixes begin the keys of live environments: secret, publishable, restricted.
//
// Source: docs.leanrails.com and docs.biaspay.com, authentication; Tilled's OpenAPI document of 2023.
// Assumed: a restricted key has the prefix that other processors give it. Polar's tokens do not say
// which environment they are for.
var livePrefixes = []string{"sk_live_", "pk_live_", "rk_live_"}

// LooksLive reports whether a credential is one of a live environment, whichever provider's: they end
// up in the wrong configuration too.
func LooksLive(credential string) bool {
	return slices.ContainsFunc(livePrefixes, func(p string) bool { return strings.HasPrefix(credential, p) })
}

// ErrLiveKey is why a credential that looks live is refused. The journal and the log say so even
// where the provider's own answer has no room for it.
var ErrLiveKey = errors.New("this looks like a live key; localcheckout never takes one: use a test key, and consider rolling the live one")

// RefuseLive is a CodeUnauthorized that is an [ErrLiveKey]. The message is for the caller, if the
// surface's answer has room for it; "" is the text of the error. It must not hold the key.
func RefuseLive(message string) error {
	if message == "" {
		message = ErrLiveKey.Error()
	}
	return liveKey{&checkout.Error{Code: checkout.CodeUnauthorized, Reason: ReasonLiveKey, Message: message}}
}

// ReasonLiveKey is the reason of the error that [RefuseLive] makes.
const ReasonLiveKey = "live key"

type liveKey struct{ known *checkout.Error }

func (liveKey) Error() string     { return ErrLiveKey.Error() }
func (e liveKey) Unwrap() []error { return []error{ErrLiveKey, e.known} }

const sandboxMark = "sandbox_"

// SandboxOf returns the name of the sandbox that a credential selects: the text after "sandbox_",
// which stands first or after an underscore, as in sk_test_sandbox_w1. "" when there is none, and for
// a credential that looks live, of which nothing is kept.
func SandboxOf(credential string) string {
	i := strings.Index(credential, sandboxMark)
	if LooksLive(credential) || i < 0 || i > 0 && credential[i-1] != '_' {
		return ""
	}
	return credential[i+len(sandboxMark):]
}

// CredentialFor returns a credential that a provider accepts and that selects a sandbox, "" or
// "default" for the usual one: the example with the sandbox's mark for its last word, or one of the
// keyring when that is not empty, the first when none selects the sandbox.
func CredentialFor(example string, keys Keyring, sandbox string) string {
	if sandbox == "default" {
		sandbox = ""
	}
	if len(keys) > 0 {
		i := slices.IndexFunc(keys, func(g Grant) bool { return SandboxOf(g.Key) == sandbox })
		return keys[max(i, 0)].Key
	}
	if sandbox == "" {
		return example
	}
	return example[:strings.LastIndexByte(example, '_')+1] + sandboxMark + sandbox
}
