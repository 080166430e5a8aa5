package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Timing says when the webhooks of an action are sent; "" is at once, with nobody waiting.
type Timing string

// The timings.
const (
	BeforeRedirect Timing = "before_redirect" // the action answers when each was tried once
	AfterRedirect  Timing = "after_redirect"  // right after the answer
	NoWebhooks     Timing = "none"            // never; they are recorded all the same
)

// Endpoint is where a provider sends its events.
type Endpoint struct {
	ID          string    `json:"id"` // in the provider's form
	Provider    string    `json:"provider"`
	Account     string    `json:"account"` // the merchant whose events are sent; "": everybody's
	URL         string    `json:"url"`
	Events      []string  `json:"events"`    // all of them when empty
	Secret      string    `json:"secret"`    // signs what is sent
	Signature   string    `json:"signature"` // how; "": as the secret itself says
	Description string    `json:"description"`
	Enabled     bool      `json:"enabled"`
	CreatedAt   time.Time `json:"created_at"`
}

// EndpointDraft is a webhook endpoint to be made. Provider and URL are required.
type EndpointDraft struct {
	Provider string   `json:"provider"`
	URL      string   `json:"url"`              // http or https
	Events   []string `json:"events,omitempty"` // the provider's names; empty: all of them
	Secret   string   `json:"secret,omitempty"` // "": the provider's WebhookSecret, see [Client.Info]
	// Signature is how it signs: of Polar "legacy", "standard" or "both"; "": as the secret itself says. With
	// one and without a secret, a secret of the fitting form is made.
	Signature   string `json:"signature,omitempty"`
	Account     string `json:"account,omitempty"` // "": everybody's
	Description string `json:"description,omitempty"`
}

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID        string        `json:"id"`
	Endpoint  string        `json:"endpoint"` // id
	URL       string        `json:"url"`      // of the endpoint
	Event     DeliveryEvent `json:"event"`
	State     string        `json:"state"`  // pending, delivered, failed, dropped
	Reason    string        `json:"reason"` // why it was dropped, or what the plan did to it
	CreatedAt time.Time     `json:"created_at"`
	NextAt    time.Time     `json:"next_at"` // of the next attempt; zero: none is due
	Body      string        `json:"body"`    // the bytes of each request; "" before the first attempt
	Attempts  []Attempt     `json:"attempts"`
}

// DeliveryEvent is the event of a delivery.
type DeliveryEvent struct {
	ID       string `json:"id"` // as the receiver sees it
	Type     string `json:"type"`
	Seq      uint64 `json:"seq"` // its number in the events of the sandbox
	Provider string `json:"provider"`
	Session  string `json:"session"` // "" when it is about none
}

// Attempt is one request to an endpoint and what came of it.
type Attempt struct {
	N        int           `json:"n"`
	At       time.Time     `json:"at"`       // on the sandbox's clock
	Status   int           `json:"status"`   // of the answer; zero: there was none
	Error    string        `json:"error"`    // why there was none
	Duration time.Duration `json:"duration"` // real time
	Request  struct {
		Headers map[string]string `json:"headers"`
	} `json:"request"`
	Response struct {
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"` // its first 2 KiB
	} `json:"response"`
}

// UnmarshalJSON reads durations as the control API writes them.
func (a *Attempt) UnmarshalJSON(data []byte) error {
	type plain Attempt
	in := struct {
		*plain
		Duration span `json:"duration"`
	}{plain: (*plain)(a)}
	err := json.Unmarshal(data, &in)
	a.Duration = time.Duration(in.Duration)
	return err
}

// MarshalJSON writes durations as the control API does.
func (a Attempt) MarshalJSON() ([]byte, error) {
	type plain Attempt
	return json.Marshal(struct {
		plain
		Duration string `json:"duration"`
	}{plain(a), a.Duration.String()})
}

// DeliveryQuery chooses deliveries; the zero value is all of them, at most a thousand.
type DeliveryQuery struct {
	Provider, Endpoint, Type, Session, State string
	Since                                    uint64 // number of an event: of later ones only
	Limit                                    int    // at most this many; zero: 1000
}

func (q DeliveryQuery) values() url.Values {
	v := values{}
	v.text("provider", q.Provider)
	v.text("endpoint", q.Endpoint)
	v.text("type", q.Type)
	v.text("session", q.Session)
	v.text("state", q.State)
	v.number("since", q.Since)
	v.number("limit", uint64(max(q.Limit, 0)))
	return url.Values(v)
}

// Step is one step of the event plan: what is done to the next event that matches.
type Step struct {
	Match StepMatch
	Do    string        // drop, duplicate, delay, reorder, bad_signature, stale_timestamp, truncate
	Delay time.Duration // of delay, on the sandbox's clock
	Times int           // zero: once
}

// StepMatch chooses events; what is "" is not looked at.
type StepMatch struct {
	Provider string `json:"provider,omitempty"`
	Type     string `json:"type,omitempty"` // the provider's name of the event
	Session  string `json:"session,omitempty"`
	Endpoint string `json:"endpoint,omitempty"` // only on its way to this one
}

// wireStep is a step as the control API writes it.
type wireStep struct {
	Match *StepMatch `json:"match,omitempty"`
	Do    string     `json:"do"`
	Delay span       `json:"delay,omitzero"`
	Times int        `json:"times,omitzero"`
}

// MarshalJSON writes the step as the control API reads it.
func (s Step) MarshalJSON() ([]byte, error) {
	out := wireStep{Do: s.Do, Delay: span(s.Delay), Times: s.Times}
	if s.Match != (StepMatch{}) {
		out.Match = &s.Match
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Step) UnmarshalJSON(data []byte) error {
	var in wireStep
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*s = Step{Do: in.Do, Delay: time.Duration(in.Delay), Times: in.Times}
	if in.Match != nil {
		s.Match = *in.Match
	}
	return nil
}

// Endpoints lists the webhook endpoints of every provider, in the order in which they were made.
func (c *Client) Endpoints(ctx context.Context) ([]Endpoint, error) {
	out, err := call[struct {
		Endpoints []Endpoint `json:"endpoints"`
	}](ctx, c, request{method: http.MethodGet, path: "/webhooks/endpoints"})
	return out.Endpoints, err
}

// AddEndpoint has a provider send its events to a URL.
func (c *Client) AddEndpoint(ctx context.Context, e EndpointDraft) (Endpoint, error) {
	return call[Endpoint](ctx, c, request{method: http.MethodPost, path: "/webhooks/endpoints", body: e})
}

// DropEndpoint removes a webhook endpoint; what waits for it is dropped.
func (c *Client) DropEndpoint(ctx context.Context, id string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/webhooks/endpoints" + segment(id)})
}

type deliveries struct {
	Deliveries []Delivery `json:"deliveries"`
}

// Deliveries lists what was sent to webhook endpoints and is to be sent, oldest first.
func (c *Client) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	out, err := call[deliveries](ctx, c, request{method: http.MethodGet, path: "/webhooks/deliveries", query: q.values()})
	return out.Deliveries, err
}

// Delivery returns one delivery.
func (c *Client) Delivery(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, request{method: http.MethodGet, path: "/webhooks/deliveries" + segment(id)})
}

// StreamDeliveries yields deliveries as they change, until the loop or ctx ends, the sandbox is reset, or the
// server stops: when one is decided on, after each attempt, at its end. It begins with what is remembered of
// the events after q.Since; q.Limit is not looked at. An error is the last that it yields.
func (c *Client) StreamDeliveries(ctx context.Context, q DeliveryQuery) iter.Seq2[Delivery, error] {
	v := q.values()
	v.Del("limit")
	v.Set("since", strconv.FormatUint(q.Since, 10))
	return streamed[Delivery](ctx, c, "/webhooks/deliveries/stream", values(v))
}

// Redeliver sends a delivery once more, whatever its state, and returns when the attempt has ended.
func (c *Client) Redeliver(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, request{method: http.MethodPost, path: "/webhooks/deliveries" + segment(id) + "/redeliver"})
}

// RedeliverFailed sends what has failed, of that which the query chooses, once more, and returns it when
// each attempt has ended. The query's state is not looked at.
func (c *Client) RedeliverFailed(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	q.State = ""
	out, err := call[deliveries](ctx, c, request{method: http.MethodPost, path: "/webhooks/deliveries/redeliver", query: q.values()})
	return out.Deliveries, err
}

type plan struct {
	Steps []Step `json:"steps"`
}

// Plan returns what is left of the event plan.
func (c *Client) Plan(ctx context.Context) ([]Step, error) {
	out, err := call[plan](ctx, c, request{method: http.MethodGet, path: "/webhooks/plan"})
	return out.Steps, err
}

// SetPlan replaces the event plan: the steps are done one after the other, then it is over.
func (c *Client) SetPlan(ctx context.Context, steps ...Step) ([]Step, error) {
	if steps == nil {
		steps = []Step{}
	}
	out, err := call[plan](ctx, c, request{method: http.MethodPut, path: "/webhooks/plan", body: plan{steps}})
	return out.Steps, err
}

// ClearPlan ends the event plan; what it holds back is sent.
func (c *Client) ClearPlan(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/webhooks/plan"})
}
