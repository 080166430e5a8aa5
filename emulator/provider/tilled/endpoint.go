package tilled

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// allEvents asks for every event. Source: vendor OpenAPI document, WebhookEndpoint.enabled_events.
const allEvents = "*"

// endpointDetail is what only Tilled knows of a webhook endpoint.
type endpointDetail struct {
	// Connected says that the account is a partner's, so that the endpoint also gets the events of every
	// account that is connected to it.
	Connected bool `json:"connected,omitzero"`
}

// wants reports whether an endpoint gets events of that type of that account.
//
// Source: docs.tilled.com, webhooks, for partners.
// Assumed: a sandbox has one partner, to whom all its accounts are connected; no type needs to be
// selected by name.
func wants(e *webhook.Endpoint, account, eventType string) bool {
	if d, _ := e.Detail.(*endpointDetail); d != nil && d.Connected {
		account = e.Account
	}
	return webhook.Subscribed(e, account, eventType)
}

// webhookEndpoint is a webhook endpoint on the wire.
//
// Source: vendor OpenAPI document, WebhookEndpoint.
// Assumed: the secret is absent, not null, where it is not shown.
type webhookEndpoint struct {
	AccountID     string   `json:"account_id"`
	CreatedAt     string   `json:"created_at"`
	Description   *string  `json:"description"`
	EnabledEvents []string `json:"enabled_events"`
	ID            string   `json:"id"`
	Secret        string   `json:"secret,omitempty"` // only at the creation
	UpdatedAt     string   `json:"updated_at"`
	URL           string   `json:"url"`
}

// newEndpoint shows an endpoint, without its secret, to an account.
func newEndpoint(e *webhook.Endpoint, account string) webhookEndpoint {
	out := webhookEndpoint{
		AccountID: account, CreatedAt: wire.Millis(e.CreatedAt), Description: wire.OrNull(e.Description), EnabledEvents: slices.Clone(e.Events),
		ID: e.ID, UpdatedAt: wire.Millis(e.UpdatedAt), URL: e.URL,
	}
	if len(e.Events) == 0 {
		out.EnabledEvents = []string{allEvents}
	}
	return out
}

// reaches reports whether an account sees an endpoint. One that was made by the control API or the options
// is everybody's.
func reaches(e *webhook.Endpoint, account string) bool {
	return e != nil && e.Provider == name && (e.Account == "" || e.Account == account)
}

// endpointByID returns the endpoint that the path names.
func endpointByID(tx *sandbox.Tx, r *api.Request) (*webhook.Endpoint, error) {
	e := tx.Endpoint(r.Param("id"))
	if !reaches(e, accountOf(r.Header)) {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Reason: reasonNoEndpoint, Message: fmt.Sprintf("no webhook endpoint %q of the account", r.Param("id"))}
	}
	return e, nil
}

// endpointParams is the body of a creation or a change.
//
// Source: vendor OpenAPI document, WebhookEndpointCreateParams and WebhookEndpointUpdateParams.
// Assumed: null changes nothing.
type endpointParams struct {
	Description   wire.Optional[string] `json:"description"`
	EnabledEvents []string              `json:"enabled_events"`
	URL           wire.Optional[string] `json:"url"`
}

func (in endpointParams) on(e *webhook.Endpoint) {
	e.URL, e.Description = in.URL.Or(e.URL), in.Description.Or(e.Description)
	if in.EnabledEvents != nil {
		e.Events = in.EnabledEvents
	}
}

// createEndpoint makes an endpoint of the account and shows its secret this once.
//
// Assumed: enabled_events names at least one.
func (t *Tilled) createEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[endpointParams](r)
	if err != nil {
		return api.Response{}, err
	}
	e := webhook.Endpoint{Provider: name, Account: accountOf(r.Header)}
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		e.CreatedAt, e.UpdatedAt = tx.Now(), tx.Now()
		owner, _ := tx.Get(name+"."+resourceAccounts, e.Account).(*account)
		e.Detail = &endpointDetail{Connected: owner != nil && owner.Type == partnerType}
		in.on(&e)
		mintEndpoint(tx, &e)
		return tx.PutEndpoint(e)
	})
	if err != nil {
		return api.Response{}, err
	}
	body := newEndpoint(&e, e.Account)
	body.Secret = e.Secret
	return api.Response{Status: http.StatusCreated, Body: body}, nil
}

// listEndpoints answers a page of the account's endpoints, newest first.
func (t *Tilled) listEndpoints(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		Limit  json.Number `json:"limit"`
		Offset int         `json:"offset"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	account := accountOf(r.Header)
	var all []*webhook.Endpoint
	r.Sandbox.View(func(tx *sandbox.Tx) { all = tx.Endpoints(name) })
	all = slices.DeleteFunc(all, func(e *webhook.Endpoint) bool { return !reaches(e, account) })
	slices.Reverse(all)
	return api.Response{Body: paged(all, in.Offset, pageSize(in.Limit), func(e *webhook.Endpoint) any { return newEndpoint(e, account) })}, nil
}

// getEndpoint answers one endpoint of the account.
func (t *Tilled) getEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	var e *webhook.Endpoint
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) { e, err = endpointByID(tx, r) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newEndpoint(e, accountOf(r.Header))}, nil
}

// updateEndpoint changes what was sent.
func (t *Tilled) updateEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[endpointParams](r)
	if err != nil {
		return api.Response{}, err
	}
	var e webhook.Endpoint
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		old, err := endpointByID(tx, r)
		if err != nil {
			return err
		}
		e = *old
		in.on(&e)
		e.UpdatedAt = tx.Now()
		return tx.PutEndpoint(e)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newEndpoint(&e, accountOf(r.Header))}, nil
}

// deleteEndpoint removes an endpoint of the account; what waits for it is not sent.
func (t *Tilled) deleteEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
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
	return api.Response{Status: http.StatusNoContent}, nil
}
