package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Event is something that happened, in our words or in the provider's.
type Event struct {
	Seq      uint64          `json:"seq"` // its number in the sandbox, from 1
	Type     string          `json:"type"`
	At       time.Time       `json:"at"` // on the sandbox's clock
	Provider string          `json:"provider"`
	Session  string          `json:"session"`
	Status   checkout.Status `json:"status"` // the session's, after it; "" without one
	Native   bool            `json:"native"` // it is the provider's own event
	ID       string          `json:"id"`     // of a native event, as its receivers see it
}

// EventQuery chooses events; the zero value is all of them.
type EventQuery struct {
	Type     string // "": every one
	Session  string // "": every one
	Provider string // "": every one
	Since    uint64 // only what has a higher number
}

func (q EventQuery) values() values {
	v := values{}
	v.text("type", q.Type)
	v.text("session", q.Session)
	v.text("provider", q.Provider)
	v.number("since", q.Since)
	return v
}

// Events returns what happened in the sandbox, oldest first.
func (c *Client) Events(ctx context.Context, q EventQuery) ([]Event, error) {
	out, err := call[struct {
		Events []Event `json:"events"`
	}](ctx, c, request{method: http.MethodGet, path: "/events", query: url.Values(q.values())})
	return out.Events, err
}

// WaitEvent returns events as soon as there are as many as are waited for, at once when there are
// already. When they do not come in time, it fails with a [*Problem] and returns those that did.
func (c *Client) WaitEvent(ctx context.Context, q EventQuery, w Wait) ([]Event, error) {
	out, err := awaited[struct {
		Events []Event `json:"events"`
	}](ctx, c, "/events/wait", q.values(), w)
	return out.Events, err
}

// StreamEvents yields events as they happen, until the loop or ctx ends, or the server stops: those
// after q.Since, with zero only new ones. An error is the last that it yields.
func (c *Client) StreamEvents(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	return streamed[Event](ctx, c, "/events/stream", q.values())
}
