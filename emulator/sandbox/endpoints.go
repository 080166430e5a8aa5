package sandbox

import (
	"fmt"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// endpointsAtMost bounds how many webhook endpoints a sandbox has.
const endpointsAtMost = 256

// endpointPut is a change of an endpoint within a section; nil drops it.
type endpointPut struct {
	id string
	to *webhook.Endpoint
}

// Endpoint returns the webhook endpoint with that id, nil when there is none. It must not be modified.
func (tx *Tx) Endpoint(id string) *webhook.Endpoint {
	for _, p := range slices.Backward(tx.endpoints) {
		if p.id == id {
			return p.to
		}
	}
	if l := tx.b.hooks.byID[id]; l != nil {
		return l.endpoint
	}
	return nil
}

// Endpoints returns the webhook endpoints of a provider, of all when it is "", in the order in which they
// were made, without what this section puts. They must not be modified.
func (tx *Tx) Endpoints(provider string) []*webhook.Endpoint {
	var out []*webhook.Endpoint
	for _, l := range tx.b.hooks.lines {
		if provider == "" || l.endpoint.Provider == provider {
			out = append(out, l.endpoint)
		}
	}
	return out
}

// PutEndpoint adds a webhook endpoint, or replaces the one with that id, which keeps its place. One too
// many is a CodeRefused. What waits for an endpoint that is disabled by this is dropped.
func (tx *Tx) PutEndpoint(e webhook.Endpoint) error {
	if tx.Endpoint(e.ID) == nil && len(tx.b.hooks.lines)+len(tx.endpoints) >= endpointsAtMost {
		return &checkout.Error{Code: checkout.CodeRefused, Message: fmt.Sprintf("there are %d webhook endpoints already; drop one first", endpointsAtMost)}
	}
	tx.endpoints = append(tx.endpoints, endpointPut{e.ID, &e})
	return nil
}

// DropEndpoint removes a webhook endpoint; what waits for it is dropped.
func (tx *Tx) DropEndpoint(id string) { tx.endpoints = append(tx.endpoints, endpointPut{id, nil}) }

// Endpoints returns every webhook endpoint in the order in which they were made. They must not be
// modified.
func (b *Sandbox) Endpoints() (all []*webhook.Endpoint) {
	b.View(func(tx *Tx) { all = tx.Endpoints("") })
	return all
}

// AddEndpoint makes a webhook endpoint of a draft that has a provider, a URL and what else is wanted. The
// id and the detail are the dialect's; without a secret it gets the provider's [Set.WebhookSecret].
// A provider that sends no webhooks is a CodeRefused.
func (b *Sandbox) AddEndpoint(draft webhook.Endpoint) (*webhook.Endpoint, error) {
	err := b.Change(func(tx *Tx) error {
		policy := b.set.dialect(draft.Provider).Webhooks
		if policy == nil || policy.Envelope == nil {
			return &checkout.Error{Code: checkout.CodeRefused, Message: draft.Provider + " sends no webhooks"}
		}
		tx.mint(policy, &draft)
		return tx.PutEndpoint(draft)
	})
	if err != nil {
		return nil, err
	}
	return &draft, nil
}

// DropEndpoint removes a webhook endpoint, else it is a CodeNotFound.
func (b *Sandbox) DropEndpoint(id string) error {
	return b.Change(func(tx *Tx) error {
		if tx.Endpoint(id) == nil {
			return &checkout.Error{Code: checkout.CodeNotFound, Message: "no webhook endpoint " + id}
		}
		tx.DropEndpoint(id)
		return nil
	})
}

func (tx *Tx) mint(policy *webhook.Policy, e *webhook.Endpoint) {
	if e.Secret == "" {
		e.Secret = tx.b.set.WebhookSecret(e.Provider, e.Signature)
	}
	e.CreatedAt, e.UpdatedAt = tx.now, tx.now
	policy.Mint(tx, e)
}

// WebhookSecret is what signs a provider's webhooks to endpoints that bring no secret of their own, by the
// signature that they ask for: the same in every sandbox. It is "" for a provider that sends none.
func (set *Set) WebhookSecret(provider, signature string) string {
	policy := set.dialect(provider).Webhooks
	if policy == nil || policy.Mint == nil {
		return ""
	}
	e := webhook.Endpoint{Provider: provider, Signature: signature}
	policy.Mint(seeded{ids.NewSource(set.options.Seed, ""), "webhook." + provider + "."}, &e)
	return e.Secret
}

// seeded draws the first of each kind.
type seeded struct {
	source ids.Source
	prefix string
}

func (s seeded) UUID(kind string) string { return s.source.UUID(s.prefix+kind, 0) }
func (s seeded) Token(kind, alphabet string, length int) string {
	return s.source.Token(s.prefix+kind, 0, alphabet, length)
}
func (s seeded) Bytes(kind string) [32]byte { return s.source.Bytes(s.prefix+kind, 0) }

// configureLocked makes the endpoints that every sandbox begins with.
func (b *Sandbox) configureLocked() {
	for _, draft := range b.set.options.Webhooks {
		policy := b.set.dialect(draft.Provider).Webhooks
		if policy == nil || policy.Envelope == nil {
			continue // refused where the options are read
		}
		tx := &Tx{b: b, now: b.clock.Now()}
		draft.Configured = true
		tx.mint(policy, &draft)
		b.hooks.put(policy, &draft)
	}
}
