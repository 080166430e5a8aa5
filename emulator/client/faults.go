package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// FaultRule is a fault to arm: which requests, what happens to them, and how often.
type FaultRule struct {
	Match  Match  `json:"match,omitzero"`
	Effect Effect `json:"effect"`
	// After has the request served and its answer thrown away; else it is not served.
	After  bool     `json:"-"`
	Times  int      `json:"times,omitempty"` // zero: always
	Every  int      `json:"every,omitempty"` // only each n-th match; zero: each
	Chance *float64 `json:"chance,omitempty"`
}

// Effect is what happens to a request: one of its fields; Delay may join each, Code the Status.
type Effect struct {
	Status    int        // an error of the provider's own, 400 to 599
	Code      string     // one of the provider's error or decline codes; also without Status
	RateLimit *RateLimit // 429 with the provider's headers
	Delay     time.Duration
	Hang      bool // no answer until the caller leaves
	Reset     bool // the TCP connection is reset
	Empty     bool // the connection is closed without a byte
	Garbage   bool // bytes that are not HTTP
	Truncate  *int // the body ends after so many bytes
	Drip      *Drip
}

// RateLimit is a limit that was reached; zero fields are the provider's own.
type RateLimit struct {
	Limit int
	Reset time.Duration
}

// Drip is a body that comes slowly. Zero fields are 10 bytes and 100 ms.
type Drip struct {
	Chunk int
	Every time.Duration
}

// MarshalJSON writes the effect as the control API reads it.
func (e Effect) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for word, value := range map[string]struct {
		given bool
		value any
	}{
		"status": {e.Status != 0, e.Status}, "code": {e.Code != "", e.Code}, "delay": {e.Delay != 0, e.Delay.String()},
		"hang": {e.Hang, true}, "reset": {e.Reset, true}, "empty": {e.Empty, true}, "garbage": {e.Garbage, true},
		"truncate": {e.Truncate != nil, e.Truncate}, "rate_limit": {e.RateLimit != nil, e.RateLimit.words()}, "drip": {e.Drip != nil, e.Drip.words()},
	} {
		if value.given {
			out[word] = value.value
		}
	}
	return json.Marshal(out)
}

func (l *RateLimit) words() any {
	if l == nil {
		return nil
	}
	return counted("limit", l.Limit, "reset", l.Reset)
}

func (d *Drip) words() any {
	if d == nil {
		return nil
	}
	return counted("chunk", d.Chunk, "every", d.Every)
}

func counted(number string, n int, span string, d time.Duration) map[string]any {
	out := map[string]any{}
	if n != 0 {
		out[number] = n
	}
	if d != 0 {
		out[span] = d.String()
	}
	return out
}

func condition(word string, value any) ([]byte, error) {
	return json.Marshal(map[string]any{word: value})
}

// Fault is a fault that was armed. Match and Effect are as they were sent.
type Fault struct {
	ID     string          `json:"id"`
	Match  json.RawMessage `json:"match"`
	Effect json.RawMessage `json:"effect"`
	Phase  string          `json:"phase"` // "before" or "after"
	Times  *int            `json:"times"` // nil: always
	Every  int             `json:"every"`
	Chance float64         `json:"chance"`
	Hits   int             `json:"hits"` // how often it has struck
	Left   *int            `json:"left"` // how often it still strikes; nil: always
}

// Faults returns the faults that are armed, oldest first, and those that are used up.
func (c *Client) Faults(ctx context.Context) ([]Fault, error) {
	out, err := call[struct {
		Faults []Fault `json:"faults"`
	}](ctx, c, request{method: http.MethodGet, path: "/faults"})
	return out.Faults, err
}

// Fault arms a fault. Of several the oldest one that strikes decides.
func (c *Client) Fault(ctx context.Context, rule FaultRule) (Fault, error) {
	body := struct {
		FaultRule
		Phase string `json:"phase,omitempty"`
	}{FaultRule: rule}
	if rule.After {
		body.Phase = "after"
	}
	return call[Fault](ctx, c, request{method: http.MethodPost, path: "/faults", body: body})
}

// DropFault disarms one fault.
func (c *Client) DropFault(ctx context.Context, id string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/faults" + segment(id)})
}

// ClearFaults disarms every fault.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/faults"})
}

// Fault is [Client.Fault].
func (m Must) Fault(rule FaultRule) Fault {
	m.tb.Helper()
	v, err := m.c.Fault(m.tb.Context(), rule)
	return must(m.tb, v, err)
}

// Faults is [Client.Faults].
func (m Must) Faults() []Fault {
	m.tb.Helper()
	v, err := m.c.Faults(m.tb.Context())
	return must(m.tb, v, err)
}

// ClearFaults is [Client.ClearFaults].
func (m Must) ClearFaults() {
	m.tb.Helper()
	must(m.tb, struct{}{}, m.c.ClearFaults(m.tb.Context()))
}
