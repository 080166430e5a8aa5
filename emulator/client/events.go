package client

import (
	"context"
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
	Type    string // "": every one
	Session string // "": every one
	Since   uint64 // only what has a higher number
}

func (q EventQuery) values() values {
	v := values{}
	v.text("type", q.Type)
	v.text("session", q.Session)
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
