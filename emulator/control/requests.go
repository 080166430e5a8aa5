package control

import (
	"context"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (c *Control) requestHandlers() map[string]api.Handler {
	return map[string]api.Handler{"requests": c.requests, "clearRequests": c.clearRequests}
}

type request struct {
	N          uint64      `json:"n"`
	At         string      `json:"at"`
	Surface    string      `json:"surface"`
	Operation  *string     `json:"operation"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Status     int         `json:"status"`
	Duration   string      `json:"duration"`
	Problem    *string     `json:"problem"`
	Nearest    *string     `json:"nearest"`
	Violations []violation `json:"violations"`
	Unread     []string    `json:"unread"`
}

func (c *Control) requests(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[sinceQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	out := struct {
		Requests []request `json:"requests"`
	}{Requests: []request{}}
	for _, e := range r.Sandbox.Journal.Since(in.Since) {
		out.Requests = append(out.Requests, request{
			N: e.N, At: instant(e.At), Surface: e.Surface, Operation: wire.OrNull(e.Operation), Method: e.Method, Path: e.Path,
			Status: e.Status, Duration: e.Duration.String(), Problem: wire.OrNull(e.Problem), Nearest: wire.OrNull(e.Nearest),
			Violations: newViolations(e.Violations), Unread: pointers(e.Unread),
		})
	}
	return api.Response{Body: out}, nil
}

func (c *Control) clearRequests(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Journal.Reset()
	return api.Response{Status: http.StatusNoContent}, nil
}
