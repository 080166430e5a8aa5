package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Info is about the emulator that answers.
type Info struct {
	Version   string     `json:"version"`
	Seed      uint64     `json:"seed"`
	Sandbox   string     `json:"sandbox"`   // the one that the client chooses
	Sandboxes []string   `json:"sandboxes"` // made so far, by name
	Providers []Provider `json:"providers"`
}

// Provider is how to reach one provider.
type Provider struct {
	Name       string `json:"name"`
	BaseURL    string `json:"base_url"`   // of the default sandbox; see [Client.URL]
	Credential string `json:"credential"` // one that works, and chooses the client's sandbox
	// WebhookSecret signs webhooks to endpoints without a secret of their own; "": it sends none.
	WebhookSecret string `json:"webhook_secret"`
	// Events are the provider's events that happen here; webhook endpoints may ask for others too, which never
	// come.
	Events []string `json:"events"`
	// Instruments are what a customer can pay with, and the amounts that decide a payment.
	Instruments []Instrument `json:"instruments"`
}

// Instrument is a magic value of a provider's sandbox.
type Instrument struct {
	Kind       string `json:"kind"` // card, token, bank, text or amount
	Value      string `json:"value"`
	Brand      string `json:"brand"`      // of a card; "" where there is none
	Does       string `json:"does"`       // what becomes of the payment
	Code       string `json:"code"`       // decline code; "" when it is not declined
	Documented bool   `json:"documented"` // by the provider; else it is the emulator's own
}

// Info returns the version, the seed, and how to reach each provider.
func (c *Client) Info(ctx context.Context) (Info, error) {
	return call[Info](ctx, c, request{method: http.MethodGet, path: "/info"})
}

// Provider returns how to reach one provider, from [Client.Info].
func (c *Client) Provider(ctx context.Context, name string) (Provider, error) {
	info, err := c.Info(ctx)
	if err != nil {
		return Provider{}, err
	}
	var names []string
	for _, p := range info.Providers {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Provider{}, fmt.Errorf("there is no provider %q; there are %s", name, strings.Join(names, ", "))
}

// Document returns the OpenAPI document of the control API, in YAML.
func (c *Client) Document(ctx context.Context) ([]byte, error) {
	return c.raw(ctx, request{method: http.MethodGet, path: "/openapi.yaml"})
}
