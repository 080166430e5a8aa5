package client

import (
	"context"
	"net/http"
)

// Triggered is what happened by [Client.Trigger].
type Triggered struct {
	// Session is the one that was opened for the event; nil when it needs none.
	Session *Session `json:"session"`
	Events  []Event  `json:"events"` // all that the provider's objects have caused, in order
	// Deliveries go to the endpoints that want the events; they are as they stood right after.
	Deliveries []Delivery `json:"deliveries"`
}

// Trigger makes an event of a provider's own happen, with the objects that it needs, and so has it sent.
// The provider's events are those of [Provider].
func (c *Client) Trigger(ctx context.Context, provider, eventType string) (Triggered, error) {
	return call[Triggered](ctx, c, request{method: http.MethodPost, path: "/trigger", body: members{"provider": provider, "type": eventType}})
}
