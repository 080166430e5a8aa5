package leanrails

import (
	"context"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// pathEndpoints is the path of the webhook endpoints.
const pathEndpoints = "/v1/webhook_endpoints"

// allEvents asks for every event.
//
// Assumed: it is accepted.
const allEvents = "*"

// webhookEndpoint is a webhook endpoint on the wire.
//
// Source: G1, create a webhook endpoint.
type webhookEndpoint struct {
	ID            string   `json:"id"`
	Object        string   `json:"object"`
	URL           string   `json:"url"`
	EnabledEvents []string `json:"enabled_events"`
	Status        string   `json:"status"`
	Created       int64    `json:"created"`
	Livemode      bool     `json:"livemode"`
	MerchantID    string   `json:"merchant_id"`
	Secret        string   `json:"secret"`
	Description   *string  `json:"description"`
}

// newEndpoint shows an endpoint with its secret, as only its creation and a new secret do.
func newEndpoint(e *webhook.Endpoint) webhookEndpoint {
	out := webhookEndpoint{
		ID: e.ID, Object: "webhook_endpoint", URL: e.URL, EnabledEvents: slices.Clone(e.Events), Status: "enabled",
		Created: e.CreatedAt.Unix(), MerchantID: merchantID, Secret: e.Secret, Description: text(e.Description),
	}
	if len(e.Events) == 0 {
		out.EnabledEvents = []string{allEvents}
	}
	if e.Disabled {
		out.Status = "disabled"
	}
	return out
}

// masked shows an endpoint without its secret.
//
// Source: G1, create a webhook endpoint: the secret is masked later.
// Assumed: the form of the mask.
func masked(e *webhook.Endpoint) webhookEndpoint {
	out := newEndpoint(e)
	out.Secret = signingPrefix + "****" + e.Secret[max(0, len(e.Secret)-4):]
	return out
}

// endpointByID returns the endpoint that the path names.
func endpointByID(tx *sandbox.Tx, r *api.Request) (*webhook.Endpoint, error) {
	e := tx.Endpoint(r.Param(paramID))
	if e == nil || e.Provider != name {
		return nil, missing(objectEndpoint, r.Param(paramID), paramID)
	}
	return e, nil
}

// endpointParams is the body of a creation or an update.
//
// Source: G1, create a webhook endpoint; G3, update a webhook endpoint, for disabled.
type endpointParams struct {
	URL           wire.Optional[string] `json:"url"`
	EnabledEvents []string              `json:"enabled_events"`
	Description   wire.Optional[string] `json:"description"`
	Disabled      wire.Optional[bool]   `json:"disabled"`
}

// on puts what was sent into an endpoint.
func (in endpointParams) on(e *webhook.Endpoint) {
	e.URL, e.Description = in.URL.Or(e.URL), in.Description.Or(e.Description)
	e.Disabled = in.Disabled.Or(e.Disabled)
	if in.EnabledEvents != nil {
		e.Events = in.EnabledEvents
	}
}

// createEndpoint makes an endpoint and shows its secret this once.
//
// Source: G3, create a webhook endpoint: only url is required.
// Assumed: without enabled_events it gets all; the names of events are not checked but for their form,
// since the list of all events is not public; http is taken beside https.
func (l *LeanRails) createEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[endpointParams](r)
	if err != nil {
		return api.Response{}, err
	}
	e := webhook.Endpoint{Provider: name}
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		e.CreatedAt, e.UpdatedAt = tx.Now(), tx.Now()
		in.on(&e)
		mintEndpoint(tx, &e)
		return tx.PutEndpoint(e)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newEndpoint(&e)}, nil
}

// getEndpoint answers one endpoint.
func (l *LeanRails) getEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	var e *webhook.Endpoint
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) { e, err = endpointByID(tx, r) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: masked(e)}, nil
}

// listEndpoints answers a page of the endpoints, newest first.
//
// Source: G3, list webhook endpoints, that it exists; the page is that of the other lists.
func (l *LeanRails) listEndpoints(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	var all []*webhook.Endpoint
	r.Sandbox.View(func(tx *sandbox.Tx) { all = tx.Endpoints(name) })
	slices.Reverse(all)
	at := func(id string) int {
		return slices.IndexFunc(all, func(e *webhook.Endpoint) bool { return e.ID == id })
	}
	if param, id := in.cursor(); id != "" && at(id) < 0 {
		return api.Response{}, missing(objectEndpoint, id, param)
	}
	from, to, more := in.window(len(all), at)
	out := envelope{url: pathEndpoints, more: more}
	for _, e := range all[from:to] {
		out.add(e.ID, wire.MustMarshal(masked(e)))
	}
	return api.Response{Body: out.encode()}, nil
}

// updateEndpoint changes what was sent.
//
// Source: G3, update a webhook endpoint: a POST, whose answer has no secret.
func (l *LeanRails) updateEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[endpointParams](r)
	if err != nil {
		return api.Response{}, err
	}
	e, err := changeEndpoint(r, func(_ *sandbox.Tx, e *webhook.Endpoint) { in.on(e) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: masked(e)}, nil
}

// rotateSecret gives an endpoint another secret and shows it this once.
//
// Source: G3, rotate secret.
func (l *LeanRails) rotateSecret(_ context.Context, r *api.Request) (api.Response, error) {
	if _, err := api.Decode[expireParams](r); err != nil {
		return api.Response{}, err
	}
	e, err := changeEndpoint(r, func(tx *sandbox.Tx, e *webhook.Endpoint) { e.Secret = newSigningSecret(tx) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newEndpoint(e)}, nil
}

// changeEndpoint returns the endpoint of the path after a change.
func changeEndpoint(r *api.Request, change func(*sandbox.Tx, *webhook.Endpoint)) (*webhook.Endpoint, error) {
	var e webhook.Endpoint
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		old, err := endpointByID(tx, r)
		if err != nil {
			return err
		}
		e = *old
		change(tx, &e)
		e.UpdatedAt = tx.Now()
		return tx.PutEndpoint(e)
	})
	return &e, err
}

// deleteEndpoint removes an endpoint; what waits for it is not sent.
func (l *LeanRails) deleteEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		e, err := endpointByID(tx, r)
		if err == nil {
			tx.DropEndpoint(e.ID)
		}
		return err
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: deletedObject{ID: r.Param(paramID), Object: "webhook_endpoint", Deleted: true}}, nil
}
