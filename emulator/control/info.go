package control

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

func (c *Control) infoHandlers() map[string]api.Handler {
	return map[string]api.Handler{"document": c.document, "info": c.info}
}

type providerInfo struct {
	Name        string       `json:"name"`
	BaseURL     string       `json:"base_url"`
	Credential  string       `json:"credential"`
	Secret      *string      `json:"webhook_secret"`
	Events      []string     `json:"events"`
	Instruments []instrument `json:"instruments"`
}

func (c *Control) info(_ context.Context, r *api.Request) (api.Response, error) {
	out := struct {
		Version   string         `json:"version"`
		Seed      uint64         `json:"seed"`
		Sandbox   string         `json:"sandbox"`
		Sandboxes []string       `json:"sandboxes"`
		Providers []providerInfo `json:"providers"`
	}{Version: c.version, Seed: c.set.Seed(), Sandbox: r.Sandbox.Name(), Sandboxes: c.names(), Providers: []providerInfo{}}
	for _, p := range c.providers {
		out.Providers = append(out.Providers, providerInfo{
			Name: p.Name(), BaseURL: r.Base + "/" + p.Name(), Credential: api.CredentialFor(p.Example(), c.keys[p.Name()], r.Sandbox.Name()),
			Secret: wire.OrNull(c.set.WebhookSecret(p.Name(), "")), Instruments: newInstruments(p),
			Events: emitted(p),
		})
	}
	return api.Response{Body: out}, nil
}

// emitted are a provider's events that the emulator causes.
func emitted(p provider.Provider) []string {
	policy := p.Dialect().Webhooks
	switch {
	case policy == nil:
		return []string{}
	case policy.Emits == nil:
		return policy.Types
	}
	return policy.Emits
}

func (c *Control) document(context.Context, *api.Request) (api.Response, error) {
	return api.Response{Text: string(openapi.ControlYAML), ContentType: "application/yaml"}, nil
}
