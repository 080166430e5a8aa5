package emulator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Webhook is an endpoint that every sandbox has from the start. Provider and URL are required.
type Webhook struct {
	Provider string
	URL      string   // http or https
	Events   []string // the provider's names; empty: all of them
	Secret   string   // signs what is sent; "": one of the emulator's own, see [Emulator.SecretOf]
	// Signature is how: of Polar "legacy", "standard" or "both"; "": as the secret itself says.
	Signature string
}

// CheckWebhook tells what is wrong with an endpoint of a built-in provider.
func CheckWebhook(w Webhook) error {
	providers, err := Options{}.providers()
	if err != nil {
		return err
	}
	dialects := map[string]sandbox.Dialect{}
	for _, p := range providers {
		dialects[p.Name()] = p.Dialect()
	}
	_, err = Options{Webhooks: []Webhook{w}}.webhooks(dialects)
	return err
}

// webhooks reads the endpoints; what names nothing is refused.
func (o Options) webhooks(dialects map[string]sandbox.Dialect) ([]webhook.Endpoint, error) {
	var out []webhook.Endpoint
	for _, w := range o.Webhooks {
		d, known := dialects[w.Provider]
		if !known {
			return nil, fmt.Errorf("a webhook is given for %q; the providers are %s", w.Provider, strings.Join(ProviderNames(), ", "))
		}
		if d.Webhooks == nil || d.Webhooks.Envelope == nil {
			return nil, fmt.Errorf("a webhook is given for %s, which sends none", w.Provider)
		}
		if err := webhook.CheckURL(w.URL); err != nil {
			return nil, fmt.Errorf("the webhook of %s: %w", w.Provider, err)
		}
		for _, name := range w.Events {
			if name != "*" && !slices.Contains(d.Webhooks.Types, name) {
				return nil, fmt.Errorf("the webhook of %s: %w", w.Provider, match.Unknown([]any{"events"}, "event", name, d.Webhooks.Types))
			}
		}
		e := webhook.Endpoint{Provider: w.Provider, URL: w.URL, Events: slices.Clone(w.Events), Secret: w.Secret, Signature: w.Signature}
		if w.Signature != "" && !slices.Contains(d.Webhooks.Signatures, w.Signature) {
			return nil, fmt.Errorf("the webhook of %s: %w", w.Provider, match.Unknown([]any{"signature"}, "signature", w.Signature, d.Webhooks.Signatures))
		}
		if err := d.Webhooks.Refuses(&e); err != nil {
			return nil, fmt.Errorf("the webhook of %s: %w", w.Provider, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// WebhookSecret is what signs a provider's webhooks to endpoints that bring no secret of their own: the
// same in every sandbox, made from the seed. It is "" for a provider that sends none.
func (e *Emulator) WebhookSecret(provider string) string {
	return e.sandboxes.WebhookSecret(provider, "")
}

// SecretOf is what signs what is sent to an endpoint of the options: its own secret, else the emulator's for
// the signature that it asks for.
func (e *Emulator) SecretOf(w Webhook) string {
	return cmp.Or(w.Secret, e.sandboxes.WebhookSecret(w.Provider, w.Signature))
}

// Settled returns when nothing is due in any sandbox and no webhook is about to be sent or being sent;
// repetitions and delays that lie ahead are not waited for. It is the context's error when that ends
// first.
func (e *Emulator) Settled(ctx context.Context) error { return e.sandboxes.Settle(ctx) }
