package control

import (
	"context"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
)

func (c *Control) sandboxHandlers() map[string]api.Handler {
	return map[string]api.Handler{"sandboxes": c.sandboxes, "reset": c.reset}
}

func (c *Control) names() []string {
	names := []string{}
	for _, b := range c.set.All() {
		names = append(names, b.Name())
	}
	slices.Sort(names)
	return names
}

func (c *Control) sandboxes(context.Context, *api.Request) (api.Response, error) {
	type entry struct {
		Name string `json:"name"`
	}
	out := struct {
		Sandboxes []entry `json:"sandboxes"`
	}{Sandboxes: []entry{}}
	for _, name := range c.names() {
		out.Sandboxes = append(out.Sandboxes, entry{name})
	}
	return api.Response{Body: out}, nil
}

func (c *Control) reset(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Reset()
	return api.Response{Status: http.StatusNoContent}, nil
}
