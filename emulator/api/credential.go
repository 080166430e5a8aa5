package api

import (
	"slices"
	"strings"
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

const sandboxMark = "sandbox_"

// SandboxOf returns the name of the sandbox that a credential selects: the text after "sandbox_",
// which stands first or after an underscore, as in sk_test_sandbox_w1. "" when there is none.
func SandboxOf(credential string) string {
	i := strings.Index(credential, sandboxMark)
	if i < 0 || i > 0 && credential[i-1] != '_' {
		return ""
	}
	return credential[i+len(sandboxMark):]
}
