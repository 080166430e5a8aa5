package client

import (
	"context"
	"net/http"
)

// Sandbox is one isolated world.
type Sandbox struct {
	Name string `json:"name"`
}

// Sandboxes lists the sandboxes made so far, by name.
func (c *Client) Sandboxes(ctx context.Context) ([]Sandbox, error) {
	out, err := call[struct {
		Sandboxes []Sandbox `json:"sandboxes"`
	}](ctx, c, request{method: http.MethodGet, path: "/sandboxes"})
	return out.Sandboxes, err
}

// Reset puts the sandbox back to how it was at first use.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodPost, path: "/reset"})
}
