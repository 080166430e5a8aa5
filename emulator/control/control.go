// Package control is the control API: how a test steers the emulator. It acts on the sandbox that
// the request chooses, like any other surface.
//
// Source: ours; openapi/control.yaml is its document.
package control

import (
	"maps"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/openapi"
)

// Options is how the control API is made. Providers, Sandboxes and Own are required.
type Options struct {
	Version   string // "": "dev"
	Providers []provider.Provider
	Keys      map[string]api.Keyring // the credentials that a provider accepts; absent: every well-formed one
	Sandboxes *sandbox.Set
	Token     string // that callers must send; "": none
	// Own answers the emulator's own requests to its providers.
	Own func(*http.Request) (*http.Response, error)
}

// Control is the surface of the control API. Make one with [New].
type Control struct {
	version   string
	providers []provider.Provider
	keys      map[string]api.Keyring
	set       *sandbox.Set
	token     string
	own       func(*http.Request) (*http.Response, error)
}

// New returns the control API over the sandboxes of the providers.
func New(o Options) *Control {
	if o.Version == "" {
		o.Version = "dev"
	}
	return &Control{version: o.Version, providers: o.Providers, keys: o.Keys, set: o.Sandboxes, token: o.Token, own: o.Own}
}

// Name implements api.Surface.
func (c *Control) Name() string { return "control" }

// Mount is the first segment of the paths of the control API.
func (c *Control) Mount() string { return "_control" }

// Unrecorded implements api.Unrecorded.
func (c *Control) Unrecorded() {}

// Document implements api.Surface.
func (c *Control) Document() []byte { return openapi.Control }

// Handlers implements api.Surface: each feature brings its own.
func (c *Control) Handlers() map[string]api.Handler {
	all := map[string]api.Handler{}
	for _, feature := range []map[string]api.Handler{
		c.infoHandlers(), c.sandboxHandlers(), c.sessionHandlers(), c.clockHandlers(), c.fixtureHandlers(), c.requestHandlers(), c.eventHandlers(),
		c.webhookHandlers(),
		c.triggerHandlers(),
		c.faultHandlers(),
	} {
		maps.Copy(all, feature)
	}
	return all
}
