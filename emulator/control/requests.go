package control

import (
	"context"
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (c *Control) requestHandlers() map[string]api.Handler {
	return map[string]api.Handler{
		"requests": c.requests, "request": c.request, "clearRequests": c.clearRequests, "verify": c.verify, "har": c.har,
		"waitRequest": c.waitRequest, "streamRequests": c.streamRequests,
	}
}

// request is an entry of the journal on the wire.
type request struct {
	N          uint64      `json:"n"`
	At         string      `json:"at"`
	Clock      string      `json:"clock"`
	After      uint64      `json:"after"`
	Sandbox    string      `json:"sandbox"`
	Surface    string      `json:"surface"`
	Operation  *string     `json:"operation"`
	Session    *string     `json:"session"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query"`
	Status     int         `json:"status"`
	Duration   string      `json:"duration"`
	DecidedBy  string      `json:"decided_by"`
	Problem    *string     `json:"problem"`
	Nearest    *string     `json:"nearest"`
	Violations []violation `json:"violations"`
	Unread     []string    `json:"unread"`
	Request    message     `json:"request"`
	Response   message     `json:"response"`
}

type requestsBody struct {
	Requests []request `json:"requests"`
}

func newRequest(b *sandbox.Sandbox, e journal.Entry) request {
	return request{
		N: e.N, At: instant(e.At), Clock: instant(e.Clock), After: e.After, Sandbox: b.Name(), Surface: e.Surface, Operation: wire.OrNull(e.Operation), Session: wire.OrNull(sessionOf(b, e)),
		Method: e.Method, Path: e.Path, Query: e.Query, Status: e.Status, Duration: e.Duration.String(), DecidedBy: e.DecidedBy,
		Problem: wire.OrNull(e.Problem), Nearest: wire.OrNull(e.Nearest), Violations: newViolations(e.Violations), Unread: pointers(e.Unread),
		Request: newMessage(e.Request), Response: newMessage(e.Response),
	}
}

func newRequests(b *sandbox.Sandbox, entries []journal.Entry) requestsBody {
	out := requestsBody{Requests: make([]request, len(entries))}
	for i, e := range entries {
		out.Requests[i] = newRequest(b, e)
	}
	return out
}

// requests lists what a query chooses. Of more than its limit they are the first ones after since, when
// that is given, else the latest.
func (c *Control) requests(_ context.Context, r *api.Request) (api.Response, error) {
	chosen, err := c.chosen(r)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newRequests(r.Sandbox, chosen)}, nil
}

// chosen returns the entries that the query of a request asks for.
func (c *Control) chosen(r *api.Request) ([]journal.Entry, error) {
	in, keep, err := c.requestQuery(r)
	if err != nil {
		return nil, err
	}
	var out []journal.Entry
	for _, e := range r.Sandbox.Journal.Since(in.Since.Or(0)) {
		if keep(e) {
			out = append(out, e)
		}
	}
	switch {
	case in.Limit == 0 || len(out) <= in.Limit:
		return out, nil
	case in.Since.Set:
		return out[:in.Limit], nil
	}
	return out[len(out)-in.Limit:], nil
}

// request shows one entry, or a command that makes the request again.
func (c *Control) request(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		As string `json:"as"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	e, err := entry(r)
	if err != nil {
		return api.Response{}, err
	}
	if in.As == "curl" {
		return api.Response{Text: curl(r.Sandbox.Name(), e), ContentType: "text/plain; charset=utf-8"}, nil
	}
	return api.Response{Body: newRequest(r.Sandbox, e)}, nil
}

// entry returns the entry that the path names.
func entry(r *api.Request) (journal.Entry, error) {
	text := r.Param("n")
	var n uint64
	if _, err := fmt.Sscanf(text, "%d", &n); err == nil {
		if e, ok := r.Sandbox.Journal.Entry(n); ok {
			return e, nil
		}
	}
	return journal.Entry{}, &checkout.Error{
		Code:    checkout.CodeNotFound,
		Message: fmt.Sprintf("the journal has no request %s; the latest is %d, and GET /requests lists those that are remembered", text, r.Sandbox.Journal.Last()),
	}
}

func (c *Control) clearRequests(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Journal.Clear()
	return api.Response{Status: http.StatusNoContent}, nil
}

func (c *Control) waitRequest(ctx context.Context, r *api.Request) (api.Response, error) {
	in, keep, err := c.requestQuery(r)
	if err != nil {
		return api.Response{}, err
	}
	found, err := wait(ctx, requestFeed(r.Sandbox, keep), in.Since.Or(0), in.waitQuery)
	body := newRequests(r.Sandbox, found)
	if err != nil {
		return late(err, func(p problem) any { return requestsLate{p, body} })
	}
	return api.Response{Body: body}, nil
}

type requestsLate struct {
	problem
	requestsBody
}

func (c *Control) streamRequests(_ context.Context, r *api.Request) (api.Response, error) {
	in, keep, err := c.requestQuery(r)
	if err != nil {
		return api.Response{}, err
	}
	b := r.Sandbox
	return follow(r, requestFeed(b, keep), in.Since, func(e journal.Entry) any { return newRequest(b, e) })
}

// requestFeed follows the journal of a sandbox.
func requestFeed(b *sandbox.Sandbox, keep func(journal.Entry) bool) feed[journal.Entry] {
	return feed[journal.Entry]{after: b.Journal.Follow, number: func(e journal.Entry) uint64 { return e.N }, keep: keep}
}
