package polar

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// endpointDetail is what only Polar knows of a webhook endpoint. It is replaced as a whole.
type endpointDetail struct {
	Format  string  `json:"format,omitzero"`      // "" is raw
	Version string  `json:"api_version,omitzero"` // "" is the latest
	Name    *string `json:"name,omitzero"`
	// Listed says that the endpoint's events are all that it gets, so that none means none.
	Listed bool `json:"listed,omitzero"`
}

func endpointDetailOf(e *webhook.Endpoint) endpointDetail {
	out := endpointDetail{}
	if d, _ := e.Detail.(*endpointDetail); d != nil {
		out = *d
	}
	out.Format, out.Version = cmp.Or(out.Format, formatRaw), cmp.Or(out.Version, latestVersion)
	return out
}

// wants reports whether an endpoint gets events of that type of that organization. One that was made
// through the control API or the options gets all when it names none.
//
// Source: WebhookService._get_event_target_endpoints, and SkipEvent in polar/webhook/webhooks.py.
func wants(e *webhook.Endpoint, organizationID, eventType string) bool {
	d := endpointDetailOf(e)
	if d.Listed && len(e.Events) == 0 || d.Format != formatRaw && !chatTold(eventType) {
		return false
	}
	return webhook.Subscribed(e, organizationID, eventType)
}

// messageForm tells apart messages that differ: by the chat, else by the version of the API.
func messageForm(e *webhook.Endpoint) string {
	d := endpointDetailOf(e)
	if d.Format == formatRaw {
		return d.Version
	}
	return d.Format
}

// endpointBody is Polar's WebhookEndpoint. February 2025 did not show what comes after the events.
type endpointBody struct {
	CreatedAt      string                `json:"created_at"`
	ModifiedAt     *string               `json:"modified_at"`
	ID             string                `json:"id"`
	URL            string                `json:"url"`
	Format         string                `json:"format"`
	OrganizationID string                `json:"organization_id"`
	Events         []string              `json:"events"`
	Name           wire.Optional[string] `json:"name,omitzero"`
	Secret         string                `json:"secret,omitempty"`
	Enabled        *bool                 `json:"enabled,omitempty"`
	Version        string                `json:"api_version,omitempty"`
	Standard       *bool                 `json:"uses_standard_webhook_signature,omitempty"`
}

// endpointBody shows an endpoint. One of everybody's is shown as the first organization's.
func (p *Polar) endpointBody(tx *sandbox.Tx, e *webhook.Endpoint) endpointBody {
	d := endpointDetailOf(e)
	out := endpointBody{
		CreatedAt: wire.Micros(e.CreatedAt), ID: e.ID, URL: e.URL, Format: d.Format, OrganizationID: endpointOrganization(tx, e),
		Events: slices.Clone(e.Events),
	}
	if !e.UpdatedAt.Equal(e.CreatedAt) {
		out.ModifiedAt = moment(e.UpdatedAt)
	}
	switch {
	case !d.Listed && (len(e.Events) == 0 || slices.Contains(e.Events, "*")):
		out.Events = p.eventTypes()
	case out.Events == nil:
		out.Events = []string{}
	}
	if !p.seed {
		enabled := !e.Disabled
		standard := signsStandard(e)
		out.Secret, out.Enabled, out.Version, out.Standard = e.Secret, &enabled, d.Version, &standard
		out.Name = wire.Optional[string]{Set: true, Null: d.Name == nil, Value: text(d.Name)}
	}
	return out
}

func (p *Polar) eventTypes() []string {
	if p.seed {
		return eventTypesSeed
	}
	return eventTypes
}

// nobody stands for the organization where the catalog has none.
const nobody = "00000000-0000-4000-8000-000000000000"

func endpointOrganization(tx *sandbox.Tx, e *webhook.Endpoint) string {
	if e.Account != "" {
		return e.Account
	}
	return firstOrganization(tx)
}

func firstOrganization(tx *sandbox.Tx) string {
	for _, v := range tx.All(kindOrganization) {
		return v.(*organization).ID
	}
	return nobody
}

// visibleEndpoints are the endpoints that a token reaches, newest first.
func (p *Polar) visibleEndpoints(tx *sandbox.Tx) []*webhook.Endpoint {
	var out []*webhook.Endpoint
	for _, e := range tx.Endpoints(name) {
		if p.reachesEndpoint(tx, e) {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

func (p *Polar) reachesEndpoint(tx *sandbox.Tx, e *webhook.Endpoint) bool {
	return e != nil && e.Provider == name && (p.seed || !organizationOf(tx, endpointOrganization(tx, e)).blocked())
}

// endpointByID returns the endpoint that the path names.
func (p *Polar) endpointByID(tx *sandbox.Tx, r *api.Request) (*webhook.Endpoint, error) {
	e := tx.Endpoint(canonicalUUID(r.Param("id")))
	if !p.reachesEndpoint(tx, e) {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no webhook endpoint " + r.Param("id")}
	}
	return e, nil
}

// pageQuery are the parameters of every list.
type pageQuery struct {
	OrganizationID []string `json:"organization_id"`
	Page           int64    `json:"page"`
	Limit          int64    `json:"limit"`
}

// endpointPage is a page of endpoints.
type endpointPage struct {
	Items      []endpointBody `json:"items"`
	Pagination pagination     `json:"pagination"`
}

// paged cuts a page out of a list.
func paged[T any](p *Polar, all []T, in pageQuery) ([]T, pagination) {
	limit := min(in.Limit, limitMax)
	if limit == 0 {
		limit = limitDefault
	}
	from := min(max(in.Page-1, 0), int64(len(all))) * limit
	items := all[min(from, int64(len(all))):min(from+limit, int64(len(all)))]
	if len(items) == 0 && p.seed {
		return items, pagination{}
	}
	return items, pagination{TotalCount: len(all), MaxPage: (len(all) + int(limit) - 1) / int(limit)}
}

func (p *Polar) listWebhookEndpoints(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	bodies := []endpointBody{}
	r.Sandbox.View(func(tx *sandbox.Tx) {
		for _, e := range p.visibleEndpoints(tx) {
			b := p.endpointBody(tx, e)
			if len(in.OrganizationID) == 0 || slices.ContainsFunc(in.OrganizationID, func(id string) bool { return canonicalUUID(id) == b.OrganizationID }) {
				bodies = append(bodies, b)
			}
		}
	})
	items, counts := paged(p, bodies, in)
	return api.Response{Body: endpointPage{items, counts}}, nil
}

func (p *Polar) getWebhookEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	var body endpointBody
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) {
		var e *webhook.Endpoint
		if e, err = p.endpointByID(tx, r); err == nil {
			body = p.endpointBody(tx, e)
		}
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: body}, nil
}

// endpointInput is what creates or changes an endpoint. A null counts as nothing.
type endpointInput struct {
	URL            *string  `json:"url"`
	Name           *string  `json:"name"`
	Secret         *string  `json:"secret"`
	Format         *string  `json:"format"`
	Events         []string `json:"events"`
	OrganizationID *string  `json:"organization_id"`
	Enabled        *bool    `json:"enabled"`
	Version        *string  `json:"api_version"`
}

// on puts what was sent into an endpoint.
func (in *endpointInput) on(e *webhook.Endpoint, seed bool) {
	d := endpointDetailOf(e)
	if in.URL != nil {
		e.URL = normalURL(*in.URL)
	}
	if in.Secret != nil {
		e.Secret = *in.Secret
	}
	if in.Events != nil {
		e.Events, d.Listed = in.Events, true
	}
	if in.Format != nil {
		d.Format = *in.Format
	}
	if !seed {
		d.Name = or(in.Name, d.Name)
		d.Version = cmp.Or(text(in.Version), d.Version)
		if in.Enabled != nil {
			e.Disabled = !*in.Enabled
		}
	}
	e.Detail = &d
}

func (p *Polar) createWebhookEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[endpointInput](p, r)
	if err != nil {
		return api.Response{}, err
	}
	var body endpointBody
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		organizationID, err := p.endpointOwner(tx, r, in.OrganizationID)
		if err != nil {
			return err
		}
		e := webhook.Endpoint{
			ID: tx.UUID("polar.webhook_endpoint"), Provider: name, Account: organizationID, CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		}
		in.Enabled = nil // a new one is enabled
		if in.on(&e, p.seed); in.Secret == nil {
			e.Secret = standardSecret(tx)
		}
		body = p.endpointBody(tx, &e)
		return tx.PutEndpoint(e)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: body}, nil
}

// userToken begins tokens of users, who say for which organization they act. All others are taken for
// tokens of an organization.
const userToken = "polar_pat_"

// endpointOwner is the organization that a new endpoint belongs to.
//
// Source: polar/organization/resolver.py. Assumed: a token of an organization is the first one's.
func (p *Polar) endpointOwner(tx *sandbox.Tx, r *api.Request, asked *string) (string, error) {
	if !strings.HasPrefix(p.Credential(r.Header), userToken) {
		if asked != nil {
			return "", refuse(breach("organization_token", "Setting organization_id is disallowed when using an organization token.", *asked, "organization_id"))
		}
		return firstOrganization(tx), nil
	}
	if asked == nil {
		return "", refuse(breach("missing", "organization_id is required.", nil, "organization_id"))
	}
	o, _ := tx.Get(kindOrganization, canonicalUUID(*asked)).(*organization)
	if o == nil || !p.seed && o.blocked() {
		return "", refuse(breach("value_error", "Organization not found.", *asked, "organization_id"))
	}
	return o.ID, nil
}

func (p *Polar) updateWebhookEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[endpointInput](p, r)
	if err != nil {
		return api.Response{}, err
	}
	return p.changeEndpoint(r, func(_ *sandbox.Tx, e *webhook.Endpoint) { in.on(e, p.seed) })
}

func (p *Polar) resetWebhookEndpointSecret(_ context.Context, r *api.Request) (api.Response, error) {
	return p.changeEndpoint(r, func(tx *sandbox.Tx, e *webhook.Endpoint) { e.Secret = standardSecret(tx) })
}

// changeEndpoint answers with the endpoint of the path after a change.
func (p *Polar) changeEndpoint(r *api.Request, change func(*sandbox.Tx, *webhook.Endpoint)) (api.Response, error) {
	var body endpointBody
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		old, err := p.endpointByID(tx, r)
		if err != nil {
			return err
		}
		e := *old
		change(tx, &e)
		e.UpdatedAt = tx.Now()
		body = p.endpointBody(tx, &e)
		return tx.PutEndpoint(e)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: body}, nil
}

func (p *Polar) deleteWebhookEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	return deleted(r, func(tx *sandbox.Tx) error {
		e, err := p.endpointByID(tx, r)
		if err == nil {
			tx.DropEndpoint(e.ID)
		}
		return err
	})
}

// secretAtLeast is how short a secret of the caller's may be. February 2025 took any.
const secretAtLeast = 32

// endpointItems lists the faults of a body that the document cannot express.
//
// Polar wants https, and current Polar no address that only its own network reaches; a developer's
// machine has neither, so that both are taken here.
//
// Assumed: a hostname that no domain name can be is not refused either.
func (p *Polar) endpointItems(operation string, body map[string]any) []item {
	var items []item
	secret, sent := body["secret"].(string)
	it := item{Loc: []any{checkout.InBody, "secret"}, Input: secret}
	switch {
	case p.seed && !sent && operation == "createWebhookEndpoint":
		items = append(items, item{Type: "missing", Loc: it.Loc, Msg: "Field required", Input: body})
	case !p.seed && sent && utf8.RuneCountInString(secret) < secretAtLeast:
		items = append(items, tooShort(it, secretAtLeast))
	}
	events, _ := body["events"].([]any)
	for i, v := range events {
		if word, ok := v.(string); ok && !slices.Contains(p.eventTypes(), word) {
			items = append(items, enumWords(item{Loc: []any{checkout.InBody, "events", i}, Input: word}, p.eventTypes()))
		}
	}
	return items
}
