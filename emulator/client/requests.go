package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Request is one request that the sandbox answered, as the journal has it.
type Request struct {
	N          uint64        `json:"n"`         // its number in the sandbox, from 1
	At         time.Time     `json:"at"`        // on the sandbox's clock
	Surface    string        `json:"surface"`   // the provider
	Operation  string        `json:"operation"` // "": no route matched
	Method     string        `json:"method"`
	Path       string        `json:"path"`
	Status     int           `json:"status"`
	Duration   time.Duration `json:"duration"` // wall time
	Problem    string        `json:"problem"`  // why it was refused; "": it was not
	Nearest    string        `json:"nearest"`  // the route that comes closest, when none matched
	Violations []Violation   `json:"violations"`
	Unread     []string      `json:"unread"` // JSON pointers to members of the body that nothing read
}

// UnmarshalJSON reads durations as the control API writes them.
func (r *Request) UnmarshalJSON(data []byte) error {
	type plain Request
	in := struct {
		*plain
		Duration span `json:"duration"`
	}{plain: (*plain)(r)}
	err := json.Unmarshal(data, &in)
	r.Duration = time.Duration(in.Duration)
	return err
}

// RequestQuery chooses requests; the zero value is all that are remembered.
type RequestQuery struct {
	Since uint64 // only what has a higher number
}

func (q RequestQuery) values() values {
	v := values{}
	v.number("since", q.Since)
	return v
}

// Requests returns the latest requests of the sandbox, oldest first.
func (c *Client) Requests(ctx context.Context, q RequestQuery) ([]Request, error) {
	out, err := call[struct {
		Requests []Request `json:"requests"`
	}](ctx, c, request{method: http.MethodGet, path: "/requests", query: url.Values(q.values())})
	return out.Requests, err
}

// ClearRequests forgets the journal.
func (c *Client) ClearRequests(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/requests"})
}
