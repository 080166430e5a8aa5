// Package provider is the seam between the engine and one payment provider's dialect. A provider is
// one folder below this one, one document in openapi/, one catalog in fixtures/, and one line in
// provider/all.
package provider

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Provider is one payment provider's dialect.
type Provider interface {
	api.Surface

	// Credential returns the key that the headers carry, "" when there is none. It selects the
	// sandbox and says nothing about whether the key is any good: that is api.Authorizer's.
	Credential(h http.Header) string
	// Dialect is what sandboxes need to know: the policy, and what the provider does at each event.
	Dialect() sandbox.Dialect
	// Status is the provider's word for a status. It must be total.
	Status(s checkout.Status) string
	// URL is the hosted page of a session below a base URL.
	URL(s checkout.Session, base string) string
	// DeclineCodes are the provider's codes of refused payments; the first is the general one.
	DeclineCodes() []string
	// Resources are the kinds of objects in the catalog, in the order in which they are listed and
	// loaded.
	Resources() []Resource
	// Example is a credential that works, for people to copy.
	Example() string
}

// Options is what every dialect is made with.
type Options struct {
	// Profile is the vintage of the provider's API, "" for the current one.
	Profile string
	// Keys are the credentials that are accepted; empty: every well-formed one.
	Keys api.Keyring
}
