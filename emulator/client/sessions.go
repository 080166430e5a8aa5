package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Session is a checkout session in one shape, whatever its provider.
type Session struct {
	ID           string          `json:"id"` // as its provider shows it
	Provider     string          `json:"provider"`
	Account      string          `json:"account"` // the merchant it belongs to
	Status       checkout.Status `json:"status"`
	NativeStatus string          `json:"native_status"` // the provider's word
	Amount       int64           `json:"amount"`        // total in minor units
	Currency     string          `json:"currency"`      // ISO 4217
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
	ExpiresAt    time.Time       `json:"expires_at"`   // zero: never
	URL          string          `json:"url"`          // of the hosted page
	DeclineCode  string          `json:"decline_code"` // of the last refused payment; "": none was
	Allowed      []string        `json:"allowed"`      // the actions that are legal now
}

// Acted is what an action left behind.
type Acted struct {
	Session Session `json:"session"`
	Events  []Event `json:"events"` // that the action caused; none when it comes after a delay
	// Challenge says that the instrument asks the customer to authenticate (3-D Secure): Settle passes,
	// Fail does not.
	Challenge bool `json:"challenge"`
}

// Action is what every action on a session takes.
type Action struct {
	// After is the delay on the sandbox's clock; zero: at once.
	After time.Duration
	// Instrument is the test card, token or bank number that a customer pays with, for [Client.Pay]
	// only: what becomes of the payment is then what the provider's sandbox makes of it. "" pays.
	Instrument string
	// Webhooks is when those of the action are sent; with After only [NoWebhooks] has an effect.
	Webhooks Timing
}

// SessionQuery chooses sessions; the zero value is the latest hundred.
type SessionQuery struct {
	Provider string          // "": every one
	Status   checkout.Status // "": every one
	Limit    int             // at most this many, up to 1000; zero: 100
	// StartingAfter is the id of the last session of the page before.
	StartingAfter string
}

// SessionPage is one page of sessions, newest first.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	Total    int       `json:"total"` // on all pages
	HasMore  bool      `json:"has_more"`
}

// Sessions lists the sessions of every provider, newest first, one page at a time.
func (c *Client) Sessions(ctx context.Context, q SessionQuery) (SessionPage, error) {
	v := values{}
	v.text("provider", q.Provider)
	v.text("status", string(q.Status))
	v.number("limit", uint64(max(q.Limit, 0)))
	v.text("starting_after", q.StartingAfter)
	return call[SessionPage](ctx, c, request{method: http.MethodGet, path: "/sessions", query: url.Values(v)})
}

// AllSessions goes through every page of [Client.Sessions]. It ends after an error.
func (c *Client) AllSessions(ctx context.Context, q SessionQuery) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		for {
			page, err := c.Sessions(ctx, q)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for _, s := range page.Sessions {
				if !yield(s, nil) {
					return
				}
				q.StartingAfter = s.ID
			}
			if !page.HasMore || len(page.Sessions) == 0 {
				return
			}
		}
	}
}

// Session returns one session.
func (c *Client) Session(ctx context.Context, id string) (Session, error) {
	return call[Session](ctx, c, request{method: http.MethodGet, path: "/sessions" + segment(id)})
}

// Pay pays an open session, or lets a test instrument decide: see [Action].
func (c *Client) Pay(ctx context.Context, id string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "pay", nil, how)
}

// Decline refuses a payment; the session stays open. The code is one of the provider's; "" is its
// general one.
func (c *Client) Decline(ctx context.Context, id, code string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "decline", members{"code": code}, how)
}

// Confirm starts a payment and leaves it in flight.
func (c *Client) Confirm(ctx context.Context, id string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "confirm", nil, how)
}

// Settle ends the payment in flight with success.
func (c *Client) Settle(ctx context.Context, id string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "settle", nil, how)
}

// Fail ends the payment in flight with failure. The code is one of the provider's; "" is its general
// one.
func (c *Client) Fail(ctx context.Context, id, code string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "fail", members{"code": code}, how)
}

// Cancel has the customer turn back; the session stays where the provider leaves it.
func (c *Client) Cancel(ctx context.Context, id string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "cancel", nil, how)
}

// Expire ends an open session without payment.
func (c *Client) Expire(ctx context.Context, id string, how ...Action) (Acted, error) {
	return c.act(ctx, id, "expire", nil, how)
}

// Force sets any status on purpose, for testing what cannot happen.
func (c *Client) Force(ctx context.Context, id string, status checkout.Status, how ...Action) (Acted, error) {
	return c.act(ctx, id, "force", members{"status": string(status)}, how)
}

// members are those of a JSON object; empty text is left out.
type members map[string]string

func (c *Client) act(ctx context.Context, id, verb string, body members, how []Action) (Acted, error) {
	if body == nil {
		body = members{}
	}
	for _, a := range how {
		if a.After != 0 {
			body["after"] = a.After.String()
		}
		if a.Instrument != "" {
			body["instrument"] = a.Instrument
		}
		if a.Webhooks != "" {
			body["webhooks"] = string(a.Webhooks)
		}
	}
	for name, value := range body {
		if value == "" {
			delete(body, name)
		}
	}
	return call[Acted](ctx, c, request{method: http.MethodPost, path: "/sessions" + segment(id) + "/" + verb, body: body})
}

// values are query parameters; what is empty is left out.
type values url.Values

func (v values) text(name, value string) {
	if value != "" {
		url.Values(v).Set(name, value)
	}
}

func (v values) number(name string, value uint64) {
	if value != 0 {
		v.text(name, strconv.FormatUint(value, 10))
	}
}
