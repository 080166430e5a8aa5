package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Clock is a sandbox's time, and what came due by the call, in order.
type Clock struct {
	Now    time.Time     `json:"now"`
	Frozen bool          `json:"frozen"`
	Offset time.Duration `json:"offset"` // how far ahead of wall time
	Fired  []Fired       `json:"fired"`
}

// Fired is something that came due when the clock moved.
type Fired struct {
	At      time.Time `json:"at"`      // the instant it was due
	Session string    `json:"session"` // "" when it is about none
	Object  string    `json:"object"`  // of the provider's own, such as a subscription that was renewed; "" when it is about none
	Events  []Event   `json:"events"`
	Action  string    `json:"action"`  // the word of the control API, or the provider's, for what was due, such as "pay"
	Skipped string    `json:"skipped"` // why an action that was asked for could not be done any more; "" when it was
	// Delivery is the webhook that was sent then, its latest attempt being the one; nil when something else
	// happened.
	Delivery *Delivery `json:"delivery"`
}

// UnmarshalJSON reads durations as the control API writes them.
func (k *Clock) UnmarshalJSON(data []byte) error {
	type plain Clock
	in := struct {
		*plain
		Offset span `json:"offset"`
	}{plain: (*plain)(k)}
	err := json.Unmarshal(data, &in)
	k.Offset = time.Duration(in.Offset)
	return err
}

// span is a duration as the control API writes it: as Go does.
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// Clock returns the sandbox's time.
func (c *Client) Clock(ctx context.Context) (Clock, error) {
	return call[Clock](ctx, c, request{method: http.MethodGet, path: "/clock"})
}

// Freeze stops the clock where it is.
func (c *Client) Freeze(ctx context.Context) (Clock, error) {
	return call[Clock](ctx, c, request{method: http.MethodPost, path: "/clock/freeze"})
}

// Resume lets a frozen clock run on.
func (c *Client) Resume(ctx context.Context) (Clock, error) {
	return call[Clock](ctx, c, request{method: http.MethodPost, path: "/clock/resume"})
}

// Advance moves the clock forward. It returns after all that fell due has happened, and each webhook of
// it was tried; an advance by nothing waits for those that are to be sent now.
func (c *Client) Advance(ctx context.Context, by time.Duration) (Clock, error) {
	return call[Clock](ctx, c, request{method: http.MethodPost, path: "/clock/advance", body: members{"by": by.String()}})
}

// SetClock moves the clock forward to an instant. It returns after all that fell due has happened.
func (c *Client) SetClock(ctx context.Context, to time.Time) (Clock, error) {
	return call[Clock](ctx, c, request{method: http.MethodPost, path: "/clock/set", body: members{"to": to.Format(time.RFC3339Nano)}})
}
