package control

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (c *Control) webhookHandlers() map[string]api.Handler {
	return map[string]api.Handler{
		"endpoints": c.endpoints, "addEndpoint": c.addEndpoint, "dropEndpoint": c.dropEndpoint,
		"deliveries": c.deliveries, "delivery": c.delivery, "streamDeliveries": c.streamDeliveries, "redeliver": c.redeliver, "redeliverFailed": c.redeliverFailed,
		"plan": c.plan, "setPlan": c.setPlan, "clearPlan": c.clearPlan,
	}
}

// endpoint is a webhook endpoint on the wire.
type endpoint struct {
	ID          string   `json:"id"`
	Provider    string   `json:"provider"`
	Account     string   `json:"account"`
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Secret      string   `json:"secret"`
	Signature   *string  `json:"signature"`
	Description string   `json:"description"`
	Enabled     bool     `json:"enabled"`
	CreatedAt   string   `json:"created_at"`
}

func newEndpoint(e *webhook.Endpoint) endpoint {
	events := e.Events
	if events == nil {
		events = []string{}
	}
	return endpoint{
		ID: e.ID, Provider: e.Provider, Account: e.Account, URL: e.URL, Events: events, Secret: e.Secret, Signature: wire.OrNull(e.Signature),
		Description: e.Description, Enabled: !e.Disabled, CreatedAt: instant(e.CreatedAt),
	}
}

func (c *Control) endpoints(_ context.Context, r *api.Request) (api.Response, error) {
	out := struct {
		Endpoints []endpoint `json:"endpoints"`
	}{Endpoints: []endpoint{}}
	for _, e := range r.Sandbox.Endpoints() {
		out.Endpoints = append(out.Endpoints, newEndpoint(e))
	}
	return api.Response{Body: out}, nil
}

func (c *Control) addEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		Provider    string   `json:"provider"`
		Account     string   `json:"account"`
		URL         string   `json:"url"`
		Events      []string `json:"events"`
		Secret      string   `json:"secret"`
		Signature   string   `json:"signature"`
		Description string   `json:"description"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	if c.provider(in.Provider) == nil {
		return api.Response{}, c.unknownProvider("provider", in.Provider)
	}
	if err := webhook.CheckURL(in.URL); err != nil {
		return api.Response{}, match.Refused([]any{"url"}, in.URL, err.Error(), nil)
	}
	known := append(c.eventTypes(in.Provider), "*")
	for i, name := range in.Events {
		if !slices.Contains(known, name) {
			return api.Response{}, match.Unknown([]any{"events", i}, in.Provider+" event", name, known)
		}
	}
	draft := webhook.Endpoint{
		Provider: in.Provider, Account: in.Account, URL: in.URL, Events: in.Events, Secret: in.Secret, Signature: in.Signature, Description: in.Description,
	}
	if err := c.checkSignature(&draft); err != nil {
		return api.Response{}, err
	}
	made, err := r.Sandbox.AddEndpoint(draft)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: newEndpoint(made)}, nil
}

// checkSignature refuses a signature that the provider does not have, and a secret that is no key for it.
func (c *Control) checkSignature(e *webhook.Endpoint) error {
	policy := c.provider(e.Provider).Dialect().Webhooks
	if policy == nil {
		return nil // refused for another reason
	}
	if e.Signature != "" && !slices.Contains(policy.Signatures, e.Signature) {
		return match.Unknown([]any{"signature"}, e.Provider+" signature", e.Signature, policy.Signatures)
	}
	if err := policy.Refuses(e); err != nil {
		return match.Refused([]any{"secret"}, nil, err.Error(), nil)
	}
	return nil
}

func (c *Control) dropEndpoint(_ context.Context, r *api.Request) (api.Response, error) {
	if err := r.Sandbox.DropEndpoint(r.Param("id")); err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusNoContent}, nil
}

// eventTypes are the events of a provider, of all when it is "".
func (c *Control) eventTypes(provider string) []string {
	var out []string
	for _, p := range c.providers {
		if policy := p.Dialect().Webhooks; policy != nil && (provider == "" || provider == p.Name()) {
			out = append(out, policy.Types...)
		}
	}
	return out
}

// delivery is one event on its way to one endpoint, on the wire.
type delivery struct {
	ID        string        `json:"id"`
	Endpoint  string        `json:"endpoint"`
	URL       string        `json:"url"`
	Event     deliveryEvent `json:"event"`
	State     webhook.State `json:"state"`
	Reason    *string       `json:"reason"`
	CreatedAt string        `json:"created_at"`
	NextAt    *string       `json:"next_at"`
	Body      *string       `json:"body"`
	Attempts  []attempt     `json:"attempts"`
}

type deliveryEvent struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Seq      uint64 `json:"seq"`
	Provider string `json:"provider"`
	Session  string `json:"session"`
}

type attempt struct {
	N        int            `json:"n"`
	At       string         `json:"at"`
	Status   *int           `json:"status"`
	Error    *string        `json:"error"`
	Duration string         `json:"duration"`
	Request  attemptMessage `json:"request"`
	Response attemptMessage `json:"response"`
}

type attemptMessage struct {
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body,omitempty"`
}

func newDelivery(d *webhook.Delivery) delivery {
	out := delivery{
		ID: d.ID, Endpoint: d.Endpoint, URL: d.URL, State: d.State, Reason: wire.OrNull(d.Reason), CreatedAt: instant(d.CreatedAt), Attempts: []attempt{},
		Event: deliveryEvent{ID: d.Event.ID, Type: string(d.Event.Type), Seq: d.Event.Seq, Provider: d.Event.Provider, Session: d.Event.Session},
	}
	if !d.NextAt.IsZero() {
		at := instant(d.NextAt)
		out.NextAt = &at
	}
	if d.Body != nil {
		text := string(d.Body)
		out.Body = &text
	}
	for _, a := range d.Attempts {
		out.Attempts = append(out.Attempts, newAttempt(a))
	}
	return out
}

func newAttempt(a webhook.Attempt) attempt {
	text, _ := journal.Own(a.Response.Body).Text()
	body := string(text)
	out := attempt{
		N: a.N, At: instant(a.At), Error: wire.OrNull(a.Error), Duration: a.Duration.String(),
		Request: attemptMessage{Headers: map[string]string{}}, Response: attemptMessage{Headers: map[string]string{}, Body: &body},
	}
	if a.Status != 0 {
		out.Status = &a.Status
	}
	for name, values := range a.Header { // ours, with nothing secret in them
		out.Request.Headers[name] = strings.Join(values, ", ")
	}
	fields, _ := journal.Fields(a.Response.Header)
	for _, f := range fields {
		if before, ok := out.Response.Headers[f.Name]; ok {
			f.Value = before + ", " + f.Value
		}
		out.Response.Headers[f.Name] = f.Value
	}
	return out
}

type deliveriesBody struct {
	Deliveries []delivery `json:"deliveries"`
}

func newDeliveries(in []webhook.Delivery) deliveriesBody {
	out := deliveriesBody{Deliveries: make([]delivery, len(in))}
	for i := range in {
		out.Deliveries[i] = newDelivery(&in[i])
	}
	return out
}

// redeliver answers when the attempt has ended.
func (c *Control) redeliver(ctx context.Context, r *api.Request) (api.Response, error) {
	batch, err := r.Sandbox.Redeliver(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	batch.Wait(ctx)
	d, err := r.Sandbox.Delivery(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newDelivery(&d)}, nil
}

// redeliverFailed answers when each attempt has ended.
func (c *Control) redeliverFailed(ctx context.Context, r *api.Request) (api.Response, error) {
	query, err := c.deliveryQuery(r)
	if err != nil {
		return api.Response{}, err
	}
	sent, batch := r.Sandbox.RedeliverFailed(query)
	batch.Wait(ctx)
	out := deliveriesBody{Deliveries: []delivery{}}
	for _, id := range sent {
		if d, err := r.Sandbox.Delivery(id); err == nil {
			out.Deliveries = append(out.Deliveries, newDelivery(&d))
		}
	}
	return api.Response{Body: out}, nil
}

// doing does what an action asks for, at once or later, with its webhooks as it asks. answered is to be
// called when the answer has been given.
func (c *Control) doing(ctx context.Context, r *api.Request, id string, in action, out provider.Outcome) (rec *sandbox.Record, events []checkout.Event, answered func(), err error) {
	timing := sandbox.Timing(in.Webhooks)
	if in.After != "" {
		delay, err := parseDuration("after", in.After)
		if err != nil {
			return nil, nil, nil, err
		}
		rec, err := r.Sandbox.Schedule(id, delay, out.Command, timing)
		return rec, nil, nil, err
	}
	var batch *sandbox.Batch
	rec, events, err = r.Sandbox.Edit(id, func(tx *sandbox.Tx, _ *sandbox.Record) (checkout.Command, error) {
		batch = tx.Webhooks(timing)
		return out.Now(), nil
	})
	batch.Wait(ctx)
	if timing == sandbox.AfterRedirect {
		answered = batch.Release
	}
	return rec, events, answered, err
}
