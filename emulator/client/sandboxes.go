package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Sandbox is one isolated world at a glance.
type Sandbox struct {
	Name       string    `json:"name"`
	Seed       uint64    `json:"seed"`
	Start      time.Time `json:"start"` // where its clock begins; zero: wall time
	Now        time.Time `json:"now"`
	Frozen     bool      `json:"frozen"`
	Sessions   int       `json:"sessions"`
	Requests   uint64    `json:"requests"`     // so far
	Events     uint64    `json:"events"`       // so far
	CreatedAt  time.Time `json:"created_at"`   // wall time
	LastUsedAt time.Time `json:"last_used_at"` // wall time
}

// SandboxDraft is a sandbox that begins otherwise than the others. What is zero is as everywhere.
type SandboxDraft struct {
	Name     string    `json:"name"`
	Seed     *uint64   `json:"seed,omitempty"`
	Start    time.Time `json:"start,omitzero"`
	Fixtures Fixtures  `json:"fixtures,omitempty"`
}

// Sandboxes lists the sandboxes made so far, by name.
func (c *Client) Sandboxes(ctx context.Context) ([]Sandbox, error) {
	out, err := call[struct {
		Sandboxes []Sandbox `json:"sandboxes"`
	}](ctx, c, request{method: http.MethodGet, path: "/sandboxes"})
	return out.Sandboxes, err
}

// CreateSandbox makes a sandbox that begins, at once and after each reset, with what the draft says.
// One that exists is a [*Problem] of status 409.
func (c *Client) CreateSandbox(ctx context.Context, draft SandboxDraft) (Sandbox, error) {
	return call[Sandbox](ctx, c, request{method: http.MethodPost, path: "/sandboxes", body: draft})
}

// Sandbox returns a sandbox at a glance. One that does not exist is a [*Problem] of status 404.
func (c *Client) Sandbox(ctx context.Context, name string) (Sandbox, error) {
	return call[Sandbox](ctx, c, request{method: http.MethodGet, path: "/sandboxes" + segment(name)})
}

// DropSandbox forgets a sandbox; the next use of its name makes a new one.
func (c *Client) DropSandbox(ctx context.Context, name string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/sandboxes" + segment(name)})
}

// Reset puts the sandbox back to how it was at first use.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodPost, path: "/reset"})
}

// Snapshot returns the whole sandbox as one JSON document, for [Client.Restore]. The journal is not part
// of it; client secrets are.
func (c *Client) Snapshot(ctx context.Context) ([]byte, error) {
	return c.raw(ctx, request{method: http.MethodGet, path: "/snapshot"})
}

// Restore puts a snapshot in the place of the sandbox. A broken one is a [*Problem] that names the place,
// and nothing changes.
func (c *Client) Restore(ctx context.Context, snapshot []byte) error {
	return c.do(ctx, request{method: http.MethodPut, path: "/snapshot", body: json.RawMessage(snapshot)})
}
