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

// Request is one request that the sandbox answered, as the journal has it.
type Request struct {
	N          uint64        `json:"n"`     // its number in the sandbox, from 1
	At         time.Time     `json:"at"`    // wall time
	Clock      time.Time     `json:"clock"` // the sandbox's time when it came
	After      uint64        `json:"after"` // number of the last event before it
	Sandbox    string        `json:"sandbox"`
	Surface    string        `json:"surface"`   // the provider
	Operation  string        `json:"operation"` // "": no route matched
	Session    string        `json:"session"`   // that it is about; "": none
	Method     string        `json:"method"`
	Path       string        `json:"path"`  // below the provider
	Query      string        `json:"query"` // as sent
	Status     int           `json:"status"`
	Duration   time.Duration `json:"duration"`   // wall time
	DecidedBy  string        `json:"decided_by"` // the rule that decided the answer
	Problem    string        `json:"problem"`    // why it was refused; "": it was not
	Nearest    string        `json:"nearest"`    // the route that comes closest, when none matched
	Violations []Violation   `json:"violations"`
	Unread     []string      `json:"unread"` // JSON pointers to members of the body that nothing read
	Request    Message       `json:"request"`
	Response   Message       `json:"response"`
}

// Message is the headers and the body of a request or an answer. Secrets in it are "[redacted]".
type Message struct {
	Headers map[string]string `json:"headers"`
	// Body is JSON as it was sent, {"text": …} or {"base64": …} for what is no JSON, null when there
	// was none.
	Body json.RawMessage `json:"body"`
	Size int             `json:"size"` // as sent, in bytes
	Cut  bool            `json:"cut"`  // only the beginning is there
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
	Provider  string
	Operation string // an operationId of the provider's document
	Method    string
	Path      string // below the provider; * is one segment, ** any number of them
	Status    string // of the answer: "500", or "5xx" for all of its class
	Session   string // id
	Refused   bool   // only those that were
	Unread    bool   // only those with members that nothing read
	Since     uint64 // only what has a higher number
	Limit     int    // at most this many; zero: all of them
}

func (q RequestQuery) values() values {
	v := values{}
	for name, text := range map[string]string{
		"provider": q.Provider, "operation": q.Operation, "method": q.Method, "path": q.Path, "status": q.Status, "session": q.Session,
	} {
		v.text(name, text)
	}
	v.flag("problem", q.Refused)
	v.flag("unread", q.Unread)
	v.number("since", q.Since)
	v.number("limit", uint64(q.Limit))
	return v
}

func (v values) flag(name string, on bool) {
	if on {
		v.text(name, "true")
	}
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

// Request returns one entry of the journal by its number.
func (c *Client) Request(ctx context.Context, n uint64) (Request, error) {
	return call[Request](ctx, c, request{method: http.MethodGet, path: "/requests" + segment(strconv.FormatUint(n, 10))})
}

// HAR returns requests as an HTTP archive (HAR 1.2), which browsers open in their network panel.
func (c *Client) HAR(ctx context.Context, q RequestQuery) ([]byte, error) {
	return c.raw(ctx, request{method: http.MethodGet, path: "/requests.har", query: url.Values(q.values())})
}

// Verification is which requests there must have been, and how many: without a number one or more.
type Verification struct {
	// Match has the words of a fault's match, and "status": {"operation": "createCheckout",
	// "body": {"/customer_email": "ada@example.com"}}.
	Match   map[string]any `json:"match,omitempty"`
	Exactly *int           `json:"exactly,omitempty"`
	AtLeast *int           `json:"at_least,omitempty"`
	AtMost  *int           `json:"at_most,omitempty"`
}

// Verified is the requests that match.
type Verified struct {
	Count    int      `json:"count"`
	Requests []uint64 `json:"requests"` // their numbers
}

// Miss is a request that comes close to a match.
type Miss struct {
	N           uint64       `json:"n"` // its number
	Differences []Difference `json:"differences"`
}

// Difference is what keeps a request from matching.
type Difference struct {
	Pointer string `json:"pointer"` // where in the request, such as /body/customer_email
	Want    any    `json:"want"`
	Got     any    `json:"got"`
	Absent  bool   `json:"absent"` // the request has no such value
}

// Verify says which requests match. When they are not as many as are wanted, it fails with a [*Problem]
// that has the closest ones.
func (c *Client) Verify(ctx context.Context, v Verification) (Verified, error) {
	return call[Verified](ctx, c, request{method: http.MethodPost, path: "/requests/verify", body: v})
}

// WaitRequest returns requests as soon as there are as many as are waited for, at once when there are
// already. When they do not come in time, it fails with a [*Problem] and returns those that did.
func (c *Client) WaitRequest(ctx context.Context, q RequestQuery, w Wait) ([]Request, error) {
	out, err := awaited[struct {
		Requests []Request `json:"requests"`
	}](ctx, c, "/requests/wait", q.values(), w)
	return out.Requests, err
}

// StreamRequests yields requests as they come, until the loop or ctx ends, or the server stops: those
// after q.Since, with zero only new ones. An error is the last that it yields.
func (c *Client) StreamRequests(ctx context.Context, q RequestQuery) iter.Seq2[Request, error] {
	return streamed[Request](ctx, c, "/requests/stream", q.values())
}
