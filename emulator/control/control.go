// Package control is the control API: how a test steers the emulator. It acts on the sandbox that
// the request chooses, like any other surface.
//
// Source: ours; openapi/control.yaml is its document.
package control

import (
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/openapi"
)

// Options is how the control API is made. Providers and Sandboxes are required.
type Options struct {
	Version   string // "": "dev"
	Providers []provider.Provider
	Sandboxes *sandbox.Set
}

// Control is the surface of the control API. Make one with [New].
type Control struct {
	version   string
	providers []provider.Provider
	sandboxes *sandbox.Set
}

// New returns the control API over the sandboxes of the providers.
func New(o Options) *Control {
	if o.Version == "" {
		o.Version = "dev"
	}
	return &Control{version: o.Version, providers: o.Providers, sandboxes: o.Sandboxes}
}

// Name implements api.Surface.
func (c *Control) Name() string { return "control" }

// Mount is the first segment of the paths of the control API.
func (c *Control) Mount() string { return "_control" }

// Unrecorded implements api.Unrecorded.
func (c *Control) Unrecorded() {}

// Document implements api.Surface.
func (c *Control) Document() []byte { return openapi.Control }

// Handlers implements api.Surface.
func (c *Control) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"document":      c.document,
		"info":          c.info,
		"listSandboxes": c.listSandboxes,
		"reset":         c.reset,
		"listSessions":  c.listSessions,
		"getSession":    c.getSession,
		"pay":           c.act(func(action) checkout.Command { return checkout.Pay{} }),
		"decline":       c.act(func(in action) checkout.Command { return checkout.Decline{Code: in.Code} }),
		"confirm":       c.act(func(action) checkout.Command { return checkout.Confirm{} }),
		"settle":        c.act(func(action) checkout.Command { return checkout.Settle{} }),
		"fail":          c.act(func(in action) checkout.Command { return checkout.Fail{DeclineCode: in.Code} }),
		"cancel":        c.act(func(action) checkout.Command { return checkout.Cancel{} }),
		"expire":        c.act(func(action) checkout.Command { return checkout.Expire{} }),
		"force":         c.act(func(in action) checkout.Command { return checkout.Force{Status: checkout.Status(in.Status)} }),
		"getClock":      c.getClock,
		"freezeClock":   c.freezeClock,
		"resumeClock":   c.resumeClock,
		"advanceClock":  c.advanceClock,
		"setClock":      c.setClock,
		"getFixtures":   c.getFixtures,
		"addFixtures":   c.addFixtures,
		"listRequests":  c.listRequests,
		"clearRequests": c.clearRequests,
		"listEvents":    c.listEvents,
	}
}
