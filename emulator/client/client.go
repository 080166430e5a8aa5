// Package client steers localcheckout: every operation of the control API (openapi/control.yaml) is a
// method of [Client], named as its operationId. It works the same over HTTP, and inside a process
// through package emulator.
//
//	c, err := client.New("http://127.0.0.1:4747", client.Options{})
//	done, err := c.Pay(ctx, id)
//
// What the server refuses is a [*Problem], which says what would have been right.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultTimeout is how long a call may take whose context has no deadline.
const DefaultTimeout = 30 * time.Second

// answerAtMost bounds the answers that are read, in bytes. A snapshot is the largest.
const answerAtMost = 1 << 30

// knownAtMost is the most memory that is taken for an answer because its sender says how large it is.
const knownAtMost = 16 << 20

// Options is how a client is made. The zero value works.
type Options struct {
	// Sandbox is the one that the calls act on; "": "default". See [Client.In].
	Sandbox string
	// Token is the bearer token of the control API; "": none.
	Token string
	// Timeout is how long a call may take whose context has no deadline; zero: [DefaultTimeout].
	// Calls that wait for something have their own time in addition.
	Timeout time.Duration
	// Transport carries the requests; nil: http.DefaultTransport.
	Transport http.RoundTripper
}

// Client is a control API at an address, acting on one sandbox. It may be used by several goroutines
// at once. Make one with [New].
type Client struct {
	base    string // scheme and host, without a slash at the end
	sandbox string
	token   string
	timeout time.Duration
	http    *http.Client
}

// New returns a client of the emulator at a base URL, such as "http://127.0.0.1:4747". It fails when
// that is no http or https URL; whether anything answers there shows in the first call.
func New(base string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the http or https URL of an emulator, such as http://127.0.0.1:4747", base)
	}
	return &Client{
		base: strings.TrimRight(base, "/"), sandbox: o.Sandbox, token: o.Token, timeout: cmp.Or(o.Timeout, DefaultTimeout),
		http: &http.Client{Transport: o.Transport},
	}, nil
}

// In returns a client of the same emulator whose calls act on another sandbox, which is made on first
// use; "" is "default".
func (c *Client) In(sandbox string) *Client {
	in := *c
	in.sandbox = sandbox
	return &in
}

// Base returns the address of the emulator, such as "http://127.0.0.1:4747".
func (c *Client) Base() string { return c.base }

// URL returns the base URL of a provider, below which its own paths stand. It chooses the client's
// sandbox, whatever the credential.
func (c *Client) URL(provider string) string { return c.root() + "/" + provider }

// root is where the client's sandbox stands.
func (c *Client) root() string {
	if c.sandbox == "" {
		return c.base
	}
	return c.base + "/s/" + url.PathEscape(c.sandbox)
}

// request is one call before it is sent.
type request struct {
	method string
	path   string // below /_control, escaped
	query  url.Values
	body   any           // encoded as JSON; json.RawMessage is sent as it is; nil: none
	waits  time.Duration // that the server may take beyond the usual
}

// call sends a request and decodes its answer.
func call[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	body, err := c.raw(ctx, r)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fmt.Errorf("%s /_control%s: the answer is not of this version: %w", r.method, r.path, err)
	}
	return out, nil
}

// Call sends a request below /_control and returns the body of its answer: for what has no method.
// body is encoded as JSON; nil sends none.
func (c *Client) Call(ctx context.Context, method, path string, body any) ([]byte, error) {
	return c.raw(ctx, request{method: method, path: path, body: body})
}

// do sends a request whose answer has no body.
func (c *Client) do(ctx context.Context, r request) error {
	_, err := c.raw(ctx, r)
	return err
}

// raw sends a request and returns the body of its answer; one that is no success is a *Problem.
func (c *Client) raw(ctx context.Context, r request) ([]byte, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout+r.waits)
		defer cancel()
	}
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		body.Grow(int(min(n, knownAtMost)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, answerAtMost)); err != nil {
		return nil, fmt.Errorf("%s /_control%s: read the answer: %w", r.method, r.path, err)
	}
	return body.Bytes(), nil
}

// send returns a successful response, whose body the caller closes.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, problemOf(resp)
}

func (c *Client) request(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, ready := r.body.(json.RawMessage)
		if !ready {
			var err error
			if encoded, err = json.Marshal(r.body); err != nil {
				return nil, fmt.Errorf("%s /_control%s: %w", r.method, r.path, err)
			}
		}
		body = bytes.NewReader(encoded)
	}
	at := c.root() + "/_control" + r.path
	if len(r.query) > 0 {
		at += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, at, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// segment is one segment of a path, escaped.
func segment(id string) string { return "/" + url.PathEscape(id) }
